"""The newest bars, as logarithms of prices, so that a fall by half is as high as a rise to the double.

Counted in whole millionths, so sums are exact and no answer tells how many bars came before.
"""

from __future__ import annotations

from math import exp, log
from typing import ClassVar, Self

import numpy as np

from libs.quant.bars import Bar, Floats
from libs.quant.patterns.chart.stored import many, number, whole

KEPT = 240
ATR_BARS = 20
LEAST_PRICE = 1e-4


def scaled(price: float) -> float:
    """Return the logarithm of a price in whole millionths; that of the least step where it is not above 0."""
    return float(round(log(max(price, LEAST_PRICE)) * 1e6))


def price_of(height: float) -> float:
    """Return the price of a logarithm, to four decimals."""
    return round(exp(height / 1e6), 4)


class Window:
    """The last `KEPT` bars (or a few more), and their average true range over 20 bars. Bars are counted from 0."""

    COLUMNS: ClassVar[tuple[str, ...]] = ("at_ms", "highs", "lows", "closes", "ranges", "atrs")
    __slots__ = ("at_ms", "atrs", "closes", "first", "highs", "lows", "ranges", "total")

    def __init__(self) -> None:
        self.first = 0  # the number of the oldest bar that is kept
        self.at_ms: list[int] = []
        self.highs: list[float] = []
        self.lows: list[float] = []
        self.closes: list[float] = []
        self.ranges: list[float] = []
        self.atrs: list[float] = []
        self.total = 0.0

    @property
    def seen(self) -> int:
        """How many bars came so far."""
        return self.first + len(self.closes)

    def push(self, bar: Bar) -> None:
        """Take a known bar in."""
        high, low, close = (scaled(price) for price in (bar.high, bar.low, bar.close))
        last = self.closes[-1] if self.closes else close
        true_range = max(high, last) - min(low, last)
        self.total += true_range
        self.at_ms.append(bar.at_ms)
        self.highs.append(high)
        self.lows.append(low)
        self.closes.append(close)
        self.ranges.append(true_range)
        if len(self.ranges) > ATR_BARS:
            self.total -= self.ranges[-1 - ATR_BARS]
        self.atrs.append(self.total / ATR_BARS if self.seen >= ATR_BARS else 0.0)
        if len(self.closes) == 2 * KEPT:
            for name in self.COLUMNS:
                del getattr(self, name)[:KEPT]
            self.first += KEPT

    def copy(self) -> Self:
        """Return one that goes its own way from here."""
        other = type(self)()
        other.first, other.total = self.first, self.total
        for name in self.COLUMNS:
            setattr(other, name, getattr(self, name).copy())
        return other

    def state(self) -> list[object]:
        """Return what must be stored."""
        return [self.first, self.total, *(getattr(self, name).copy() for name in self.COLUMNS)]

    def restore(self, saved: object) -> None:
        """Go on from a stored state. Raises ValueError or TypeError when it does not fit."""
        first, total, *columns = many(saved, 2 * KEPT)
        lengths = {len(many(column, 2 * KEPT - 1)) for column in columns}
        if len(columns) != len(self.COLUMNS) or len(lengths) != 1:
            raise ValueError("the bars are not columns of one length")
        self.first, self.total = whole(first), number(total)
        for name, column in zip(self.COLUMNS, columns, strict=True):
            kind = whole if name == "at_ms" else number
            setattr(self, name, [kind(item) for item in many(column, 2 * KEPT)])

    @property
    def atr(self) -> float:
        """The average true range now; 0 while it is warming up."""
        return self.atrs[-1]

    def atr_at(self, bar: int) -> float:
        """Return the average true range at a bar."""
        return self.atrs[max(bar - self.first, 0)]

    def closes_between(self, begin: int, end: int, up: int) -> Floats:
        """Return the closes from one bar to another, both included; upside down where `up` is -1."""
        return up * np.array(self.closes[max(begin - self.first, 0) : end - self.first + 1])

    def ranges_between(self, begin: int, end: int, up: int) -> tuple[Floats, Floats]:
        """Return the highs and lows from one bar to another; upside down where `up` is -1."""
        part = slice(max(begin - self.first, 0), end - self.first + 1)
        highs, lows = np.array(self.highs[part]), np.array(self.lows[part])
        return (highs, lows) if up > 0 else (-lows, -highs)

    def at(self, bar: int) -> int:
        """Return the time of a bar."""
        return self.at_ms[bar - self.first]
