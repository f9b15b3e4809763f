"""Patterns: shapes that several bars make together."""

from libs.quant.patterns.candles import PATTERNS, Candles, Pattern
from libs.quant.patterns.chart import SHAPES, ChartShapes, Found, Point, Shape, Shapes, find

__all__ = ["PATTERNS", "SHAPES", "Candles", "ChartShapes", "Found", "Pattern", "Point", "Shape", "Shapes", "find"]
