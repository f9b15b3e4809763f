"""Chart patterns for the expression language, and over whole columns."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, Generic, Protocol, Self, TypeVar

import numpy as np

from libs.quant.bars import NAN, Bar, Bars, Floats
from libs.quant.indicators.base import OfBars, StateError
from libs.quant.patterns.chart.found import SHAPES, SIGNS, Found
from libs.quant.patterns.chart.levels import Levels
from libs.quant.patterns.chart.shapes import Shapes
from libs.quant.patterns.chart.stored import many
from libs.quant.patterns.chart.volume import AVERAGE, Volumes, VolumeWindow
from libs.quant.patterns.chart.window import ATR_BARS, KEPT, Window

W = TypeVar("W", bound=Window)
Seen = TypeVar("Seen", bound=Window, contravariant=True)


class Finder(Protocol[Seen]):
    """What finds patterns in a window, whenever a bar came."""

    def look(self) -> list[Found]: ...

    def copy(self, window: Seen) -> Self: ...

    def state(self) -> list[object]: ...

    def restore(self, saved: object) -> None: ...


class Watch(Generic[W]):
    """A window with those who look at it."""

    __slots__ = ("finders", "window")

    def __init__(self, window: W, *makers: Callable[[W], Finder[W]]) -> None:
        self.window = window
        self.finders = [make(window) for make in makers]

    def push(self, bar: Bar) -> list[Found]:
        """Take a known bar in and return what is known at its close."""
        self.window.push(bar)
        return [found for finder in self.finders for found in finder.look()]

    def copy(self) -> Self:
        """Return one that goes its own way from here."""
        other = type(self)(self.window.copy())
        other.finders = [finder.copy(other.window) for finder in self.finders]
        return other

    def state(self) -> list[object]:
        """Return what must be stored: lists of short texts and numbers."""
        return [self.window.state(), *(finder.state() for finder in self.finders)]

    def restore(self, saved: object) -> None:
        """Go on, with no bar seen yet, from a stored state. Raises ValueError or TypeError when it does not fit."""
        window, *states = many(saved, 1 + len(self.finders))
        self.window.restore(window)
        for finder, state in zip(self.finders, states, strict=True):
            finder.restore(state)


class Patterns:
    """All chart patterns of one series of bars, known as its bars close.

    Bars of which a price is unknown are passed over, and those without a volume by the volume patterns.
    """

    __slots__ = ("_prices", "_volumes")

    def __init__(self) -> None:
        self._prices = Watch(Window(), Shapes, Levels)
        self._volumes = Watch(VolumeWindow(), Volumes)

    def update(self, bar: Bar) -> list[Found]:
        """Take a closed bar in and return what is known at its close."""
        total = bar.open + bar.high + bar.low + bar.close
        if total != total:
            return []
        found = self._prices.push(bar)
        return found + self._volumes.push(bar) if bar.volume == bar.volume else found

    def state(self) -> list[object]:
        """Return all that it has learnt, some 5 kB as JSON."""
        return [self._prices.state(), self._volumes.state()]

    @classmethod
    def restore(cls, saved: object) -> Patterns:
        """Go on from a stored state. Raises StateError when it is damaged, or of other definitions."""
        made = cls()
        try:
            prices, volumes = many(saved, 2)
            made._prices.restore(prices)
            made._volumes.restore(volumes)
        except (TypeError, ValueError) as error:
            raise StateError(f"The stored state of patterns does not fit: {error}") from error
        return made


def find(bars: Bars) -> list[Found]:
    """Return all patterns of closed bars, in the order in which they were known."""
    patterns = Patterns()
    return [found for place in range(len(bars)) for found in patterns.update(bars.bar(place))]


class _Told(OfBars):
    """A number a bar, made of what is found at it."""

    __slots__ = ("_make", "lookback", "settle", "watch")

    def __init__(self, make: Callable[[], Watch[Any]], lookback: int) -> None:
        self._make, self.watch = make, make()
        self.lookback, self.settle = lookback, 2 * KEPT

    @abstractmethod
    def value(self, found: list[Found]) -> float:
        """Return the number for what is told at a bar."""

    def _of(self, watch: Watch[Any], bar: Bar) -> float:
        found = watch.push(bar)
        return self.value(found) if watch.window.seen > self.lookback else NAN

    def peek(self, bar: Bar) -> float:
        return self._of(self.watch.copy(), bar)

    def push(self, bar: Bar) -> None:
        self.watch.push(bar)

    def update(self, bar: Bar) -> float:
        return self._of(self.watch, bar) if self.knows(bar) else NAN

    def batch(self, bars: Bars) -> Floats:
        fresh = self._make()
        return np.array([self._of(fresh, bars.bar(place)) for place in range(len(bars))])

    def state(self) -> list[object]:
        return self.watch.state()

    def restore(self, saved: object) -> None:
        fresh = self._make()
        try:
            fresh.restore(saved)
        except (TypeError, ValueError) as error:
            raise StateError(f"The stored state of {type(self).__name__} does not fit: {error}") from error
        self.watch = fresh


class ChartShapes(_Told):
    """The code of the chart pattern that a bar completes (`SHAPES`), 0 where it completes none."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(lambda: Watch(Window(), Shapes), ATR_BARS)

    def value(self, found: list[Found]) -> float:
        return float(SHAPES[found[0].name].code) if found else 0.0


class _Sign(_Told):
    """1 at the bar at which one pattern is known, else 0."""

    __slots__ = ("name",)

    def __init__(self, name: str, make: Callable[[], Watch[Any]], lookback: int) -> None:
        super().__init__(make, lookback)
        self.name = name

    def value(self, found: list[Found]) -> float:
        return float(any(pattern.name == self.name for pattern in found))


class LevelBreak(_Sign):
    """1 at the close that breaks a support or a resistance, else 0."""

    __slots__ = ()

    def __init__(self, name: str) -> None:
        super().__init__(name, lambda: Watch(Window(), Levels), ATR_BARS)


class VolumeSign(_Sign):
    """1 at the bar at which a volume pattern is known, else 0."""

    __slots__ = ()
    VOLUME = True

    def __init__(self, name: str) -> None:
        super().__init__(name, lambda: Watch(VolumeWindow(), Volumes), AVERAGE)


def sign(name: str) -> OfBars:
    """Make the indicator of one of `SIGNS`."""
    return LevelBreak(name) if abs(SIGNS[name].code) == 8 else VolumeSign(name)
