"""Scan instruments by an expression, in a job of the worker."""

from __future__ import annotations

import asyncio
import time as clock_time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.db import Database, Transaction
from libs.common.errors import InvalidInput, TooManyRequests, UpstreamUnavailable
from libs.common.idempotency import UNKEYED, Once
from libs.common.ids import uuid7
from libs.common.listings import Listings
from libs.common.logging import get_logger
from libs.common.pagination import Found, PageRequest, paginate
from libs.contracts.signals import JobProgressed
from libs.quant.expr import NEWS, Bars, Expr, ExprError, Input, parse
from services.signals.history import History, needed
from services.signals.indicators.service import Indicators
from services.signals.screener import rules, tables
from services.signals.screener.rules import Match, Screen, ScreenStatus

log = get_logger(__name__)

BATCH = 25
"""How many instruments are looked at between two words of progress."""

MOST_AT_ONCE = 3
KEPT = 50
LOST_AFTER = timedelta(minutes=2)
EARLIEST = date(1990, 1, 1)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person wants scanned."""

    expression: str
    interval: str
    day: date | None
    exchange: str | None
    instruments: tuple[str, ...] | None


@dataclass(slots=True)
class _Found:
    matches: list[Match] = field(default_factory=list)
    unknown: int = 0


class Screener:
    """The use cases of screens. most_instruments, time_s: what one screen may take."""

    def __init__(
        self,
        db: Database,
        history: History,
        indicators: Indicators,
        listings: Listings,
        *,
        most_instruments: int,
        time_s: float,
    ) -> None:
        self._db = db
        self._history = history
        self._indicators = indicators
        self._listings = listings
        self._most_instruments = most_instruments
        self._time_s = time_s

    async def ask(self, user_id: UUID, wish: Wish, once: Once[Screen] = UNKEYED) -> Screen:
        """Put a screen into the queue. Raises InvalidInput, PlanFeature, TooManyRequests, UpstreamUnavailable."""
        now = self._db.clock.now()
        if wish.day is not None and not EARLIEST <= wish.day <= now.date():
            raise InvalidInput.of("/day", "out_of_range", f"Choose a day from {EARLIEST.year} on, up to today.")
        expression = await self._read(user_id, wish.expression)
        screen = Screen(
            id=uuid7(),
            user_id=user_id,
            expression=wish.expression,
            meaning=str(expression),
            words=expression.words(),
            interval=wish.interval,
            day=wish.day,
            exchange=wish.exchange,
            instruments=await self._named(wish.instruments),
            status=ScreenStatus.QUEUED,
            reason=None,
            done=0,
            total=0,
            matched=0,
            unknown=0,
            created_at=now,
            finished_at=None,
        )
        async with self._db.transaction() as tx, once.held(tx) as answer:
            await tables.lock_owner(tx.session, user_id)
            if await tables.count_unfinished(tx.session, user_id) >= MOST_AT_ONCE:
                raise TooManyRequests(f"{MOST_AT_ONCE} of your screens wait or run. Try again soon.", retry_after=5)
            await tables.forget_old(tx.session, user_id, KEPT - 1)
            await tables.add(tx.session, screen)
            answer(screen)
        return screen

    async def list_for(self, user_id: UUID, page: PageRequest) -> Found[Screen]:
        """List a person's screens, newest first."""
        async with self._db.read() as session:
            found = await paginate(
                session,
                tables.listed_for(user_id),
                page,
                key=(tables.ScreenRow.created_at, tables.ScreenRow.id),
                scope=f"screens {user_id}",
            )
        return Found([tables.screen_of(row) for row in found.items], found.next_cursor)

    async def get(self, user_id: UUID, screen_id: UUID) -> tuple[Screen, list[dict[str, Any]]]:
        """Get a screen and what it found. Raises NotFound."""
        async with self._db.read() as session:
            return await tables.get_for(session, user_id, screen_id)

    async def delete(self, user_id: UUID, screen_id: UUID) -> None:
        """Delete a screen; one that runs stops. Raises NotFound."""
        async with self._db.transaction() as tx:
            await tables.get_for(tx.session, user_id, screen_id)
            await tables.remove(tx.session, screen_id)

    async def waiting(self) -> list[UUID]:
        """List screens that nobody works on."""
        async with self._db.read() as session:
            return await tables.waiting(session, self._db.clock.now() - LOST_AFTER, limit=20)

    async def run(self, screen_id: UUID) -> None:
        """Scan, and store what was found. Safe to run twice: the second run finds the same, or that it is finished."""
        async with self._db.transaction() as tx:
            screen = await tables.begin(tx.session, screen_id, self._db.clock.now())
        if screen is None:
            return
        try:
            found = await self._scan(screen)
        except UpstreamUnavailable as problem:
            await self._finish(screen, ScreenStatus.FAILED, reason=problem.detail)
            return
        if found is not None:
            matches = sorted(found.matches, key=lambda match: match.instrument)
            await self._finish(
                screen,
                ScreenStatus.DONE,
                matches=matches[: rules.MOST_MATCHES],
                matched=len(matches),
                unknown=found.unknown,
            )

    async def export(self, session: AsyncSession, user_id: UUID) -> list[Mapping[str, Any]]:
        """Hand over a person's screens."""
        rows = await session.scalars(tables.listed_for(user_id).order_by(tables.ScreenRow.created_at))
        return [
            {"expression": row.expression, "interval": row.interval, "day": row.day, "created_at": row.created_at}
            for row in rows
        ]

    async def erase(self, tx: Transaction, user_id: UUID) -> None:
        """Delete a person's screens."""
        await tables.remove_all_of(tx.session, user_id)

    async def _read(self, user_id: UUID, text: str) -> Expr:
        try:
            expression = await self._indicators.read(user_id, text)
        except ExprError as error:
            words = f"{error.message} (column {error.column})"
            raise InvalidInput.of("/expression", error.code, words) from error
        if expression.kind != "boolean":
            message = "A screen needs a condition, such as close > sma(20)."
            raise InvalidInput.of("/expression", "wrong_kind", message)
        names = sorted({source.instrument for source in expression.inputs if source.instrument is not None})
        return expression.renamed(await self._listings.present(names, "/expression"))

    async def _named(self, instruments: Sequence[str] | None) -> tuple[str, ...] | None:
        if instruments is None:
            return None
        return tuple(dict.fromkeys((await self._listings.present(instruments, "/instruments")).values()))

    async def _scan(self, screen: Screen) -> _Found | None:
        """Look at all instruments; None when nobody wants it any more, or it was given up."""
        began, expression = clock_time.monotonic(), parse(screen.meaning)
        end = None if screen.day is None else datetime.combine(screen.day, time(), UTC) + timedelta(days=1)
        names: Sequence[str] = screen.instruments or await self._history.recorded(
            screen.interval, screen.exchange, most=self._most_instruments
        )
        # A replay has a time of its own for each recording, so "now" is each instrument's newest bar.
        since = None if end is None else end - rules.LONGEST_AGO
        shared = await self._shared(expression, screen.interval, end)
        found = _Found()
        for first in range(0, len(names), BATCH):
            if not await self._go_on(screen, first, len(names)):
                return None
            if clock_time.monotonic() - began > self._time_s:
                await self._finish(screen, ScreenStatus.FAILED, reason="It took too long: name fewer instruments.")
                return None
            batch = names[first : first + BATCH]
            bars = await asyncio.gather(*(self._own(name, expression, screen.interval, end) for name in batch))
            inputs = [{**shared, **own} for own in bars]
            for result in await asyncio.to_thread(_judged, batch, expression, inputs, since):
                if result is None:
                    found.unknown += 1
                elif isinstance(result, Match):
                    found.matches.append(result)
        await self._go_on(screen, len(names), len(names))
        return found

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

    async def _own(self, name: str, expression: Expr, interval: str, end: datetime | None) -> dict[Input, Bars]:
        loaded: dict[Input, Bars] = {}
        for source, count in expression.history.items():
            if source.instrument is not None:
                continue
            if source.interval == NEWS:
                loaded[source] = await self._history.headlines(name, end=end)
            else:
                limit = count + needed(source, interval, 2)
                loaded[source] = await self._history.bars(name, source.interval or interval, end=end, limit=limit)
        return loaded

    async def _go_on(self, screen: Screen, done: int, total: int) -> bool:
        async with self._db.transaction() as tx:
            wanted = await tables.go_on(tx.session, screen.id, done, total, self._db.clock.now())
            if wanted:
                tx.announce(
                    JobProgressed(job_id=screen.id, user_id=screen.user_id, kind="screen", done=done, total=total)
                )
        return wanted

    async def _finish(
        self,
        screen: Screen,
        status: ScreenStatus,
        *,
        reason: str | None = None,
        matches: Sequence[Match] = (),
        matched: int = 0,
        unknown: int = 0,
    ) -> None:
        async with self._db.transaction() as tx:
            await tables.finish(
                tx.session,
                screen.id,
                status,
                self._db.clock.now(),
                reason=reason,
                matches=matches,
                matched=matched,
                unknown=unknown,
            )
        log.info("screen_finished", screen_id=screen.id, status=status, matched=matched)


def _judged(
    names: Sequence[str], expression: Expr, inputs: Sequence[Mapping[Input, Bars]], since: datetime | None
) -> list[Match | bool | None]:
    return [rules.judge(name, expression, bars, since) for name, bars in zip(names, inputs, strict=True)]
