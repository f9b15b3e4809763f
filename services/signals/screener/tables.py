"""Screens, with every query on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Select, Text, delete, func, select
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from libs.common.errors import NotFound
from services.signals.jobs.rules import OPEN, Status
from services.signals.jobs.tables import JobRow, job_arguments
from services.signals.screener.rules import Match, Screen


class ScreenRow(JobRow):
    """A scan that a person asked for, with what it found."""

    __tablename__ = "screens"
    __table_args__ = (
        *job_arguments("screens"),
        CheckConstraint("char_length(expression) <= 2000", name="expression"),
    )

    expression: Mapped[str]
    meaning: Mapped[str]
    words: Mapped[str]
    interval: Mapped[str]
    day: Mapped[date | None]
    exchange: Mapped[str | None]
    instruments: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    matched: Mapped[int]
    unknown: Mapped[int]
    matches: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)


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
        status=Status(row.status),
        reason=row.error,
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
    query = select(func.count()).where(ScreenRow.user_id == user_id, ScreenRow.status.in_(OPEN))
    return await session.scalar(query) or 0


async def forget_old(session: AsyncSession, user_id: UUID, keep: int) -> None:
    """Delete a person's finished screens but for the newest ones."""
    finished = ScreenRow.user_id == user_id, ScreenRow.status.not_in(OPEN)
    kept = select(ScreenRow.id).where(*finished).order_by(ScreenRow.created_at.desc()).limit(keep)
    await session.execute(delete(ScreenRow).where(*finished, ScreenRow.id.not_in(kept.scalar_subquery())))


def listed_for(user_id: UUID) -> Select[ScreenRow]:
    """Select a person's screens."""
    return select(ScreenRow).where(ScreenRow.user_id == user_id)


async def get_for(session: AsyncSession, user_id: UUID, screen_id: UUID, *, lock: bool = False) -> ScreenRow:
    """Get a person's own screen. Raises NotFound, also for another's."""
    query = listed_for(user_id).where(ScreenRow.id == screen_id)
    row = await session.scalar(query.with_for_update() if lock else query)
    if row is None:
        raise NotFound("You have no such screen.")
    return row


def found_in(matches: Sequence[Match], matched: int, unknown: int) -> Mapping[str, Any]:
    """Give what a screen found as values of its row."""
    listed = [{**asdict(match), "at": match.at.isoformat()} for match in matches]
    return {"matches": listed, "matched": matched, "unknown": unknown}


async def remove(session: AsyncSession, screen_id: UUID) -> None:
    """Delete a screen; a worker that is at it stops."""
    await session.execute(delete(ScreenRow).where(ScreenRow.id == screen_id))


async def remove_all_of(session: AsyncSession, user_id: UUID) -> None:
    """Delete a person's screens."""
    await session.execute(delete(ScreenRow).where(ScreenRow.user_id == user_id))
