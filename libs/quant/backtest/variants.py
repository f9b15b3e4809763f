"""Runs many variants of a strategy on one instrument, of which only the figures are wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain

import numpy as np
import numpy.typing as npt

from libs.quant.backtest.arrays import Reader, account_of, market_of
from libs.quant.backtest.layout import STOP_TIMES, TARGET_TIMES, TRAIL_TIMES
from libs.quant.backtest.means import lines
from libs.quant.backtest.run import run
from libs.quant.backtest.setup import Setup, SlippageKind
from libs.quant.backtest.solo import COSTS, DRAWDOWN, FINAL, TRADES, WINS, solos
from libs.quant.bars import Bars, Floats, Longs
from libs.quant.expr import Expr, Input
from libs.quant.expr.nodes import Call, Node
from libs.quant.strategy import Reason, Rules

_CROSSINGS = frozenset({"crossover", "crossunder"})
_NO_ATR = np.zeros((0, 3, 1))


@dataclass(frozen=True)
class Variants:
    """A row for each variant. `final`: equity at the end; `drawdown`: the largest part of the highest equity that was
    lost; `trades`: positions opened; `wins`: those that ended with a profit after costs; `costs`: of all fills."""

    final: Floats
    drawdown: Floats
    trades: Longs
    wins: Longs
    costs: Floats


def run_variants(
    variants: Sequence[Rules],
    symbol: str,
    bars: Bars,
    setup: Setup | None = None,
    others: Mapping[Input, Bars] | None = None,
    threads: int = 1,
) -> Variants:
    """Trade each variant by itself on one instrument; the figures are those of `run`.

    What the variants' expressions have in common is computed once, and a crossing with its opposite is decided inside
    the loop. Raises as `run` does.
    """
    setup = setup or Setup()
    if not variants:
        raise ValueError("One needs a variant.")
    if any(one.interval != variants[0].interval for one in variants):
        raise ValueError("The variants have one interval.")
    events = setup.splits.get(symbol) or setup.dividends.get(symbol)
    by_volume = setup.slippage.kind is SlippageKind.VOLUME_SHARE
    if events or by_volume or setup.until_ms is not None or not bars.priced:
        answers = np.array([_alone(one, symbol, bars, setup, others) for one in variants])
    else:
        answers = _together(variants, symbol, bars, setup, others or {}, threads)
    return Variants(
        answers[:, FINAL], answers[:, DRAWDOWN], answers[:, TRADES].astype(np.int64),
        answers[:, WINS].astype(np.int64), answers[:, COSTS],
    )  # fmt: skip


def _alone(
    rules: Rules, symbol: str, bars: Bars, setup: Setup, others: Mapping[Input, Bars] | None
) -> tuple[float, float, int, int, float]:
    result = run(rules, {symbol: bars}, setup, others)
    wins = sum(trade.pnl > 0 for trade in result.trades if trade.reason is not Reason.OPEN)
    costs = sum(trade.costs for trade in result.trades)
    return result.final, float(result.drawdown.max()), len(result.trades), wins, costs


def _together(
    variants: Sequence[Rules], symbol: str, bars: Bars, setup: Setup, others: Mapping[Input, Bars], threads: int
) -> Floats:
    interval = variants[0].interval
    reader = Reader(symbol, bars, interval, {**others, Input(symbol, interval): bars})
    grid, market = market_of([symbol], [bars], setup)
    if not len(grid):
        raise ValueError("There are no bars to trade on.")
    numbers = chain.from_iterable([rules.numbers for rules in variants])
    rows = np.fromiter(numbers, np.float64).reshape(len(variants), -1)
    ranged: list[bool] = np.any(rows[:, (STOP_TIMES, TARGET_TIMES, TRAIL_TIMES)] != 0.0, axis=1).tolist()
    chosen: list[int] = []
    signals: list[npt.NDArray[np.int8]] = []
    kept: dict[tuple[Expr, Expr | None, tuple[int, ...]], int] = {}
    nodes: dict[Node, int] = {}
    # By identity first: equal parts are mostly one object, and no part dies meanwhile.
    seen: dict[int, int] = {}
    for rules, has_atr in zip(variants, ranged, strict=True):
        pair = None if has_atr else _crossing(rules)
        if pair is not None:
            over, under = seen.get(id(pair[0])), seen.get(id(pair[1]))
            if over is None or under is None:
                reader.need(rules)
                over, under = (nodes.setdefault(node, len(nodes)) for node in pair)
                seen[id(pair[0])], seen[id(pair[1])] = over, under
            chosen += (-1, over, under)
            continue
        key = (rules.entry, rules.exit, rules.atr_periods)
        if key not in kept:
            kept[key] = len(signals)
            signals.append(reader.signals(rules))
        chosen += (kept[key], 0, 0)
    n, of = len(bars), np.array(chosen).reshape(-1, 3)
    columns = lines(list(nodes), reader.columns, n)
    answers = np.empty((len(variants), 5))
    table = np.array(signals) if signals else np.empty((0, n), np.int8)
    ranges = _atrs(variants, reader) if any(ranged) else _NO_ATR
    start, account = int(market.start[0]), account_of(setup)
    given = (table, of, columns, start, market, rows, ranges, account)
    if threads == 1:
        solos(0, len(variants), *given, answers)
        return answers
    edges = np.linspace(0, len(variants), threads + 1).astype(int).tolist()
    with ThreadPoolExecutor(threads) as pool:
        parts = [pool.submit(solos, edges[k], edges[k + 1], *given, answers) for k in range(threads)]
        for part in parts:
            part.result()
    return answers


def _crossing(rules: Rules) -> tuple[Node, Node] | None:
    """Return the numbers whose crossing is the entry and whose opposite crossing is the exit, if that is all."""
    entry, leave = rules.entry.node, None if rules.exit is None else rules.exit.node
    if not (isinstance(entry, Call) and isinstance(leave, Call)):
        return None
    if entry.function not in _CROSSINGS or leave.function not in _CROSSINGS:
        return None
    one, other = entry.arguments, leave.arguments
    # "a over b" is "b under a".
    if entry.function == leave.function:
        other = other[::-1]
    if not (one[0] is other[0] and one[1] is other[1]) and one != other:
        return None
    return (one[0], one[1]) if entry.function == "crossover" else (one[1], one[0])


def _atrs(variants: Sequence[Rules], reader: Reader) -> Floats:
    """Return each variant's ATR of stop, target and trailing stop, as (variants, 3, n)."""
    none = np.zeros(len(reader.bars))
    levels = [(rules.stop, rules.target, rules.trailing) for rules in variants]
    return np.array([[none if d is None or d.period is None else reader.atr(d.period) for d in row] for row in levels])
