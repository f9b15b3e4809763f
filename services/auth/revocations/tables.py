"""What was taken back, durably: Redis holds a copy that can be lost."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, delete, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from libs.common.ids import uuid7
from services.auth.schema import Base


class RevocationRow(Base):
    __tablename__ = "revocations"
    __table_args__ = (
        CheckConstraint("kind IN ('jti', 'sid', 'user')", name="kind"),
        Index("ix_revocations_unpublished", "created_at", postgresql_where=text("published_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    kind: Mapped[str]
    subject: Mapped[str]
    version: Mapped[int | None]
    until: Mapped[datetime] = mapped_column(index=True)
    """When every token that this concerns has ended by itself."""
    created_at: Mapped[datetime]
    published_at: Mapped[datetime | None]


async def list_unpublished(session: AsyncSession, limit: int) -> Sequence[RevocationRow]:
    query = (
        select(RevocationRow)
        .where(RevocationRow.published_at.is_(None))
        .order_by(RevocationRow.created_at)
        .limit(limit)
    )
    return (await session.scalars(query)).all()


async def list_in_force(session: AsyncSession, now: datetime) -> Sequence[RevocationRow]:
    return (await session.scalars(select(RevocationRow).where(RevocationRow.until >= now))).all()


async def mark_published(session: AsyncSession, ids: Sequence[UUID], now: datetime) -> None:
    await session.execute(update(RevocationRow).where(RevocationRow.id.in_(ids)).values(published_at=now))


async def drop_ended(session: AsyncSession, now: datetime) -> None:
    await session.execute(delete(RevocationRow).where(RevocationRow.until < now))
