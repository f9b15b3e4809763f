"""Challenges that wait for their answer, with every query on them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from libs.common.ids import uuid7
from services.auth.accounts.tables import User
from services.auth.schema import Base


class Challenge(Base):
    """One challenge; of its secret only the hash. The row goes when it is used."""

    __tablename__ = "challenges"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    purpose: Mapped[str]
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"), index=True)
    """Whom it was made for; None when the passkey will say who it is."""
    bound_to: Mapped[bytes] = mapped_column(LargeBinary)
    """The client or the session that asked: nobody else can answer."""
    password_print: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Which password was right, so that one changed meanwhile ends the login."""
    tries_key: Mapped[str | None]
    """The count of tries that a full login forgets."""
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


async def find(session: AsyncSession, purpose: str, secret_hash: bytes, now: datetime) -> Challenge | None:
    query = select(Challenge).where(
        Challenge.secret_hash == secret_hash, Challenge.purpose == purpose, Challenge.expires_at > now
    )
    return (await session.scalars(query)).one_or_none()


async def take(session: AsyncSession, purpose: str, secret_hash: bytes, now: datetime) -> Challenge | None:
    """Use a challenge up, once however many try at the same time. None when it is unknown, used or past its end."""
    query = (
        delete(Challenge)
        .where(Challenge.secret_hash == secret_hash, Challenge.purpose == purpose, Challenge.expires_at > now)
        .returning(Challenge)
        .execution_options(synchronize_session=False)
    )
    return (await session.scalars(query)).one_or_none()


async def drop_ended(session: AsyncSession, now: datetime) -> None:
    await session.execute(delete(Challenge).where(Challenge.expires_at <= now))
