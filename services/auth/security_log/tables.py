"""The security log, with every query on it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Select, delete, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from services.auth.accounts.tables import User
from services.auth.schema import Base


class SecurityEventRow(Base):
    """One thing that happened. `actor_id` is set when another person did it."""

    __tablename__ = "security_events"
    __table_args__ = (Index("ix_security_events_user_id_at_id", "user_id", "at", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"))
    kind: Mapped[str]
    at: Mapped[datetime]
    network: Mapped[str]
    user_agent: Mapped[str]
    actor_id: Mapped[UUID | None]
    details: Mapped[dict[str, Any]] = mapped_column(JSONB)


def listed_for(user_id: UUID) -> Select[SecurityEventRow]:
    """Select what happened to an account."""
    return select(SecurityEventRow).where(SecurityEventRow.user_id == user_id)


async def list_all(session: AsyncSession, user_id: UUID) -> Sequence[SecurityEventRow]:
    return (await session.scalars(listed_for(user_id).order_by(SecurityEventRow.at))).all()


async def drop_before(session: AsyncSession, before: datetime) -> None:
    await session.execute(delete(SecurityEventRow).where(SecurityEventRow.at < before))
