"""A strategy, its bars and the assumptions, ready to run as often as a report asks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import cached_property
from typing import Any, TypeVar

import numpy as np

from libs.common.calendars import exchange_of
from libs.common.clock import to_ms
from libs.quant.analysis import Seen
from libs.quant.backtest import Dividend, Prepared, Result, Setup, Slippage, SlippageKind, Split, run
from libs.quant.bars import DAY_MS, Bars, Longs
from libs.quant.charges import CostTable, UnknownCharges, cost_table, trading_days
from libs.quant.exchanges import ZONE_MINUTES, tick_of
from libs.quant.expr import Input
from libs.quant.metrics import FIGURES, Figure, Group, summary
from libs.quant.strategy import Fill, Rules
from services.signals.backtests.bars_file import ACTIONS, DIVIDENDS, SPLITS, Key

T = TypeVar("T")

TRADING_DAYS = 252
"""Of a year, for ratios: the usual count; India has a few fewer."""
LATE_MS = 7 * DAY_MS
"""A benchmark that begins so much after the run is not compared with it."""


class Unfit(ValueError):
    """The parameters cannot be carried out, in words for their owner."""


@dataclass(frozen=True)
class Trial:
    """What every run of a backtest has in common.

    own: bars by instrument, those before `from_ms` warm indicators up. others: what the rules read beside them, by full
    name, the benchmark among it.
    """

    parameters: Mapping[str, Any]
    document: Mapping[str, Any]
    interval: str
    own: Mapping[str, Bars]
    others: Mapping[Input, Bars]
    setup: Setup
    from_ms: int
    zone_minutes: int

    @classmethod
    def of(cls, parameters: Mapping[str, Any], bars: Mapping[Key, Bars]) -> Trial:
        """Put a trial together. Raises RulesError and Unfit."""
        rules = Rules.read(parameters["rules"])
        names = parameters["instruments"]
        own = {name: bars[name, rules.interval] for name in names if len(bars[name, rules.interval])}
        others = {Input(name, interval): one for (name, interval), one in bars.items() if interval not in ACTIONS}
        splits = {name: _told(one, Split) for (name, interval), one in bars.items() if interval == SPLITS}
        paid = {name: _told(one, Dividend) for (name, interval), one in bars.items() if interval == DIVIDENDS}
        exchanges = {exchange_of(name) for name in own}
        zones = {ZONE_MINUTES.get(name, 0) for name in exchanges}
        if len(zones) > 1:
            raise Unfit("The instruments are traded in several time zones; their days cannot be laid together.")
        from_ms = to_ms(datetime.combine(date.fromisoformat(parameters["first"]), time(), UTC))
        if not any(series.at_ms[-1] >= from_ms for series in own.values()):
            raise Unfit("No prices are recorded from the first day on.")
        setup = Setup(
            cash=float(Decimal(parameters["cash"])),
            fill=Fill(parameters["fill"]),
            slippage=_slippage(parameters["slippage"]),
            costs=_costs(parameters, own),
            lot=parameters["lot"],
            tick=_tick(parameters.get("tick"), own),
            allow_partial=parameters["allow_partial"],
            benchmark=parameters["benchmark"],
            from_ms=from_ms,
            splits=splits,
            dividends=paid,
            until_ms=to_ms(datetime.combine(date.fromisoformat(parameters["last"]), time(), UTC)),
        )
        return cls(parameters, parameters["rules"], rules.interval, own, others, setup, from_ms, zones.pop())

    def run(self, document: Mapping[str, Any] | None = None) -> Result:
        """Run the strategy, or another document over the same bars. Raises RulesError."""
        return self.prepared.run(Rules.read(document or self.document))

    @cached_property
    def prepared(self) -> Prepared:
        """What all its runs share."""
        return Prepared(self.own, self.interval, self.setup, self.others)

    def figures(self, result: Result) -> dict[str, Figure]:
        """Compute every figure of a run; none against a benchmark that begins later than the run."""
        late = self.benchmark_begins(result)
        found = summary(
            result.equity,
            result.trades,
            result.benchmark if late is None else None,
            TRADING_DAYS,
            at_ms=result.at_ms,
            zone_minutes=self.zone_minutes,
            # All positions of a strategy are on one side.
            invested=np.abs(result.equity - result.cash),
            refused=result.refusals,
        )
        if late is not None:
            begins = self.instants(late)[:10]
            words = f"The benchmark's prices begin on {begins}, after the first day: the times differ."
            compared = (name for name in found if FIGURES[name].group is Group.BENCHMARK)
            found |= dict.fromkeys(compared, Figure.without(words))
        return found

    def benchmark_begins(self, result: Result) -> int | None:
        """Tell when the benchmark's prices begin, where that is more than a week after the run's first bar."""
        if self.setup.benchmark is None or result.benchmark is None:
            return None
        first = int(self.others[Input(self.setup.benchmark, self.interval)].at_ms[0])
        return first if first > int(result.at_ms[0]) + LATE_MS else None

    def bars_together(self) -> dict[str, Bars]:
        """Give all bars that a decision may rest on, by one name each."""
        return {f"{source.instrument} {source.interval}": bars for source, bars in self.others.items()}

    def decisions(self, bars: Mapping[str, Bars]) -> Iterator[Seen]:
        """Take all decisions over other bars of the same names. For the check that nothing looks ahead."""
        others = {source: bars[f"{source.instrument} {source.interval}"] for source in self.others}
        own = {name: others[Input(name, self.interval)] for name in self.own}
        own = {name: series for name, series in own.items() if len(series)}
        if not any(series.at_ms[-1] >= self.from_ms for series in own.values()):
            return
        # A history that is cut off has not ended for good.
        setup = replace(self.setup, until_ms=None)
        result = run(Rules.read(self.document), own, setup=setup, others=others)
        for one in result.decisions:
            closes = own[one.symbol].closes_ms[np.searchsorted(own[one.symbol].at_ms, one.at_ms)]
            yield Seen(int(closes), one.symbol, f"{one.action} {one.side} ({one.reason})")

    def instants(self, at_ms: int) -> str:
        """Write an instant."""
        return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _told(columns: Bars, kind: Callable[[int, float], T]) -> tuple[T, ...]:
    return tuple(kind(*one) for one in zip(columns.at_ms.tolist(), columns.close.tolist(), strict=True))


def _tick(wanted: str | None, own: Iterable[str]) -> float:
    return max((tick_of(name) for name in own), default=0.0) if wanted is None else float(Decimal(wanted))


def _slippage(given: Mapping[str, str]) -> Slippage:
    return Slippage(SlippageKind(given["kind"]), float(Decimal(given["value"])))


def _costs(parameters: Mapping[str, Any], own: Mapping[str, Bars]) -> Any:
    broker = parameters["broker"]
    if broker is None:
        return None

    def table(symbol: str, at_ms: Longs) -> CostTable:
        exchange = exchange_of(symbol)
        days = trading_days(at_ms, ZONE_MINUTES.get(exchange, 0))
        return cost_table(parameters["segment"], exchange, broker, days)

    try:
        for name, bars in own.items():
            table(name, bars.at_ms[:1])
    except UnknownCharges as unknown:
        raise Unfit(str(unknown)) from unknown
    return table
