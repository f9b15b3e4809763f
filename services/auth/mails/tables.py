"""Mails that wait to be taken by alerts, encrypted, with every query on them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from services.auth.accounts.tables import User
from services.auth.schema import Base


class PendingMail(Base):
    """A mail command that alerts has not taken yet. The row goes when it has."""

    __tablename__ = "pending_mails"

    key: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"), index=True)
    command: Mapped[str]
    """MailCommand as JSON, encrypted for `pending_mails|<key>|command`."""
    tries: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime] = mapped_column(index=True)
    expires_at: Mapped[datetime]
    refused_at: Mapped[datetime | None]
    """Set when alerts said no for good: kept for an operator, not tried again."""
    created_at: Mapped[datetime]


async def add(session: AsyncSession, mail: PendingMail) -> bool:
    """Keep a mail, unless one of its key waits. Says whether it did."""
    values = {
        "key": mail.key,
        "user_id": mail.user_id,
        "command": mail.command,
        "tries": 0,
        "next_try_at": mail.next_try_at,
        "expires_at": mail.expires_at,
        "created_at": mail.created_at,
    }
    query = insert(PendingMail).values(**values).on_conflict_do_nothing().returning(PendingMail.key)
    return (await session.scalar(query)) is not None


async def list_due(session: AsyncSession, now: datetime, limit: int) -> Sequence[str]:
    """List the keys of mails whose next try is due, oldest first."""
    query = (
        select(PendingMail.key)
        .where(PendingMail.next_try_at <= now, PendingMail.refused_at.is_(None))
        .order_by(PendingMail.next_try_at)
        .limit(limit)
    )
    return (await session.scalars(query)).all()


async def lock(session: AsyncSession, key: str) -> PendingMail | None:
    """Take a mail for a try. None when it is gone, or another process has it in hand."""
    query = select(PendingMail).where(PendingMail.key == key).with_for_update(skip_locked=True)
    return (await session.scalars(query)).one_or_none()


async def drop(session: AsyncSession, key: str) -> None:
    await session.execute(delete(PendingMail).where(PendingMail.key == key))


async def mark_refused(session: AsyncSession, key: str, now: datetime) -> None:
    await session.execute(update(PendingMail).where(PendingMail.key == key).values(refused_at=now))


async def drop_ended(session: AsyncSession, now: datetime) -> Sequence[str]:
    """Drop mails whose secret has ended: nobody could use them. Returns the keys of those that were never taken."""
    query = delete(PendingMail).where(PendingMail.expires_at < now).returning(PendingMail.key)
    return (await session.scalars(query)).all()
