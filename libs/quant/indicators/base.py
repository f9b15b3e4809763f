"""What an indicator is: one formula in two forms, over whole columns and bar by bar."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from typing import ClassVar, cast

import numpy as np

from libs.quant.bars import NAN, Bar, Bars, Floats


class StateError(ValueError):
    """A stored state does not fit: it is damaged, or it is of another formula."""


class Indicator(ABC):
    """The state of one indicator.

    `peek` tells the value that a bar would give and changes nothing, `push` takes the bar in; both do a bounded amount
    of work. Neither is called with an unknown input: a bar of which something is unknown is passed over, in both forms.
    `lookback` is how many known values pass before the first answer; `settle` is how many must have been seen until
    the answer no longer tells where the history began (to about 1e-9). `STATE` names what must be stored.
    """

    __slots__ = ()
    STATE: ClassVar[tuple[str, ...]] = ()
    lookback: int
    settle: int

    def state(self) -> list[object]:
        """Return what must be stored: numbers and lists of numbers, in the order of `STATE`."""
        return [list(v) if isinstance(v, deque) else v for v in (getattr(self, name) for name in self.STATE)]

    def restore(self, saved: object) -> None:
        """Go on from a stored state. Raises StateError when it does not fit."""
        if not isinstance(saved, list) or len(saved) != len(self.STATE):
            raise StateError(f"The stored state of {type(self).__name__} is not a list of {len(self.STATE)}.")
        for name, value in zip(self.STATE, saved, strict=True):
            setattr(self, name, _fitting(getattr(self, name), value, f"{type(self).__name__}.{name}"))


def _fitting(now: object, value: object, name: str) -> object:
    if isinstance(now, deque):
        if not isinstance(value, list) or (now.maxlen is not None and len(value) > now.maxlen):
            raise StateError(f"The stored {name} is not a list of at most {now.maxlen}.")
        return deque((_number(item, name) for item in value), now.maxlen)
    if isinstance(now, list):
        if not isinstance(value, list) or len(value) != len(now):
            raise StateError(f"The stored {name} is not a list of {len(now)}.")
        return [_fitting(was, item, name) for was, item in zip(now, value, strict=True)]
    if isinstance(now, int):
        if not isinstance(value, int) or isinstance(value, bool):
            raise StateError(f"The stored {name} is not a whole number.")
        return value
    return _number(value, name)


def _number(value: object, name: str) -> float | int:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise StateError(f"The stored {name} is not a number.")
    return value


class OfSeries(Indicator):
    """An indicator of one number series."""

    __slots__ = ()

    @abstractmethod
    def peek(self, x: float) -> float:
        """Tell the value after a known `x`; NaN while it is warming up."""

    @abstractmethod
    def push(self, x: float) -> None:
        """Take a known `x` in."""

    def update(self, x: float) -> float:
        """Take `x` in and return the value; an unknown `x` is passed over."""
        if x != x:
            return NAN
        value = self.peek(x)
        self.push(x)
        return value

    @abstractmethod
    def batch(self, x: Floats) -> Floats:
        """Return the values over a column without unknowns, of the same length; NaN while it is warming up."""

    def over(self, x: Floats) -> Floats:
        """Return the values over a column that may hold NaN: those are passed over and answered by NaN."""
        if not len(x):
            return x.copy()
        first = int(np.isnan(x).argmin()) if x[0] != x[0] else 0
        known = x[first:]
        if not np.isnan(known.sum()):  # a sum is NaN where any part is
            if not first:
                return self.batch(np.ascontiguousarray(x))
            answer = np.empty(len(x))  # only the warm-up of another indicator
            answer[:first], answer[first:] = np.nan, self.batch(np.ascontiguousarray(known))
            return answer
        unknown = np.isnan(x)
        answer = np.full(len(x), np.nan)
        if not unknown[first]:
            answer[~unknown] = self.batch(x[~unknown])
        return answer


class OfBars(Indicator):
    """An indicator of whole bars. `VOLUME` says whether it needs the volume; it always needs the four prices."""

    __slots__ = ()
    VOLUME: ClassVar[bool] = False

    @abstractmethod
    def peek(self, bar: Bar) -> float:
        """Tell the value after a known bar; NaN while it is warming up."""

    @abstractmethod
    def push(self, bar: Bar) -> None:
        """Take a known bar in."""

    def knows(self, bar: Bar) -> bool:
        """Whether the bar holds what this indicator reads."""
        _, opened, high, low, close, volume = bar
        total = opened + high + low + close
        return total == total and (volume == volume or not self.VOLUME)

    def update(self, bar: Bar) -> float:
        """Take a bar in and return the value; a bar of which something is unknown is passed over."""
        if not self.knows(bar):
            return NAN
        value = self.peek(bar)
        self.push(bar)
        return value

    @abstractmethod
    def batch(self, bars: Bars) -> Floats:
        """Return the values over bars without unknowns, of the same length; NaN while it is warming up."""

    def over(self, bars: Bars) -> Floats:
        """Return the values over bars that may hold NaN: those are passed over and answered by NaN."""
        if bars.priced and (bars.traded or not self.VOLUME):
            return self.batch(bars) if len(bars) else np.empty(0)
        known = ~np.isnan(bars.open + bars.high + bars.low + bars.close)
        if self.VOLUME:
            known &= ~np.isnan(bars.volume)
        answer = np.full(len(bars), np.nan)
        if known.any():
            answer[known] = self.batch(bars.where(known))
        return answer


def talib_column(answer: object) -> Floats:
    """Give TA-Lib's answer its type: it declares none."""
    return cast(Floats, answer)
