"""The loop for one strategy on one instrument, of which only the end is told: what a sweep runs a thousand times.

Its answers are those of `loop.replay` (property). Where nothing is held it looks for the next entry only.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from libs.quant.backtest.compiled import compiled
from libs.quant.backtest.loop import (
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

FINAL, DRAWDOWN, TRADES, WINS, COSTS = range(5)


@compiled()
def crossings(a: Floats, b: Floats, signals: npt.NDArray[np.int8]) -> None:
    """Enter where `a` crosses over `b`, leave where it crosses under, as the language defines both."""
    last = 2  # 1 above, 0 equal, -1 below, 2 unknown
    for i in range(len(a)):
        x, y = a[i], b[i]
        apart, signals[i] = x - y, NOTHING
        near = SAME * (abs(x) + abs(y))
        if abs(apart) <= near:  # seldom: then the language's own test
            near = SAME * max(abs(x), abs(y))
        if apart > near:
            if last < 1:
                signals[i] = ENTER
            last = 1
        elif apart < -near:
            if last == 0 or last == 1:
                signals[i] = LEAVE
            last = -1
        else:
            last = 0 if apart == apart else 2


@compiled()
def _ended(
    units: float, paid: float, price: float, slips: bool, i: int, market: Market, side: float, account: Account
) -> tuple[float, float]:
    """Return what the account gains by the end of a position, and the costs in it."""
    buys_back = side < 0.0
    out = slipped(price, buys_back, account.slip if slips else 0, account.slip_amount, 1.0, account.tick)
    cost = cost_of(market.terms[market.row[i], 0 if buys_back else 1], units, out, 1.0)
    return side * units * out - cost, cost


@compiled()
def _begun(
    price: float, stop: float, i: int, cash: float, market: Market, rules: Floats, account: Account
) -> tuple[float, float, float]:
    """Return the units of a new position (0: refused), their price and their costs."""
    buys = rules[SIDE] > 0.0
    units = whole(wanted(int(rules[SIZE]), rules[AMOUNT], cash, price, stop, 1.0), account.lot)
    paid = slipped(price, buys, account.slip, account.slip_amount, 0.0, account.tick)
    if not units > 0.0 or not paid > 0.0:
        return 0.0, paid, 0.0
    terms = market.terms[market.row[i], 0 if buys else 1]
    units = affordable(units, paid, cash, terms, 1.0, account.lot, account.partial)
    if not units > 0.0:
        return 0.0, paid, 0.0
    return units, paid, cost_of(terms, units, paid, 1.0)


@compiled()
def solo(
    signals: npt.NDArray[np.int8], start: int, market: Market, rules: Floats, atr: Floats, account: Account,
    answer: Floats,
) -> None:  # fmt: skip
    """Run one strategy from the bar `start` on, and write its five figures. `atr`: a row each for stop, target and
    trailing stop, of length 1 where none needs them. Without splits and slippage by volume."""
    n, side, tick, fill = len(signals), rules[SIDE], account.tick, account.fill
    opens, highs, lows, closes = market.open, market.high, market.low, market.close
    trails, most, buys = rules[TRAIL_PART] != 0.0 or rules[TRAIL_TIMES] != 0.0, rules[MOST_BARS], side > 0.0
    cash, units, paid, entry_cost, best, mark = account.cash, 0.0, 0.0, 0.0, 0.0, 0.0
    stop = target = trail = math.nan
    atr_stop = atr_target = atr_trail = 0.0
    # The deepest point since the peak, so that the division waits for the next peak.
    peak, deepest, drawdown, costs = account.cash, account.cash, 0.0, 0.0
    held = pending = trades = wins = 0
    i = start
    while i < n:
        if units == 0.0 and pending == 0:
            while i < n and signals[i] != ENTER:
                i += 1
            if i == n:
                break
            if atr.shape[1] > 1:
                atr_stop, atr_target, atr_trail = atr[0, i], atr[1, i], atr[2, i]
            pending = 1
            if fill != SAME_CLOSE:
                i += 1
                continue
        elif signals[i] == SKIP:
            i += 1
            continue
        if units != 0.0 and pending == 0 and not trails:
            # Bars at which nothing can happen: no level is near and no rule speaks.
            near, far = SAME * abs(stop), SAME * abs(target)
            while i < n and signals[i] >= NOTHING and signals[i] != LEAVE and not held + 1 >= most > 0.0:
                low, high = min(lows[i], opens[i]), max(highs[i], opens[i])
                worst, finest = (low, high) if buys else (high, low)
                if side * (worst - stop) <= near or side * (target - finest) <= far:
                    break
                held += 1
                mark = closes[i]
                equity = cash + side * units * mark
                if equity > peak:
                    drawdown = max(drawdown, 1.0 - deepest / peak)
                    peak = deepest = equity
                deepest = min(deepest, equity)
                i += 1
            if i == n:
                break
            if signals[i] == SKIP:
                i += 1
                continue
        before, left = units != 0.0, False
        if before and pending == 2 and fill == NEXT_OPEN:
            gain, cost = _ended(units, paid, opens[i], True, i, market, side, account)
            wins += gain - side * units * paid - entry_cost > 0.0
            cash, costs, units, pending = cash + gain, costs + cost, 0.0, 0
        elif pending == 1 and fill == NEXT_OPEN:
            pending = 0
            stop = level(opens[i], -side, rules[STOP_PART], rules[STOP_TIMES], atr_stop, tick)
            units, paid, entry_cost = _begun(opens[i], stop, i, cash, market, rules, account)
            if units != 0.0:
                target = level(opens[i], side, rules[TARGET_PART], rules[TARGET_TIMES], atr_target, tick)
                cash, costs, best, held = cash - side * units * paid - entry_cost, costs + entry_cost, opens[i], 0
                trades += 1
        if units != 0.0:
            if trails:
                trail = level(best, -side, rules[TRAIL_PART], rules[TRAIL_TIMES], atr_trail, tick)
            met, price = touched(side, opens[i], highs[i], lows[i], stop, target, trail, before)
            if met != 0:
                gain, cost = _ended(units, paid, price, met != TARGET, i, market, side, account)
                wins += gain - side * units * paid - entry_cost > 0.0
                cash, costs, units, pending = cash + gain, costs + cost, 0.0, 0
            else:
                held += 1
                best = max(best, highs[i]) if buys else min(best, lows[i])
        if units != 0.0 and pending == 0 and (signals[i] == LEAVE or (most > 0.0 and held >= most)):
            pending, left = 2, fill == SAME_CLOSE
            waited = left
        else:
            waited = fill == NEXT_CLOSE or (fill == SAME_CLOSE and pending == 1)
        if waited and pending == 2:
            gain, cost = _ended(units, paid, closes[i], True, i, market, side, account)
            wins += gain - side * units * paid - entry_cost > 0.0
            cash, costs, units, pending = cash + gain, costs + cost, 0.0, 0
        elif waited and pending == 1:
            pending = 0
            stop = level(closes[i], -side, rules[STOP_PART], rules[STOP_TIMES], atr_stop, tick)
            units, paid, entry_cost = _begun(closes[i], stop, i, cash, market, rules, account)
            left = fill == SAME_CLOSE
            if units != 0.0:
                target = level(closes[i], side, rules[TARGET_PART], rules[TARGET_TIMES], atr_target, tick)
                cash, costs, best, held = cash - side * units * paid - entry_cost, costs + entry_cost, closes[i], 0
                trades += 1
                if fill == NEXT_CLOSE and signals[i] == LEAVE:  # bought at this close, and the rule says to leave
                    pending = 2
        mark = closes[i]
        equity = cash + side * units * mark
        if equity > peak:
            drawdown = max(drawdown, 1.0 - deepest / peak)
            peak = deepest = equity
        deepest = min(deepest, equity)
        # What ended inside this bar may begin anew at its close.
        if left or units != 0.0 or pending != 0:
            i += 1
    drawdown = max(drawdown, 1.0 - deepest / peak)
    answer[FINAL] = cash + side * units * mark
    answer[DRAWDOWN], answer[TRADES], answer[WINS], answer[COSTS] = drawdown, trades, wins, costs


@compiled()
def solos(
    first: int, last: int, signals: npt.NDArray[np.int8], of: Longs, columns: Floats, pairs: Longs, start: int,
    market: Market, rules: Floats, atr: Floats, account: Account, answers: Floats,
) -> None:  # fmt: skip
    """Run the strategies `first` to `last`. Strategy v has the signals `signals[of[v]]`, or, where that is -1, the
    crossings of the columns `pairs[v]`; the ATR in the rows `atr[v]`, or none."""
    crossed = np.empty(len(market.close), np.int8)
    none = np.zeros((3, 1))
    for v in range(first, last):
        ranges = atr[v] if len(atr) else none
        if of[v] >= 0:
            solo(signals[of[v]], start, market, rules[v], ranges, account, answers[v])
        else:
            crossings(columns[pairs[v, 0]], columns[pairs[v, 1]], crossed)
            solo(crossed, start, market, rules[v], ranges, account, answers[v])
