"""The loop for one strategy on one instrument, of which only the end is told: what a sweep runs a thousand times.

Its answers are those of `loop.replay` (property). It goes from position to position: what happens to equity between
two bars of decision is looked up, not walked through.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from libs.quant.backtest.layout import (
    AMOUNT,
    ENTER,
    LEAVE,
    MOST_BARS,
    NEXT_CLOSE,
    NEXT_OPEN,
    NOTHING,
    SAME_CLOSE,
    SIDE,
    SIZE,
    STOP_PART,
    STOP_TIMES,
    TARGET,
    TARGET_PART,
    TARGET_TIMES,
    TRAIL_PART,
    TRAIL_TIMES,
    Account,
    Market,
)  # fmt: skip
from libs.quant.backtest.steps import affordable, cost_of, level, slipped, touched, wanted, whole
from libs.quant.bars import SAME, Floats, Longs
from libs.quant.charges.table import BUY, SELL
from libs.quant.compiled import compiled
from libs.quant.strategy.levels import NONE

FINAL, DRAWDOWN, TRADES, WINS, COSTS = range(5)
# A word with one of the bits 0, 8, .. 56 set, times this, has which one it is in its highest three bits.
PLACE_OF = sum(place << 61 - 8 * place for place in range(8))
# So many bars are looked at together where all of them are quiet.
SPAN = 16
# Rows of a look. A function that takes many arrays counts a use of each at every call, so they are one.
WORST, FINEST, UP, DOWN, LOGS = range(5)
ROWS = 5


@compiled()
def crossings(
    a: Floats, b: Floats, first: int, near: float, words: Longs, places: Longs, codes: npt.NDArray[np.int8]
) -> int:
    """Find where `a` crosses over `b` (ENTER) and under it (LEAVE), as the language defines both.

    Writes the bars and what they say, and returns how many there are. first: before it one of them is not known. near:
    what differs by more is not the same. words: room for a byte a bar and for eight bytes more.
    """
    above, x, y, unsure = words.view(np.int8), a[first:], b[first:], 0
    n = len(x)
    if n == 0:
        return 0
    for i in range(n):  # without a branch, so that it runs in vectors
        d = x[i] - y[i]
        above[i] = np.int8(d > near)
        unsure += not abs(d) > near
    if unsure:
        return _crossings_near(a, b, words, places, codes)
    many = (n + 7) // 8
    for i in range(n, 8 * many):
        above[i] = above[n - 1]
    count, last = 0, np.int64(above[0])
    for word in range(many):
        now = words[word]
        changed = now ^ (now << 8 | last)
        last = now >> 56
        while changed != 0:
            lowest = changed & -changed
            changed ^= lowest
            place = lowest * PLACE_OF >> 61 & 7
            places[count], codes[count] = first + 8 * word + place, LEAVE - (now >> 8 * place & 1)
            count += 1
    return count


@compiled()
def _crossings_near(a: Floats, b: Floats, words: Longs, places: Longs, codes: npt.NDArray[np.int8]) -> int:
    """Find crossings where numbers are the same, or unknown between others."""
    above = words.view(np.int8)
    for i in range(len(a)):  # 1 above, 0 equal, -1 below, 2 unknown
        x, y = a[i], b[i]
        apart, near = x - y, SAME * max(abs(x), abs(y))
        above[i] = np.int8(apart > near) - np.int8(apart < -near) + np.int8(2) * np.int8(apart != apart)
    count, last = 0, above[0]
    for i in range(len(a)):
        now = above[i]
        if now != last:
            if now == 1 and last < 1:
                places[count], codes[count] = i, ENTER
                count += 1
            elif now == -1 and last != 2:
                places[count], codes[count] = i, LEAVE
                count += 1
            last = now
    return count


@compiled()
def spoken(signals: npt.NDArray[np.int8], places: Longs, codes: npt.NDArray[np.int8]) -> int:
    """Find the bars that say something, and return how many there are."""
    count = 0
    for i in range(len(signals)):
        if signals[i] != NOTHING:
            places[count], codes[count] = i, signals[i]
            count += 1
    return count


@compiled()
def looks(side: float, market: Market, look: Floats, higher: Longs, dip: Floats) -> None:
    """Write what positions of one side look at, so told that the larger number decides.

    look (ROWS, 3 n + k spans), with the negative of the worst price of each bar, the finest price, the close, and its
    negative, all times the side: n numbers, the largest from the begin of a bar's SPAN bars to it, the largest from it
    to their end, and for each power of 2 the largest of so many spans from each on. LOGS: of each number of spans, how
    many powers of 2 it holds. higher: the first bar after each that closes higher, n for none; dip: the largest of DOWN
    between the two.
    """
    n = len(market.close)
    many = (n + SPAN - 1) // SPAN
    look[LOGS, 0] = look[LOGS, 1] = 0.0
    for i in range(2, many + 1):
        look[LOGS, i] = look[LOGS, i // 2] + 1.0
    for i in range(n):
        low, high, close = min(market.low[i], market.open[i]), max(market.high[i], market.open[i]), market.close[i]
        look[WORST, i], look[FINEST, i] = (-low, high) if side > 0.0 else (high, -low)
        look[UP, i], look[DOWN, i] = side * close, -side * close
    for row in range(LOGS):
        bars, since, until, steps = look[row, :n], look[row, n : 2 * n], look[row, 2 * n : 3 * n], look[row, 3 * n :]
        for i in range(n):
            since[i] = bars[i] if i % SPAN == 0 else max(since[i - 1], bars[i])
        for i in range(n - 1, -1, -1):
            until[i] = bars[i] if i % SPAN == SPAN - 1 or i == n - 1 else max(until[i + 1], bars[i])
        for span in range(many):
            steps[span] = until[span * SPAN]
        for k in range(1, len(steps) // many):
            half = 1 << (k - 1)
            for span in range(many - 2 * half + 1):
                place = (k - 1) * many + span
                steps[place + many] = max(steps[place], steps[place + half])
    for i in range(n - 1, -1, -1):
        j, deep = i + 1, -math.inf
        while j < n and not look[UP, j] > look[UP, i]:
            deep = max(deep, look[DOWN, j], dip[j])
            j = higher[j]
        higher[i], dip[i] = j, deep


@compiled(inside=True)
def _largest(look: Floats, row: int, n: int, begin: int, end: int) -> float:
    """Return the largest of a row's bars `begin` to `end`, the last not included, by a few look-ups."""
    first, last = begin // SPAN, (end - 1) // SPAN
    if first == last:
        found = look[row, begin]
        for i in range(begin + 1, end):
            found = max(found, look[row, i])
        return float(found)
    found = max(look[row, 2 * n + begin], look[row, n + end - 1])
    if last - first > 1:
        k = int(look[LOGS, last - first - 1])
        steps = 3 * n + k * ((n + SPAN - 1) // SPAN)
        found = max(found, look[row, steps + first + 1], look[row, steps + last - (1 << k)])
    return float(found)


@compiled(inside=True)
def _reaching(look: Floats, row: int, n: int, begin: int, end: int, least: float) -> int:
    """Return the first bar of `begin` to `end` whose number is not below `least`; `end` for none."""
    i = begin
    while i < end:
        if look[row, 2 * n + i] < least:
            i = (i // SPAN + 1) * SPAN
        elif look[row, i] >= least:
            return i
        else:
            i += 1
    return end


@compiled(inside=True)
def _climbed(
    look: Floats, higher: Longs, dip: Floats, begin: int, end: int, cash: float, units: float, peak: float,
    deepest: float, drawdown: float,
) -> tuple[float, float, float]:  # fmt: skip
    """Carry peak, deepest equity since and drawdown over bars of which one has a new peak: from peak to peak."""
    n, i = len(higher), begin
    while not cash + units * look[UP, i] > peak:
        above = cash + units * look[UP, 2 * n + i] > peak
        i = i + 1 if above else (i // SPAN + 1) * SPAN
    if i > begin:
        deepest = min(deepest, cash - units * _largest(look, DOWN, n, begin, i))
    drawdown = max(drawdown, 1.0 - deepest / peak)
    # Only what lies deeper than this needs a division.
    part = (1.0 - drawdown) * (1.0 + 1e-9)
    while True:
        peak, after = cash + units * look[UP, i], higher[i]
        if after >= end:
            break
        deepest = cash - units * dip[i]  # infinite where there is no bar between
        if deepest < peak * part:
            drawdown = max(drawdown, 1.0 - deepest / peak)
            part = (1.0 - drawdown) * (1.0 + 1e-9)
        i = after
    deepest = peak
    if i + 1 < end:
        deepest = min(deepest, cash - units * _largest(look, DOWN, n, i + 1, end))
    return peak, deepest, drawdown


@compiled(inside=True)
def _flat(cash: float, peak: float, deepest: float, drawdown: float) -> tuple[float, float, float]:
    """Carry peak, deepest equity since and drawdown over closes at which nothing is held."""
    if cash > peak:
        return cash, cash, max(drawdown, 1.0 - deepest / peak)
    return peak, min(deepest, cash), drawdown


@compiled(inside=True)
def _ended(
    units: float, paid: float, price: float, slips: bool, terms: Floats, side: float, account: Account
) -> tuple[float, float]:
    """Return what the account gains by the end of a position, and the costs in it."""
    out = slipped(price, side < 0.0, account.slip if slips else 0, account.slip_amount, 1.0, account.tick)
    cost = cost_of(terms, units, out, 1.0)
    return side * units * out - cost, cost


@compiled(inside=True)
def _begun(
    price: float, stop: float, cash: float, terms: Floats, rules: Floats, account: Account
) -> tuple[float, float, float]:
    """Return the units of a new position (0: refused), their price and their costs."""
    units = whole(wanted(int(rules[SIZE]), rules[AMOUNT], cash, price, stop, 1.0), account.lot)
    paid = slipped(price, rules[SIDE] > 0.0, account.slip, account.slip_amount, 0.0, account.tick)
    if not units > 0.0 or not paid > 0.0:
        return 0.0, paid, 0.0
    units = affordable(units, paid, cash, terms, 1.0, account.lot, account.partial)
    if not units > 0.0:
        return 0.0, paid, 0.0
    return units, paid, cost_of(terms, units, paid, 1.0)


@compiled(inside=True)
def solo(
    events: int, places: Longs, codes: npt.NDArray[np.int8], look: Floats, higher: Longs, dip: Floats, start: int,
    market: Market, rules: Floats, atr: Floats, account: Account, answer: Floats,
) -> None:  # fmt: skip
    """Run one strategy from the bar `start` on, and write its five figures: from position to position.

    All prices are known; without splits and slippage by volume. events: how many of `places` and `codes` say
    something. look, higher, dip: of the strategy's side. atr: a row each for stop, target and trailing stop, of length
    1 where none needs them.
    """
    n, side, tick, fill = len(market.close), rules[SIDE], account.tick, account.fill
    opens, highs, lows = market.open, market.high, market.low
    terms, row, prices = market.terms, market.row, market.open if fill == NEXT_OPEN else market.close
    opening, closing = (BUY, SELL) if side > 0.0 else (SELL, BUY)
    most, delay = int(rules[MOST_BARS]), 0 if fill == SAME_CLOSE else 1
    cash, units, paid = account.cash, 0.0, 0.0
    atr_stop = atr_target = atr_trail = 0.0
    trails, trail = rules[TRAIL_PART] != 0.0 or rules[TRAIL_TIMES] != 0.0, math.nan
    # The deepest point since the peak, so that the division waits for the next peak.
    peak, deepest, drawdown, costs = cash, cash, 0.0, 0.0
    trades = wins = event = other = 0
    # The first bar at whose close it may enter, and the bar of the last exit.
    free, left = start, -1
    while True:
        while event < events and (places[event] < free or codes[event] != ENTER):
            event += 1
        if event == events or places[event] + delay >= n:
            break
        decided = places[event]
        began = decided + delay
        if atr.shape[1] > 1:
            atr_stop, atr_target, atr_trail = atr[0, decided], atr[1, decided], atr[2, decided]
        entry = prices[began]
        stop = level(entry, -side, rules[STOP_PART], rules[STOP_TIMES], atr_stop, tick)
        units, paid, entry_cost = _begun(entry, stop, cash, terms[row[began], opening], rules, account)
        if units == 0.0:
            free = max(began, decided + 1)
            continue
        if began != left:  # else there was no close at which nothing was held
            peak, deepest, drawdown = _flat(cash, peak, deepest, drawdown)
        target = level(entry, side, rules[TARGET_PART], rules[TARGET_TIMES], atr_target, tick)
        cash, costs, trades = cash - side * units * paid - entry_cost, costs + entry_cost, trades + 1
        while other < events and (places[other] < began or codes[other] != LEAVE):
            other += 1
        last = n if other == events else places[other]
        first = began if fill == NEXT_OPEN else began + 1
        if most > 0:
            last = min(last, first + most - 1)
        # What is decided at the close of `last` is filled there, or at the next bar; till then levels may be met.
        end = min(last + 1 + (fill == NEXT_CLOSE), n)
        # A little nearer than the levels are, so that `touched` alone decides.
        low, high = -side * stop - 2.0 * SAME * abs(stop), side * target - 2.0 * SAME * abs(target)
        met, price, at, best = NONE, math.nan, first - 1, entry
        while trails or stop == stop or target == target:
            at += 1
            if trails:
                trail = level(best, -side, rules[TRAIL_PART], rules[TRAIL_TIMES], atr_trail, tick)
            else:
                near = end if stop != stop else _reaching(look, WORST, n, at, end, low)
                at = near if target != target else _reaching(look, FINEST, n, at, near, high)
            if at >= end:
                break
            met, price = touched(side, opens[at], highs[at], lows[at], stop, target, trail, at > began)
            if met != NONE:
                break
            best = max(best, highs[at]) if side > 0.0 else min(best, lows[at])
        if met == NONE:
            at = last + delay
        held = min(at, n)
        if held > began:
            if cash + units * _largest(look, UP, n, began, held) > peak:
                peak, deepest, drawdown = _climbed(look, higher, dip, began, held, cash, units, peak, deepest, drawdown)
            else:
                deepest = min(deepest, cash - units * _largest(look, DOWN, n, began, held))
        if at >= n:
            break
        if met == NONE:
            price = prices[at]
        gain, cost = _ended(units, paid, price, met != TARGET, terms[row[at], closing], side, account)
        wins += gain - side * units * paid - entry_cost > 0.0
        cash, costs, units = cash + gain, costs + cost, 0.0
        # Whose rule says to leave at a close does not enter at it.
        free, left = at + (met == NONE and fill == SAME_CLOSE), at
    if units == 0.0:
        peak, deepest, drawdown = _flat(cash, peak, deepest, drawdown)
    drawdown = max(drawdown, 1.0 - deepest / peak)
    answer[FINAL] = cash + side * units * market.close[n - 1]
    answer[DRAWDOWN], answer[TRADES], answer[WINS], answer[COSTS] = drawdown, trades, wins, costs


@compiled()
def solos(
    first: int, last: int, signals: npt.NDArray[np.int8], of: Longs, columns: Floats, start: int, market: Market,
    rules: Floats, atr: Floats, account: Account, answers: Floats,
) -> None:  # fmt: skip
    """Run the strategies `first` to `last`. Strategy v has the signals `signals[of[v, 0]]`, or, where that is -1,
    the crossings of the columns `of[v, 1]` and `of[v, 2]`; the ATR in the rows `atr[v]`, or none."""
    n = len(market.close)
    words, places, codes = np.zeros(n // 8 + 1, np.int64), np.empty(n, np.int64), np.empty(n, np.int8)
    spans, steps = (n + SPAN - 1) // SPAN, 1
    while 2 << (steps - 1) <= spans:
        steps += 1
    look, higher, dip, of_side = np.empty((ROWS, 3 * n + steps * spans)), np.empty(n, np.int64), np.empty(n), 0.0
    none = np.zeros((3, 1))
    known, size = np.empty(len(columns), np.int64), np.zeros(len(columns))
    for k in range(len(columns)):
        column = columns[k]
        known[k] = 0
        while known[k] < n and column[known[k]] != column[known[k]]:
            known[k] += 1
        for i in range(known[k], n):
            size[k] = max(size[k], abs(column[i]))
    for v in range(first, last):
        if rules[v, SIDE] != of_side:
            of_side = rules[v, SIDE]
            looks(of_side, market, look, higher, dip)
        if of[v, 0] >= 0:
            events = spoken(signals[of[v, 0]], places, codes)
        else:
            a, b = of[v, 1], of[v, 2]
            from_bar, near = max(known[a], known[b]), 2.0 * SAME * max(size[a], size[b])
            events = crossings(columns[a], columns[b], from_bar, near, words, places, codes)
        ranges = atr[v] if len(atr) else none
        solo(events, places, codes, look, higher, dip, start, market, rules[v], ranges, account, answers[v])
