"""Chart patterns: double tops to flags, levels and volume; each known at the close at which it is told."""

from libs.quant.patterns.chart.found import SHAPES, SIGNS, Found, Point, Shape
from libs.quant.patterns.chart.nearest import Nearest
from libs.quant.patterns.chart.stream import ChartShapes, Patterns, find, sign

__all__ = ["SHAPES", "SIGNS", "ChartShapes", "Found", "Nearest", "Patterns", "Point", "Shape", "find", "sign"]
