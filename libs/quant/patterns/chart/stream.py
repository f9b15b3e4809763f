"""Chart patterns for the expression language, and over whole columns."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Protocol, Self

import numpy as np

from libs.quant.bars import NAN, Bar, Bars, Floats
from libs.quant.indicators.base import OfBars, StateError
from libs.quant.patterns.chart.found import SHAPES, SIGNS, Found
from libs.quant.patterns.chart.levels import Levels
from libs.quant.patterns.chart.shapes import Shapes
from libs.quant.patterns.chart.volume import AVERAGE, Volumes
from libs.quant.patterns.chart.window import ATR_BARS, KEPT, Window


class Finder(Protocol):
    """What finds patterns as bars close."""

    @property
    def window(self) -> Window: ...

    def push(self, bar: Bar) -> list[Found]: ...

    def copy(self) -> Self: ...

    def state(self) -> list[object]: ...

    def restore(self, saved: object) -> None: ...


def find(bars: Bars) -> list[Found]:
    """Return all patterns of closed bars, in the order in which they were known.

    Each is what its finder answers at its bar: bars of which a price is unknown are passed over, and those without a
    volume by the volume patterns.
    """
    found: list[Found] = []
    finders: tuple[Finder, ...] = (Shapes(), Levels())
    volumes = Volumes()
    for place in range(len(bars)):
        bar = bars.bar(place)
        total = bar.open + bar.high + bar.low + bar.close
        if total == total:
            for finder in finders:
                found += finder.push(bar)
            if bar.volume == bar.volume:
                found += volumes.push(bar)
    return found


class _Told(OfBars):
    """A number a bar, made of what a finder tells at it."""

    __slots__ = ("finder", "lookback", "settle")

    def __init__(self, make: Callable[[], Finder], lookback: int) -> None:
        self.finder = make()
        self.lookback, self.settle = lookback, 2 * KEPT

    @abstractmethod
    def value(self, found: list[Found]) -> float:
        """Return the number for what is told at a bar."""

    def _of(self, finder: Finder, bar: Bar) -> float:
        found = finder.push(bar)
        return self.value(found) if finder.window.seen > self.lookback else NAN

    def peek(self, bar: Bar) -> float:
        return self._of(self.finder.copy(), bar)

    def push(self, bar: Bar) -> None:
        self.finder.push(bar)

    def update(self, bar: Bar) -> float:
        return self._of(self.finder, bar) if self.knows(bar) else NAN

    def batch(self, bars: Bars) -> Floats:
        fresh = type(self.finder)()
        return np.array([self._of(fresh, bars.bar(place)) for place in range(len(bars))])

    def state(self) -> list[object]:
        return self.finder.state()

    def restore(self, saved: object) -> None:
        fresh = type(self.finder)()
        try:
            fresh.restore(saved)
        except (TypeError, ValueError) as error:
            raise StateError(f"The stored state of {type(self.finder).__name__} does not fit: {error}") from error
        self.finder = fresh


class ChartShapes(_Told):
    """The code of the chart pattern that a bar completes (`SHAPES`), 0 where it completes none."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(Shapes, ATR_BARS)

    def value(self, found: list[Found]) -> float:
        return float(SHAPES[found[0].name].code) if found else 0.0


class _Sign(_Told):
    """1 at the bar at which one pattern is known, else 0."""

    __slots__ = ("name",)

    def __init__(self, name: str, make: Callable[[], Finder], lookback: int) -> None:
        super().__init__(make, lookback)
        self.name = name

    def value(self, found: list[Found]) -> float:
        return float(any(pattern.name == self.name for pattern in found))


class LevelBreak(_Sign):
    """1 at the close that breaks a support or a resistance, else 0."""

    __slots__ = ()

    def __init__(self, name: str) -> None:
        super().__init__(name, Levels, ATR_BARS)


class VolumeSign(_Sign):
    """1 at the bar at which a volume pattern is known, else 0."""

    __slots__ = ()
    VOLUME = True

    def __init__(self, name: str) -> None:
        super().__init__(name, Volumes, AVERAGE)


def sign(name: str) -> OfBars:
    """Make the indicator of one of `SIGNS`."""
    return LevelBreak(name) if abs(SIGNS[name].code) == 8 else VolumeSign(name)
