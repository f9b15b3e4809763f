"""Indicators: TA-Lib over columns, and our own forms that take one bar at a time and give the same numbers."""

from libs.quant.indicators.averages import Ema, Rma, Sma, Wma
from libs.quant.indicators.base import Indicator, OfBars, OfSeries, StateError
from libs.quant.indicators.clock import Clock, Minutes
from libs.quant.indicators.momentum import Adx, Cci, FastK, Roc, Rsi
from libs.quant.indicators.ranges import Atr, Mfi, Obv, SessionHigh, SessionLow, SessionOpen, Vwap
from libs.quant.indicators.windows import Highest, Lowest, Stdev

__all__ = [
    "Adx", "Atr", "Cci", "Clock", "Ema", "FastK", "Highest", "Indicator", "Lowest", "Mfi", "Minutes", "Obv", "OfBars",
    "OfSeries", "Rma", "Roc", "Rsi", "SessionHigh", "SessionLow", "SessionOpen", "Sma", "StateError", "Stdev", "Vwap",
    "Wma",
]  # fmt: skip
