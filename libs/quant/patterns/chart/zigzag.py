"""Turning points, known when the price has come back far enough."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from libs.quant.patterns.chart.stored import many, number, whole

CORNERS = 24  # how many turning points are kept
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
        """Return what must be stored."""
        return [[list(p) for p in self.pivots], self.rising, self.tip, self.tip_bar, self.back, self.back_bar]

    def restore(self, saved: object) -> None:
        """Go on from a stored state. Raises ValueError or TypeError when it does not fit."""
        pivots, rising, tip, tip_bar, back, back_bar = many(saved, 6)
        self.pivots, self.rising = read_pivots(pivots), min(abs(whole(rising)), 1)
        self.tip, self.tip_bar, self.back, self.back_bar = number(tip), whole(tip_bar), number(back), whole(back_bar)


def read_pivots(saved: object) -> list[Pivot]:
    """Read stored turning points. Raises ValueError or TypeError when they do not fit."""
    pairs = (many(pair, 2) for pair in many(saved, CORNERS))
    return [Pivot(whole(bar), number(price)) for bar, price in pairs]


class Line(NamedTuple):
    """Turning points of one coarseness, and what was left out to reach it: (first bar, size) of each smaller swing."""

    corners: list[Pivot]
    omitted: list[tuple[int, float]]

    def omitted_since(self, bar: int) -> float:
        """Return the largest swing left out since a bar."""
        return max((size for begin, size in self.omitted if begin >= bar), default=0.0)


def levels(pivots: list[Pivot]) -> Iterator[Line]:
    """Tell a line of turning points, then the same ever coarser: each time the smallest swing is left out.

    A swing at the beginning takes only its outer turning point with it, so the kind of the newest stays. The lists
    are the same objects all the time: read them before the next.
    """
    corners, omitted = list(pivots), list[tuple[int, float]]()
    swings = [abs(b.price - a.price) for a, b in pairwise(corners)]
    line = Line(corners, omitted)
    while len(corners) >= 4:
        yield line
        place = swings.index(min(swings))
        omitted.append((corners[place].bar, swings[place]))
        if place == 0:
            del corners[0], swings[0]
            continue
        del corners[place : place + 2]
        del swings[place : place + 2]
        if place < len(corners):
            swings[place - 1] = abs(corners[place].price - corners[place - 1].price)
        else:
            del swings[place - 1 :]
