"""Ask for scans of instruments, and read what they found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.db import Database, Transaction
from libs.common.errors import InvalidInput, TooManyRequests
from libs.common.idempotency import UNKEYED, Once
from libs.common.ids import uuid7
from libs.common.listings import Listings
from libs.common.pagination import Found, PageRequest, paginate
from libs.contracts.signals import JobKind
from libs.quant.expr import Expr, ExprError
from services.signals.indicators.service import Indicators
from services.signals.jobs.queue import cancel
from services.signals.jobs.tables import new_job
from services.signals.screener import tables
from services.signals.screener.rules import Screen

MOST_OPEN = 3
"""How many of a person's screens may wait or run. They run one after the other."""
KEPT = 50
EARLIEST = date(1990, 1, 1)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person wants scanned."""

    expression: str
    interval: str
    day: date | None
    exchange: str | None
    instruments: tuple[str, ...] | None


class Screener:
    """The use cases of screens. Someone else's does not exist here."""

    def __init__(self, db: Database, indicators: Indicators, listings: Listings) -> None:
        self._db = db
        self._indicators = indicators
        self._listings = listings

    async def ask(self, user_id: UUID, wish: Wish, once: Once[Screen] = UNKEYED) -> Screen:
        """Put a screen into the queue. Raises InvalidInput, PlanFeature, TooManyRequests, UpstreamUnavailable."""
        now = self._db.clock.now()
        if wish.day is not None and not EARLIEST <= wish.day <= now.date():
            raise InvalidInput.of("/day", "out_of_range", f"Choose a day from {EARLIEST.year} on, up to today.")
        expression = await self._read(user_id, wish.expression)
        row = tables.ScreenRow(
            **new_job(now),
            id=uuid7(),
            user_id=user_id,
            at_once=1,
            expression=wish.expression,
            meaning=str(expression),
            words=expression.words(),
            interval=wish.interval,
            day=wish.day,
            exchange=wish.exchange,
            instruments=await self._named(wish.instruments),
            matched=0,
            unknown=0,
            matches=[],
        )
        screen = tables.screen_of(row)
        async with self._db.transaction() as tx, once.held(tx) as answer:
            await tables.lock_owner(tx.session, user_id)
            if await tables.count_unfinished(tx.session, user_id) >= MOST_OPEN:
                raise TooManyRequests(f"{MOST_OPEN} of your screens wait or run. Try again soon.", retry_after=5)
            await tables.forget_old(tx.session, user_id, KEPT - 1)
            tx.session.add(row)
            await tx.session.flush()
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
            row = await tables.get_for(session, user_id, screen_id)
        return tables.screen_of(row), row.matches

    async def cancel(self, user_id: UUID, screen_id: UUID) -> Screen:
        """Stop a screen that waits or runs. Raises NotFound, and Conflict when it has ended."""
        async with self._db.transaction() as tx:
            row = await tables.get_for(tx.session, user_id, screen_id, lock=True)
            cancel(tx, row, JobKind.SCREEN)
        return tables.screen_of(row)

    async def delete(self, user_id: UUID, screen_id: UUID) -> None:
        """Delete a screen; one that runs stops. Raises NotFound."""
        async with self._db.transaction() as tx:
            await tables.get_for(tx.session, user_id, screen_id)
            await tables.remove(tx.session, screen_id)

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

    async def _named(self, instruments: Sequence[str] | None) -> list[str] | None:
        if instruments is None:
            return None
        return list(dict.fromkeys((await self._listings.present(instruments, "/instruments")).values()))
