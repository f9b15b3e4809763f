"""What a backtest reads of market: which instruments there are, and their recorded bars."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from libs.common.errors import FieldError, InvalidInput, UpstreamUnavailable
from libs.common.listings import Listings
from libs.quant.bars import Bars
from libs.quant.expr import NEWS, OWN, SPANS_MS, Input
from libs.quant.strategy import Rules
from services.signals.backtests.bars_file import DIVIDENDS, SPLITS, Key, actions_as_bars
from services.signals.history import History
from services.signals.jobs.rules import Failure


class UnreadableBars(Exception):
    """The prices that a backtest needs are not there, in words for its owner."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.failure = Failure(code, words)


@dataclass(frozen=True, slots=True)
class Instruments:
    """Instruments by their present full names. All are traded in `currency`."""

    instruments: tuple[str, ...]
    benchmark: str | None
    currency: str


class Inputs:
    """Market, as backtests see it. most_bars: how many are read for one backtest."""

    def __init__(self, listings: Listings, history: History, *, most_bars: int) -> None:
        self._listings = listings
        self._history = history
        self._most_bars = most_bars

    async def look_up(self, names: Sequence[str], benchmark: str | None) -> Instruments:
        """Find instruments. Raises InvalidInput for those that are not there, or not of one currency, and
        UpstreamUnavailable when market cannot be asked.
        """
        wanted = [*names, *([] if benchmark is None else [benchmark])]
        found = await self._listings.look_up(wanted)
        fields = {name: f"/instruments/{place}" for place, name in enumerate(names)}
        errors = [
            FieldError(fields.get(name, "/benchmark"), problem.errors[0].code, problem.errors[0].message)
            for name, problem in found.items()
            if isinstance(problem, InvalidInput)
        ]
        if errors:
            raise InvalidInput(errors=errors)
        known = {name: info for name, info in found.items() if not isinstance(info, InvalidInput)}
        currencies = sorted({known[name].currency for name in names})
        if len(currencies) != 1:
            words = (
                f"The instruments are traded in {', '.join(currencies)}. A backtest has one purse: choose one currency."
            )
            raise InvalidInput.of("/instruments", "mixed_currencies", words)
        full = tuple(dict.fromkeys(known[name].instrument for name in names))
        return Instruments(full, None if benchmark is None else known[benchmark].instrument, currencies[0])

    async def last_day(self, name: str, interval: str) -> date | None:
        """Tell the day of an instrument's newest closed bar; None where there is none, or nobody can say now."""
        try:
            bars = await self._history.bars(name, interval, limit=1)
        except UpstreamUnavailable:
            return None
        return datetime.fromtimestamp(int(bars.at_ms[-1]) / 1_000, UTC).date() if len(bars) else None

    async def read(self, parameters: Mapping[str, Any]) -> Mapping[Key, Bars]:
        """Read the bars that a backtest's parameters name, so many before its first day as its rules need, splits and
        dividends.

        Raises UnreadableBars, and UpstreamUnavailable when market cannot be asked.
        """
        rules = Rules.read(parameters["rules"])
        first, last = date.fromisoformat(parameters["first"]), date.fromisoformat(parameters["last"])
        begin = datetime.combine(first, time(), UTC)
        end = datetime.combine(last + timedelta(days=1), time(), UTC)
        needs = _needs(rules, parameters["instruments"], parameters["benchmark"])
        found: dict[Key, Bars] = {}
        total = 0
        for (name, interval), count in needs.items():
            if interval == NEWS:
                bars = await self._history.headlines(name, end=end)
            else:
                span = begin - lead(count, interval)
                bars = await self._history.bars(name, interval, start=span, end=end, limit=self._most_bars - total + 1)
            total += len(bars)
            if total > self._most_bars:
                raise UnreadableBars("too_large", f"It reads more than {self._most_bars:,} bars. Test less at once.")
            found[name, interval] = bars
        benchmark = parameters["benchmark"]
        for name in dict.fromkeys([*parameters["instruments"], *([] if benchmark is None else [benchmark])]):
            if splits := await self._history.splits(name):
                found[name, SPLITS] = actions_as_bars(splits)
            if dividends := await self._history.dividends(name):
                found[name, DIVIDENDS] = actions_as_bars(dividends)
        own = [name for name in parameters["instruments"] if len(found[name, rules.interval])]
        if not own:
            words = f"No {rules.interval} bars of these instruments are recorded from {first} to {last}."
            raise UnreadableBars("no_bars", words)
        return found


def lead(bars: int, interval: str) -> timedelta:
    """Say how long before a day so many bars lie at the most: a market is open for a part of the time only."""
    open_part = 5 / 7 if interval == "1d" else 5 / 7 * 6 / 24
    holidays = timedelta(days=10)
    return timedelta(milliseconds=bars * SPANS_MS[interval] / open_part) + holidays


def _needs(rules: Rules, instruments: Collection[str], benchmark: str | None) -> dict[Key, int]:
    """Name what is read, and how many bars of each before the first day."""
    needs: dict[Key, int] = {}

    def need(source: Input, own: str, count: int) -> None:
        key = (source.instrument or own, source.interval or rules.interval)
        needs[key] = max(needs.get(key, 0), count)

    for name in instruments:
        for source, count in rules.history().items():
            need(source, name, count)
    if benchmark is not None:
        need(OWN, benchmark, 1)
    return needs
