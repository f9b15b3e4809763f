"""Notices, and every query of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import CursorResult, Index, Select, delete, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from services.alerts.schema import Base


class NoticeRow(Base):
    """Something that a person is told. `key` is what it tells of, so that telling twice is telling once."""

    __tablename__ = "notices"
    __table_args__ = (
        Index("ix_notices_user_id_created_at_id", "user_id", "created_at", "id"),
        Index("ix_notices_unread_user_id", "user_id", "created_at", "id", postgresql_where=text("read_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    user_id: Mapped[UUID]
    kind: Mapped[str]
    title: Mapped[str]
    text: Mapped[str]
    link: Mapped[str]
    triggered_id: Mapped[UUID | None]
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]


@dataclass(frozen=True, slots=True)
class NewNotice:
    """A notice to be stored. `link` is a path of the application."""

    id: UUID
    key: str
    user_id: UUID
    kind: str
    title: str
    text: str
    link: str
    triggered_id: UUID | None


async def add(driver: asyncpg.Connection, new: Sequence[NewNotice], now: datetime) -> set[UUID]:
    """Store notices, leaving out those that are there by their key. Returns the ids of the new ones."""
    rows = await driver.fetch(
        _ADD,
        [item.id for item in new],
        [item.key for item in new],
        [item.user_id for item in new],
        [item.kind for item in new],
        [item.title for item in new],
        [item.text for item in new],
        [item.link for item in new],
        [item.triggered_id for item in new],
        now,
    )
    return {row["id"] for row in rows}


def listed_for(user_id: UUID, *, unread: bool, kind: str | None) -> Select[NoticeRow]:
    """Select a person's notices."""
    query = select(NoticeRow).where(NoticeRow.user_id == user_id)
    if unread:
        query = query.where(NoticeRow.read_at.is_(None))
    return query if kind is None else query.where(NoticeRow.kind == kind)


async def count_unread(session: AsyncSession, user_id: UUID) -> int:
    query = select(func.count()).where(NoticeRow.user_id == user_id, NoticeRow.read_at.is_(None))
    return int(await session.scalar(query) or 0)


async def exists(session: AsyncSession, user_id: UUID, notice_id: UUID) -> bool:
    """Say whether this person has this notice."""
    query = select(NoticeRow.id).where(NoticeRow.id == notice_id, NoticeRow.user_id == user_id)
    return await session.scalar(query) is not None


async def mark_read(session: AsyncSession, user_id: UUID, notice_id: UUID | None, now: datetime) -> int:
    """Mark one notice as read, or all. Returns how many were unread."""
    statement = update(NoticeRow).where(NoticeRow.user_id == user_id, NoticeRow.read_at.is_(None))
    if notice_id is not None:
        statement = statement.where(NoticeRow.id == notice_id)
    return _count(await session.execute(statement.values(read_at=now)))


async def listed_by_id(session: AsyncSession, notice_ids: Collection[UUID]) -> Sequence[NoticeRow]:
    """Read these notices, oldest first."""
    query = select(NoticeRow).where(NoticeRow.id.in_(notice_ids)).order_by(NoticeRow.created_at, NoticeRow.id)
    return list(await session.scalars(query))


async def ids_of(session: AsyncSession, keys: Collection[str]) -> dict[str, UUID]:
    rows = await session.execute(select(NoticeRow.key, NoticeRow.id).where(NoticeRow.key.in_(keys)))
    return {row.key: row.id for row in rows}


async def remove_all_of(session: AsyncSession, user_id: UUID) -> None:
    await session.execute(delete(NoticeRow).where(NoticeRow.user_id == user_id))


async def remove_before(session: AsyncSession, before: datetime, *, limit: int) -> int:
    """Remove some notices that are older. Returns how many."""
    old = select(NoticeRow.id).where(NoticeRow.created_at < before).limit(limit)
    return _count(await session.execute(delete(NoticeRow).where(NoticeRow.id.in_(old))))


def _count(result: Any) -> int:
    assert isinstance(result, CursorResult)
    return result.rowcount


_ADD = """
INSERT INTO notices (id, key, user_id, kind, title, text, link, triggered_id, created_at)
SELECT new.id, new.key, new.user_id, new.kind, new.title, new.text, new.link, new.triggered_id, $9
FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::uuid[])
    AS new(id, key, user_id, kind, title, text, link, triggered_id)
ON CONFLICT (key) DO NOTHING
RETURNING id
"""
