"""Passkeys, with every query on them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from libs.common.ids import uuid7
from services.auth.accounts.tables import User
from services.auth.schema import Base


class Passkey(Base):
    """One passkey: the public half, and what its authenticator said of it."""

    __tablename__ = "passkeys"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    user_id: Mapped[UUID] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"), index=True)
    credential_id: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str]
    backup_eligible: Mapped[bool]
    """Whether it may be copied to the owner's other devices."""
    backed_up: Mapped[bool]
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]


async def list_for(session: AsyncSession, user_id: UUID) -> Sequence[Passkey]:
    """List a person's passkeys, newest first."""
    query = select(Passkey).where(Passkey.user_id == user_id).order_by(Passkey.created_at.desc(), Passkey.id.desc())
    return (await session.scalars(query)).all()


async def count_for(session: AsyncSession, user_id: UUID) -> int:
    return await session.scalar(select(func.count()).where(Passkey.user_id == user_id)) or 0


async def find_by_credential(session: AsyncSession, credential_id: bytes) -> Passkey | None:
    return (await session.scalars(select(Passkey).where(Passkey.credential_id == credential_id))).one_or_none()


async def add_if_new(session: AsyncSession, passkey: Passkey) -> bool:
    """Insert a passkey unless its credential is known already, whoever's. Says whether it did."""
    values = {column.key: getattr(passkey, column.key) for column in Passkey.__table__.columns}
    query = insert(Passkey).values(**values).on_conflict_do_nothing(index_elements=["credential_id"])
    return await session.scalar(query.returning(Passkey.id)) is not None


async def note_use(session: AsyncSession, passkey_id: UUID, sign_count: int, backed_up: bool, now: datetime) -> bool:
    """Note that a passkey was used. Says no when its counter did not grow: there is another one like it.

    Authenticators without a counter always say 0.
    """
    query = (
        update(Passkey)
        .where(
            Passkey.id == passkey_id,
            (Passkey.sign_count < sign_count) | ((Passkey.sign_count == 0) & (sign_count == 0)),
        )
        .values(sign_count=sign_count, backed_up=backed_up, last_used_at=now)
        .returning(Passkey.id)
    )
    return await session.scalar(query) is not None


async def rename(session: AsyncSession, user_id: UUID, passkey_id: UUID, name: str) -> Passkey | None:
    query = (
        update(Passkey).where(Passkey.id == passkey_id, Passkey.user_id == user_id).values(name=name).returning(Passkey)
    )
    return (await session.scalars(query)).one_or_none()


async def remove(session: AsyncSession, user_id: UUID, passkey_id: UUID) -> Passkey | None:
    query = (
        delete(Passkey)
        .where(Passkey.id == passkey_id, Passkey.user_id == user_id)
        .returning(Passkey)
        .execution_options(synchronize_session=False)
    )
    return (await session.scalars(query)).one_or_none()
