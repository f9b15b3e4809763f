"""The event loop of a backtest, compiled: several strategies on several instruments that share one account.

A lane is one strategy on one instrument. At each time of the grid, for all lanes that have a bar there:

1. dividends of instruments that open without them are paid to who held them at the close before;
2. what was decided at the bar before is filled at the open (`next_open`): exits first, so that their cash is free,
   then entries in the order of the lanes;
3. positions meet their stop, trailing stop or target inside the bar (`levels.touched`);
4. `next_close`: what was decided is filled at the close;
5. at the close every lane decides; `same_close`: exits, then entries, are filled at this close;
6. a position in what is no longer traded after this bar is closed at its last close;
7. cash and equity are noted, positions valued at their last close.
"""

from __future__ import annotations

import numpy as np

from libs.quant.backtest.layout import (
    AMOUNT,
    ATR_STOP,
    ATR_TARGET,
    ATR_TRAIL,
    BARS,
    BEGAN,
    BEST,
    COLUMNS,
    COST,
    DELISTED,
    DIVIDENDS,
    ENTER,
    FINEST,
    HELD,
    LEAVE,
    LEFT,
    LOCKED,
    MOST,
    MOST_BARS,
    NEXT_CLOSE,
    NEXT_OPEN,
    OF,
    OPEN,
    PAID,
    PENDING,
    RULE,
    SAME_CLOSE,
    SIDE,
    SIZE,
    SKIP,
    STOP_AT,
    STOP_PART,
    STOP_TIMES,
    TARGET,
    TARGET_AT,
    TARGET_PART,
    TARGET_TIMES,
    TIME,
    TRAIL_PART,
    TRAIL_TIMES,
    WHY,
    WORST,
    Account,
    Book,
    Lanes,
    Log,
    Market,
)  # fmt: skip
from libs.quant.backtest.steps import (
    GONE,
    NO_CASH,
    NO_VOLUME,
    SHARE,
    TOO_MANY,
    TOO_SMALL,
    affordable,
    cost_of,
    level,
    slipped,
    touched,
    wanted,
    whole,
)  # fmt: skip
from libs.quant.bars import Floats, Longs
from libs.quant.compiled import compiled


@compiled(inside=True)
def _refuse(log: Log, lane: int, at: int, why: int) -> None:
    count = log.counts[2]
    log.counts[2] += 1
    if count < len(log.refusals):
        row = log.refusals[count]
        row[0], row[1], row[2] = lane, at, why


@compiled(inside=True)
def _note(
    log: Log, lane: int, at: int, action: int, reason: int, price: float, stop: float, target: float, trail: float
) -> None:
    count = log.counts[1]
    log.counts[1] += 1
    if count < len(log.decisions):
        row = log.decisions[count]
        row[0], row[1], row[2], row[3], row[4], row[5], row[6], row[7] = (
            lane, at, action, reason, price, stop, target, trail,
        )  # fmt: skip


@compiled(inside=True)
def _bar(market: Market, lanes: Lanes, book: Book, lane: int) -> int:
    """Return the place of a lane's bar of now, -1 where there is none or its prices are not known."""
    s = lanes.symbol[lane]
    bar = book.now[s]
    if bar >= 0 and lanes.signals[lanes.signal_at[lane] + bar - market.first[s]] == SKIP:
        return -1
    return int(bar)


@compiled(inside=True)
def _equity(lanes: Lanes, book: Book) -> float:
    total = float(book.cash[0])
    for lane in range(len(lanes.symbol)):
        units = book.states[lane, HELD]
        if units != 0.0:
            total += lanes.rules[lane, SIDE] * units * book.mark[lanes.symbol[lane]]
    return float(total)


@compiled()
def _close(
    market: Market, lanes: Lanes, account: Account, book: Book, log: Log, at: int, lane: int, bar: int, price: float,
    reason: int,
) -> None:  # fmt: skip
    """Close a lane's position and write its trade. What is only valued (`OPEN`) costs nothing and moves no cash."""
    state, side, scale = book.states[lane], lanes.rules[lane, SIDE], book.scale[lanes.symbol[lane]]
    units, entered = state[HELD], state[PAID]
    share = min(units / market.volume[bar], 1.0) if account.slip == SHARE and market.volume[bar] > 0.0 else 1.0
    # A target is a limit order, which the market does not slip.
    slip = 0 if reason == TARGET or reason >= DELISTED else account.slip
    paid = slipped(price, side < 0.0, slip, account.slip_amount, share, account.tick)
    terms = market.terms[market.row[bar], 1 if side > 0.0 else 0]
    cost = 0.0 if reason == OPEN else cost_of(terms, units, paid, scale)
    worst, finest = max(state[WORST], side * (entered - price)), max(state[FINEST], side * (price - entered))
    count = log.counts[0]
    log.counts[0] += 1
    if count < len(log.trades):
        row = log.trades[count]
        row[0], row[1], row[2], row[3], row[4], row[5] = lane, state[BEGAN], at, units, entered, paid
        pnl = side * units * (paid - entered) + state[DIVIDENDS] - state[COST] - cost
        row[6], row[7], row[8] = reason, state[COST] + cost, pnl
        row[9], row[10], row[11], row[12] = state[BARS], worst / entered, finest / entered, state[DIVIDENDS]
    if reason != OPEN:
        state[HELD] = state[LOCKED] = state[PENDING] = 0.0
        book.cash[0] += side * units * paid - cost


@compiled()
def _enter(
    market: Market, lanes: Lanes, account: Account, book: Book, at: int, lane: int, bar: int, price: float
) -> int:
    """Open a lane's position. Returns why it was refused, 0 when it was not."""
    s, state, rules = lanes.symbol[lane], book.states[lane], lanes.rules[lane]
    side, scale, tick = rules[SIDE], book.scale[s], account.tick
    held, free = 0, book.cash[0]
    for other in range(len(lanes.symbol)):
        free -= book.states[other, LOCKED]
        held += book.states[other, HELD] != 0.0 and lanes.rules[other, OF] == rules[OF]
    if held >= rules[MOST]:
        return TOO_MANY
    stop = level(price, -side, rules[STOP_PART], rules[STOP_TIMES], state[ATR_STOP], tick)
    units = wanted(int(rules[SIZE]), rules[AMOUNT], _equity(lanes, book), price, stop, scale)
    share = 0.0
    if account.slip == SHARE:
        volume = market.volume[bar]
        if not volume > 0.0:
            return NO_VOLUME
        units = min(units, account.share * volume)
        share = units / volume
    buys, step = side > 0.0, account.lot * scale
    paid = slipped(price, buys, account.slip, account.slip_amount, share, tick)
    units = whole(units, step)
    if not units > 0.0 or not paid > 0.0:
        return TOO_SMALL
    terms = market.terms[market.row[bar], 0 if buys else 1]
    units = affordable(units, paid, free, terms, scale, step, account.partial)
    if not units > 0.0:
        return NO_CASH
    cost = cost_of(terms, units, paid, scale)
    state[HELD], state[PAID], state[STOP_AT], state[BEST] = units, paid, stop, price
    state[TARGET_AT] = level(price, side, rules[TARGET_PART], rules[TARGET_TIMES], state[ATR_TARGET], tick)
    state[BARS], state[BEGAN], state[COST], state[WORST], state[FINEST] = 0.0, at, cost, 0.0, 0.0
    state[DIVIDENDS] = 0.0
    # The proceeds of a short sale are a deposit, and as much again: the account is never levered.
    state[LOCKED] = 0.0 if buys else 2.0 * units * paid
    book.cash[0] -= side * units * paid + cost
    return 0


@compiled()
def _fill(
    market: Market, lanes: Lanes, account: Account, book: Book, log: Log, at: int, prices: Floats, pending: int
) -> None:
    """Carry out what waits (1 entries, 2 exits) at the prices of this time's bars."""
    for lane in range(len(lanes.symbol)):
        state = book.states[lane]
        if state[PENDING] != pending:
            continue
        bar = _bar(market, lanes, book, lane)
        if bar < 0:
            continue
        if pending == 2:
            _close(market, lanes, account, book, log, at, lane, bar, prices[bar], int(state[WHY]))
        else:
            state[PENDING] = 0.0
            why = _enter(market, lanes, account, book, at, lane, bar, prices[bar])
            if why != 0:
                _refuse(log, lane, at, why)


@compiled()
def _pay(market: Market, lanes: Lanes, book: Book, s: int, amount: float) -> None:
    """Pay a dividend to those who hold the instrument, and take it from those who are short of it."""
    # As where prices are adjusted for dividends: what is no part of the price is none of this share.
    if not amount < book.mark[s]:
        return
    for lane in range(len(lanes.symbol)):
        state = book.states[lane]
        if lanes.symbol[lane] == s and state[HELD] != 0.0:
            paid = lanes.rules[lane, SIDE] * state[HELD] * amount
            state[DIVIDENDS] += paid
            book.cash[0] += paid


@compiled(inside=True)
def _inside(market: Market, lanes: Lanes, account: Account, book: Book, log: Log, at: int) -> None:
    """Let positions meet their levels inside the bar."""
    for lane in range(len(lanes.symbol)):
        state = book.states[lane]
        if state[HELD] == 0.0:
            continue
        bar = _bar(market, lanes, book, lane)
        if bar < 0:
            continue
        rules = lanes.rules[lane]
        side, high, low = rules[SIDE], market.high[bar], market.low[bar]
        trail = level(state[BEST], -side, rules[TRAIL_PART], rules[TRAIL_TIMES], state[ATR_TRAIL], account.tick)
        met, price = touched(
            side, market.open[bar], high, low, state[STOP_AT], state[TARGET_AT], trail, state[BEGAN] < at
        )
        if met != 0:
            _note(log, lane, at, 2, met, price, np.nan, np.nan, np.nan)
            _close(market, lanes, account, book, log, at, lane, bar, price, met)
            continue
        worst, best = (low, high) if side > 0.0 else (high, low)
        state[BARS] += 1.0
        state[BEST] = max(state[BEST], best) if side > 0.0 else min(state[BEST], best)
        state[WORST] = max(state[WORST], side * (state[PAID] - worst))
        state[FINEST] = max(state[FINEST], side * (best - state[PAID]))


@compiled(inside=True)
def _leave(market: Market, lanes: Lanes, book: Book, log: Log, at: int) -> None:
    """At the close, decide which positions end."""
    for lane in range(len(lanes.symbol)):
        state = book.states[lane]
        if state[HELD] == 0.0 or state[PENDING] != 0.0:
            continue
        bar = _bar(market, lanes, book, lane)
        if bar < 0:
            continue
        most = lanes.rules[lane, MOST_BARS]
        leaves = lanes.signals[lanes.signal_at[lane] + bar - market.first[lanes.symbol[lane]]] == LEAVE
        if leaves or (most > 0.0 and state[BARS] >= most):
            state[PENDING], state[LEFT], state[WHY] = 2.0, at, RULE if leaves else TIME
            _note(log, lane, at, 2, int(state[WHY]), market.close[bar], np.nan, np.nan, np.nan)


@compiled()
def _begin(market: Market, lanes: Lanes, account: Account, book: Book, log: Log, at: int) -> None:
    """At the close, decide which positions begin."""
    many = len(lanes.symbol)
    for lane in range(many):
        state = book.states[lane]
        if state[HELD] != 0.0 or state[PENDING] != 0.0 or state[LEFT] == at:
            continue
        bar = _bar(market, lanes, book, lane)
        if bar < 0:
            continue
        place = bar - market.first[lanes.symbol[lane]]
        if lanes.signals[lanes.signal_at[lane] + place] != ENTER:
            continue
        rules, taken = lanes.rules[lane], 0
        for other in range(many):
            if lanes.rules[other, OF] == rules[OF]:
                waits = book.states[other, PENDING]
                taken += waits == 1.0 or (book.states[other, HELD] != 0.0 and waits != 2.0)
        if taken >= rules[MOST]:
            _refuse(log, lane, at, TOO_MANY)
            continue
        for k in range(3):
            first = lanes.atr_at[lane, k]
            state[ATR_STOP + k] = lanes.atr[first + place] if first >= 0 else 0.0
        state[PENDING] = 1.0
        price, side, tick = market.close[bar], rules[SIDE], account.tick
        _note(
            log, lane, at, 1, RULE, price,
            level(price, -side, rules[STOP_PART], rules[STOP_TIMES], state[ATR_STOP], tick),
            level(price, side, rules[TARGET_PART], rules[TARGET_TIMES], state[ATR_TARGET], tick),
            level(price, -side, rules[TRAIL_PART], rules[TRAIL_TIMES], state[ATR_TRAIL], tick),
        )  # fmt: skip


@compiled()
def replay(grid: Longs, market: Market, lanes: Lanes, account: Account, equity: Floats, cash: Floats, log: Log) -> None:
    """Run the loop over the times of `grid`, and write equity and cash at each, and the log.

    Trades: lane, grid places of entry and exit, units, entry price, exit price, reason, costs, pnl, bars, the largest
    loss and profit on the way as parts of the entry price, dividends. Decisions: lane, grid place, 1 to enter or 2 to
    leave, reason, price, stop, target, trailing stop. Refusals: lane, grid place, why. Rows beyond a table's end are
    counted.
    """
    many, symbols = len(lanes.symbol), len(market.start)
    said = np.array((1, 2, DELISTED, OPEN))  # a number that is written out has a type of its own: one more compilation
    states = np.zeros((many, COLUMNS))
    states[:, LEFT] = -1.0
    book = Book(states, np.zeros(symbols), np.ones(symbols), np.full(symbols, -1), np.full(1, account.cash))
    places, split, paid = market.start.copy(), market.splits[:symbols].copy(), market.dividends[:symbols].copy()
    ends = market.gone.any()
    for at in range(len(grid)):
        t = grid[at]
        for s in range(symbols):
            place, book.now[s] = places[s], -1
            while split[s] < market.splits[s + 1] and market.split_ms[split[s]] <= t:
                book.scale[s] = market.scale[split[s]]
                split[s] += 1
            while paid[s] < market.dividends[s + 1] and market.dividend_ms[paid[s]] <= t:
                _pay(market, lanes, book, s, market.dividend[paid[s]])
                paid[s] += 1
            if place < market.first[s + 1] and market.at_ms[place] == t:
                book.now[s] = place
                places[s] += 1
                if market.open[place] == market.open[place]:
                    book.mark[s] = market.open[place]
        # Most times nothing is held and nothing waits: then the steps need not be called.
        busy = waits = ready = False
        for lane in range(many):
            waits |= states[lane, PENDING] != 0.0
            busy |= waits or states[lane, HELD] != 0.0
            s = lanes.symbol[lane]
            bar = book.now[s]
            ready |= bar >= 0 and lanes.signals[lanes.signal_at[lane] + bar - market.first[s]] == ENTER
        if waits and account.fill == NEXT_OPEN:
            _fill(market, lanes, account, book, log, at, market.open, said[1])
            _fill(market, lanes, account, book, log, at, market.open, said[0])
        if busy:
            _inside(market, lanes, account, book, log, at)
        for s in range(symbols):
            bar = book.now[s]
            if bar >= 0 and market.close[bar] == market.close[bar]:
                book.mark[s] = market.close[bar]
        if waits and account.fill == NEXT_CLOSE:
            _fill(market, lanes, account, book, log, at, market.close, said[1])
            _fill(market, lanes, account, book, log, at, market.close, said[0])
        if busy:
            _leave(market, lanes, book, log, at)
            if account.fill == SAME_CLOSE:
                _fill(market, lanes, account, book, log, at, market.close, said[1])
        if ready:
            _begin(market, lanes, account, book, log, at)
            if account.fill == SAME_CLOSE:
                _fill(market, lanes, account, book, log, at, market.close, said[0])
        for lane in range(many if ends else 0):
            s = lanes.symbol[lane]
            if not (market.gone[s] and book.now[s] >= 0 and places[s] == market.first[s + 1]):
                continue
            if states[lane, HELD] != 0.0:
                _close(market, lanes, account, book, log, at, lane, book.now[s], book.mark[s], said[2])
            elif states[lane, PENDING] == 1.0:
                states[lane, PENDING] = 0.0
                _refuse(log, lane, at, GONE)
        cash[at] = book.cash[0]
        equity[at] = _equity(lanes, book) if busy or ready else book.cash[0]
    for lane in range(many):
        if states[lane, HELD] != 0.0:
            s = lanes.symbol[lane]
            _close(market, lanes, account, book, log, len(grid) - 1, lane, places[s] - 1, book.mark[s], said[3])
