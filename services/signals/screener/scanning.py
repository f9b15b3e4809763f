"""The work that a screen is: all its instruments, a batch at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta

from libs.common.errors import UpstreamUnavailable
from libs.common.tasks import end_tasks
from libs.quant.expr import FIELDS, NEWS, OWN, Bars, Expr, Input, parse
from services.signals.history import History, needed
from services.signals.jobs.queue import End, Found
from services.signals.jobs.rules import Failure, Said
from services.signals.screener import rules
from services.signals.screener.rules import Match
from services.signals.screener.tables import ScreenRow, found_in

BATCH = 50
"""How many instruments are looked at together: one call of market, one word of progress."""
MORE_NEWS = 100
"""So many headlines may have come after the bar that is judged, beside those that an expression reads."""
AT_ONCE = 3
"""How many batches are on their way together: while one is judged, market reads the next ones."""


@dataclass(slots=True)
class _Seen:
    matches: list[Match] = field(default_factory=list)
    unknown: int = 0


class Scanner:
    """Looks at instruments' bars. most_instruments, time_s: what one screen may take."""

    def __init__(self, history: History, *, most_instruments: int, time_s: float) -> None:
        self._history = history
        self._most_instruments = most_instruments
        self._time_s = time_s

    async def prepare(self) -> None:
        """Nothing is needed."""

    async def do(self, job: ScreenRow, said: Said) -> End:
        """Look at all instruments of a screen."""
        try:
            async with asyncio.timeout(self._time_s):
                seen = await self._scan(job, said)
        except UpstreamUnavailable as problem:
            return Failure("market_away", problem.detail)
        except TimeoutError:
            return Failure("time", "It took too long: name fewer instruments.")
        matches = sorted(seen.matches, key=lambda match: match.instrument)
        found = found_in(matches[: rules.MOST_MATCHES], len(matches), seen.unknown)
        return Found({"done": said.done, "total": said.total, **found})

    async def _scan(self, job: ScreenRow, said: Said) -> _Seen:
        expression = parse(job.meaning)
        end = None if job.day is None else datetime.combine(job.day, time(), UTC) + timedelta(days=1)
        names: Sequence[str] = job.instruments or await self._history.recorded(
            job.interval, job.exchange, most=self._most_instruments
        )
        said.total = len(names)
        # A replay has a time of its own for each recording, so "now" is each instrument's newest bar.
        since = None if end is None else end - rules.LONGEST_AGO
        shared = await self._shared(expression, job.interval, end)
        seen, turn = _Seen(), asyncio.Semaphore(AT_ONCE)

        async def look(batch: Sequence[str]) -> None:
            async with turn:
                own = await self._own(batch, expression, job.interval, end)
                inputs = [{**shared, **{source: bars[name] for source, bars in own.items()}} for name in batch]
                for result in await asyncio.to_thread(rules.judge, batch, expression, inputs, since):
                    if result is None:
                        seen.unknown += 1
                    elif isinstance(result, Match):
                        seen.matches.append(result)
                said.done += len(batch)

        tasks = [asyncio.create_task(look(names[first : first + BATCH])) for first in range(0, len(names), BATCH)]
        try:
            await asyncio.gather(*tasks)
        finally:
            await end_tasks(*tasks)
        return seen

    async def _shared(self, expression: Expr, interval: str, end: datetime | None) -> dict[Input, Bars]:
        """Load what the expression reads of instruments that it names: once for all."""
        loaded: dict[Input, Bars] = {}
        for source, count in expression.history.items():
            if source.instrument is not None:
                loaded[source] = await self._history.bars(
                    source.instrument,
                    source.interval or interval,
                    end=end,
                    limit=count + needed(source, interval, 1),
                )
        return loaded

    async def _own(
        self, names: Sequence[str], expression: Expr, interval: str, end: datetime | None
    ) -> dict[Input, Mapping[str, Bars]]:
        """Load what the expression reads of each instrument by itself."""
        loaded: dict[Input, Mapping[str, Bars]] = {}
        for source, count in expression.history.items():
            if source.instrument is not None:
                continue
            if source.interval == NEWS:
                loaded[source] = await self._history.headlines_of(names, end=end, limit=count + MORE_NEWS)
            else:
                limit = count + needed(source, interval, 2)
                # Of a match its close is shown, also where the condition reads others.
                columns = {"close", *expression.columns} if source == OWN else FIELDS
                loaded[source] = await self._history.newest(
                    names, source.interval or interval, end=end, limit=limit, columns=columns
                )
        return loaded
