"""Ranges, money and volume: ATR, MFI, OBV, VWAP, and what a session has shown so far."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import talib

from libs.quant.bars import DAY_MS, NAN, Bar, Bars, Floats
from libs.quant.indicators.base import OfBars, talib_column


class Atr(OfBars):
    """Average true range, in the currency: Wilder's average of max(high, close before) - min(low, close before).

    Source: TA-Lib, `TA_ATR`; the first bar has no range, as there is no close before it.
    """

    __slots__ = ("last", "lookback", "period", "seen", "settle", "value")
    STATE = ("value", "last", "seen")

    def __init__(self, period: int) -> None:
        self.period = self.lookback = period
        self.settle = 22 * period
        self.value = 0.0  # the sum of the first ranges, then their average
        self.last = 0.0
        self.seen = 0

    def _next(self, bar: Bar) -> float:
        n = self.period
        spread = max(bar.high - bar.low, abs(bar.high - self.last), abs(bar.low - self.last))
        if self.seen > n:
            return (self.value * (n - 1) + spread) / n
        return (self.value + spread) / n if self.seen == n else self.value + spread

    def peek(self, bar: Bar) -> float:
        return self._next(bar) if self.seen >= self.period else NAN

    def update(self, bar: Bar) -> float:
        if self.seen <= self.period or not self.knows(bar):
            return super().update(bar)
        self.value = value = self._next(bar)
        self.last = bar.close
        return value

    def push(self, bar: Bar) -> None:
        if self.seen:
            self.value = self._next(bar)
        self.last = bar.close
        self.seen = min(self.seen + 1, self.period + 1)

    def batch(self, bars: Bars) -> Floats:
        return talib_column(talib.ATR(bars.high, bars.low, bars.close, self.period))


class Mfi(OfBars):
    """Money flow index, 0 .. 100: the share of typical price x volume that flowed on rising bars, over `period` bars.

    Source: TA-Lib, `TA_MFI`; 0 where nothing flowed.
    """

    __slots__ = (
        "falling",
        "flows_down",
        "flows_up",
        "last",
        "lookback",
        "period",
        "place",
        "rising",
        "seen",
        "settle",
        "still",
    )
    STATE = ("rising", "falling", "flows_up", "flows_down", "place", "last", "still", "seen")
    VOLUME = True

    def __init__(self, period: int) -> None:
        self.period = self.lookback = self.settle = period
        self.rising = self.falling = 0.0
        self.flows_up, self.flows_down = [0.0] * period, [0.0] * period
        self.place = self.seen = 0
        self.last = 0.0
        self.still = 0  # how many of the newest bars let nothing flow

    def _next(self, bar: Bar) -> tuple[float, float, float, float, int]:
        typical = (bar.high + bar.low + bar.close) / 3.0
        flow = typical * bar.volume
        if abs(typical - self.last) <= 1e-14 * (abs(typical) + abs(self.last)):
            flow = 0.0
        up, down = (0.0, flow) if typical < self.last else (flow, 0.0)
        still = min(self.still + 1, self.period) if flow == 0.0 else 0
        if still == self.period:  # then the sums hold nothing but rounding
            return 0.0, 0.0, up, down, still
        rising = self.rising - self.flows_up[self.place] + up
        return rising, self.falling - self.flows_down[self.place] + down, up, down, still

    def peek(self, bar: Bar) -> float:
        if self.seen < self.period:
            return NAN
        rising, falling, _, _, _ = self._next(bar)
        total = rising + falling
        return 100.0 * (min(max(rising, 0.0), total) / total) if total > 0.0 else 0.0

    def push(self, bar: Bar) -> None:
        if self.seen:
            at = self.place
            self.rising, self.falling, self.flows_up[at], self.flows_down[at], self.still = self._next(bar)
            self.place = (at + 1) % self.period
        self.last = (bar.high + bar.low + bar.close) / 3.0
        self.seen = min(self.seen + 1, self.period)

    def batch(self, bars: Bars) -> Floats:
        return talib_column(talib.MFI(bars.high, bars.low, bars.close, bars.volume, self.period))


class Obv(OfBars):
    """On-balance volume: the volume of rising closes less that of falling ones, since the history began.

    Source: TA-Lib, `TA_OBV`. Only its changes mean something: its level depends on the first bar.
    """

    __slots__ = ("last", "lookback", "settle", "value")
    STATE = ("value", "last")
    VOLUME = True

    def __init__(self) -> None:
        self.lookback = self.settle = 0
        self.value = self.last = NAN

    def peek(self, bar: Bar) -> float:
        if self.last != self.last:
            return bar.volume
        if bar.close > self.last:
            return self.value + bar.volume
        return self.value - bar.volume if bar.close < self.last else self.value

    def push(self, bar: Bar) -> None:
        self.value = self.peek(bar)
        self.last = bar.close

    def batch(self, bars: Bars) -> Floats:
        return talib_column(talib.OBV(bars.close, bars.volume))


class _OfSession(OfBars):
    """Something that begins anew with each session. A session is a UTC day: no session of NSE, BSE, NYSE or Nasdaq
    runs over midnight UTC in its regular hours."""

    __slots__ = ("day", "lookback", "settle")

    def __init__(self) -> None:
        self.lookback = 0
        self.settle = 400  # a session of 1-minute bars
        self.day = -1

    @staticmethod
    def _parts(bars: Bars) -> list[slice]:
        days = bars.at_ms // DAY_MS
        edges = [0, *(np.flatnonzero(np.diff(days)) + 1).tolist(), len(bars)]
        return [slice(a, b) for a, b in pairwise(edges)]


class Vwap(_OfSession):
    """Volume-weighted average price of the session so far, by (high + low + close) / 3; unknown while nothing traded.

    Source: sum(typical price x volume) / sum(volume) since the session began, as TradingView's `ta.vwap`.
    """

    __slots__ = ("money", "volume")
    STATE = ("day", "money", "volume")
    VOLUME = True

    def __init__(self) -> None:
        super().__init__()
        self.money = self.volume = 0.0

    def _next(self, bar: Bar) -> tuple[float, float]:
        money = (bar.high + bar.low + bar.close) / 3.0 * bar.volume
        if bar.at_ms // DAY_MS != self.day:
            return money, bar.volume
        return self.money + money, self.volume + bar.volume

    def peek(self, bar: Bar) -> float:
        money, volume = self._next(bar)
        return money / volume if volume > 0.0 else NAN

    def push(self, bar: Bar) -> None:
        self.money, self.volume = self._next(bar)
        self.day = bar.at_ms // DAY_MS

    def batch(self, bars: Bars) -> Floats:
        money = (bars.high + bars.low + bars.close) / 3.0 * bars.volume
        answer = np.full(len(bars), np.nan)
        for part in self._parts(bars):
            volume = np.cumsum(bars.volume[part])
            np.divide(np.cumsum(money[part]), volume, out=answer[part], where=volume > 0.0)
        return answer


class SessionOpen(_OfSession):
    """The open of the session's first bar."""

    __slots__ = ("value",)
    STATE = ("day", "value")

    def __init__(self) -> None:
        super().__init__()
        self.value = 0.0

    def peek(self, bar: Bar) -> float:
        return self.value if bar.at_ms // DAY_MS == self.day else bar.open

    def push(self, bar: Bar) -> None:
        self.value = self.peek(bar)
        self.day = bar.at_ms // DAY_MS

    def batch(self, bars: Bars) -> Floats:
        answer = np.empty(len(bars))
        for part in self._parts(bars):
            answer[part] = bars.open[part.start]
        return answer


class SessionHigh(SessionOpen):
    """The highest high of the session so far."""

    __slots__ = ()

    def peek(self, bar: Bar) -> float:
        return max(self.value, bar.high) if bar.at_ms // DAY_MS == self.day else bar.high

    def batch(self, bars: Bars) -> Floats:
        answer = np.empty(len(bars))
        for part in self._parts(bars):
            answer[part] = np.maximum.accumulate(bars.high[part])
        return answer


class SessionLow(SessionOpen):
    """The lowest low of the session so far."""

    __slots__ = ()

    def peek(self, bar: Bar) -> float:
        return min(self.value, bar.low) if bar.at_ms // DAY_MS == self.day else bar.low

    def batch(self, bars: Bars) -> Floats:
        answer = np.empty(len(bars))
        for part in self._parts(bars):
            answer[part] = np.minimum.accumulate(bars.low[part])
        return answer
