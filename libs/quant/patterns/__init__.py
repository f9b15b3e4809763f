"""Patterns: shapes that several bars make together."""

from libs.quant.patterns.candles import PATTERNS, Candles, Pattern
from libs.quant.patterns.chart import (
    SHAPES,
    SIGNS,
    ChartShapes,
    Found,
    Levels,
    Nearest,
    Point,
    Shape,
    Shapes,
    Volumes,
    find,
    sign,
)  # fmt: skip

__all__ = [
    "PATTERNS", "SHAPES", "SIGNS", "Candles", "ChartShapes", "Found", "Levels", "Nearest", "Pattern", "Point", "Shape",
    "Shapes", "Volumes", "find", "sign",
]  # fmt: skip
