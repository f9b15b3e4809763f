"""Backtests: an honest order of events, compiled. README.md of `libs/quant` explains them."""

from libs.quant.backtest.result import Refusal, Refused, Result, Trade
from libs.quant.backtest.run import Prepared, run, warm_up
from libs.quant.backtest.setup import Costs, Dividend, Setup, Slippage, SlippageKind, Split
from libs.quant.backtest.variants import Variants, run_variants

__all__ = [
    "Costs", "Dividend", "Prepared", "Refusal", "Refused", "Result", "Setup", "Slippage", "SlippageKind", "Split",
    "Trade", "Variants", "run", "run_variants", "warm_up",
]  # fmt: skip
