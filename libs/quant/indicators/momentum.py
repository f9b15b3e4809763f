"""Momentum: RSI, stochastic, CCI, ADX, rate of change."""

from __future__ import annotations

from collections import deque

import numpy as np
import talib

from libs.quant.bars import NAN, SAME, Bar, Bars, Floats
from libs.quant.indicators.base import OfBars, OfSeries, StateError, talib_column
from libs.quant.indicators.windows import Extreme, extreme_state, restore_extreme

# TA-Lib's idea of zero (TA_IS_ZERO).
_ZERO = 1e-14


def _is_zero(value: float) -> bool:
    return -_ZERO < value < _ZERO


class Rsi(OfSeries):
    """Relative strength index, 0 .. 100: 100 g / (g + l), with g and l Wilder's averages of gains and losses.

    Source: TA-Lib, `TA_RSI`. Where nothing moved at all the answer is 0, as TA-Lib's.
    """

    __slots__ = ("gain", "last", "lookback", "loss", "period", "seen", "settle")
    STATE = ("gain", "loss", "last", "seen")

    def __init__(self, period: int) -> None:
        self.period = self.lookback = period
        self.settle = 22 * period
        self.gain = self.loss = 0.0  # sums of the first changes, then averages
        self.last = 0.0
        self.seen = 0

    def _next(self, x: float) -> tuple[float, float]:
        gain, loss, n, change = self.gain, self.loss, self.period, x - self.last
        if self.seen > n:
            gain *= n - 1
            loss *= n - 1
        if change < 0:
            loss -= change
        else:
            gain += change
        if self.seen == n:
            return gain / n, loss / n
        return (gain * (1.0 / n), loss * (1.0 / n)) if self.seen > n else (gain, loss)

    def peek(self, x: float) -> float:
        if self.seen < self.period:
            return NAN
        gain, loss = self._next(x)
        return 0.0 if _is_zero(gain + loss) else 100 * (gain / (gain + loss))

    def update(self, x: float) -> float:
        if self.seen <= self.period or x != x:
            return super().update(x)
        self.gain, self.loss = gain, loss = self._next(x)
        self.last = x
        return 0.0 if _is_zero(gain + loss) else 100 * (gain / (gain + loss))

    def push(self, x: float) -> None:
        if self.seen:
            self.gain, self.loss = self._next(x)
        self.last = x
        if self.seen <= self.period:
            self.seen += 1

    def batch(self, x: Floats) -> Floats:
        return talib_column(talib.RSI(x, self.period))


class FastK(OfBars):
    """Raw stochastic, 0 .. 100: where the close lies between the lowest low and the highest high of `period` bars.

    Source: TA-Lib, `TA_STOCHF`; 0 where the highest is the lowest. Smoothed by a simple average it is slow %K, and
    that smoothed again is slow %D (`TA_STOCH`).
    """

    __slots__ = ("high", "lookback", "low", "period", "settle")

    def __init__(self, period: int) -> None:
        self.period = period
        self.lookback = self.settle = period - 1
        self.high, self.low = Extreme(period, 1), Extreme(period, -1)

    def peek(self, bar: Bar) -> float:
        if self.high.seen < self.lookback:
            return NAN
        low = self.low.peek(bar.low)
        width = self.high.peek(bar.high) - low
        return (bar.close - low) / width * 100.0 if width != 0.0 else 0.0

    def push(self, bar: Bar) -> None:
        self.high.push(bar.high)
        self.low.push(bar.low)

    def batch(self, bars: Bars) -> Floats:
        return talib_column(talib.STOCHF(bars.high, bars.low, bars.close, self.period, 1)[0])

    def state(self) -> list[object]:
        return [extreme_state(self.high), extreme_state(self.low)]

    def restore(self, saved: object) -> None:
        if not isinstance(saved, list) or len(saved) != 2:
            raise StateError("The stored state of FastK is not a high and a low.")
        restore_extreme(self.high, saved[0])
        restore_extreme(self.low, saved[1])


class Cci(OfBars):
    """Commodity channel index: (t - mean(t)) / (0.015 * mean deviation), t = (high + low + close) / 3.

    Source: TA-Lib, `TA_CCI`; 0 where t is its mean but for rounding. A mean of absolute deviations cannot be carried
    on, so a bar costs `period` additions.
    """

    __slots__ = ("lookback", "period", "place", "ring", "seen", "settle")
    STATE = ("ring", "place", "seen")

    def __init__(self, period: int) -> None:
        self.period = period
        self.lookback = self.settle = period - 1
        self.ring = [0.0] * period  # added up from its first place on, as TA-Lib does
        self.place = self.seen = 0

    def peek(self, bar: Bar) -> float:
        if self.seen < self.lookback:
            return NAN
        typical = (bar.high + bar.low + bar.close) / 3
        ring, n = self.ring, self.period
        left, ring[self.place] = ring[self.place], typical
        total = 0.0
        for value in ring:
            total += value
        mean, deviation = total / n, 0.0
        for value in ring:
            deviation += abs(value - mean)
        ring[self.place] = left
        distance = typical - mean
        return 0.0 if abs(distance) <= SAME * abs(typical) else distance / (0.015 * (deviation / n))

    def push(self, bar: Bar) -> None:
        self.ring[self.place] = (bar.high + bar.low + bar.close) / 3
        self.place = (self.place + 1) % self.period
        self.seen = min(self.seen + 1, self.period)

    def batch(self, bars: Bars) -> Floats:
        answer = talib_column(talib.CCI(bars.high, bars.low, bars.close, self.period))
        typical = talib.TYPPRICE(bars.high, bars.low, bars.close)
        at_mean = np.abs(typical - talib.SMA(typical, self.period)) <= SAME * np.abs(typical)
        return np.where(at_mean, 0.0, answer)


class Adx(OfBars):
    """Average directional index, 0 .. 100: Wilder's average of |+DI - -DI| / (+DI + -DI). Source: TA-Lib, `TA_ADX`."""

    __slots__ = ("adx", "lookback", "minus", "period", "plus", "previous", "seen", "settle", "true_range")
    STATE = ("adx", "plus", "minus", "true_range", "previous", "seen")

    def __init__(self, period: int) -> None:
        self.period, self.lookback = period, 2 * period - 1
        self.settle = 44 * period
        self.adx = self.plus = self.minus = self.true_range = 0.0
        self.previous = [0.0, 0.0, 0.0]  # high, low, close
        self.seen = 0

    def _next(self, bar: Bar) -> tuple[float, float, float, float]:
        n, plus, minus, spread = self.period, self.plus, self.minus, self.true_range
        high, low, close = self.previous
        if self.seen >= n:
            minus -= minus / n
            plus -= plus / n
            spread -= spread / n
        up, down = bar.high - high, low - bar.low
        if down > 0 and up < down:
            minus += down
        elif up > 0 and up > down:
            plus += up
        spread += max(bar.high - bar.low, abs(bar.high - close), abs(bar.low - close))
        adx = self.adx
        if self.seen >= n:
            move = NAN
            if not _is_zero(spread):
                below, above = 100 * (minus / spread), 100 * (plus / spread)
                if not _is_zero(below + above):
                    move = 100 * (abs(below - above) / (below + above))
            if move == move:
                adx = (adx * (n - 1) + move) / n if self.seen >= 2 * n else adx + move
            if self.seen == 2 * n - 1:
                adx /= n
        return adx, plus, minus, spread

    def peek(self, bar: Bar) -> float:
        return self._next(bar)[0] if self.seen >= self.lookback else NAN

    def push(self, bar: Bar) -> None:
        if self.seen:
            self.adx, self.plus, self.minus, self.true_range = self._next(bar)
        self.previous = [bar.high, bar.low, bar.close]
        self.seen = min(self.seen + 1, 2 * self.period)

    def batch(self, bars: Bars) -> Floats:
        return talib_column(talib.ADX(bars.high, bars.low, bars.close, self.period))


class Roc(OfSeries):
    """Rate of change in percent: 100 (x / x `period` values ago - 1). Source: TA-Lib, `TA_ROC`; 0 where that was 0."""

    __slots__ = ("lookback", "period", "ring", "settle")
    STATE = ("ring",)

    def __init__(self, period: int) -> None:
        self.period = self.lookback = self.settle = period
        self.ring: deque[float] = deque(maxlen=period)

    def peek(self, x: float) -> float:
        if len(self.ring) < self.period:
            return NAN
        old = self.ring[0]
        return (x / old - 1.0) * 100.0 if old != 0.0 else 0.0

    def push(self, x: float) -> None:
        self.ring.append(x)

    def batch(self, x: Floats) -> Floats:
        with np.errstate(over="ignore"):
            return talib_column(talib.ROC(x, self.period))
