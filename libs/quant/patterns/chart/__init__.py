"""Chart patterns: double tops to flags, levels and volume; each known at the close at which it is told."""

from libs.quant.patterns.chart.found import SHAPES, SIGNS, Found, Point, Shape
from libs.quant.patterns.chart.levels import Levels
from libs.quant.patterns.chart.nearest import Nearest
from libs.quant.patterns.chart.shapes import Shapes
from libs.quant.patterns.chart.stream import ChartShapes, find, sign
from libs.quant.patterns.chart.volume import Volumes

__all__ = [
    "SHAPES", "SIGNS", "ChartShapes", "Found", "Levels", "Nearest", "Point", "Shape", "Shapes", "Volumes", "find",
    "sign",
]  # fmt: skip
