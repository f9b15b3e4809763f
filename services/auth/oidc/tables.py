"""Sign-ins that are under way, and whose account each identity of the provider opens."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from services.auth.accounts.tables import User
from services.auth.schema import Base


class SignInAttempt(Base):
    """A person who was sent to the provider. `browser_hash` is of a secret that stays in their page.

    Who comes back must hold it: otherwise an attacker could finish his own sign-in in the browser of another.
    user_id: whose account is to be linked; None for a sign-in.
    """

    __tablename__ = "oidc_attempts"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    state_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    browser_hash: Mapped[bytes] = mapped_column(LargeBinary)
    sealed: Mapped[str]
    """Nonce and PKCE verifier, encrypted for this row."""
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"))
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]


class ExternalIdentity(Base):
    """An identity of the provider and the account that it opens."""

    __tablename__ = "external_identities"

    issuer: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"), index=True)
    linked_at: Mapped[datetime]
    last_used_at: Mapped[datetime]


async def use_attempt(session: AsyncSession, state_hash: bytes, now: datetime) -> SignInAttempt | None:
    """Use an attempt up, once however many try at the same time. None when it is unknown, used or past its end."""
    query = (
        update(SignInAttempt)
        .where(SignInAttempt.state_hash == state_hash, SignInAttempt.used_at.is_(None), SignInAttempt.expires_at > now)
        .values(used_at=now)
        .returning(SignInAttempt)
    )
    return (await session.scalars(query)).one_or_none()


async def drop_ended(session: AsyncSession, before: datetime) -> None:
    await session.execute(delete(SignInAttempt).where(SignInAttempt.expires_at < before))


async def find_identity(session: AsyncSession, issuer: str, subject: str) -> ExternalIdentity | None:
    return await session.get(ExternalIdentity, (issuer, subject))


async def link(session: AsyncSession, values: dict[str, Any]) -> bool:
    """Link an identity unless it opens an account already. Says whether it did."""
    query = insert(ExternalIdentity).values(**values).on_conflict_do_nothing().returning(ExternalIdentity.subject)
    return (await session.scalar(query)) is not None


async def identities_of(session: AsyncSession, user_id: UUID) -> list[ExternalIdentity]:
    return list((await session.scalars(select(ExternalIdentity).where(ExternalIdentity.user_id == user_id))).all())


async def unlink(session: AsyncSession, user_id: UUID) -> int:
    """Drop a person's links. Returns how many."""
    query = delete(ExternalIdentity).where(ExternalIdentity.user_id == user_id).returning(ExternalIdentity.subject)
    return len((await session.scalars(query)).all())
