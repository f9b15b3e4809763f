"""Support and resistance as numbers: the levels whose breaks are told, at the price at which they lie."""

from __future__ import annotations

from collections import deque

import numpy as np

from libs.quant.bars import NAN, Bar, Bars, Floats
from libs.quant.indicators.base import OfBars, StateError
from libs.quant.patterns.chart.levels import BACK, REACH, touched
from libs.quant.patterns.chart.stored import many, number, whole
from libs.quant.patterns.chart.window import ATR_BARS, KEPT, scaled
from libs.quant.patterns.chart.zigzag import CORNERS, INF, Zigzag


class Nearest(OfBars):
    """The price of the newest resistance (`up` 1) or support (-1) with so many touches; unknown where there is none.

    It is the outermost close of the turning points of `touched`, the rule by which a break of a level is told; one
    touch is the newest turning point itself. It stays when the price has gone through it, until the price has turned
    anew. A bar takes bounded work: the true ranges of 20 bars and the turning points of 150 are all that is kept.
    """

    __slots__ = ("closes", "last", "least", "lookback", "ranges", "seen", "settle", "total", "up", "zigzag")

    def __init__(self, up: int, least: int) -> None:
        self.up, self.least = up, least
        self.lookback, self.settle = ATR_BARS, 2 * KEPT
        self.seen = 0
        self.last = self.total = 0.0  # the last close, the sum of the ranges: whole millionths of logarithms
        self.ranges: deque[float] = deque(maxlen=ATR_BARS)
        self.zigzag = Zigzag()
        self.closes: dict[int, float] = {}  # by the bars that are, or may become, turning points: logarithms round

    def peek(self, bar: Bar) -> float:
        other = Nearest(self.up, self.least)
        other.seen, other.last, other.total = self.seen, self.last, self.total
        other.ranges, other.zigzag, other.closes = self.ranges.copy(), self.zigzag.copy(), self.closes.copy()
        return other._take(bar)

    def push(self, bar: Bar) -> None:
        self._take(bar)

    def update(self, bar: Bar) -> float:
        return self._take(bar) if self.knows(bar) else NAN

    def batch(self, bars: Bars) -> Floats:
        fresh = Nearest(self.up, self.least)
        return np.array([fresh._take(bars.bar(place)) for place in range(len(bars))])

    def _take(self, bar: Bar) -> float:
        high, low, close = (scaled(price) for price in (bar.high, bar.low, bar.close))
        last = self.last if self.seen else close
        if len(self.ranges) == ATR_BARS:
            self.total -= self.ranges[0]
        self.ranges.append(max(high, last) - min(low, last))
        self.total += self.ranges[-1]
        self.last, now = close, self.seen
        self.seen += 1
        atr = self.total / ATR_BARS if self.seen >= ATR_BARS else 0.0
        self._turn(now, close, bar.close, atr)
        touches = touched(self.zigzag, now, atr, self.up, self.least) if atr > 0 else []
        return self.up * max(self.up * self.closes[touch.bar] for touch in touches) if touches else NAN

    def _turn(self, now: int, height: float, close: float, atr: float) -> None:
        zigzag, pivots = self.zigzag, self.zigzag.pivots
        self.closes[now] = close
        zigzag.push(now, height, REACH * atr if atr > 0 else INF)
        while pivots and now - pivots[0].bar > BACK:
            del pivots[0]
        if len(self.closes) > 2 * len(pivots) + 8:
            kept = {zigzag.tip_bar, zigzag.back_bar, *(pivot.bar for pivot in pivots)}
            self.closes = {bar: close for bar, close in self.closes.items() if bar in kept}

    def state(self) -> list[object]:
        closes = [list(pair) for pair in self.closes.items()]
        return [self.seen, self.last, list(self.ranges), self.zigzag.state(), closes]

    def restore(self, saved: object) -> None:
        try:
            seen, last, ranges, zigzag, closes = many(saved, 5)
            self.zigzag.restore(zigzag)
            self.seen, self.last = whole(seen), number(last)
            self.ranges = deque((number(one) for one in many(ranges, ATR_BARS)), ATR_BARS)
            self.total = sum(self.ranges)
            pairs = (many(pair, 2) for pair in many(closes, 4 * CORNERS))
            self.closes = {whole(bar): number(close) for bar, close in pairs}
            if not {pivot.bar for pivot in self.zigzag.pivots} <= self.closes.keys():
                raise ValueError("a turning point has no close")
        except (TypeError, ValueError) as error:
            raise StateError(f"The stored state of a level does not fit: {error}") from error
