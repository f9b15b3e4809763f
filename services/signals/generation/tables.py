"""Followed versions of strategies, how far each of their instruments was read, and every query on them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypeAlias
from uuid import UUID

import asyncpg
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    Select,
    and_,
    delete,
    func,
    or_,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, defer, mapped_column

from services.signals.generation.rules import FollowStatus
from services.signals.schema import Base

Key: TypeAlias = tuple[UUID, str]
"""A follow and an instrument of it."""


class FollowRow(Base):
    """A person follows a version of a strategy: its signals are made as candles close. `revision` of what it reads."""

    __tablename__ = "follows"
    __table_args__ = (
        CheckConstraint("status IN ('active', 'ended')", name="status"),
        CheckConstraint("capital > 0", name="capital"),
        Index("uq_follows_active_version_id", "version_id", unique=True, postgresql_where=text("status = 'active'")),
        Index("ix_follows_user_id_created_at_id", "user_id", "created_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID]
    strategy_id: Mapped[UUID]
    version_id: Mapped[UUID]
    version_number: Mapped[int]
    strategy: Mapped[str]
    document: Mapped[dict[str, Any]] = mapped_column(JSONB)
    interval: Mapped[str]
    capital: Mapped[Decimal | None]
    status: Mapped[str]
    ended_reason: Mapped[str | None]
    revision: Mapped[int]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class FollowedRow(Base):
    """One instrument of a follow. `state` is what was learnt up to `seen_ms` (null: not read yet, or to be read anew).

    `seen_ms` is when the newest bar that was read had closed, `begun_ms` the same when following began, `warm_ms` when
    the oldest bar began; in market time. `due` says that something may have closed, `turn` counts how often it was
    said, and a worker that reads it holds it until `held_until`.
    """

    __tablename__ = "followed_instruments"
    __table_args__ = (
        Index("ix_followed_instruments_due", "held_until", postgresql_where=text("due")),
        Index("ix_followed_instruments_instrument", "instrument"),
    )

    follow_id: Mapped[UUID] = mapped_column(ForeignKey(FollowRow.id, ondelete="CASCADE"), primary_key=True)
    instrument: Mapped[str] = mapped_column(primary_key=True)
    symbol: Mapped[str]
    name: Mapped[str]
    currency: Mapped[str]
    state: Mapped[str | None]
    warm_ms: Mapped[int | None] = mapped_column(BigInteger)
    begun_ms: Mapped[int | None] = mapped_column(BigInteger)
    seen_ms: Mapped[int | None] = mapped_column(BigInteger)
    due: Mapped[bool]
    turn: Mapped[int]
    held_until: Mapped[datetime]
    looked_at: Mapped[datetime | None]
    trouble: Mapped[str | None]


_WITHOUT_STATE = defer(FollowedRow.state)
"""Whoever holds a row writes its state, and has read it before."""


@dataclass(frozen=True, slots=True)
class Task:
    """An instrument of a follow that is to be read, as it stood when it was claimed. print: the MD5 of its state."""

    follow_id: UUID
    user_id: UUID
    strategy_id: UUID
    version_id: UUID
    version_number: int
    strategy: str
    document: Mapping[str, Any]
    capital: Decimal | None
    instrument: str
    symbol: str
    name: str
    currency: str
    print: str | None
    warm_ms: int | None
    begun_ms: int | None
    seen_ms: int | None
    turn: int

    @property
    def key(self) -> Key:
        return self.follow_id, self.instrument


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a held instrument of a follow was read, and how often it was said that something closed."""

    warm_ms: int | None
    seen_ms: int | None
    turn: int


@dataclass(frozen=True, slots=True)
class Noted:
    """What is stored of an instrument of a follow that was read."""

    key: Key
    state: str | None
    warm_ms: int | None
    begun_ms: int | None
    seen_ms: int | None
    due: bool


async def mark_due(session: AsyncSession, candles: Collection[tuple[str, str]]) -> int:
    """Note that candles of these instruments and intervals closed. Returns how many follows read one."""
    if not candles:
        return 0
    return await _say_due(session, tuple_(FollowedRow.instrument, FollowRow.interval).in_(sorted(candles)))


async def mark_silent(session: AsyncSession, before: datetime) -> int:
    """Note that what nobody looked at since then is to be looked at: a candle may have closed without a word."""
    is_silent = or_(FollowedRow.looked_at.is_(None), FollowedRow.looked_at < before)
    return await _say_due(session, FollowedRow.due.is_(False), is_silent)


async def forget_state(session: AsyncSession, instrument: str) -> int:
    """Have an instrument's bars read anew, since they are no longer what they were (a split)."""
    return await _say_due(session, FollowedRow.instrument == instrument, state=None)


async def _say_due(session: AsyncSession, *which: ColumnElement[bool], **values: object) -> int:
    """Note that instruments of active follows are to be read. Returns how many.

    They are held in the order in which everybody holds several of them, so that no two wait for each other.
    """
    held = (
        select(FollowedRow.follow_id, FollowedRow.instrument)
        .join(FollowRow, FollowRow.id == FollowedRow.follow_id)
        .where(FollowRow.status == FollowStatus.ACTIVE, *which)
        .order_by(FollowedRow.follow_id, FollowedRow.instrument)
        .with_for_update(of=FollowedRow)
        .cte("held")
    )
    statement = (
        update(FollowedRow)
        .where(FollowedRow.follow_id == held.c.follow_id, FollowedRow.instrument == held.c.instrument)
        .values(due=True, turn=FollowedRow.turn + 1, **values)
        .returning(FollowedRow.follow_id)
    )
    return len((await session.execute(statement)).all())


async def claim(session: AsyncSession, now: datetime, hold: timedelta, limit: int) -> list[Task]:
    """Take what is due and nobody holds, so that workers share the work; a dead one's comes back after `hold`.

    The states, which are long, stay where they are: `states` reads those that are not known already.
    """
    free = (
        select(FollowedRow.follow_id, FollowedRow.instrument, FollowedRow.held_until)
        .join(FollowRow, FollowRow.id == FollowedRow.follow_id)
        .where(FollowedRow.due, FollowedRow.held_until <= now, FollowRow.status == FollowStatus.ACTIVE)
        .order_by(FollowedRow.held_until, FollowedRow.follow_id, FollowedRow.instrument)
        .limit(limit)
        .with_for_update(of=FollowedRow, skip_locked=True)
        .cte("free")
    )
    statement = (
        update(FollowedRow)
        .where(
            FollowedRow.follow_id == free.c.follow_id,
            FollowedRow.instrument == free.c.instrument,
            FollowRow.id == free.c.follow_id,
        )
        .values(held_until=now + hold)
        .returning(
            FollowRow.id,
            FollowRow.user_id,
            FollowRow.strategy_id,
            FollowRow.version_id,
            FollowRow.version_number,
            FollowRow.strategy,
            FollowRow.document,
            FollowRow.capital,
            FollowedRow.instrument,
            FollowedRow.symbol,
            FollowedRow.name,
            FollowedRow.currency,
            func.md5(FollowedRow.state),
            FollowedRow.warm_ms,
            FollowedRow.begun_ms,
            FollowedRow.seen_ms,
            FollowedRow.turn,
        )
        .execution_options(synchronize_session=False)
    )
    return [Task(*row) for row in await session.execute(statement)]


async def states(session: AsyncSession, keys: Collection[Key]) -> dict[Key, str | None]:
    """Read what was learnt of instruments, by follow and instrument."""
    query = select(FollowedRow.follow_id, FollowedRow.instrument, FollowedRow.state)
    rows = await session.execute(query.where(tuple_(FollowedRow.follow_id, FollowedRow.instrument).in_(sorted(keys))))
    return {(follow_id, instrument): state for follow_id, instrument, state in rows}


async def hold(session: AsyncSession, follow_id: UUID, instrument: str) -> FollowedRow | None:
    """Get an instrument of an active follow, and hold it until the transaction ends; the follow itself is not held.

    Who ends a follow says so and then holds each of its instruments (`hold_all`). So the follow is looked at after the
    instrument is held, by a statement of its own, which sees an end that this one had to wait for.
    """
    query = select(FollowedRow).where(FollowedRow.follow_id == follow_id, FollowedRow.instrument == instrument)
    row = await session.scalar(query.options(_WITHOUT_STATE).with_for_update())
    return row if row is not None and await _active(session, [follow_id]) else None


async def hold_many(session: AsyncSession, keys: Collection[Key]) -> dict[Key, Standing]:
    """Hold instruments of active follows as `hold` does, and tell how they stand."""
    query = (
        select(
            FollowedRow.follow_id, FollowedRow.instrument, FollowedRow.warm_ms, FollowedRow.seen_ms, FollowedRow.turn
        )
        .where(tuple_(FollowedRow.follow_id, FollowedRow.instrument).in_(sorted(keys)))
        .order_by(FollowedRow.follow_id, FollowedRow.instrument)
        .with_for_update()
    )
    rows = (await session.execute(query)).all()
    active = await _active(session, {follow_id for follow_id, _ in keys})
    return {(row[0], row[1]): Standing(*row[2:]) for row in rows if row[0] in active}


async def note(driver: asyncpg.Connection, noted: Sequence[Noted], now: datetime) -> None:
    """Store how far held instruments were read, and what was learnt."""
    await driver.execute(
        _NOTE,
        [one.key[0] for one in noted],
        [one.key[1] for one in noted],
        [one.state for one in noted],
        [one.warm_ms for one in noted],
        [one.begun_ms for one in noted],
        [one.seen_ms for one in noted],
        [one.due for one in noted],
        now,
    )


_NOTE = """
UPDATE followed_instruments AS old
SET state = new.state, warm_ms = new.warm_ms, begun_ms = new.begun_ms, seen_ms = new.seen_ms, due = new.due,
    looked_at = $8, trouble = NULL, held_until = $8
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::boolean[])
    AS new(follow_id, instrument, state, warm_ms, begun_ms, seen_ms, due)
WHERE old.follow_id = new.follow_id AND old.instrument = new.instrument
"""


async def _active(session: AsyncSession, follow_ids: Collection[UUID]) -> set[UUID]:
    query = select(FollowRow.id).where(FollowRow.id.in_(follow_ids), FollowRow.status == FollowStatus.ACTIVE)
    return set(await session.scalars(query))


async def hold_all(session: AsyncSession, follow_id: UUID) -> Sequence[FollowedRow]:
    """List the instruments of a follow and hold them: waits for those that are being stored, one by one."""
    query = select(FollowedRow).where(FollowedRow.follow_id == follow_id).order_by(FollowedRow.instrument)
    return (await session.scalars(query.with_for_update())).all()


def listed_for(user_id: UUID, *, active: bool | None) -> Select[FollowRow]:
    """Select a person's follows."""
    query = select(FollowRow).where(FollowRow.user_id == user_id)
    if active is None:
        return query
    return query.where(FollowRow.status == (FollowStatus.ACTIVE if active else FollowStatus.ENDED))


async def instruments_of(session: AsyncSession, follow_ids: Collection[UUID]) -> dict[UUID, list[FollowedRow]]:
    """List the instruments of follows."""
    query = select(FollowedRow).where(FollowedRow.follow_id.in_(follow_ids))
    found: dict[UUID, list[FollowedRow]] = {follow_id: [] for follow_id in follow_ids}
    for row in await session.scalars(query.order_by(FollowedRow.follow_id, FollowedRow.instrument)):
        found[row.follow_id].append(row)
    return found


async def find(session: AsyncSession, user_id: UUID, follow_id: UUID, *, hold: bool = False) -> FollowRow | None:
    """Find a person's follow."""
    query = select(FollowRow).where(FollowRow.id == follow_id, FollowRow.user_id == user_id)
    return await session.scalar(query.with_for_update() if hold else query)


async def hold_active_of(session: AsyncSession, strategy_id: UUID) -> Sequence[FollowRow]:
    """List the active follows of a strategy's versions and hold them."""
    query = select(FollowRow).where(FollowRow.strategy_id == strategy_id, FollowRow.status == FollowStatus.ACTIVE)
    return (await session.scalars(query.order_by(FollowRow.id).with_for_update())).all()


async def find_of_version(session: AsyncSession, version_id: UUID) -> FollowRow | None:
    """Find who follows a version now."""
    return await session.scalar(
        select(FollowRow).where(FollowRow.version_id == version_id, FollowRow.status == FollowStatus.ACTIVE)
    )


async def count_active(session: AsyncSession, user_id: UUID) -> int:
    """Count what a person follows."""
    query = select(func.count()).where(and_(FollowRow.user_id == user_id, FollowRow.status == FollowStatus.ACTIVE))
    return int(await session.scalar(query) or 0)


async def all_of(session: AsyncSession, user_id: UUID) -> Sequence[FollowRow]:
    """List all that a person ever followed."""
    query = select(FollowRow).where(FollowRow.user_id == user_id)
    return (await session.scalars(query.order_by(FollowRow.created_at, FollowRow.id))).all()


async def remove_all_of(session: AsyncSession, user_id: UUID) -> None:
    """Forget what a person followed."""
    await session.execute(delete(FollowRow).where(FollowRow.user_id == user_id))
