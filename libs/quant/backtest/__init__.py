"""Backtests: an honest order of events, compiled. README.md of `libs/quant` explains them."""

from libs.quant.backtest.result import Refusal, Refused, Result, Trade
from libs.quant.backtest.run import run, warm_up
from libs.quant.backtest.setup import Costs, Setup, Slippage, SlippageKind, Split

__all__ = [
    "Costs", "Refusal", "Refused", "Result", "Setup", "Slippage", "SlippageKind", "Split", "Trade", "run",
    "warm_up",
]  # fmt: skip
