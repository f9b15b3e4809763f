"""Patterns: shapes that several bars make together."""

from libs.quant.patterns.candles import PATTERNS, Candles, Pattern
from libs.quant.patterns.chart import SHAPES, SIGNS, ChartShapes, Found, Nearest, Patterns, Point, Shape, find, sign

__all__ = [
    "PATTERNS", "SHAPES", "SIGNS", "Candles", "ChartShapes", "Found", "Nearest", "Pattern", "Patterns", "Point",
    "Shape", "find", "sign",
]  # fmt: skip
