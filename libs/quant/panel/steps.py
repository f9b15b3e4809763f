"""The steps of a panel, compiled: one node over all instruments at one bar.

Each step says what the bar-by-bar form of the same node says (property): indicators here are those of
`libs.quant.indicators`, whose formulas and sources stand there. `rows` is a node's state, a column an instrument:
counts stand in it as floats. `closed` tells which instruments have a bar now; the others keep what they had.
With `quick` all of them have one, nothing is unknown and nothing warms up: then the loops have no branches.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from libs.quant.bars import LARGEST, SAME, Floats
from libs.quant.compiled import compiled

Flags = npt.NDArray[np.bool_]

_SHAVE = float(2**13 + 1)
_ZERO = 1e-14


@compiled(inside=True)
def _bounded(x: float) -> float:
    return x if -LARGEST <= x <= LARGEST else math.nan


@compiled(inside=True)
def _input(x: float, shaved: bool) -> float:
    c = x * _SHAVE
    return c - (c - x) if shaved else x


@compiled()
def arithmetic(op: int, a: Floats, b: Floats, out: Floats) -> None:
    """`+ - * /` (0 to 3), and the smaller and the larger (4, 5) of two numbers."""
    for s in range(len(out)):
        x, y = a[s], b[s]
        if op == 0:
            out[s] = _bounded(x + y)
        elif op == 1:
            d = x - y
            out[s] = 0.0 if abs(d) <= SAME * max(abs(x), abs(y)) else _bounded(d)
        elif op == 2:
            out[s] = _bounded(x * y)
        elif op == 3:
            out[s] = _bounded(x / y) if y != 0.0 else math.nan
        elif x != x or y != y:
            out[s] = math.nan
        else:
            out[s] = min(x, y) if op == 4 else max(x, y)


@compiled()
def single(op: int, a: Floats, out: Floats) -> None:
    """The negative (0), the size (1), the nearest whole number (2), and what is not so (3)."""
    for s in range(len(out)):
        x = a[s]
        if op == 0:
            out[s] = -x
        elif op == 1:
            out[s] = abs(x)
        elif op == 2:
            out[s] = math.floor(x + 0.5 + SAME * abs(x)) if x == x else math.nan
        else:
            out[s] = 1.0 - x if x != -1.0 else -1.0


@compiled()
def compared(same: float, greater: float, less: float, a: Floats, b: Floats, out: Floats) -> None:
    """A comparison, by what it says of equal numbers, of a greater and of a less first one."""
    for s in range(len(out)):
        d = a[s] - b[s]
        near = SAME * max(abs(a[s]), abs(b[s]))
        told = greater if d > 0.0 else less
        told = same if abs(d) <= near else told
        out[s] = told if d == d else -1.0


@compiled()
def joined(both: bool, a: Floats, b: Floats, out: Floats) -> None:
    """`and` (both) and `or` of conditions that are -1 unknown, 0 false, 1 true."""
    decides = 0.0 if both else 1.0
    for s in range(len(out)):
        x, y = a[s], b[s]
        told = 1.0 - decides if x == y == 1.0 - decides else -1.0
        out[s] = decides if x == decides or y == decides else told


@compiled()
def middle(op: int, bars: Floats, out: Floats) -> None:
    """`hl2`, `hlc3`, `ohlc4` (0 to 2) of the rows open, high, low, close."""
    for s in range(len(out)):
        opened, high, low, close = bars[0, s], bars[1, s], bars[2, s], bars[3, s]
        if op == 0:
            out[s] = (high + low) / 2.0
        elif op == 1:
            out[s] = (high + low + close) / 3.0
        else:
            out[s] = (opened + high + low + close) / 4.0


@compiled()
def lagged(bars: int, unknown: float, a: Floats, closed: Flags, rows: Floats, out: Floats) -> None:
    """The value of `bars` bars ago. Rows: how many are kept, the place of the oldest, and they."""
    for s in range(len(out)):
        if not closed[s]:
            continue
        place = int(rows[1, s])
        out[s] = rows[2 + place, s] if rows[0, s] == bars else unknown
        rows[2 + place, s] = a[s]
        rows[1, s] = place + 1 if place + 1 < bars else 0
        rows[0, s] = min(rows[0, s] + 1.0, float(bars))


@compiled()
def recently(bars: int, a: Floats, closed: Flags, rows: Floats, out: Floats) -> None:
    """Whether it was so within so many bars. Rows: the bars since it was true, and since it was unknown."""
    for s in range(len(out)):
        if not closed[s]:
            continue
        now = a[s]
        rows[0, s] = 0.0 if now == 1.0 else min(rows[0, s] + 1.0, float(bars))
        rows[1, s] = 0.0 if now == -1.0 else min(rows[1, s] + 1.0, float(bars))
        out[s] = 1.0 if rows[0, s] < bars else (-1.0 if rows[1, s] < bars else 0.0)


@compiled()
def sma(n: int, a: Floats, shaved: bool, closed: Flags, quick: bool, rows: Floats, out: Floats) -> bool:
    """Rows: the sum, how many are kept, the place of the oldest, and they. Returns whether all are warm."""
    full, warm = n - 1, True
    for s in range(len(out)):
        x = _input(a[s], shaved)
        if not quick:
            if not closed[s]:
                warm &= rows[1, s] == full
                continue
            if x != x:
                out[s] = math.nan
                warm &= rows[1, s] == full
                continue
        total, place = rows[0, s] + x, int(rows[2, s])
        old = rows[3 + place, s]
        rows[3 + place, s] = x
        rows[2, s] = place + 1 if place + 1 < full else 0
        if quick or rows[1, s] == full:
            out[s] = total / n
            rows[0, s] = total - old
        else:
            out[s] = math.nan
            rows[0, s] = total
            rows[1, s] += 1.0
            warm &= rows[1, s] == full
    return warm


@compiled()
def wma(n: int, a: Floats, shaved: bool, closed: Flags, rows: Floats, out: Floats) -> None:
    """Rows: the weighted sum, the sum, how many were taken since both were added up anew, how many are kept, the place
    of the oldest, and they."""
    full = n - 1
    for s in range(len(out)):
        x = _input(a[s], shaved)
        if not closed[s]:
            continue
        if x != x:
            out[s] = math.nan
            continue
        kept, place = int(rows[3, s]), int(rows[4, s])
        if kept < full:
            out[s] = math.nan
            rows[5 + kept, s] = x
            rows[3, s] = kept + 1.0
            rows[0, s] += x * (kept + 1)
            rows[1, s] += x
            continue
        out[s] = (rows[0, s] + x * n) / ((n * (n + 1)) >> 1)
        oldest = rows[5 + place, s]
        rows[5 + place, s] = x
        place = place + 1 if place + 1 < full else 0
        rows[4, s] = place
        rows[2, s] += 1.0
        if rows[2, s] < full:
            rows[0, s] += x * full - rows[1, s]
            rows[1, s] += x - oldest
            continue
        weighted, total = 0.0, 0.0
        for weight in range(full):
            value = rows[5 + (place + weight) % full, s]
            weighted += value * (weight + 1)
            total += value
        rows[0, s], rows[1, s], rows[2, s] = weighted, total, 0.0


@compiled()
def ema(
    n: int, skip: int, wilder: bool, a: Floats, shaved: bool, closed: Flags, quick: bool, rows: Floats, out: Floats
) -> bool:
    """Rows: the sum, then the average, and how many were seen. With `wilder` the weight is 1/n."""
    k = 2.0 / (2 * n) if wilder else 2.0 / (n + 1)
    back, warm = skip + n - 1, True
    if quick:
        for s in range(len(out)):
            out[s] = rows[0, s] = (a[s] - rows[0, s]) * k + rows[0, s]
        return True
    for s in range(len(out)):
        x = _input(a[s], shaved)
        seen = rows[1, s]
        if closed[s] and x == x:
            if seen > back:
                out[s] = rows[0, s] = (x - rows[0, s]) * k + rows[0, s]
            elif seen == back:
                total = rows[0, s] + x
                if wilder:  # the rounding of the run that the column form begins with
                    mean, again = total / n, 0.0
                    for _ in range(2 * n - 1):
                        again += mean
                    out[s] = rows[0, s] = again / (2 * n - 1)
                else:
                    out[s] = rows[0, s] = total / n
                rows[1, s] += 1.0
            else:
                out[s] = math.nan
                rows[0, s] += x if seen >= skip else 0.0
                rows[1, s] += 1.0
        elif closed[s]:
            out[s] = math.nan
        warm &= rows[1, s] > back
    return warm


@compiled()
def rsi(n: int, a: Floats, shaved: bool, closed: Flags, quick: bool, rows: Floats, out: Floats) -> bool:
    """Rows: gain, loss, the last value, how many were seen."""
    part, before, warm = 1.0 / n, n - 1.0, True
    if quick:
        for s in range(len(out)):
            change = a[s] - rows[2, s]
            gain = (rows[0, s] * before + (0.0 if change < 0.0 else change)) * part
            loss = (rows[1, s] * before - (change if change < 0.0 else 0.0)) * part
            rows[0, s], rows[1, s], rows[2, s] = gain, loss, a[s]
            total = gain + loss
            told = 100.0 * (gain / total)
            out[s] = 0.0 if -_ZERO < total < _ZERO else told
        return True
    for s in range(len(out)):
        x = _input(a[s], shaved)
        if closed[s] and x == x:
            gain, loss, change, seen = rows[0, s], rows[1, s], x - rows[2, s], rows[3, s]
            if seen > n:
                gain *= before
                loss *= before
            if change < 0.0:
                loss -= change
            else:
                gain += change
            if seen == n:
                gain, loss = gain / n, loss / n
            elif seen > n:
                gain, loss = gain * part, loss * part
            if seen > 0.0:
                rows[0, s], rows[1, s] = gain, loss
            rows[2, s] = x
            rows[3, s] = min(seen + 1.0, n + 1.0)
            total = gain + loss
            out[s] = math.nan if seen < n else (0.0 if -_ZERO < total < _ZERO else 100.0 * (gain / total))
        elif closed[s]:
            out[s] = math.nan
        warm &= rows[3, s] > n
    return warm


@compiled()
def stdev(n: int, a: Floats, shaved: bool, closed: Flags, quick: bool, rows: Floats, out: Floats) -> bool:
    """Rows: the base, the last value, how many are the same, the sums of distances and of their squares, how many are
    kept, the place of the oldest, and they."""
    full, warm = n - 1, True
    for s in range(len(out)):
        x = _input(a[s], shaved)
        if not quick:
            if not closed[s] or x != x:
                out[s] = math.nan if closed[s] else out[s]
                warm &= rows[5, s] == full
                continue
            if rows[0, s] != rows[0, s]:
                rows[0, s] = x
        d, equal = x - rows[0, s], x == rows[1, s]
        total, squares = rows[3, s] + d, rows[4, s] + d * d
        variance = (squares - total * total / n) / n
        told = math.sqrt(max(variance, 0.0))
        told = 0.0 if equal and rows[2, s] >= full else told
        rows[2, s] = rows[2, s] + 1.0 if equal else 1.0
        rows[1, s] = x
        place = int(rows[6, s])
        old = rows[7 + place, s]
        rows[7 + place, s] = d
        rows[6, s] = place + 1 if place + 1 < full else 0
        if quick or rows[5, s] == full:
            out[s] = told
            rows[3, s], rows[4, s] = total - old, squares - old * old
        else:
            out[s] = math.nan
            rows[3, s], rows[4, s] = total, squares
            rows[5, s] += 1.0
            warm &= rows[5, s] == full
    return warm


@compiled()
def roc(n: int, a: Floats, shaved: bool, closed: Flags, rows: Floats, out: Floats) -> None:
    """Rows: how many are kept, the place of the oldest, and they."""
    for s in range(len(out)):
        x = _input(a[s], shaved)
        if not closed[s]:
            continue
        if x != x:
            out[s] = math.nan
            continue
        place = int(rows[1, s])
        old = rows[2 + place, s]
        if rows[0, s] < n:
            out[s] = math.nan
            rows[0, s] += 1.0
        else:
            out[s] = (x / old - 1.0) * 100.0 if old != 0.0 else 0.0
        rows[2 + place, s] = x
        rows[1, s] = place + 1 if place + 1 < n else 0


@compiled(inside=True)
def outermost(n: int, sign: float, x: float, rows: Floats, top: int, s: int) -> float:
    """Take a value in, and tell the highest (sign 1) or lowest (-1) of n. The rows begin at `top`."""
    room, seen, first, many = n + 1, rows[top, s], int(rows[top + 1, s]), int(rows[top + 2, s])
    while many > 0 and sign * rows[top + 3 + (first + many - 1) % room, s] <= sign * x:
        many -= 1
    at = (first + many) % room
    rows[top + 3 + at, s], rows[top + 3 + room + at, s] = x, seen
    many += 1
    if rows[top + 3 + room + first, s] <= seen - n:
        first = (first + 1) % room
        many -= 1
    rows[top, s], rows[top + 1, s], rows[top + 2, s] = seen + 1.0, first, many
    return rows[top + 3 + first, s] if seen >= n - 1 else math.nan


@compiled()
def extreme(
    n: int, sign: float, a: Floats, shaved: bool, closed: Flags, rows: Floats, out: Floats
) -> None:  # fmt: skip
    """The highest (sign 1) or lowest (-1) of n. Rows: how many were seen, the first place, how many are kept, n + 1
    values that may still become it, and when each came."""
    for s in range(len(out)):
        x = _input(a[s], shaved)
        if not closed[s]:
            continue
        if x != x:
            out[s] = math.nan
            continue
        out[s] = outermost(n, sign, x, rows, 0, s)


@compiled()
def atr(n: int, bars: Floats, closed: Flags, quick: bool, rows: Floats, out: Floats) -> bool:
    """Rows: the sum, then the average of ranges, the last close, how many were seen."""
    before, warm = n - 1.0, True
    if quick:
        for s in range(len(out)):
            high, low, last = bars[1, s], bars[2, s], rows[1, s]
            spread = max(high - low, abs(high - last), abs(low - last))
            out[s] = rows[0, s] = (rows[0, s] * before + spread) / n
            rows[1, s] = bars[3, s]
        return True
    for s in range(len(out)):
        opened, high, low, close, last = bars[0, s], bars[1, s], bars[2, s], bars[3, s], rows[1, s]
        known = opened + high + low + close
        if closed[s] and known == known:
            seen = rows[2, s]
            spread = max(high - low, abs(high - last), abs(low - last))
            told = rows[0, s] + spread
            if seen > n:
                told = (rows[0, s] * before + spread) / n
            elif seen == n:
                told = told / n
            if seen > 0.0:
                rows[0, s] = told
            rows[1, s] = close
            rows[2, s] = min(seen + 1.0, n + 1.0)
            out[s] = told if seen >= n else math.nan
        elif closed[s]:
            out[s] = math.nan
        warm &= rows[2, s] > n
    return warm
