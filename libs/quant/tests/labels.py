"""Labels of recorded windows by hindsight: a written rule that shares no code with the detector.

The corners of a window are its perceptually important points (Chung, Fu, Luk and Ng 2001): the first close, the last,
and again and again the close that lies furthest from the line between its neighbours. Every window of 20 to 170 bars
that ends before a close that may be a break is looked at; docs/patterns.md has the rule of each shape. A bar at which
some window keeps the strict numbers is a `yes`, one at which some keeps only the loose ones is `unclear`.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from libs.quant.bars import Bars
from libs.quant.patterns import SHAPES

NEAR = 5  # bars by which a label and what is told may differ


@njit
def _important(y, begin, end, count, out):
    out[0], out[1] = begin, end
    found = 2
    while found < count:
        best, where = -1.0, -1
        for part in range(found - 1):
            a, b = out[part], out[part + 1]
            slope = (y[b] - y[a]) / (b - a)
            for i in range(a + 1, b):
                off = abs(y[i] - y[a] - slope * (i - a))
                if off > best:
                    best, where = off, i
        if where < 0:
            return False
        place = found
        while out[place - 1] > where:
            out[place] = out[place - 1]
            place -= 1
        out[place] = where
        found += 1
    return True


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
def _double(y, c, t, atr, q):
    top, one, mid, two = y[c[0]], y[c[1]], y[c[2]], y[c[3]]
    height = mid - (one + two) / 2
    if not (one < top and one < mid and two < mid and y[c[4]] > two):
        return False
    return (
        height >= 4.5 * atr / q
        and abs(one - two) <= 0.15 * height * q
        and top - one >= 1.2 * height / q
        and _even(c[2] - c[1], c[3] - c[2]) >= 0.45 / q
        and _rough(y, c, 1, 3) <= 0.18 * height * q
        and _counter(y, c, 1, 3) <= 0.32 * height * q
        and y[t] > mid + 0.5 * atr
    )


@njit
def _shoulders(y, c, t, atr, q):
    slope = (y[c[4]] - y[c[2]]) / (c[4] - c[2])
    depth = y[c[2]] + slope * (c[3] - c[2]) - y[c[3]]
    left = y[c[2]] + slope * (c[1] - c[2]) - y[c[1]]
    right = y[c[2]] + slope * (c[5] - c[2]) - y[c[5]]
    if not (depth > 0 and left > 0 and right > 0 and y[c[6]] > y[c[5]]):
        return False
    return (
        depth >= 4.5 * atr / q
        and max(left, right) <= depth * (1 - 0.25 / q)
        and min(left, right) >= 0.3 * depth / q
        and abs(left - right) <= 0.28 * depth * q
        and abs(y[c[4]] - y[c[2]]) <= 0.25 * depth * q
        and _even(c[3] - c[1], c[5] - c[3]) >= 0.5 / q
        and y[c[0]] - y[c[1]] >= 0.6 * depth / q
        and _rough(y, c, 1, 5) <= 0.18 * depth * q
        and _counter(y, c, 1, 5) <= 0.32 * depth * q
        and y[t] > y[c[2]] + slope * (t - c[2]) + 0.5 * atr
    )


@njit
def _converging(y, c, t, atr, q):
    length = c[5] - c[1]
    under = (y[c[5]] - y[c[1]]) / length
    over = (y[c[4]] - y[c[2]]) / (c[4] - c[2])
    height = y[c[2]] + over * (c[1] - c[2]) - y[c[1]]
    if not (height > 0 and under > over and y[c[3]] < y[c[2]] and y[c[3]] < y[c[4]] and y[c[6]] > y[c[5]]):
        return 0
    rise, fall, lower = under * length / height, over * length / height, (y[c[4]] - y[c[2]]) / height
    meet = (y[c[2]] + over * (c[5] - c[2]) - y[c[5]]) / (under - over)
    good = (
        height >= 6 * atr / q
        and length >= 15
        and abs(y[c[3]] - y[c[1]] - under * (c[3] - c[1])) <= 0.1 * height * q
        and y[c[0]] - y[c[1]] >= 0.85 * height / q
        and rise - fall >= 0.35 / q
        and rise - fall <= 0.95
        and _even(c[4] - c[2], length / 2) >= 0.65 / q
        and _rough(y, c, 1, 5) <= 0.18 * height * q
        and _counter(y, c, 1, 5) <= 0.32 * height * q
        and t - c[5] <= 0.5 * meet * q
        and y[t] > y[c[2]] + over * (t - c[2]) + atr
    )
    if not good:
        return 0
    if abs(lower) <= 0.09 * q:
        return 3
    if lower <= -0.11 / q and rise >= 0.2 / q:
        return 4
    return 5 if lower <= -0.25 / q and rise <= -0.15 / q else 0


@njit
def _scan(y, ranges, strict, loose, slack):
    c = np.zeros(8, np.int64)
    for t in range(60, len(y)):
        highest = True
        for i in range(t - 6, t):
            highest = highest and y[i] < y[t]
        if not highest:
            continue
        atr = ranges[t - 1]
        for begin in range(max(t - 170, 0), t - 19):
            for q in (1.0, slack):
                out = strict if q == 1.0 else loose
                if _important(y, begin, t - 1, 5, c) and _double(y, c, t, atr, q):
                    out[t, 1] = True
                if _important(y, begin, t - 1, 7, c):
                    if _shoulders(y, c, t, atr, q):
                        out[t, 2] = True
                    kind = _converging(y, c, t, atr, q)
                    if kind:
                        out[t, kind] = True


def labels(bars: Bars, slack: float = 1.3) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return for each shape the bars that are `yes`, and those that are at least `unclear`."""
    found = {}
    logs = np.log(np.column_stack((bars.high, bars.low, bars.close)))
    last = np.concatenate((logs[:1, 2], logs[:-1, 2]))
    spread = np.maximum(logs[:, 0], last) - np.minimum(logs[:, 1], last)
    ranges = np.convolve(spread, np.ones(20) / 20)[: len(spread)]
    for up in (1, -1):
        strict, loose = np.zeros((len(bars), 6), np.bool_), np.zeros((len(bars), 6), np.bool_)
        _scan(up * logs[:, 2], ranges, strict, loose, slack)
        for name, shape in SHAPES.items():
            if shape.code * up in range(1, 6):
                column = abs(shape.code)
                found[name] = np.flatnonzero(strict[:, column]), np.flatnonzero(strict[:, column] | loose[:, column])
    return found
