"""Labels of recorded windows by hindsight: the written rule of docs/patterns.md, sharing no code with the detector.

At every close all choices of corners among the last `BACK` bars are tried, so that nothing hangs on how corners are
come by: each is the lowest (or highest) close between its neighbours. A close is a `yes` where it is the first beyond
the line of some choice that keeps the numbers and is clearer than docs/patterns.md asks by `SURE`; it is `unclear`
where it keeps them less clearly, or with 1.3 times the room only.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from libs.quant.bars import Bars
from libs.quant.patterns import SHAPES

NOT = -1e9  # the mark of a condition that is not met
BACK = 180  # bars that are looked back
LEAST = {1: 0.6, 2: 0.6, 3: 0.71, 4: 0.77, 5: 0.68}  # how clear a shape must be, by its code
SURE = 0.05  # how much clearer a `yes` is
NEAR = 5  # bars by which a label and what is told may differ


@njit
def _even(a, b):
    return min(a, b) / max(a, b)


@njit
def _rough(y, corners, first, last):
    total, count = 0.0, 0
    for part in range(first, last):
        a, b = corners[part], corners[part + 1]
        for i in range(a, b):
            off = y[i] - y[a] - (y[b] - y[a]) * (i - a) / (b - a)
            total += off * off
            count += 1
    return (total / count) ** 0.5


@njit
def _counter(y, corners, first, last):
    """The largest move against its leg."""
    most = 0.0
    for part in range(first, last):
        a, b = corners[part], corners[part + 1]
        up = 1.0 if y[b] > y[a] else -1.0
        best = up * y[a]
        for i in range(a, b + 1):
            best = max(best, up * y[i])
            most = max(most, best - up * y[i])
    return most


@njit
def _first_break(y, corner, t, level, slope, margin, floor):
    """Whether t is the first close since a corner beyond a line that is at `level` there, with none below the floor."""
    for i in range(corner + 1, t):
        if y[i] > level + slope * (i - corner) + margin or y[i] < floor:
            return False
    return y[t] > level + slope * (t - corner) + margin


@njit
def _at_most(value, limit, q):
    return 1.0 - value / limit if value <= limit * q else NOT


@njit
def _at_least(value, limit, plenty, q):
    return min((value - limit) / (plenty - limit), 1.0) if value >= limit / q else NOT


@njit
def _clarity(marks):
    """The mean of how well each condition is met; below 0 where one is not."""
    total = 0.0
    for mark in marks:
        if mark == NOT:
            return -1.0
        total += mark
    return max(total / len(marks), 0.0)


@njit
def _double(y, c, t, ranges, q):
    atr = ranges[c[3]]
    top, one, mid, two = y[c[0]], y[c[1]], y[c[2]], y[c[3]]
    height, width = mid - (one + two) / 2, c[3] - c[1]
    if not (one < top and one < mid and two < mid and width >= 10 and t <= c[3] + width):
        return -1.0
    if not _first_break(y, c[3], t, mid, 0.0, atr, min(one, two)):
        return -1.0
    return _clarity((
        _at_most(abs(one - two) / height, 0.15, q),
        _at_least(height / atr, 4.5, 8.0, q),
        _at_least((top - one) / height, 1.2, 1.6, q),
        _at_least(_even(c[2] - c[1], c[3] - c[2]), 0.45, 1.0, q),
        _at_most(_counter(y, c, 1, 3) / height, 0.32, q),
        _at_most(_rough(y, c, 1, 3) / height, 0.18, q),
    ))  # fmt: skip


@njit
def _shoulders(y, c, t, ranges, q):
    atr = ranges[c[5]]
    slope = (y[c[4]] - y[c[2]]) / (c[4] - c[2])
    depth = y[c[2]] + slope * (c[3] - c[2]) - y[c[3]]
    left = y[c[2]] + slope * (c[1] - c[2]) - y[c[1]]
    right = y[c[2]] + slope * (c[5] - c[2]) - y[c[5]]
    width = c[5] - c[1]
    if not (depth > 0 and left > 0 and right > 0 and width >= 12 and t <= c[5] + width // 2):
        return -1.0
    if not _first_break(y, c[5], t, y[c[2]] + slope * (c[5] - c[2]), slope, 0.5 * atr, y[c[5]]):
        return -1.0
    return _clarity((
        _at_least(depth / atr, 4.5, 8.0, q),
        _at_least(1.0 - max(left, right) / depth, 0.25, 0.4, q),
        _at_least(min(left, right) / depth, 0.3, 0.5, q),
        _at_most(abs(left - right) / depth, 0.28, q),
        _at_most(abs(y[c[4]] - y[c[2]]) / depth, 0.25, q),
        _at_least(_even(c[3] - c[1], c[5] - c[3]), 0.5, 1.0, q),
        _at_least((y[c[0]] - y[c[1]]) / depth, 0.6, 1.2, q),
        _at_most(_counter(y, c, 1, 5) / depth, 0.32, q),
        _at_most(_rough(y, c, 1, 5) / depth, 0.18, q),
    ))  # fmt: skip


@njit
def _kind(lower, rise, q):
    if abs(lower) <= 0.09 * q:
        return 3
    if lower <= -0.11 / q and rise >= 0.2 / q:
        return 4
    return 5 if lower <= -0.25 / q and rise <= -0.15 / q else 0


@njit
def _upper(y, c):
    """The slope of the line along the highs, and its height at the newest low: of three where they lie on one."""
    slope = (y[c[4]] - y[c[2]]) / (c[4] - c[2])
    if abs(y[c[0]] - y[c[2]] - slope * (c[0] - c[2])) > 0.3 * (y[c[2]] - y[c[1]]):
        return slope, y[c[2]] + slope * (c[5] - c[2])
    x, z = (c[0] + c[2] + c[4]) / 3, (y[c[0]] + y[c[2]] + y[c[4]]) / 3
    up, across = 0.0, 0.0
    for i in (0, 2, 4):
        up += (c[i] - x) * (y[c[i]] - z)
        across += (c[i] - x) ** 2
    return up / across, z + up / across * (c[5] - x)


@njit
def _converging(y, c, t, ranges, q):
    atr = ranges[c[5]]
    length = c[5] - c[1]
    under = (y[c[5]] - y[c[1]]) / length
    over, level = _upper(y, c)
    height = level + over * (c[1] - c[5]) - y[c[1]]
    if not (height > 0 and under > over and length >= 15 and y[c[3]] < y[c[2]] and y[c[3]] < y[c[4]]):
        return 0, -1.0
    rise, fall, lower = under * length / height, over * length / height, over * (c[4] - c[2]) / height
    meet = (level - y[c[5]]) / (under - over)
    if t - c[5] > min(0.5 * meet, length) or not _first_break(y, c[5], t, level, over, 1.25 * atr, y[c[5]]):
        return 0, -1.0
    return _kind(lower, rise, q), _clarity((
        _at_least(height / atr, 6.0, 9.0, q),
        _at_most(abs(y[c[3]] - y[c[1]] - under * (c[3] - c[1])) / height, 0.1, q),
        _at_least((y[c[0]] - y[c[1]]) / height, 0.85, 1.0, q),
        _at_least(rise - fall, 0.35, 0.6, q),
        _at_least(1.0 - (rise - fall), 0.05, 0.2, q),
        _at_least(_even(c[4] - c[2], length / 2), 0.65, 1.0, q),
        _at_most(_counter(y, c, 1, 5) / height, 0.32, q),
        _at_most(_rough(y, c, 1, 5) / height, 0.18, q),
    ))  # fmt: skip


@njit
def _lows(y, t, out):
    """List the local lows of the closes before t that reach far enough back, newest first."""
    found = 0
    for i in range(t - 1, max(t - BACK, 1), -1):
        if y[i] < y[i - 1] and y[i] <= y[i + 1]:
            out[found] = i
            found += 1
    return found


@njit
def _top(y, begin, end):
    """The highest close between two bars."""
    best = begin
    for i in range(begin, end + 1):
        if y[i] > y[best]:
            best = i
    return best


@njit
def _deepest(y, low, begin, end):
    """Whether no close from one bar to another is below a low."""
    while begin <= end and y[begin] >= y[low]:
        begin += 1
    return begin > end


@njit
def _before(y, low, until):
    """The highest close before a low from which the price fell to it without having been lower."""
    best = low
    for i in range(low - 1, max(until, 0) - 1, -1):
        if y[i] < y[low]:
            break
        if y[i] > y[best]:
            best = i
    return best


@njit
def _scan(y, ranges, strict, loose, slack):
    """Write the best clarity of each shape at each close; `loose` with `slack` times the room."""
    c, lows = np.zeros(6, np.int64), np.zeros(BACK, np.int64)
    for t in range(60, len(y)):
        count = _lows(y, t, lows)
        for newest in range(count):
            low = lows[newest]
            if not _deepest(y, low, low, t):
                continue
            for second in range(newest + 1, count):
                c[3], c[1] = low, lows[second]
                c[2] = _top(y, c[1], c[3])
                if y[c[2]] - min(y[c[1]], y[c[3]]) < 2.0 * ranges[low]:
                    continue
                if y[t] > y[c[2]]:
                    _doubles(y, c, t, ranges, slack, strict, loose)
                c[5], c[3] = low, lows[second]
                c[4] = _top(y, c[3], c[5])
                if not (_deepest(y, c[5], c[4], t) and _deepest(y, c[3], c[3], c[4])):
                    continue
                for third in range(second + 1, count):
                    c[1] = lows[third]
                    c[2] = _top(y, c[1], c[3])
                    if y[c[2]] < y[c[3]] + 2.0 * ranges[low] or not (
                        _deepest(y, c[3], c[2], c[3]) and _deepest(y, c[1], c[1], c[2])
                    ):
                        continue
                    c[0] = _before(y, c[1], c[5] - BACK)
                    _sixes(y, c, t, ranges, slack, strict, loose)


@njit
def _doubles(y, c, t, ranges, slack, strict, loose):
    if not (_deepest(y, c[1], c[1], c[2]) and _deepest(y, c[3], c[2], t)):
        return
    c[0] = _before(y, c[1], c[3] - BACK)
    strict[t, 1] = max(strict[t, 1], _double(y, c, t, ranges, 1.0))
    loose[t, 1] = max(loose[t, 1], _double(y, c, t, ranges, slack))


@njit
def _sixes(y, c, t, ranges, slack, strict, loose):
    strict[t, 2] = max(strict[t, 2], _shoulders(y, c, t, ranges, 1.0))
    loose[t, 2] = max(loose[t, 2], _shoulders(y, c, t, ranges, slack))
    kind, clear = _converging(y, c, t, ranges, 1.0)
    strict[t, kind] = max(strict[t, kind], clear)
    kind, clear = _converging(y, c, t, ranges, slack)
    loose[t, kind] = max(loose[t, kind], clear)


def labels(bars: Bars, slack: float = 1.3, *, clear: bool = True) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return for each shape the bars that are `yes`, and those that are at least `unclear`.

    Without `clear` a `yes` is what keeps the numbers.
    """
    found = {}
    for name, (strict, loose) in clarity(bars, slack).items():
        yes = strict >= (LEAST[abs(SHAPES[name].code)] + SURE if clear else 0.0)
        found[name] = np.flatnonzero(yes), np.flatnonzero(yes | (loose >= 0))
    return found


def clarity(bars: Bars, slack: float) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return how clear each shape is at each close, by the numbers and with `slack` times the room; below 0: not."""
    found = {}
    logs = np.log(np.column_stack((bars.high, bars.low, bars.close)))
    last = np.concatenate((logs[:1, 2], logs[:-1, 2]))
    spread = np.maximum(logs[:, 0], last) - np.minimum(logs[:, 1], last)
    ranges = np.convolve(spread, np.ones(20) / 20)[: len(spread)]
    for up in (1, -1):
        strict, loose = np.full((len(bars), 6), -1.0), np.full((len(bars), 6), -1.0)
        _scan(up * logs[:, 2], ranges, strict, loose, slack)
        for name, shape in SHAPES.items():
            if shape.code * up in range(1, 6):
                column = abs(shape.code)
                found[name] = strict[:, column], loose[:, column]
    return found
