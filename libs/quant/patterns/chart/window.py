"""The newest bars, as logarithms of prices, so that a fall by half is as high as a rise to the double.

Counted in whole millionths, so sums are exact and no answer tells how many bars came before.
"""

from __future__ import annotations

from math import exp, log
from typing import ClassVar, Self

import numpy as np

from libs.quant.bars import Bar, Floats, Longs
from libs.quant.patterns.chart.stored import many, packed, unpacked, whole

KEPT = 240
"""Nothing is told of bars that lie further back."""
ATR_BARS = 20
LEAST_PRICE = 1e-4
_MOST = 10**9
"""A bound on what is read from a stored state, far beyond any logarithm."""


def scaled(price: float) -> float:
    """Return the logarithm of a price in whole millionths; that of the least step where it is not above 0."""
    return float(round(log(price if price > LEAST_PRICE else LEAST_PRICE) * 1e6))


def price_of(height: float) -> float:
    """Return the price of a logarithm, to four decimals."""
    return round(exp(height / 1e6), 4)


class Window:
    """The last `KEPT` bars (or a few more), and their average true range over 20 bars. Bars are counted from 0.

    A column holds the bar `i` at `i - first`, up to `held`; those of the newest bar are numbers of their own too.
    """

    COLUMNS: ClassVar[tuple[str, ...]] = ("at_ms", "highs", "lows", "closes", "ranges", "atrs")
    STORED: ClassVar[int] = KEPT + ATR_BARS + 1  # the average ranges of the oldest are made of those before them
    __slots__ = (
        "at_ms", "atr", "atrs", "close", "closes", "first", "held", "high", "highs", "low", "lows", "ranges", "total",
    )  # fmt: skip

    def __init__(self) -> None:
        self.first = self.held = 0
        self.high = self.low = self.close = self.total = 0.0
        self.atr = 0.0  # the average true range now; 0 while it is warming up
        self.at_ms = np.zeros(2 * self.STORED, np.int64)
        self.highs, self.lows, self.closes, self.ranges, self.atrs = np.zeros((5, 2 * self.STORED))

    @property
    def seen(self) -> int:
        """How many bars came so far."""
        return self.first + self.held

    @property
    def oldest(self) -> int:
        """The number of the oldest bar that counts."""
        return max(self.seen - KEPT, 0)

    def push(self, bar: Bar) -> None:
        """Take a known bar in."""
        if self.held == 2 * self.STORED:
            for name in self.COLUMNS:
                column = getattr(self, name)
                column[: self.STORED] = column[self.STORED :]
            self.first += self.STORED
            self.held = self.STORED
        self._take(bar.at_ms, scaled(bar.high), scaled(bar.low), scaled(bar.close))

    def _take(self, at_ms: int, high: float, low: float, close: float) -> None:
        place = self.held
        last = self.close if place else close
        true_range = (high if high > last else last) - (low if low < last else last)
        self.total += true_range
        if place >= ATR_BARS:
            self.total -= float(self.ranges[place - ATR_BARS])
        self.held = place + 1
        self.high, self.low, self.close = high, low, close
        self.atr = self.total / ATR_BARS if self.held >= ATR_BARS else 0.0
        self.at_ms[place], self.highs[place], self.lows[place] = at_ms, high, low
        self.closes[place], self.ranges[place], self.atrs[place] = close, true_range, self.atr

    def copy(self) -> Self:
        """Return one that goes its own way from here."""
        other = type(self).__new__(type(self))
        for name in ("atr", "close", "first", "held", "high", "low", "total"):
            setattr(other, name, getattr(self, name))
        for name in self.COLUMNS:
            setattr(other, name, getattr(self, name).copy())
        return other

    def state(self) -> list[object]:
        """Return what must be stored: how many bars came, and the prices of those that still count."""
        return [self.seen, packed(np.vstack(self._rows(slice(max(self.held - self.STORED, 0), self.held))))]

    def restore(self, saved: object) -> None:
        """Go on, with no bar seen yet, from a stored state. Raises ValueError or TypeError when it does not fit."""
        seen, text = many(saved, 2)
        rows = unpacked(text, len(self._rows(slice(0, 0))), self.STORED)
        count = rows.shape[1]
        prices = rows[1:4]
        if count != min(whole(seen), self.STORED) or bool(((prices > _MOST) | (prices < -_MOST)).any()):
            raise ValueError("these are not its bars")
        self._refill(rows)
        self.first = whole(seen) - count

    def _rows(self, part: slice) -> list[Longs]:
        """Return the columns that are stored; the others are made of them."""
        closes = self.closes[part]
        prices = closes, self.highs[part] - closes, closes - self.lows[part]
        return [self.at_ms[part], *(price.astype(np.int64) for price in prices)]

    def _refill(self, rows: Longs) -> None:
        """Take the bars of stored columns in."""
        for at_ms, close, above, below in rows[:4].T.tolist():
            self._take(at_ms, float(close + above), float(close - below), float(close))

    def atr_at(self, bar: int) -> float:
        """Return the average true range at a bar."""
        return float(self.atrs[bar - self.first])

    def closes_between(self, begin: int, end: int, up: int) -> Floats:
        """Return the closes from one bar to another, both included; upside down where `up` is -1."""
        closes = self.closes[max(begin - self.first, 0) : end - self.first + 1]
        return closes if up > 0 else -closes

    def newest(self, name: str, count: int) -> Floats:
        """Return the end of a column, as it is: so many of its newest bars."""
        column: Floats = getattr(self, name)
        return column[max(self.held - count, 0) : self.held]

    def at(self, bar: int) -> int:
        """Return the time of a bar."""
        return int(self.at_ms[bar - self.first])
