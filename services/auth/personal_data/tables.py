"""Exports that are made or wait to be fetched, and accounts that are being deleted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, delete, select, text, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from libs.common.ids import uuid7
from services.auth.accounts.tables import User
from services.auth.schema import Base


class DataExport(Base):
    """A person's newest export. `missing`: service -> why its part is not in it."""

    __tablename__ = "data_exports"
    __table_args__ = (CheckConstraint("state IN ('preparing', 'ready')", name="state"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    user_id: Mapped[UUID] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"), unique=True)
    state: Mapped[str]
    content: Mapped[str | None]
    """The file, encrypted for `data_exports|<id>|content`."""
    missing: Mapped[dict[str, Any]] = mapped_column(JSONB)
    next_try_at: Mapped[datetime]
    created_at: Mapped[datetime]
    ready_at: Mapped[datetime | None]
    expires_at: Mapped[datetime]


class Erasure(Base):
    """An account that is being deleted. The row outlives the account: `answered` is service -> when it had erased."""

    __tablename__ = "erasures"
    __table_args__ = (Index("ix_erasures_due", "next_try_at", postgresql_where=text("finished_at IS NULL")),)

    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    requested_at: Mapped[datetime]
    due_at: Mapped[datetime]
    answered: Mapped[dict[str, Any]] = mapped_column(JSONB)
    tries: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime]
    begun_at: Mapped[datetime | None]
    """From here on there is no way back."""
    finished_at: Mapped[datetime | None]


async def find_export(session: AsyncSession, user_id: UUID, now: datetime) -> DataExport | None:
    query = select(DataExport).where(DataExport.user_id == user_id, DataExport.expires_at > now)
    return (await session.scalars(query)).one_or_none()


async def begin_export(session: AsyncSession, export: DataExport) -> bool:
    """Begin an export in place of an older one that is ready or ended. Says whether it did: one runs at a time."""
    values = {
        "id": export.id,
        "state": "preparing",
        "content": None,
        "missing": {},
        "next_try_at": export.next_try_at,
        "created_at": export.created_at,
        "ready_at": None,
        "expires_at": export.expires_at,
    }
    query = (
        insert(DataExport)
        .values(user_id=export.user_id, **values)
        .on_conflict_do_update(
            index_elements=["user_id"],
            set_=values,
            where=(DataExport.state == "ready") | (DataExport.expires_at <= export.created_at),
        )
        .returning(DataExport.id)
    )
    return (await session.scalar(query)) is not None


async def claim_export(session: AsyncSession, now: datetime, lasts: timedelta) -> DataExport | None:
    """Take the export that is due the longest, for so long. None when none is."""
    due = (
        select(DataExport.id)
        .where(DataExport.state == "preparing", DataExport.next_try_at <= now)
        .order_by(DataExport.next_try_at)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    query = update(DataExport).where(DataExport.id == due).values(next_try_at=now + lasts).returning(DataExport)
    return (await session.scalars(query)).one_or_none()


async def finish_export(
    session: AsyncSession,
    export_id: UUID,
    content: str,
    missing: Mapping[str, str],
    now: datetime,
    expires_at: datetime,
) -> bool:
    """Store an export's file. Says whether it is still wanted: its person may be gone."""
    query = (
        update(DataExport)
        .where(DataExport.id == export_id, DataExport.state == "preparing")
        .values(state="ready", content=content, missing=dict(missing), ready_at=now, expires_at=expires_at)
        .returning(DataExport.id)
    )
    return (await session.scalar(query)) is not None


async def put_export_off(session: AsyncSession, export_id: UUID, until: datetime) -> None:
    await session.execute(
        update(DataExport).where(DataExport.id == export_id, DataExport.state == "preparing").values(next_try_at=until)
    )


async def drop_exports(session: AsyncSession, user_id: UUID) -> None:
    await session.execute(delete(DataExport).where(DataExport.user_id == user_id))


async def drop_ended_exports(session: AsyncSession, now: datetime) -> None:
    await session.execute(delete(DataExport).where(DataExport.expires_at <= now))


async def ask_erasure(session: AsyncSession, user_id: UUID, now: datetime, due_at: datetime) -> bool:
    """Store that an account is to be deleted. Says whether that is new."""
    query = (
        insert(Erasure)
        .values(user_id=user_id, requested_at=now, due_at=due_at, answered={}, tries=0, next_try_at=due_at)
        .on_conflict_do_nothing()
        .returning(Erasure.user_id)
    )
    return (await session.scalar(query)) is not None


async def find_erasure(session: AsyncSession, user_id: UUID) -> Erasure | None:
    return await session.get(Erasure, user_id)


async def cancel_erasure(session: AsyncSession, user_id: UUID) -> bool:
    """Take a deletion back, unless it has begun. Says whether it did."""
    query = delete(Erasure).where(Erasure.user_id == user_id, Erasure.begun_at.is_(None)).returning(Erasure.user_id)
    return (await session.scalar(query)) is not None


async def list_due_erasures(session: AsyncSession, now: datetime, limit: int) -> Sequence[UUID]:
    query = (
        select(Erasure.user_id)
        .where(Erasure.finished_at.is_(None), Erasure.due_at <= now, Erasure.next_try_at <= now)
        .order_by(Erasure.next_try_at)
        .limit(limit)
    )
    return (await session.scalars(query)).all()


async def lock_due_erasure(session: AsyncSession, user_id: UUID, now: datetime) -> Erasure | None:
    """Take an erasure for a try. None when it is not due any more, or another process has it."""
    query = (
        select(Erasure)
        .where(
            Erasure.user_id == user_id,
            Erasure.finished_at.is_(None),
            Erasure.due_at <= now,
            Erasure.next_try_at <= now,
        )
        .with_for_update(skip_locked=True)
    )
    return (await session.scalars(query)).one_or_none()


async def note_answer(session: AsyncSession, user_id: UUID, service: str, now: datetime) -> None:
    """Note that a service has erased, beside what is noted already."""
    erasure = await session.get(Erasure, user_id, with_for_update=True, populate_existing=True)
    if erasure is not None:
        erasure.answered = {**erasure.answered, service: now.isoformat()}


async def finish_erasure(session: AsyncSession, user_id: UUID, now: datetime) -> bool:
    """Close an erasure. Says whether that is new."""
    query = (
        update(Erasure)
        .where(Erasure.user_id == user_id, Erasure.finished_at.is_(None))
        .values(finished_at=now)
        .returning(Erasure.user_id)
    )
    return (await session.scalar(query)) is not None


async def drop_finished_erasures(session: AsyncSession, before: datetime) -> None:
    await session.execute(delete(Erasure).where(Erasure.finished_at < before))
