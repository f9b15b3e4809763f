"""What the tables of jobs have in common, and the queries by which workers share them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, and_, func, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, aliased, mapped_column

from services.signals.jobs.rules import Status
from services.signals.schema import Base


class JobRow(Base):
    """A job. `place`: earlier runs sooner. `at_once`: so many of its owner's run together at most.

    `runner` works at it, and gives a sign of life before `lease_until`. `attempts` counts how often it was begun.
    """

    __abstract__ = True

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID]
    status: Mapped[str]
    place: Mapped[datetime]
    at_once: Mapped[int]
    attempts: Mapped[int]
    runner: Mapped[UUID | None]
    lease_until: Mapped[datetime | None]
    done: Mapped[int]
    total: Mapped[int]
    stage: Mapped[str]
    error_code: Mapped[str | None]
    error: Mapped[str | None]
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


J = TypeVar("J", bound=JobRow)

PUT_BACK: Mapping[str, Any] = {"status": Status.QUEUED, "runner": None, "lease_until": None, "done": 0, "stage": ""}
"""What a job has that is to be begun anew."""


def job_arguments(table: str) -> tuple[CheckConstraint | Index, ...]:
    """Give the constraints and indexes that every table of jobs has."""
    return (
        CheckConstraint("status IN ('queued', 'running', 'done', 'failed', 'cancelled')", name="status"),
        Index(f"ix_{table}_user_id_created_at_id", "user_id", "created_at", "id"),
        Index(f"ix_{table}_place", "place", postgresql_where=text("status IN ('queued', 'running')")),
    )


def new_job(created_at: datetime) -> dict[str, Any]:
    """Give the values of a job that nobody has worked at; its place is that of when it was asked for."""
    return {
        "status": Status.QUEUED,
        "place": created_at,
        "attempts": 0,
        "done": 0,
        "total": 0,
        "stage": "",
        "created_at": created_at,
    }


async def ahead_of(session: AsyncSession, job: JobRow) -> int:
    """Count the jobs that wait and come before this one."""
    table = type(job)
    waiting = select(func.count()).where(
        table.status == Status.QUEUED,
        or_(table.place < job.place, and_(table.place == job.place, table.id < job.id)),
    )
    return (await session.scalars(waiting)).one()


async def claim(session: AsyncSession, table: type[J], runner: UUID, now: datetime, lease: timedelta) -> J | None:
    """Take the next job that waits, or that a runner began and gave no sign of life about since.

    One whose owner has as many running as may run at once waits on.
    """
    # One runner takes at a time, so that counting what runs and taking are one step.
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"jobs {table.__tablename__}", 0))))
    other = aliased(table)
    running = (
        select(func.count())
        .where(other.user_id == table.user_id, other.status == Status.RUNNING, other.lease_until >= now)
        .scalar_subquery()
    )
    waits = and_(table.status == Status.QUEUED, or_(table.lease_until.is_(None), table.lease_until < now))
    left = and_(table.status == Status.RUNNING, table.lease_until < now)
    next_one = (
        select(table)
        .where(or_(waits, left), running < table.at_once)
        .order_by(table.place, table.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=table)
    )
    job = await session.scalar(next_one)
    if job is None:
        return None
    job.status, job.runner, job.lease_until = Status.RUNNING, runner, now + lease
    job.attempts += 1
    job.started_at = job.started_at or now
    return job


async def renew(
    session: AsyncSession, table: type[J], runner: UUID, job_ids: Collection[UUID], lease_until: datetime
) -> set[UUID]:
    """Give a sign of life about what this runner works at. Returns what is still its own."""
    kept = await session.scalars(
        update(table)
        .where(table.id.in_(job_ids), table.runner == runner, table.status == Status.RUNNING)
        .values(lease_until=lease_until)
        .returning(table.id)
    )
    return set(kept)


async def change_own(session: AsyncSession, table: type[J], runner: UUID, job_id: UUID, values: dict[str, Any]) -> bool:
    """Change a job that this runner works at. Returns whether it still does."""
    changed = await session.scalars(
        update(table)
        .where(table.id == job_id, table.runner == runner, table.status == Status.RUNNING)
        .values(**values)
        .returning(table.id)
    )
    return changed.one_or_none() is not None


async def let_go(session: AsyncSession, table: type[J], runner: UUID) -> None:
    """Put back what this runner works at; that it was begun does not count."""
    ours = update(table).where(table.runner == runner, table.status == Status.RUNNING)
    await session.execute(ours.values(**PUT_BACK, attempts=table.attempts - 1))
