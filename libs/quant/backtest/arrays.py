"""Rules and bars as the arrays of the compiled loop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from libs.quant.backtest.layout import ENTER, LEAVE, NOTHING, SKIP, Account, Lanes, Market
from libs.quant.backtest.setup import Setup, SlippageKind, Split
from libs.quant.bars import Bars, Floats, Longs
from libs.quant.charges import CostTable
from libs.quant.expr import OWN, Input
from libs.quant.expr.vector import Columns, MissingBars
from libs.quant.indicators import Atr
from libs.quant.strategy import Fill, Rules

K = TypeVar("K", bound=np.generic)
FILLS = (Fill.NEXT_OPEN, Fill.NEXT_CLOSE, Fill.SAME_CLOSE)
SLIPS = (SlippageKind.NONE, SlippageKind.BPS, SlippageKind.TICKS, SlippageKind.VOLUME_SHARE)


class Reader:
    """What strategies read of one instrument: each distinct part of their expressions is computed once."""

    def __init__(self, symbol: str, bars: Bars, interval: str, every: Mapping[Input, Bars]) -> None:
        self._symbol, self._interval, self._every, self.bars = symbol, interval, every, bars
        self._given: dict[Input, Bars] = {OWN: bars}
        self.columns = Columns(self._given)
        self._atrs: dict[int, Floats] = {}
        prices = bars.open + bars.high + bars.low + bars.close
        self.unknown = None if bars.priced else np.isnan(prices)

    @property
    def kept(self) -> int:
        """How many numbers are kept for the next strategy."""
        return (len(self.columns) + len(self._atrs)) * len(self.bars)

    def forget(self) -> None:
        """Keep nothing; it is computed anew when it is asked for."""
        self.columns, self._atrs = Columns(self._given), {}

    def signals(self, rules: Rules) -> npt.NDArray[np.int8]:
        """Return what each bar's close says: SKIP, NOTHING, ENTER, LEAVE. Raises MissingBars."""
        self.need(rules)
        enters = self.columns.of(rules.entry.node) == 1
        for period in rules.atr_periods:
            enters &= ~np.isnan(self.atr(period))
        answer = np.where(enters, np.int8(ENTER), np.int8(NOTHING))
        if rules.exit is not None:
            answer[self.columns.of(rules.exit.node) == 1] = LEAVE
        if self.unknown is not None:
            answer[self.unknown] = SKIP
        return answer

    def need(self, rules: Rules) -> None:
        """Find the bars that rules read. Raises MissingBars."""
        read = rules.entry.inputs if rules.exit is None else rules.entry.inputs | rules.exit.inputs
        for source in read - self._given.keys():
            full = Input(source.instrument or self._symbol, source.interval or self._interval)
            own = full == Input(self._symbol, self._interval)
            found = self.bars if own else self._every.get(full)
            if found is None:
                raise MissingBars(f"The bars of {full.instrument} at {full.interval} were not given.")
            self._given[source] = found

    def atr(self, period: int) -> Floats:
        """Return the average true range at each bar's close; NaN where unknown."""
        if period not in self._atrs:
            self._atrs[period] = Atr(period).over(self.bars)
        return self._atrs[period]


def account_of(setup: Setup) -> Account:
    """Return how orders are filled."""
    slip = setup.slippage
    # Exact types: the loop is compiled anew for each other one.
    return Account(
        float(setup.cash), FILLS.index(setup.fill), SLIPS.index(slip.kind), float(slip.amount), float(slip.most),
        float(setup.lot), float(setup.tick), bool(setup.allow_partial),
    )  # fmt: skip


def lanes_of(strategies: Sequence[Rules], readers: Sequence[Reader]) -> Lanes:
    """Return a lane for each strategy and instrument, instruments in their order, strategies in theirs."""
    symbols, signals, starts, atrs, places, rows = [], [], [], [], [], []
    begin = ranges = 0
    for symbol, reader in enumerate(readers):
        kept: dict[int, int] = {}
        for place, rules in enumerate(strategies):
            column = reader.signals(rules)
            for period in rules.atr_periods:
                if period not in kept:
                    kept[period] = ranges
                    atrs.append(reader.atr(period))
                    ranges += len(column)
            symbols.append(symbol)
            signals.append(column)
            starts.append(begin)
            begin += len(column)
            levels = (rules.stop, rules.target, rules.trailing)
            places.append([-1 if d is None or d.period is None else kept[d.period] for d in levels])
            rows.append((*rules.numbers, place))
    return Lanes(
        np.array(symbols), _joined(signals, np.int8), np.array(starts), _joined(atrs, np.float64),
        np.array(places, np.int64).reshape(-1, 3), np.array(rows, np.float64),
    )  # fmt: skip


def market_of(names: Sequence[str], every: Sequence[Bars], setup: Setup) -> tuple[Longs, Market]:
    """Return the times at which any instrument has a bar, and all bars as columns."""
    tables = [_costs(name, bars, setup) for name, bars in zip(names, every, strict=True)]
    base = np.cumsum([0, *(len(table.terms) for table in tables)])
    rows = [table.row + np.int32(start) for table, start in zip(tables, base[:-1], strict=True)]
    first = np.cumsum([0, *(len(bars) for bars in every)])
    begins = [0 if setup.from_ms is None else int(np.searchsorted(bars.at_ms, setup.from_ms)) for bars in every]
    times = [bars.at_ms[begin:] for bars, begin in zip(every, begins, strict=True)]
    grid = times[0] if len(times) == 1 else np.unique(np.concatenate(times))
    scales = [_scales(setup.splits.get(name, ())) for name in names]
    paid = [dividends_of(setup, name) for name in names]
    end = setup.until_ms if setup.until_ms is not None else int(grid[-1]) if len(grid) else 0
    gone = [bool(len(bars)) and int(bars.at_ms[-1]) + setup.gone_after_ms < end for bars in every]
    return grid, Market(
        _joined([bars.at_ms for bars in every], np.int64), _joined([bars.open for bars in every], np.float64),
        _joined([bars.high for bars in every], np.float64), _joined([bars.low for bars in every], np.float64),
        _joined([bars.close for bars in every], np.float64), _joined([bars.volume for bars in every], np.float64),
        first, first[:-1] + np.array(begins), _joined(rows, np.int32), np.concatenate([t.terms for t in tables]),
        np.cumsum([0, *(len(scale) for scale in scales)]),
        np.array([at for scale in scales for at, _ in scale], np.int64),
        np.array([by for scale in scales for _, by in scale], np.float64),
        np.cumsum([0, *(len(one) for one in paid)]), np.array([at for one in paid for at, _ in one], np.int64),
        np.array([amount for one in paid for _, amount in one], np.float64), np.array(gone, np.bool_),
    )  # fmt: skip


def _costs(name: str, bars: Bars, setup: Setup) -> CostTable:
    if setup.costs is None:
        return CostTable.flat(0.0, len(bars))
    table = setup.costs(name, bars.at_ms)
    if len(table.row) != len(bars):
        raise ValueError(f"The costs of {name} have {len(table.row)} rows for {len(bars)} bars.")
    return table


def _scales(splits: Sequence[Split]) -> list[tuple[int, float]]:
    """Return how many of today's shares one share was, from each time on."""
    ordered = sorted(splits, key=lambda split: split.at_ms)
    if not ordered:
        return []
    still = float(np.prod([split.ratio for split in ordered]))
    scales = [(-(2**62), still)]
    for split in ordered:
        still /= split.ratio
        scales.append((split.at_ms, still))
    return scales


def dividends_of(setup: Setup, name: str) -> list[tuple[int, float]]:
    """Return an instrument's dividends in money for a share of today, oldest first."""
    found, scales = [], _scales(setup.splits.get(name, ()))
    for one in sorted(setup.dividends.get(name, ()), key=lambda paid: paid.at_ms):
        shares = next((scale for since, scale in reversed(scales) if since <= one.at_ms), 1.0)
        found.append((one.at_ms, one.amount / shares))
    return found


def _joined(columns: Sequence[npt.NDArray[K]], kind: type[K]) -> npt.NDArray[K]:
    if len(columns) == 1:
        return np.ascontiguousarray(columns[0], dtype=kind)
    return np.concatenate(columns).astype(kind, copy=False) if columns else np.empty(0, kind)
