"""Windows: highest, lowest, standard deviation."""

from __future__ import annotations

from collections import deque

import numpy as np
import talib

from libs.quant.bars import BLOCK, NAN, Floats
from libs.quant.indicators.base import OfSeries, StateError, talib_column


class Extreme:
    """The largest of the last `period` values times `sign`, by a monotonic deque: O(1) a value on average."""

    __slots__ = ("period", "places", "seen", "sign", "values")

    def __init__(self, period: int, sign: int) -> None:
        self.period, self.sign = period, sign
        self.values: deque[float] = deque()
        self.places: deque[int] = deque()
        self.seen = 0

    def peek(self, x: float) -> float:
        """Tell the extreme with `x` taken in."""
        if not self.places:
            return x
        at = 0 if self.places[0] > self.seen - self.period else 1
        if at == len(self.places):
            return x
        old = self.values[at]
        return old if self.sign * old > self.sign * x else x

    def push(self, x: float) -> None:
        """Take `x` in."""
        while self.values and self.sign * self.values[-1] <= self.sign * x:
            self.values.pop()
            self.places.pop()
        self.values.append(x)
        self.places.append(self.seen)
        if self.places[0] <= self.seen - self.period:
            self.values.popleft()
            self.places.popleft()
        self.seen += 1


class _Window(OfSeries):
    __slots__ = ("extreme", "lookback", "settle")
    SIGN = 1

    def __init__(self, period: int) -> None:
        self.extreme = Extreme(period, self.SIGN)
        self.lookback = self.settle = period - 1

    def peek(self, x: float) -> float:
        return self.extreme.peek(x) if self.extreme.seen >= self.lookback else NAN

    def push(self, x: float) -> None:
        self.extreme.push(x)

    def state(self) -> list[object]:
        return extreme_state(self.extreme)

    def restore(self, saved: object) -> None:
        restore_extreme(self.extreme, saved)


class Highest(_Window):
    """The highest of the last `period` values. Source: TA-Lib, `TA_MAX`."""

    __slots__ = ()

    def batch(self, x: Floats) -> Floats:
        return talib_column(talib.MAX(x, self.extreme.period)) if self.extreme.period > 1 else x.copy()


class Lowest(_Window):
    """The lowest of the last `period` values. Source: TA-Lib, `TA_MIN`."""

    __slots__ = ()
    SIGN = -1

    def batch(self, x: Floats) -> Floats:
        return talib_column(talib.MIN(x, self.extreme.period)) if self.extreme.period > 1 else x.copy()


def extreme_state(extreme: Extreme) -> list[object]:
    """Return what must be stored of an extreme."""
    return [extreme.seen, list(extreme.values), list(extreme.places)]


def restore_extreme(extreme: Extreme, saved: object) -> None:
    """Go on from a stored state. Raises StateError when it does not fit."""
    match saved:
        case [int(seen), list(values), list(places)] if (
            len(values) == len(places) <= extreme.period
            and (seen == 0 or bool(values))
            and all(type(value) in (int, float) for value in values)
            and all(type(place) is int and place < seen for place in places)
        ):
            extreme.seen, extreme.values, extreme.places = seen, deque(values), deque(places)
        case _:
            raise StateError("The stored state of a highest or lowest value does not fit.")


class Stdev(OfSeries):
    """Standard deviation of the last `period` values, of the whole population (divided by `period`).

    Source: TA-Lib, `TA_STDDEV`. Running sums of distances to the first value and of their squares, both here and in
    columns; a window of equal values has exactly 0.
    """

    __slots__ = ("base", "equal", "last", "lookback", "period", "ring", "settle", "squares", "total")
    STATE = ("base", "last", "equal", "total", "squares", "ring")

    def __init__(self, period: int) -> None:
        self.period = period
        self.lookback = self.settle = period - 1
        self.base = self.last = NAN
        self.equal = 0  # how many of the newest are the same
        self.total = self.squares = 0.0  # of the last period - 1 distances
        self.ring: deque[float] = deque(maxlen=period - 1)

    def peek(self, x: float) -> float:
        if len(self.ring) < self.lookback:
            return NAN
        if x == self.last and self.equal >= self.lookback:
            return 0.0
        d, n = x - self.base, self.period
        total, squares = self.total + d, self.squares + d * d
        variance = (squares - total * total / n) / n
        return variance**0.5 if variance > 0 else 0.0

    def push(self, x: float) -> None:
        if self.base != self.base:
            self.base = x
        self.equal = self.equal + 1 if x == self.last else 1
        self.last = x
        d = x - self.base
        self.total += d
        self.squares += d * d
        if len(self.ring) == self.lookback:
            old = self.ring[0]
            self.total -= old
            self.squares -= old * old
        self.ring.append(d)

    def batch(self, x: Floats) -> Floats:
        n, d = self.period, x - x[0]
        furthest = max(d.max(), -d.min())
        total = talib.SUM(d, n)
        answer = talib_column(talib.SUM(np.multiply(d, d, out=d), n))  # the sums of squares, in whose place it is put
        for begin in range(0, len(x), BLOCK):
            part = slice(begin, begin + BLOCK)
            of_part = total[part]
            answer[part] = np.sqrt(np.maximum((answer[part] - of_part * of_part / n) / n, 0.0))
        # What rounding leaves of a window of equal values is far below this.
        if len(x) >= n and answer[n - 1 :].min() <= 1e-4 * furthest:
            same = (x[1:] == x[:-1]).astype(np.float64)
            runs = talib.SUM(same, n - 1) if n > 2 else same  # exact: they are whole numbers
            answer[1:][runs == n - 1] = 0.0
        return answer
