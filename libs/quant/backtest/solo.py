"""The loop for one strategy on one instrument, of which only the end is told: what a sweep runs a thousand times.

Its answers are those of `loop.replay` (property). Where nothing is held it looks for the next entry only.
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
    SKIP,
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

FINAL, DRAWDOWN, TRADES, WINS, COSTS = range(5)
EIGHT_ONES = 0x0101_0101_0101_0101
# So many bars are looked at together where all of them are quiet.
SPAN = 16


@compiled()
def crossings(a: Floats, b: Floats, words: Longs, places: Longs, codes: npt.NDArray[np.int8]) -> int:
    """Find where `a` crosses over `b` (ENTER) and under it (LEAVE), as the language defines both.

    Writes the bars and what they say, and returns how many there are. `words` is room for a byte a bar.
    """
    above = words.view(np.int8)
    for i in range(len(a)):  # 1 above, 0 equal, -1 below, 2 unknown; without a branch, so that it runs in vectors
        x, y = a[i], b[i]
        apart, near = x - y, SAME * max(abs(x), abs(y))
        above[i] = np.int8(apart > near) - np.int8(apart < -near) + np.int8(2) * np.int8(apart != apart)
    count, last = 0, above[0]
    for word in range(len(words)):
        if words[word] == last * EIGHT_ONES:  # eight bars at a time: mostly nothing changes
            continue
        for i in range(8 * word, min(8 * word + 8, len(a))):
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


@compiled()
def solo(
    events: int, places: Longs, codes: npt.NDArray[np.int8], path: Floats, spans: Floats, start: int, market: Market,
    rules: Floats, atr: Floats, account: Account, answer: Floats,
) -> None:  # fmt: skip
    """Run one strategy from the bar `start` on, and write its five figures. Without splits and slippage by volume.

    events: how many of `places` and `codes` say something. path, spans: see `paths`. atr: a row each for stop, target
    and trailing stop, of length 1 where none needs them.
    """
    n, side, tick, fill = path.shape[1], rules[SIDE], account.tick, account.fill
    opens, highs, lows, closes = market.open, market.high, market.low, market.close
    terms, row = market.terms, market.row
    opening, closing = (BUY, SELL) if side > 0.0 else (SELL, BUY)
    trails, most, buys = rules[TRAIL_PART] != 0.0 or rules[TRAIL_TIMES] != 0.0, int(rules[MOST_BARS]), side > 0.0
    cash, units, paid, entry_cost, best, mark = account.cash, 0.0, 0.0, 0.0, 0.0, 0.0
    stop = target = trail = math.nan
    atr_stop = atr_target = atr_trail = 0.0
    # The deepest point since the peak, so that the division waits for the next peak.
    peak, deepest, drawdown, costs = account.cash, account.cash, 0.0, 0.0
    held = pending = trades = wins = 0
    # The next event, and the next that is no entry.
    event = other = 0
    i = start
    while i < n:
        while event < events and places[event] < i:
            event += 1
        if units == 0.0 and pending == 0:
            while event < events and codes[event] != ENTER:
                event += 1
            if event == events:
                break
            i = places[event]
            if atr.shape[1] > 1:
                atr_stop, atr_target, atr_trail = atr[0, i], atr[1, i], atr[2, i]
            pending = 1
            if fill != SAME_CLOSE:
                i += 1
                continue
        elif units != 0.0 and pending == 0 and not trails:
            # Bars at which nothing can happen: no level is near and no rule speaks.
            while other < events and (places[other] < i or codes[other] == ENTER):
                other += 1
            end = n if other == events else places[other]
            if most > 0:
                end = min(end, i + max(most - held - 1, 0))
            # A little nearer than the levels are, so that `touched` alone decides.
            low, high = side * stop + 2.0 * SAME * abs(stop), side * target - 2.0 * SAME * abs(target)
            began = i
            while i < end:
                span = i // SPAN
                if (
                    i % SPAN == 0
                    and i + SPAN <= end
                    and not (spans[0, span] <= low or spans[1, span] >= high or cash + units * spans[2, span] > peak)
                ):
                    deepest = min(deepest, cash + units * spans[3, span])
                    i += SPAN
                    continue
                if path[0, i] <= low or path[1, i] >= high:
                    break
                equity = cash + units * path[2, i]
                if equity > peak:
                    if deepest < peak:
                        drawdown = max(drawdown, 1.0 - deepest / peak)
                    peak = deepest = equity
                elif equity < deepest:
                    deepest = equity
                i += 1
            held += i - began
            if i > began:
                mark = closes[i - 1]
            if i == n:
                break
            while event < events and places[event] < i:
                event += 1
        code = codes[event] if event < events and places[event] == i else NOTHING
        if code == SKIP:
            i += 1
            continue
        before, left = units != 0.0, False
        if before and pending == 2 and fill == NEXT_OPEN:
            gain, cost = _ended(units, paid, opens[i], True, terms[row[i], closing], side, account)
            wins += gain - side * units * paid - entry_cost > 0.0
            cash, costs, units, pending = cash + gain, costs + cost, 0.0, 0
        elif pending == 1 and fill == NEXT_OPEN:
            pending = 0
            stop = level(opens[i], -side, rules[STOP_PART], rules[STOP_TIMES], atr_stop, tick)
            units, paid, entry_cost = _begun(opens[i], stop, cash, terms[row[i], opening], rules, account)
            if units != 0.0:
                target = level(opens[i], side, rules[TARGET_PART], rules[TARGET_TIMES], atr_target, tick)
                cash, costs, best, held = cash - side * units * paid - entry_cost, costs + entry_cost, opens[i], 0
                trades += 1
        if units != 0.0:
            if trails:
                trail = level(best, -side, rules[TRAIL_PART], rules[TRAIL_TIMES], atr_trail, tick)
            met, price = touched(side, opens[i], highs[i], lows[i], stop, target, trail, before)
            if met != 0:
                gain, cost = _ended(units, paid, price, met != TARGET, terms[row[i], closing], side, account)
                wins += gain - side * units * paid - entry_cost > 0.0
                cash, costs, units, pending = cash + gain, costs + cost, 0.0, 0
            else:
                held += 1
                best = max(best, highs[i]) if buys else min(best, lows[i])
        if units != 0.0 and pending == 0 and (code == LEAVE or held >= most > 0):
            pending, left = 2, fill == SAME_CLOSE
            waited = left
        else:
            waited = fill == NEXT_CLOSE or (fill == SAME_CLOSE and pending == 1)
        if waited and pending == 2:
            gain, cost = _ended(units, paid, closes[i], True, terms[row[i], closing], side, account)
            wins += gain - side * units * paid - entry_cost > 0.0
            cash, costs, units, pending = cash + gain, costs + cost, 0.0, 0
        elif waited and pending == 1:
            pending = 0
            stop = level(closes[i], -side, rules[STOP_PART], rules[STOP_TIMES], atr_stop, tick)
            units, paid, entry_cost = _begun(closes[i], stop, cash, terms[row[i], opening], rules, account)
            left = fill == SAME_CLOSE
            if units != 0.0:
                target = level(closes[i], side, rules[TARGET_PART], rules[TARGET_TIMES], atr_target, tick)
                cash, costs, best, held = cash - side * units * paid - entry_cost, costs + entry_cost, closes[i], 0
                trades += 1
                if fill == NEXT_CLOSE and code == LEAVE:  # bought at this close, and the rule says to leave
                    pending = 2
        mark = closes[i]
        # What ended inside this bar may begin anew at its close: only then is the bar's equity known.
        stays = not (left or units != 0.0 or pending != 0)
        if not (stays and code == ENTER and fill == SAME_CLOSE):
            equity = cash + side * units * mark
            if equity > peak:
                drawdown = max(drawdown, 1.0 - deepest / peak)
                peak = deepest = equity
            deepest = min(deepest, equity)
        if not stays:
            i += 1
    drawdown = max(drawdown, 1.0 - deepest / peak)
    answer[FINAL] = cash + side * units * mark
    answer[DRAWDOWN], answer[TRADES], answer[WINS], answer[COSTS] = drawdown, trades, wins, costs


@compiled()
def paths(side: float, market: Market, path: Floats, spans: Floats) -> None:
    """Write what positions of one side look at, all times the side.

    path: the worst price of each bar, the finest, and the close. spans: of each SPAN bars the worst price, the finest,
    the finest close and the worst.
    """
    for i in range(path.shape[1]):
        low, high = min(market.low[i], market.open[i]), max(market.high[i], market.open[i])
        path[0, i], path[1, i] = (low, high) if side > 0.0 else (-high, -low)
        path[2, i] = side * market.close[i]
    for span in range(spans.shape[1]):
        part = path[:, SPAN * span : SPAN * (span + 1)]
        spans[0, span], spans[1, span] = part[0].min(), part[1].max()
        spans[2, span], spans[3, span] = part[2].max(), part[2].min()


@compiled()
def solos(
    first: int, last: int, signals: npt.NDArray[np.int8], of: Longs, columns: Floats, start: int, market: Market,
    rules: Floats, atr: Floats, account: Account, answers: Floats,
) -> None:  # fmt: skip
    """Run the strategies `first` to `last`. Strategy v has the signals `signals[of[v, 0]]`, or, where that is -1,
    the crossings of the columns `of[v, 1]` and `of[v, 2]`; the ATR in the rows `atr[v]`, or none."""
    n = len(market.close)
    # What is left of the last word is never looked at: 0 may stand there.
    words, places, codes = np.zeros(n // 8 + 1, np.int64), np.empty(n, np.int64), np.empty(n, np.int8)
    path, spans, of_side = np.empty((3, n)), np.empty((4, (n + SPAN - 1) // SPAN)), 0.0
    none = np.zeros((3, 1))
    for v in range(first, last):
        if rules[v, SIDE] != of_side:
            of_side = rules[v, SIDE]
            paths(of_side, market, path, spans)
        if of[v, 0] >= 0:
            events = spoken(signals[of[v, 0]], places, codes)
        else:
            events = crossings(columns[of[v, 1]], columns[of[v, 2]], words, places, codes)
        ranges = atr[v] if len(atr) else none
        solo(events, places, codes, path, spans, start, market, rules[v], ranges, account, answers[v])
