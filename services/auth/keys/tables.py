"""The signing keys, private halves encrypted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from services.auth.schema import Base

_ROTATION_LOCK = 7_010_001
"""One rotation at a time, whichever process runs it."""


class SigningKeyRow(Base):
    __tablename__ = "signing_keys"

    kid: Mapped[str] = mapped_column(primary_key=True)
    private_key: Mapped[str]
    """PEM, encrypted for `signing_keys|<kid>|private_key`."""
    active_from: Mapped[datetime]
    created_at: Mapped[datetime]


async def list_all(session: AsyncSession) -> Sequence[SigningKeyRow]:
    return (await session.scalars(select(SigningKeyRow).order_by(SigningKeyRow.active_from))).all()


async def lock_rotation(session: AsyncSession) -> None:
    """Wait until no other process rotates; held until the end of the transaction."""
    await session.execute(select(func.pg_advisory_xact_lock(_ROTATION_LOCK)))


async def drop(session: AsyncSession, kids: Sequence[str]) -> None:
    await session.execute(delete(SigningKeyRow).where(SigningKeyRow.kid.in_(kids)))
