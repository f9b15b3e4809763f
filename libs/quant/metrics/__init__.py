"""The figures of a backtest or a track record, each with its formula's source and a guard (docs/metrics.md)."""

from libs.quant.metrics.figures import FIGURES, Definition, Figure, Group, Unit
from libs.quant.metrics.months import Year, monthly
from libs.quant.metrics.summary import BadAccount, Limits, summary
from libs.quant.metrics.trades import STILL_OPEN, ClosedTrade

__all__ = [
    "FIGURES", "STILL_OPEN", "BadAccount", "ClosedTrade", "Definition", "Figure", "Group", "Limits", "Unit", "Year",
    "monthly", "summary",
]  # fmt: skip
