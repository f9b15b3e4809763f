"""Chart patterns for the expression language, and over whole columns."""

from __future__ import annotations

from typing import cast

import numpy as np

from libs.quant.bars import NAN, Bar, Bars, Floats
from libs.quant.indicators.base import OfBars, StateError
from libs.quant.patterns.chart.found import SHAPES, Found
from libs.quant.patterns.chart.outlines import Outline
from libs.quant.patterns.chart.shapes import Shapes
from libs.quant.patterns.chart.window import ATR_BARS, COLUMNS, KEPT
from libs.quant.patterns.chart.zigzag import CORNERS, Pivot


def find(bars: Bars) -> list[Found]:
    """Return all chart patterns of closed bars, in the order in which they were completed.

    Each is what `Shapes.push` answers at its bar: bars of which a price is unknown are passed over.
    """
    shapes = Shapes()
    bars = bars if bars.priced else bars.where(~np.isnan(bars.open + bars.high + bars.low + bars.close))
    found = (shapes.push(bars.bar(place)) for place in range(len(bars)))
    return [pattern for pattern in found if pattern is not None]


class ChartShapes(OfBars):
    """The code of the chart pattern that a bar completes (`SHAPES`), 0 where it completes none."""

    __slots__ = ("lookback", "settle", "shapes")

    def __init__(self) -> None:
        self.shapes = Shapes()
        self.lookback, self.settle = ATR_BARS, 2 * KEPT

    def _of(self, shapes: Shapes, bar: Bar) -> float:
        found = shapes.push(bar)
        if shapes.window.seen <= self.lookback:
            return NAN
        return float(SHAPES[found.name].code) if found else 0.0

    def peek(self, bar: Bar) -> float:
        return self._of(self.shapes.copy(), bar)

    def push(self, bar: Bar) -> None:
        self.shapes.push(bar)

    def update(self, bar: Bar) -> float:
        return self._of(self.shapes, bar) if self.knows(bar) else NAN

    def batch(self, bars: Bars) -> Floats:
        shapes = Shapes()
        return np.array([self._of(shapes, bars.bar(place)) for place in range(len(bars))])

    def state(self) -> list[object]:
        shapes, window, zigzag = self.shapes, self.shapes.window, self.shapes.zigzag
        return [
            [window.first, window.total, *(getattr(window, name).copy() for name in COLUMNS)],
            [
                [list(pivot) for pivot in zigzag.pivots],
                zigzag.rising,
                zigzag.tip,
                zigzag.tip_bar,
                zigzag.back,
                zigzag.back_bar,
            ],
            [
                [up, *outline[:1], [list(corner) for corner in outline.corners], *outline[2:]]
                for up, outline in shapes.armed
            ],
            [shapes.last[1], shapes.last[-1]],
        ]

    def restore(self, saved: object) -> None:
        try:
            shapes = _restored(saved)
        except (TypeError, ValueError, IndexError) as error:
            raise StateError(f"The stored state of the chart patterns does not fit: {error}") from error
        self.shapes = shapes


def _restored(saved: object) -> Shapes:
    (first, total, *columns), (pivots, rising, tip, tip_bar, back, back_bar), armed, last = cast(
        list[list[object]], saved
    )
    shapes = Shapes()
    window, zigzag = shapes.window, shapes.zigzag
    window.first, window.total = _whole(first), _number(total)
    lengths = {len(cast(list[object], column)) for column in columns}
    if len(columns) != len(COLUMNS) or len(lengths) != 1 or lengths.pop() >= 2 * KEPT:
        raise ValueError("the bars are not columns of one length")
    for name, column in zip(COLUMNS, columns, strict=True):
        kind = _whole if name == "at_ms" else _number
        setattr(window, name, [kind(item) for item in cast(list[object], column)])
    zigzag.pivots = _pivots(pivots)
    zigzag.rising = 1 if _whole(rising) else 0
    zigzag.tip, zigzag.tip_bar, zigzag.back, zigzag.back_bar = (
        _number(tip),
        _whole(tip_bar),
        _number(back),
        _whole(back_bar),
    )
    shapes.armed = [_outline(cast(list[object], item)) for item in armed]
    up, down = last
    shapes.last = {1: _whole(up), -1: _whole(down)}
    return shapes


def _outline(item: list[object]) -> tuple[int, Outline]:
    up, code, corners, bar, price, slope, margin, floor, height, until, confidence = item
    if up not in (1, -1) or f"{code}" not in {f"{abs(shape.code)}" for shape in SHAPES.values()}:
        raise ValueError("an outline is of no known pattern")
    outline = Outline(
        _whole(code), tuple(_pivots(corners)), _whole(bar), _number(price), _number(slope), _number(margin),
        _number(floor), _number(height), _whole(until), _number(confidence),
    )  # fmt: skip
    return _whole(up), outline


def _pivots(saved: object) -> list[Pivot]:
    pivots = [Pivot(_whole(bar), _number(price)) for bar, price in cast(list[list[object]], saved)]
    if len(pivots) > CORNERS:
        raise ValueError(f"there are more than {CORNERS} turning points")
    return pivots


def _whole(value: object) -> int:
    if type(value) is not int:
        raise TypeError(f"{value!r:.40} is not a whole number")
    return value


def _number(value: object) -> float:
    if type(value) not in (int, float):
        raise TypeError(f"{value!r:.40} is not a number")
    return float(cast(float, value))
