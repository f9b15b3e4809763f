"""Turning points, known when the price has come back far enough."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from libs.quant.patterns.chart.stored import many, number, packed, unpacked, whole

CORNERS = 40  # how many turning points are kept
INF = 1e18  # beyond any logarithm; a number that JSON knows


class Pivot(NamedTuple):
    """A turning point: the number of its bar, and its price. Lows and highs take turns."""

    bar: int
    price: float


class Zigzag:
    """The closes at which the price turned, and then moved by at least `reach`.

    A high is known at the bar whose close lies `reach` below it, and stays: nothing is taken back. O(1) a bar.
    """

    __slots__ = ("back", "back_bar", "pivots", "rising", "tip", "tip_bar")

    def __init__(self) -> None:
        self.pivots: list[Pivot] = []
        self.rising = 1  # whether the newest pivot is a low
        self.tip, self.tip_bar = -INF, 0
        self.back, self.back_bar = INF, 0  # how far it came back from the tip, and where

    def push(self, bar: int, close: float, reach: float) -> bool:
        """Take a close in; tell whether a turning point is known now that was not known before."""
        ahead = close if self.rising else -close
        if ahead > self.tip:
            self.tip, self.tip_bar, self.back = ahead, bar, INF
            return False
        if ahead < self.back:
            self.back, self.back_bar = ahead, bar
        if self.tip - self.back < reach:
            return False
        self.pivots.append(self.under_way)
        del self.pivots[:-CORNERS]
        self.rising = 1 - self.rising
        self.tip, self.tip_bar, self.back = -self.back, self.back_bar, INF
        return True

    @property
    def under_way(self) -> Pivot:
        """Where the swing would have ended that still goes on."""
        return Pivot(self.tip_bar, self.tip if self.rising else -self.tip)

    def copy(self) -> Zigzag:
        """Return one that goes its own way from here."""
        other = Zigzag()
        other.pivots, other.rising = self.pivots.copy(), self.rising
        other.tip, other.tip_bar, other.back, other.back_bar = self.tip, self.tip_bar, self.back, self.back_bar
        return other

    def state(self) -> list[object]:
        """Return what must be stored. Prices are whole numbers."""
        pivots = np.array(self.pivots, np.int64).reshape(-1, 2).T
        return [packed(pivots), self.rising, self.tip, self.tip_bar, self.back, self.back_bar]

    def restore(self, saved: object) -> None:
        """Go on from a stored state. Raises ValueError or TypeError when it does not fit."""
        text, rising, tip, tip_bar, back, back_bar = many(saved, 6)
        self.pivots = [Pivot(bar, float(price)) for bar, price in unpacked(text, 2, CORNERS).T.tolist()]
        self.rising = min(abs(whole(rising)), 1)
        self.tip, self.tip_bar, self.back, self.back_bar = number(tip), whole(tip_bar), number(back), whole(back_bar)


def threes(pivots: Sequence[Pivot]) -> Iterator[tuple[Pivot, Pivot, Pivot]]:
    """Tell all choices of low, high, low among turning points that end with the newest, a low.

    Each is the lowest or highest between its neighbours.
    """
    newest = len(pivots) - 1
    for low, high in _back(pivots, newest):
        yield pivots[low], pivots[high], pivots[newest]


def fives(pivots: Sequence[Pivot]) -> Iterator[tuple[Pivot, Pivot, Pivot, Pivot, Pivot]]:
    """Tell all choices of low, high, low, high, low, as `threes` does."""
    newest = len(pivots) - 1
    for middle, second in _back(pivots, newest):
        for low, high in _back(pivots, middle):
            yield pivots[low], pivots[high], pivots[middle], pivots[second], pivots[newest]


def cups(pivots: Sequence[Pivot]) -> Iterator[tuple[Pivot, Pivot, Pivot, Pivot]]:
    """Tell rim, bottom, rim and handle: each right rim with all left ones that are about as high."""
    newest = len(pivots) - 1
    for right in {high for _, high in _back(pivots, newest)}:
        rim, bottom = pivots[right], pivots[right - 1]
        for high in range(right - 2, 0, -2):
            least = 0.15 * (rim.price - bottom.price)
            if pivots[high].price > rim.price - least:
                yield pivots[high], bottom, rim, pivots[newest]
            if pivots[high].price > rim.price + least:
                break
            bottom = min(bottom, pivots[high - 1], key=lambda low: low.price)


def _back(pivots: Sequence[Pivot], end: int) -> Iterator[tuple[int, int]]:
    """Tell the earlier lows with the highest high until `end`, where both lows are the deepest on their side of it."""
    high, least, undercut = end - 1, INF, False
    for low in range(end - 2, 0, -2):
        if pivots[low + 1].price > pivots[high].price:
            high, least = low + 1, INF
            if undercut:
                return
        if pivots[low].price < least:
            least = pivots[low].price
            yield low, high
        undercut = undercut or pivots[low].price < pivots[end].price
