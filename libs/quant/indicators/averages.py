"""Moving averages."""

from __future__ import annotations

from collections import deque

import numpy as np
import talib

from libs.quant.bars import NAN, Floats
from libs.quant.indicators.base import OfSeries, talib_column


class Sma(OfSeries):
    """Simple moving average: the mean of the last `period` values. Source: TA-Lib, `TA_SMA`."""

    __slots__ = ("lookback", "period", "ring", "settle", "total")
    STATE = ("total", "ring")

    def __init__(self, period: int) -> None:
        self.period = period
        self.lookback = self.settle = period - 1
        self.total = 0.0  # of the last period - 1 values
        self.ring: deque[float] = deque(maxlen=max(period - 1, 1))

    def peek(self, x: float) -> float:
        if self.period == 1:
            return x
        return (self.total + x) / self.period if len(self.ring) == self.lookback else NAN

    def push(self, x: float) -> None:
        self.total += x
        if len(self.ring) == self.lookback and self.ring:
            self.total -= self.ring[0]
        self.ring.append(x)

    def batch(self, x: Floats) -> Floats:
        return talib_column(talib.SMA(x, self.period)) if self.period > 1 else x.copy()


class Ema(OfSeries):
    """Exponential moving average: e += (x - e) * 2 / (period + 1), begun with the simple average of the first `period`.

    Source: TA-Lib, `TA_EMA` in its default compatibility. `skip` passes over the first values, as TA-Lib's MACD does.
    """

    __slots__ = ("k", "lookback", "period", "seen", "settle", "skip", "value")
    STATE = ("value", "seen")

    def __init__(self, period: int, skip: int = 0) -> None:
        self.period, self.skip = period, skip
        self.k = 2.0 / (period + 1)
        self.lookback = skip + period - 1
        self.settle = skip + 11 * (period + 1)
        self.value = 0.0  # the sum of the first values, then the average
        self.seen = 0

    def peek(self, x: float) -> float:
        if self.seen > self.lookback:
            return (x - self.value) * self.k + self.value
        return (self.value + x) / self.period if self.seen == self.lookback else NAN

    def update(self, x: float) -> float:
        if self.seen > self.lookback and x == x:
            self.value = value = (x - self.value) * self.k + self.value
            return value
        return super().update(x)

    def push(self, x: float) -> None:
        if self.seen >= self.lookback:
            self.value = self.peek(x)
        elif self.seen >= self.skip:
            self.value += x
        if self.seen <= self.lookback:
            self.seen += 1

    def batch(self, x: Floats) -> Floats:
        if self.period == 1:
            return x.copy()
        if not self.skip:
            return talib_column(talib.EMA(x, self.period))
        answer = np.full(len(x), np.nan)
        if len(x) > self.skip:
            answer[self.skip :] = talib.EMA(np.ascontiguousarray(x[self.skip :]), self.period)
        return answer


class Rma(OfSeries):
    """Wilder's smoothing: r += (x - r) / period, begun with the simple average of the first `period` values.

    Source: J. Welles Wilder, New Concepts in Technical Trading Systems (1978); TradingView's `ta.rma`. TA-Lib has it
    only inside other indicators, so the column form runs its EMA of 2 period - 1, which has the same weight, begun
    with a run of the first average.
    """

    __slots__ = ("k", "lookback", "period", "seen", "settle", "value")
    STATE = ("value", "seen")

    def __init__(self, period: int) -> None:
        self.period = period
        self.k = 2.0 / (2 * period)
        self.lookback = period - 1
        self.settle = 22 * period
        self.value = 0.0
        self.seen = 0

    def peek(self, x: float) -> float:
        if self.seen > self.lookback:
            return (x - self.value) * self.k + self.value
        return self._seed(self.value + x) if self.seen == self.lookback else NAN

    def push(self, x: float) -> None:
        self.value = self.peek(x) if self.seen >= self.lookback else self.value + x
        if self.seen <= self.lookback:
            self.seen += 1

    def _seed(self, total: float) -> float:
        mean, again = total / self.period, 0.0
        for _ in range(2 * self.period - 1):  # once in a life: the rounding of the run that the column form begins with
            again += mean
        return again / (2 * self.period - 1)

    def batch(self, x: Floats) -> Floats:
        n = self.period
        if n == 1:
            return x.copy()
        answer = np.full(len(x), np.nan)
        if len(x) >= n:
            total = 0.0
            for value in x[:n].tolist():
                total += value
            run = np.concatenate([np.full(2 * n - 1, total / n), x[n:]])
            answer[n - 1 :] = talib.EMA(run, 2 * n - 1)[2 * n - 2 :]
        return answer


class Wma(OfSeries):
    """Weighted moving average: weights 1 .. `period`, the newest weighs most. Source: TA-Lib, `TA_WMA`.

    Its sums are added up anew once in `period` values, so that rounding does not grow over months.
    """

    __slots__ = ("lookback", "period", "place", "ring", "settle", "total", "weighted")
    STATE = ("weighted", "total", "place", "ring")

    def __init__(self, period: int) -> None:
        self.period = period
        self.lookback = self.settle = period - 1
        self.weighted = self.total = 0.0  # of the ring: its newest weighs `period` - 1
        self.place = 0
        self.ring: deque[float] = deque(maxlen=max(period - 1, 1))

    def peek(self, x: float) -> float:
        if self.period == 1:
            return x
        if len(self.ring) < self.lookback:
            return NAN
        return (self.weighted + x * self.period) / ((self.period * (self.period + 1)) >> 1)

    def push(self, x: float) -> None:
        ring, full = self.ring, self.lookback
        if len(ring) < full:
            ring.append(x)
            self.weighted += x * len(ring)
            self.total += x
            return
        if not full:
            return
        oldest = ring[0]
        ring.append(x)
        self.place += 1
        if self.place < full:
            self.weighted += x * full - self.total
            self.total += x - oldest
            return
        self.place, self.weighted, self.total = 0, 0.0, 0.0
        for weight, value in enumerate(ring, 1):
            self.weighted += value * weight
            self.total += value

    def batch(self, x: Floats) -> Floats:
        return talib_column(talib.WMA(x, self.period)) if self.period > 1 else x.copy()
