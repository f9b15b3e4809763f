"""Runs a backtest. What happens inside a bar, and in which order, is told in `loop`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from libs.quant.backtest.arrays import Reader, account_of, dividends_of, lanes_of, market_of
from libs.quant.backtest.layout import Log
from libs.quant.backtest.loop import replay
from libs.quant.backtest.result import Refusal, Refused, Result, Trade
from libs.quant.backtest.setup import Setup
from libs.quant.bars import Bar, Bars, Floats, Longs
from libs.quant.expr import Input
from libs.quant.strategy import Action, Decision, Reason, Rules

REASONS = (
    Reason.OPEN, Reason.STOP, Reason.TARGET, Reason.TRAILING, Reason.RULE, Reason.TIME, Reason.DELISTED, Reason.OPEN,
)  # fmt: skip
REFUSALS = (Refusal.NO_CASH, Refusal.TOO_SMALL, Refusal.NO_VOLUME, Refusal.TOO_MANY, Refusal.DELISTED)
REFUSALS_KEPT = 10_000
_FIRST_ROOM = 4_096


def run(
    rules: Rules | Sequence[Rules],
    bars: Mapping[str, Bars],
    setup: Setup | None = None,
    others: Mapping[Input, Bars] | None = None,
) -> Result:
    """Trade strategies on every instrument of `bars`, from one account; they are asked in the order given.

    bars: by symbol, all at the strategies' interval, adjusted for splits. others: by full names, such as
    `Input("NSE:NIFTY50", "1d")`: what the expressions read by `at` and what is not among `bars`. Raises MissingBars
    for bars that an expression reads, ValueError for no bars, no strategies, or strategies of several intervals.
    """
    strategies = [rules] if isinstance(rules, Rules) else list(rules)
    if not strategies or not bars:
        raise ValueError("A backtest needs a strategy and bars.")
    return Prepared(bars, strategies[0].interval, setup, others).run(strategies)


class Prepared:
    """Bars and how they are traded, made ready once for many runs: what the runs have in common is computed once.

    Arguments and errors are those of `run`; `interval` is the strategies'.
    """

    KEPT = 8_000_000
    """So many numbers that expressions gave are kept from one run to the next."""

    def __init__(
        self,
        bars: Mapping[str, Bars],
        interval: str,
        setup: Setup | None = None,
        others: Mapping[Input, Bars] | None = None,
    ) -> None:
        self._setup, self._interval, self._names = setup or Setup(), interval, list(bars)
        every = {**{Input(symbol, interval): columns for symbol, columns in bars.items()}, **(others or {})}
        self._readers = [Reader(name, columns, interval, every) for name, columns in bars.items()]
        self._grid, self._market = market_of(self._names, list(bars.values()), self._setup)
        if not len(self._grid):
            raise ValueError("There are no bars to trade on.")
        self._benchmark = _benchmark(self._setup, interval, every, self._grid)

    def run(self, rules: Rules | Sequence[Rules]) -> Result:
        """Trade strategies as `run` does, from an account of their own."""
        strategies = [rules] if isinstance(rules, Rules) else list(rules)
        if any(one.interval != self._interval for one in strategies):
            raise ValueError("The strategies of one backtest have one interval.")
        grid, setup = self._grid, self._setup
        lanes, account = lanes_of(strategies, self._readers), account_of(setup)
        if sum(reader.kept for reader in self._readers) > self.KEPT:
            for reader in self._readers:
                reader.forget()
        equity, cash = np.empty(len(grid)), np.empty(len(grid))
        rooms = [_FIRST_ROOM, _FIRST_ROOM]
        while True:  # the loop counts what it has no room for, so it is run twice at most
            log = Log(
                np.empty((rooms[0], 13)), np.empty((rooms[1], 8)), np.empty((REFUSALS_KEPT, 3)), np.zeros(3, np.int64)
            )
            replay(grid, self._market, lanes, account, equity, cash, log)
            counts = log.counts.tolist()
            if counts[0] <= rooms[0] and counts[1] <= rooms[1]:
                break
            rooms = counts[:2]
        told = _Teller(grid, self._names, strategies)
        return Result(
            at_ms=grid,
            equity=equity,
            cash=cash,
            drawdown=1.0 - equity / np.maximum(np.maximum.accumulate(equity), setup.cash),
            benchmark=self._benchmark,
            trades=told.trades(log.trades[: counts[0]]),
            decisions=told.decisions(log.decisions[: counts[1]]),
            refused=told.refused(log.refusals[: min(counts[2], REFUSALS_KEPT)]),
            refusals=counts[2],
        )


def warm_up() -> None:
    """Compile the loop, or read its machine code from disk, before the first job has to wait for it."""
    rules = Rules.read({"interval": "1d", "side": "long", "entry": "close > open", "max_bars": 1})
    run(rules, {"": Bars.of([Bar(0, 1.0, 1.0, 1.0, 1.0, 1.0)])})


class _Teller:
    """Gives the rows of the loop's tables their names. Lane l is instrument l // m and strategy l % m of m."""

    def __init__(self, grid: Longs, names: Sequence[str], strategies: Sequence[Rules]) -> None:
        self._grid, self._names, self._strategies = grid.tolist(), names, strategies

    def _lane(self, lane: float) -> tuple[str, int]:
        symbol, place = divmod(int(lane), len(self._strategies))
        return self._names[symbol], place

    def trades(self, rows: Floats) -> tuple[Trade, ...]:
        told = []
        for lane, began, ended, units, entered, left, why, costs, pnl, held, mae, mfe, dividends in rows.tolist():
            symbol, place = self._lane(lane)
            told.append(
                Trade(
                    symbol, self._strategies[place].side, units, self._grid[int(began)], entered,
                    self._grid[int(ended)], left, REASONS[int(why)], costs, pnl, int(held), mae, mfe, place,
                    dividends,
                )
            )  # fmt: skip
        return tuple(told)

    def decisions(self, rows: Floats) -> tuple[Decision, ...]:
        told = []
        for lane, at, action, why, price, *levels in rows.tolist():
            symbol, place = self._lane(lane)
            stop, target, trail = (None if known != known else known for known in levels)
            told.append(
                Decision(
                    Action.ENTER if action == 1 else Action.EXIT, symbol, self._grid[int(at)],
                    self._strategies[place].side, price, REASONS[int(why)], stop, target, trail,
                )
            )  # fmt: skip
        return tuple(told)

    def refused(self, rows: Floats) -> tuple[Refused, ...]:
        told = []
        for lane, at, why in rows.tolist():
            symbol, place = self._lane(lane)
            told.append(Refused(symbol, self._grid[int(at)], REFUSALS[int(why) - 1], place))
        return tuple(told)


def _benchmark(setup: Setup, interval: str, every: Mapping[Input, Bars], grid: Longs) -> Floats | None:
    if setup.benchmark is None:
        return None
    found = every.get(Input(setup.benchmark, interval))
    if found is None:
        raise ValueError(f"The bars of the benchmark {setup.benchmark} were not given.")
    known = ~np.isnan(found.close)
    at, close = found.at_ms[known], found.close[known]
    newest = np.searchsorted(at, grid, side="right") - 1
    values = np.where(newest >= 0, close[np.maximum(newest, 0)], np.nan) if len(close) else np.full(len(grid), np.nan)
    held = ~np.isnan(values)
    if not held.any():
        return None
    bought = int(held.argmax())
    units = setup.cash / values[bought]
    # Before its first close nothing is held.
    worth = np.where(held, units * values, setup.cash)
    for paid_ms, amount in dividends_of(setup, setup.benchmark):
        place = int(np.searchsorted(grid, paid_ms))
        if place > bought and amount < values[place - 1]:
            worth[place:] += units * amount
    return worth
