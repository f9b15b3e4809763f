"""The definitions: which corners make which pattern.

Each reads one choice of corners and answers with the outline that waits for its break upward, or None. A pattern
that breaks downward is read upside down. Numbers in the definitions are parts of the pattern's height, multiples of
the average true range (ATR), or bars; docs/patterns.md says them in words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from libs.quant.bars import Floats
from libs.quant.patterns.chart.window import KEPT, Window
from libs.quant.patterns.chart.zigzag import Pivot, cups, fives, threes

LONGEST = 180  # bars, from the first corner to the newest
CLEAR = 0.32  # the largest move against a leg, in heights
FLAG_LEAST, FLAG_MOST = 8, 20  # bars of a flag
POLE_MOST = 8  # bars of its pole
ROUGH = 0.18  # how far closes may lie from the lines between the corners (root mean square), in heights
_COUNT = np.arange(KEPT + 1, dtype=np.float64)


class Outline(NamedTuple):
    """A pattern without its break: a close must pass the line by `margin` until bar `until`, and none pass `floor`.

    `line` goes through (`line_bar`, `line_price`) with `slope` a bar.
    """

    code: int
    corners: tuple[Pivot, ...]
    line_bar: int
    line_price: float
    slope: float
    margin: float
    floor: float
    height: float
    until: int
    confidence: float

    def broken(self, bar: int, close: float) -> bool:
        """Whether a close completes it."""
        return close > self.line_at(bar) + self.margin

    def line_at(self, bar: int) -> float:
        """Return where the line is at a bar."""
        return self.line_price + self.slope * (bar - self.line_bar)


class Judge:
    """Collects how well each condition is met, 0 (just) to 1 (fully). Each answers whether it is met at all."""

    __slots__ = ("marks",)

    def __init__(self) -> None:
        self.marks: list[float] = []

    def at_most(self, value: float, limit: float) -> bool:
        """Expect a deviation between 0 (best) and the limit."""
        self.marks.append(1.0 - value / limit)
        return value <= limit

    def at_least(self, value: float, limit: float, plenty: float) -> bool:
        """Expect a size from the limit on; `plenty` earns the full mark."""
        self.marks.append(min((value - limit) / (plenty - limit), 1.0))
        return value >= limit

    @property
    def confidence(self) -> float:
        """The mean of the marks."""
        return sum(self.marks) / len(self.marks)


class Sight:
    """A window's bars as they stand, upside down where `up` is -1, for a definition to look at."""

    __slots__ = ("_first", "_window", "closes", "end", "oldest", "up")

    def __init__(self, window: Window, up: int) -> None:
        self._window, self.up, self._first = window, up, window.first
        self.oldest, self.end = window.oldest, window.seen  # the first bar that counts, and that after the newest
        self.closes = window.closes_between(self._first, window.seen - 1, up)

    def between(self, begin: int, end: int) -> Floats:
        """Return the closes from one bar to another, both included."""
        return self.closes[begin - self._first : end - self._first + 1]

    def ranges(self, begin: int, end: int) -> tuple[Floats, Floats]:
        """Return the highs and lows from one bar to another, both included."""
        part = slice(begin - self._first, end - self._first + 1)
        highs, lows = self._window.highs[part], self._window.lows[part]
        return (highs, lows) if self.up > 0 else (-lows, -highs)

    def atr(self, bar: int) -> float:
        """Return the average true range at a bar."""
        return self._window.atr_at(bar)

    def corner(self, bar: int) -> Pivot:
        """Return the close of a bar as a corner."""
        return Pivot(bar, float(self.closes[bar - self._first]))


def _evenness(a: float, b: float) -> float:
    return min(a, b) / max(a, b) if max(a, b) > 0 else 0.0


def _legs(corners: Sequence[Pivot], sight: Sight) -> tuple[float, float]:
    """Return the largest move against its leg, and the root mean square distance of the closes to the legs."""
    closes, begin = sight.between(corners[0].bar, corners[-1].bar), corners[0].bar
    most = total = 0.0
    for a, b in pairwise(corners):
        leg = closes[a.bar - begin : b.bar - begin + 1]
        off = leg - (a.price + _COUNT[: len(leg)] * ((b.price - a.price) / (b.bar - a.bar)))
        total += float((off * off)[:-1].sum())  # a corner is off by nothing, and belongs to one leg
        if b.price > a.price:
            most = max(most, float((np.maximum.accumulate(leg) - leg).max()))
        else:
            most = max(most, float((leg - np.minimum.accumulate(leg)).max()))
    return most, (total / (len(closes) - 1)) ** 0.5


def double(corners: Sequence[Pivot], sight: Sight) -> Outline | None:
    """A fall, a low, a high, a second low as deep as the first. The line is the level of the high between."""
    top, first, middle, second = corners
    height = middle.price - (first.price + second.price) / 2
    width = second.bar - first.bar
    if not (height > 0 and width >= 10 and second.bar - top.bar <= LONGEST):
        return None
    judge, atr = Judge(), sight.atr(corners[-1].bar)
    if (
        judge.at_most(abs(first.price - second.price) / height, 0.15)
        and judge.at_least(height / atr, 4.5, 8.0)
        and judge.at_least((top.price - first.price) / height, 1.2, 1.6)
        and judge.at_least(_evenness(middle.bar - first.bar, second.bar - middle.bar), 0.45, 1.0)
        and (legs := _legs(corners[1:], sight))
        and judge.at_most(legs[0] / height, CLEAR)
        and judge.at_most(legs[1] / height, ROUGH)
    ):
        return Outline(
            1, tuple(corners), middle.bar, middle.price, 0.0, atr, min(first.price, second.price), height,
            second.bar + width, judge.confidence,
        )  # fmt: skip
    return None


def shoulders(corners: Sequence[Pivot], sight: Sight) -> Outline | None:
    """A fall, then three lows of which the middle one is the deepest. The line goes through the highs between."""
    top, left, a, head, b, right = corners
    slope = (b.price - a.price) / (b.bar - a.bar)

    def below(low: Pivot) -> float:
        return a.price + slope * (low.bar - a.bar) - low.price

    depth, one, other = below(head), below(left), below(right)
    before, after = head.bar - left.bar, right.bar - head.bar
    if not (depth > 0 and right.bar - top.bar <= LONGEST and before + after >= 12):
        return None
    judge, atr = Judge(), sight.atr(corners[-1].bar)
    if (
        judge.at_least(depth / atr, 4.5, 8.0)
        and judge.at_least(1.0 - max(one, other) / depth, 0.25, 0.4)
        and judge.at_least(min(one, other) / depth, 0.3, 0.5)
        and judge.at_most(abs(one - other) / depth, 0.28)
        and judge.at_most(abs(b.price - a.price) / depth, 0.25)
        and judge.at_least(_evenness(before, after), 0.5, 1.0)
        and judge.at_least((top.price - left.price) / depth, 0.6, 1.2)
        and (legs := _legs(corners[1:], sight))
        and judge.at_most(legs[0] / depth, CLEAR)
        and judge.at_most(legs[1] / depth, ROUGH)
    ):
        return Outline(
            2, tuple(corners), a.bar, a.price, slope, 0.5 * atr, right.price, depth,
            right.bar + (before + after) // 2, judge.confidence,
        )  # fmt: skip
    return None


def converging(corners: Sequence[Pivot], sight: Sight) -> Outline | None:
    """Three lows and two highs (or three) between lines that come together: a triangle or a falling wedge."""
    entry, a, high1, b, high2, c = corners
    under = (c.price - a.price) / (c.bar - a.bar)
    length = c.bar - a.bar
    over, top = _upper(entry, a, high1, high2)
    height = top + over * a.bar - a.price
    if not (height > 0 and under > over and 15 <= length <= LONGEST):
        return None
    rise, fall = under * length / height, over * length / height
    lower = over * (high2.bar - high1.bar) / height
    if abs(lower) <= 0.09:
        code = 3
    elif lower <= -0.11 and rise >= 0.2:
        code = 4
    elif lower <= -0.25 and rise <= -0.15:
        code = 5
    else:
        return None
    judge, atr = Judge(), sight.atr(corners[-1].bar)
    if (
        judge.at_least(height / atr, 6.0, 9.0)
        and judge.at_most(abs(b.price - (a.price + under * (b.bar - a.bar))) / height, 0.1)
        and judge.at_least((entry.price - a.price) / height, 0.85, 1.0)
        and judge.at_least(rise - fall, 0.35, 0.6)
        and judge.at_least(1.0 - (rise - fall), 0.05, 0.2)
        and judge.at_least(_evenness(high2.bar - high1.bar, length / 2), 0.65, 1.0)
        and (legs := _legs(corners[1:], sight))
        and judge.at_most(legs[0] / height, CLEAR)
        and judge.at_most(legs[1] / height, ROUGH)
    ):
        left = (top + over * c.bar - c.price) / (under - over)  # bars to where the lines meet
        return Outline(
            code, tuple(corners), high1.bar, top + over * high1.bar, over, 1.25 * atr, c.price, height,
            c.bar + int(min(0.5 * left, length)),
            judge.confidence,
        )  # fmt: skip
    return None


def _upper(entry: Pivot, low: Pivot, first: Pivot, second: Pivot) -> tuple[float, float]:
    """Return the slope and the price at bar 0 of a line along highs: along three where they lie on one."""
    slope = (second.price - first.price) / (second.bar - first.bar)
    off = entry.price - (first.price + slope * (entry.bar - first.bar))
    if abs(off) > 0.3 * (first.price - low.price):
        return slope, first.price - slope * first.bar
    x, y = (entry.bar + first.bar + second.bar) / 3, (entry.price + first.price + second.price) / 3
    three = ((high.bar - x, high.price - y) for high in (entry, first, second))
    products, squares = zip(*((across * up, across * across) for across, up in three), strict=True)
    slope = sum(products) / sum(squares)
    return slope, y - slope * x


def cup(corners: Sequence[Pivot], sight: Sight) -> Outline | None:
    """A round bottom between two rims of one height, then a shallow handle. The line is the level of the right rim."""
    left, bottom, right, handle = corners
    width, height = right.bar - left.bar, (left.price + right.price) / 2 - bottom.price
    if not (height > 0 and width <= LONGEST - 30):
        return None
    judge, atr = Judge(), sight.atr(handle.bar)
    if (
        judge.at_least(width, 30, 35)
        and judge.at_least(height / atr, 5.0, 8.0)
        and judge.at_most(abs(left.price - right.price) / height, 0.12)
        and judge.at_least((right.price - handle.price) / height, 0.1, 0.2)
        and judge.at_least(1.0 - (right.price - handle.price) / height, 0.55, 0.7)
        and judge.at_most((handle.bar - right.bar) / width, 0.5)
        and judge.at_least(_roundness(sight.between(left.bar, right.bar)), 0.9, 0.97)
    ):
        return Outline(
            6, tuple(corners), right.bar, right.price, 0.0, 0.5 * atr, handle.price, height,
            handle.bar + max(width // 2, 10), judge.confidence,
        )  # fmt: skip
    return None


def _roundness(closes: Floats) -> float:
    """Return how much of the closes' variance a parabola with its bottom in the middle third explains (R squared).

    0 where two straight sides explain more.
    """
    x = np.linspace(-1.0, 1.0, len(closes))
    fit = np.polyfit(x, closes, 2)
    if fit[0] <= 0 or abs(fit[1] / (2 * fit[0])) > 1 / 3:
        return 0.0
    curve = float(np.mean((closes - np.polyval(fit, x)) ** 2))
    sides = float(np.mean((closes - np.polyval(np.polyfit(np.abs(x), closes, 1), np.abs(x))) ** 2))
    spread = float(np.var(closes))
    return 1.0 - curve / spread if spread > 0 and curve < sides else 0.0


def outlines(pivots: Sequence[Pivot], sight: Sight) -> Iterator[Outline]:
    """Tell every pattern whose newest corner is the newest of the turning points, a low."""
    newest, tops = pivots[-1].bar, dict[int, Pivot]()

    def top(low: Pivot) -> Pivot:
        if low.bar not in tops:
            tops[low.bar] = _before(low, max(newest - LONGEST, sight.oldest), sight)
        return tops[low.bar]

    since = max(newest - LONGEST, sight.oldest)
    for first, *others in threes(pivots):
        if first.bar >= since:
            outline = double((top(first), first, *others), sight)
            if outline:
                yield outline
    for rims in cups(pivots):
        outline = cup(rims, sight) if rims[0].bar >= sight.oldest else None
        if outline:
            yield outline
    for first, *others in fives(pivots):
        if first.bar >= since:
            six = top(first), first, *others
            yield from (outline for outline in (shoulders(six, sight), converging(six, sight)) if outline)


def _before(low: Pivot, since: int, sight: Sight) -> Pivot:
    """Return the highest close before a low from which the price fell to it without having been lower."""
    closes = sight.between(since, low.bar)
    lower = (closes < low.price)[::-1]
    back = int(lower.argmax())
    begin = len(closes) - back if lower[back] else 0
    return sight.corner(since + begin + int(closes[begin:].argmax()))


class Pole(NamedTuple):
    """A steep rise, from which a flag may hang."""

    foot: Pivot
    tip: Pivot
    atr: float


def pole(tip: Pivot, sight: Sight) -> Pole | None:
    """A rise to the tip from the lowest of the 8 closes before it, by at least 6.5 ATR as it was there."""
    begin = max(tip.bar - POLE_MOST, 0)
    closes = sight.between(begin, tip.bar - 1)
    if not len(closes):
        return None
    foot = sight.corner(begin + int(closes.argmin()))
    atr = sight.atr(foot.bar)
    return Pole(foot, tip, atr) if atr > 0 and tip.price - foot.price >= 6.5 * atr else None


def flag(mast: Pole, bar: int, sight: Sight) -> Outline | None:
    """From the tip of a pole on: 8 to 20 bars in a channel that leans back, at most half of the pole deep.

    The flag ends with the bar before `bar`, whose close may break it, or the next.
    """
    length = bar - mast.tip.bar
    highs, lows = sight.ranges(mast.tip.bar, bar - 1)
    height, floor = mast.tip.price - mast.foot.price, float(lows.min())
    depth = (mast.tip.price - floor) / height
    if not 0.12 <= depth <= 0.5:
        return None
    over, top = _line(highs)
    under, low = _line(lows)
    lean, spread = over * length / height, highs - (top + over * _COUNT[:length])
    judge = Judge()
    if (
        judge.at_least(height / mast.atr, 6.5, 9.0)
        and judge.at_least(depth, 0.12, 0.2)
        and judge.at_least(1.0 - depth, 0.5, 0.7)
        and judge.at_least(-lean, 0.03, 0.1)
        and judge.at_most(abs(over - under) * length / height, 0.12)
        and judge.at_most(float((spread * spread).sum() / length) ** 0.5 / height, 0.08)
    ):
        edge = top + max(float(spread.max()), 0.0)
        corners = (mast.foot, mast.tip, Pivot(bar - 1, low + under * (length - 1)))
        return Outline(
            7, corners, mast.tip.bar, edge, over, 1.75 * mast.atr, floor, height, bar + 1, judge.confidence,
        )  # fmt: skip
    return None


def _line(column: Floats) -> tuple[float, float]:
    """Return the slope a bar of the line nearest to a column (least squares), and where it begins."""
    middle = (len(column) - 1) / 2
    across, mean = _COUNT[: len(column)] - middle, float(column.sum()) / len(column)
    slope = float((across * column).sum() / (across * across).sum())
    return slope, mean - slope * middle


def _flag_of(corners: Sequence[Pivot], sight: Sight) -> Outline | None:
    _, tip, newest = corners
    mast = pole(tip, sight)
    return flag(mast, newest.bar + 1, sight) if mast else None


DEFINED = {1: double, 2: shoulders, 3: converging, 4: converging, 5: converging, 6: cup, 7: _flag_of}
"""The definition by the number of a pattern's code."""
CORNERS = {1: 4, 2: 6, 3: 6, 4: 6, 5: 6, 6: 4, 7: 3}
