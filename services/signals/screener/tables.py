"""Screens, with every query on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Select, Text, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from libs.common.errors import NotFound
from services.signals.schema import Base
from services.signals.screener.rules import UNFINISHED, Match, Screen, ScreenStatus


class ScreenRow(Base):
    """A scan that a person asked for, with what it found. `seen_at`: when a worker last went on with it."""

    __tablename__ = "screens"
    __table_args__ = (
        CheckConstraint("status IN ('queued', 'running', 'done', 'failed', 'cancelled')", name="status"),
        CheckConstraint("char_length(expression) <= 2000", name="expression"),
        Index("ix_screens_user_id_created_at_id", "user_id", "created_at", "id"),
        Index("ix_screens_unfinished", "created_at", postgresql_where=text("status IN ('queued', 'running')")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID]
    expression: Mapped[str]
    meaning: Mapped[str]
    words: Mapped[str]
    interval: Mapped[str]
    day: Mapped[date | None]
    exchange: Mapped[str | None]
    instruments: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    status: Mapped[str]
    reason: Mapped[str | None]
    done: Mapped[int]
    total: Mapped[int]
    matched: Mapped[int]
    unknown: Mapped[int]
    matches: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


def screen_of(row: ScreenRow) -> Screen:
    """Read a row."""
    return Screen(
        id=row.id,
        user_id=row.user_id,
        expression=row.expression,
        meaning=row.meaning,
        words=row.words,
        interval=row.interval,
        day=row.day,
        exchange=row.exchange,
        instruments=None if row.instruments is None else tuple(row.instruments),
        status=ScreenStatus(row.status),
        reason=row.reason,
        done=row.done,
        total=row.total,
        matched=row.matched,
        unknown=row.unknown,
        created_at=row.created_at,
        finished_at=row.finished_at,
    )


async def lock_owner(session: AsyncSession, user_id: UUID) -> None:
    """Let one screen of a person be asked for at a time, so that counting and adding are one step."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"screens {user_id}", 0))))


async def count_unfinished(session: AsyncSession, user_id: UUID) -> int:
    """Count a person's screens that wait or run."""
    query = select(func.count()).where(ScreenRow.user_id == user_id, ScreenRow.status.in_(UNFINISHED))
    return await session.scalar(query) or 0


async def add(session: AsyncSession, screen: Screen) -> None:
    """Store a new screen."""
    values = {**asdict(screen), "instruments": None if screen.instruments is None else list(screen.instruments)}
    session.add(ScreenRow(**values, matches=[], seen_at=screen.created_at))
    await session.flush()


async def forget_old(session: AsyncSession, user_id: UUID, keep: int) -> None:
    """Delete a person's finished screens but for the newest ones."""
    finished = ScreenRow.user_id == user_id, ScreenRow.status.not_in(UNFINISHED)
    kept = select(ScreenRow.id).where(*finished).order_by(ScreenRow.created_at.desc()).limit(keep)
    await session.execute(delete(ScreenRow).where(*finished, ScreenRow.id.not_in(kept.scalar_subquery())))


def listed_for(user_id: UUID) -> Select[ScreenRow]:
    """Select a person's screens."""
    return select(ScreenRow).where(ScreenRow.user_id == user_id)


async def get_for(session: AsyncSession, user_id: UUID, screen_id: UUID) -> tuple[Screen, list[dict[str, Any]]]:
    """Get a person's own screen and what it found. Raises NotFound, also for another's."""
    row = await session.scalar(listed_for(user_id).where(ScreenRow.id == screen_id))
    if row is None:
        raise NotFound("You have no such screen.")
    return screen_of(row), row.matches


async def waiting(session: AsyncSession, lost_before: datetime, limit: int) -> list[UUID]:
    """List screens that wait, and those with which a worker has not gone on since an instant, oldest first."""
    query = (
        select(ScreenRow.id)
        .where(
            ScreenRow.status.in_(UNFINISHED),
            (ScreenRow.status == ScreenStatus.QUEUED) | (ScreenRow.seen_at < lost_before),
        )
        .order_by(ScreenRow.created_at)
        .limit(limit)
    )
    return list(await session.scalars(query))


async def begin(session: AsyncSession, screen_id: UUID, now: datetime) -> Screen | None:
    """Begin a screen, or begin it again. None where it is finished."""
    query = (
        update(ScreenRow)
        .where(ScreenRow.id == screen_id, ScreenRow.status.in_(UNFINISHED))
        .values(status=ScreenStatus.RUNNING, seen_at=now, done=0, total=0)
        .returning(ScreenRow)
    )
    row = await session.scalar(query)
    return None if row is None else screen_of(row)


async def go_on(session: AsyncSession, screen_id: UUID, done: int, total: int, now: datetime) -> bool:
    """Note how far a screen has come. Returns whether it is still wanted."""
    query = (
        update(ScreenRow)
        .where(ScreenRow.id == screen_id, ScreenRow.status == ScreenStatus.RUNNING)
        .values(done=done, total=total, seen_at=now)
        .returning(ScreenRow.id)
    )
    return (await session.execute(query)).one_or_none() is not None


async def finish(
    session: AsyncSession,
    screen_id: UUID,
    status: ScreenStatus,
    now: datetime,
    *,
    reason: str | None = None,
    matches: Sequence[Match] = (),
    matched: int = 0,
    unknown: int = 0,
) -> None:
    """Store what a screen found, or why it found nothing; one that is finished stays as it is."""
    found = [{**asdict(match), "at": match.at.isoformat()} for match in matches]
    await session.execute(
        update(ScreenRow)
        .where(ScreenRow.id == screen_id, ScreenRow.status.in_(UNFINISHED))
        .values(
            status=status, reason=reason, matches=found, matched=matched, unknown=unknown, finished_at=now, seen_at=now
        )
    )


async def remove(session: AsyncSession, screen_id: UUID) -> None:
    """Delete a screen; a worker that is at it stops."""
    await session.execute(delete(ScreenRow).where(ScreenRow.id == screen_id))


async def remove_all_of(session: AsyncSession, user_id: UUID) -> None:
    """Delete a person's screens."""
    await session.execute(delete(ScreenRow).where(ScreenRow.user_id == user_id))
