"""Secrets of authenticator apps and recovery codes, with every query on them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from libs.common.ids import uuid7
from services.auth.accounts.tables import User
from services.auth.schema import Base


class TotpFactor(Base):
    """A person's authenticator app. Without `confirmed_at` it was only shown, and asks nobody for a code."""

    __tablename__ = "totp_factors"

    user_id: Mapped[UUID] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"), primary_key=True)
    secret: Mapped[str]
    """Encrypted for `totp_factors|<user_id>|secret`."""
    last_step: Mapped[int] = mapped_column(BigInteger, default=0)
    """The newest time step that was used: it and all before it are used up."""
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]


class RecoveryCode(Base):
    """A recovery code that was not used yet; only its hash."""

    __tablename__ = "recovery_codes"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    user_id: Mapped[UUID] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"), index=True)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    created_at: Mapped[datetime]


async def find_totp(session: AsyncSession, user_id: UUID) -> TotpFactor | None:
    return await session.get(TotpFactor, user_id)


async def has_totp(session: AsyncSession, user_id: UUID) -> bool:
    query = select(TotpFactor.user_id).where(TotpFactor.user_id == user_id, TotpFactor.confirmed_at.is_not(None))
    return await session.scalar(query) is not None


async def put_unconfirmed(session: AsyncSession, user_id: UUID, secret: str, now: datetime) -> bool:
    """Store a secret that was shown, in the place of an earlier one. Says no when there is a confirmed one."""
    values = {"secret": secret, "last_step": 0, "created_at": now, "confirmed_at": None}
    query = (
        insert(TotpFactor)
        .values(user_id=user_id, **values)
        .on_conflict_do_update(index_elements=["user_id"], set_=values, where=TotpFactor.confirmed_at.is_(None))
        .returning(TotpFactor.user_id)
    )
    return await session.scalar(query) is not None


async def use_step(session: AsyncSession, user_id: UUID, step: int) -> bool:
    """Use a time step up, once however many try at the same time. Says whether it did."""
    query = (
        update(TotpFactor)
        .where(TotpFactor.user_id == user_id, TotpFactor.last_step < step)
        .values(last_step=step)
        .returning(TotpFactor.user_id)
    )
    return await session.scalar(query) is not None


async def confirm_totp(session: AsyncSession, user_id: UUID, now: datetime) -> bool:
    """Make a secret that was shown one that counts. Says no when it does already."""
    query = (
        update(TotpFactor)
        .where(TotpFactor.user_id == user_id, TotpFactor.confirmed_at.is_(None))
        .values(confirmed_at=now)
        .returning(TotpFactor.user_id)
    )
    return await session.scalar(query) is not None


async def drop_totp(session: AsyncSession, user_id: UUID) -> bool:
    """Forget a person's app. Says whether there was a confirmed one."""
    query = (
        delete(TotpFactor)
        .where(TotpFactor.user_id == user_id, TotpFactor.confirmed_at.is_not(None))
        .returning(TotpFactor.user_id)
    )
    return await session.scalar(query) is not None


def add_recovery_code(session: AsyncSession, user_id: UUID, code_hash: bytes, now: datetime) -> None:
    session.add(RecoveryCode(id=uuid7(), user_id=user_id, code_hash=code_hash, created_at=now))


async def use_recovery_code(session: AsyncSession, user_id: UUID, code_hash: bytes) -> bool:
    """Use a recovery code up, once however many try at the same time. Says whether it did."""
    query = (
        delete(RecoveryCode)
        .where(RecoveryCode.user_id == user_id, RecoveryCode.code_hash == code_hash)
        .returning(RecoveryCode.id)
    )
    return await session.scalar(query) is not None


async def drop_recovery_codes(session: AsyncSession, user_id: UUID) -> None:
    await session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))


async def count_recovery_codes(session: AsyncSession, user_id: UUID) -> int:
    return await session.scalar(select(func.count()).where(RecoveryCode.user_id == user_id)) or 0
