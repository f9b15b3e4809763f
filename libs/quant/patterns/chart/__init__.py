"""Chart patterns: double tops to flags, each known at the close that breaks its line."""

from libs.quant.patterns.chart.found import SHAPES, Found, Point, Shape
from libs.quant.patterns.chart.shapes import Shapes
from libs.quant.patterns.chart.stream import ChartShapes, find

__all__ = ["SHAPES", "ChartShapes", "Found", "Point", "Shape", "Shapes", "find"]
