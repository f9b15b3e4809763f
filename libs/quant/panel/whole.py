"""The steps of a panel that read whole bars: stochastic, CCI, ADX, MFI, OBV, sessions. As `steps.py` otherwise.

`bars` are the rows open, high, low, close, volume, and the day in which the bar began. A bar of which something is
unknown that is read is passed over.
"""

from __future__ import annotations

import math

from libs.quant.bars import SAME, Floats
from libs.quant.compiled import compiled
from libs.quant.panel.steps import Flags, outermost

_ZERO = 1e-14


@compiled()
def fast_k(n: int, bars: Floats, closed: Flags, rows: Floats, out: Floats) -> None:
    """Rows: those of the highest high, then those of the lowest low."""
    below = 3 + 2 * (n + 1)
    for s in range(len(out)):
        if not closed[s]:
            continue
        opened, high, low, close = bars[0, s], bars[1, s], bars[2, s], bars[3, s]
        known = opened + high + low + close
        if known != known:
            out[s] = math.nan
            continue
        top, floor = outermost(n, 1.0, high, rows, 0, s), outermost(n, -1.0, low, rows, below, s)
        width = top - floor
        told = (close - floor) / width * 100.0
        out[s] = 0.0 if width == 0.0 else told


@compiled()
def cci(n: int, bars: Floats, closed: Flags, rows: Floats, out: Floats) -> None:
    """Rows: the place of the oldest, how many were seen, and the typical prices, added up from the first row on."""
    for s in range(len(out)):
        if not closed[s]:
            continue
        typical = (bars[1, s] + bars[2, s] + bars[3, s]) / 3
        known = bars[0, s] + typical
        if known != known:
            out[s] = math.nan
            continue
        place = int(rows[0, s])
        rows[2 + place, s] = typical
        rows[0, s] = place + 1 if place + 1 < n else 0
        if rows[1, s] < n - 1:
            rows[1, s] += 1.0
            out[s] = math.nan
            continue
        total, deviation = 0.0, 0.0
        for row in range(2, 2 + n):
            total += rows[row, s]
        mean = total / n
        for row in range(2, 2 + n):
            deviation += abs(rows[row, s] - mean)
        distance = typical - mean
        out[s] = 0.0 if abs(distance) <= SAME * abs(typical) else distance / (0.015 * (deviation / n))


@compiled()
def adx(n: int, bars: Floats, closed: Flags, rows: Floats, out: Floats) -> None:
    """Rows: the index, the moves up and down, the true range, the high, low and close before, how many were seen."""
    for s in range(len(out)):
        if not closed[s]:
            continue
        opened, high, low, close = bars[0, s], bars[1, s], bars[2, s], bars[3, s]
        known = opened + high + low + close
        if known != known:
            out[s] = math.nan
            continue
        seen = rows[7, s]
        if seen > 0.0:
            plus, minus, spread = rows[1, s], rows[2, s], rows[3, s]
            if seen >= n:
                plus, minus, spread = plus - plus / n, minus - minus / n, spread - spread / n
            up, down = high - rows[4, s], rows[5, s] - low
            if down > 0.0 and up < down:
                minus += down
            elif up > 0.0 and up > down:
                plus += up
            spread += max(high - low, abs(high - rows[6, s]), abs(low - rows[6, s]))
            rows[1, s], rows[2, s], rows[3, s] = plus, minus, spread
            if seen >= n:
                if not -_ZERO < spread < _ZERO:
                    above, below = 100 * (plus / spread), 100 * (minus / spread)
                    both = above + below
                    if not -_ZERO < both < _ZERO:
                        move = 100 * (abs(below - above) / both)
                        rows[0, s] = (rows[0, s] * (n - 1) + move) / n if seen >= 2 * n else rows[0, s] + move
                if seen == 2 * n - 1:
                    rows[0, s] /= n
        rows[4, s], rows[5, s], rows[6, s] = high, low, close
        rows[7, s] = min(seen + 1.0, 2.0 * n)
        out[s] = rows[0, s] if seen >= 2 * n - 1 else math.nan


@compiled()
def mfi(n: int, bars: Floats, closed: Flags, rows: Floats, out: Floats) -> None:
    """Rows: the flows up and down, the place of the oldest, the last typical price, how many of the newest bars let
    nothing flow, how many were seen, and n flows each way."""
    for s in range(len(out)):
        if not closed[s]:
            continue
        typical = (bars[1, s] + bars[2, s] + bars[3, s]) / 3.0
        known = bars[0, s] + typical + bars[4, s]
        if known != known:
            out[s] = math.nan
            continue
        last, seen, place = rows[3, s], rows[5, s], int(rows[2, s])
        if seen > 0.0:
            flow = typical * bars[4, s]
            if abs(typical - last) <= 1e-14 * (abs(typical) + abs(last)):
                flow = 0.0
            falls = typical < last
            up, down = 0.0 if falls else flow, flow if falls else 0.0
            still = min(rows[4, s] + 1.0, float(n)) if flow == 0.0 else 0.0
            rising, falling = rows[0, s] - rows[6 + place, s] + up, rows[1, s] - rows[6 + n + place, s] + down
            if still == n:  # then the sums hold nothing but rounding
                rising, falling = 0.0, 0.0
            rows[0, s], rows[1, s], rows[4, s] = rising, falling, still
            rows[6 + place, s], rows[6 + n + place, s] = up, down
            rows[2, s] = place + 1 if place + 1 < n else 0
        rows[3, s] = typical
        rows[5, s] = min(seen + 1.0, float(n))
        if seen < n:
            out[s] = math.nan
        else:
            total = rows[0, s] + rows[1, s]
            told = 100.0 * (min(max(rows[0, s], 0.0), total) / total)
            out[s] = told if total > 0.0 else 0.0


@compiled()
def obv(bars: Floats, closed: Flags, rows: Floats, out: Floats) -> None:
    """Rows: the value, and the last close, which is unknown before the first bar."""
    for s in range(len(out)):
        if not closed[s]:
            continue
        close, volume, last = bars[3, s], bars[4, s], rows[1, s]
        known = bars[0, s] + bars[1, s] + bars[2, s] + close + volume
        if known != known:
            out[s] = math.nan
            continue
        if last != last:
            rows[0, s] = volume
        elif close > last:
            rows[0, s] += volume
        elif close < last:
            rows[0, s] -= volume
        rows[1, s] = close
        out[s] = rows[0, s]


@compiled()
def vwap(bars: Floats, closed: Flags, rows: Floats, out: Floats) -> None:
    """Rows: the day, the money and the volume of its bars so far."""
    for s in range(len(out)):
        if not closed[s]:
            continue
        volume, day = bars[4, s], bars[5, s]
        money = (bars[1, s] + bars[2, s] + bars[3, s]) / 3.0 * volume
        known = bars[0, s] + money
        if known != known:
            out[s] = math.nan
            continue
        if rows[0, s] == day:
            money, volume = rows[1, s] + money, rows[2, s] + volume
        rows[0, s], rows[1, s], rows[2, s] = day, money, volume
        told = money / volume
        out[s] = told if volume > 0.0 else math.nan


@compiled()
def session(which: int, bars: Floats, closed: Flags, rows: Floats, out: Floats) -> None:
    """The open (0), the highest high (1) and the lowest low (2) of the session so far. Rows: the day, and the value."""
    for s in range(len(out)):
        if not closed[s]:
            continue
        known = bars[0, s] + bars[1, s] + bars[2, s] + bars[3, s]
        if known != known:
            out[s] = math.nan
            continue
        now = bars[which, s]
        if rows[0, s] == bars[5, s]:
            before = rows[1, s]
            now = before if which == 0 else max(before, now) if which == 1 else min(before, now)
        rows[0, s], rows[1, s] = bars[5, s], now
        out[s] = now
