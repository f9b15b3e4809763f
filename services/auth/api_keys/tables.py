"""API keys and their secrets, with every query on them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, Text, delete, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from libs.common.ids import uuid7
from services.auth.accounts.tables import User
from services.auth.schema import Base


class ApiKeyRow(Base):
    """A key. Its id is the `client_id` of its tokens; `public_id` stands in the key itself."""

    __tablename__ = "api_keys"
    __table_args__ = (
        CheckConstraint("kind IN ('live', 'test')", name="kind"),
        Index("ix_api_keys_open", "user_id", "created_at", postgresql_where=text("revoked_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    user_id: Mapped[UUID] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"))
    created_by: Mapped[UUID]
    """Who made it: the owner, who is never acted for here."""
    kind: Mapped[str]
    public_id: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    networks: Mapped[list[str]] = mapped_column(ARRAY(Text))
    calls_per_minute: Mapped[int]
    """What the plan allows, as billing said last."""
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class ApiKeySecret(Base):
    """One secret of a key, as its hash. Two are good while a rotation overlaps.

    `sid` names the tokens given for it, and is another one after each change that they must not outlive.
    """

    __tablename__ = "api_key_secrets"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    key_id: Mapped[UUID] = mapped_column(ForeignKey(ApiKeyRow.id, ondelete="CASCADE"), index=True)
    sid: Mapped[UUID]
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    ends_at: Mapped[datetime]


async def lock_owner(session: AsyncSession, user_id: UUID) -> None:
    """Let one key of a person be made at a time, so that the plan's number holds."""
    await session.execute(select(User.id).where(User.id == user_id).with_for_update())


async def count_open(session: AsyncSession, user_id: UUID, now: datetime) -> int:
    query = select(func.count()).where(
        ApiKeyRow.user_id == user_id, ApiKeyRow.revoked_at.is_(None), ApiKeyRow.expires_at > now
    )
    return await session.scalar(query) or 0


async def list_open(session: AsyncSession, user_id: UUID) -> Sequence[ApiKeyRow]:
    """List a person's keys that are not revoked, newest first; those that have expired show too."""
    query = (
        select(ApiKeyRow)
        .where(ApiKeyRow.user_id == user_id, ApiKeyRow.revoked_at.is_(None))
        .order_by(ApiKeyRow.created_at.desc(), ApiKeyRow.id.desc())
    )
    return (await session.scalars(query)).all()


async def list_secrets(session: AsyncSession, key_ids: Sequence[UUID], now: datetime) -> Sequence[ApiKeySecret]:
    """List the secrets of these keys that are still good, oldest first."""
    query = (
        select(ApiKeySecret)
        .where(ApiKeySecret.key_id.in_(key_ids), ApiKeySecret.ends_at > now)
        .order_by(ApiKeySecret.created_at, ApiKeySecret.id)
    )
    return (await session.scalars(query)).all()


async def take(session: AsyncSession, user_id: UUID, key_id: UUID) -> ApiKeyRow | None:
    """Take one of a person's keys; the next who wants it waits until this transaction ends."""
    query = (
        select(ApiKeyRow)
        .where(ApiKeyRow.id == key_id, ApiKeyRow.user_id == user_id, ApiKeyRow.revoked_at.is_(None))
        .with_for_update()
    )
    return (await session.scalars(query)).one_or_none()


async def find_shown(
    session: AsyncSession, public_id: str, kind: str, now: datetime
) -> tuple[ApiKeyRow, User, Sequence[ApiKeySecret]] | None:
    """Find the key that somebody shows, with its owner and its good secrets."""
    query = (
        select(ApiKeyRow, User, ApiKeySecret)
        .join(User, User.id == ApiKeyRow.user_id)
        .join(ApiKeySecret, ApiKeySecret.key_id == ApiKeyRow.id)
        .where(
            ApiKeyRow.public_id == public_id,
            ApiKeyRow.kind == kind,
            ApiKeyRow.revoked_at.is_(None),
            ApiKeyRow.expires_at > now,
            ApiKeySecret.ends_at > now,
        )
    )
    rows = (await session.execute(query)).all()
    return (rows[0][0], rows[0][1], [row[2] for row in rows]) if rows else None


async def note_use(session: AsyncSession, key_id: UUID, now: datetime, *, every: timedelta) -> None:
    """Note that a key was used, unless that was noted a moment ago."""
    await session.execute(
        update(ApiKeyRow)
        .where(
            ApiKeyRow.id == key_id,
            or_(ApiKeyRow.last_used_at.is_(None), ApiKeyRow.last_used_at <= now - every),
        )
        .values(last_used_at=now)
    )


async def set_calls_per_minute(session: AsyncSession, user_id: UUID, calls_per_minute: int) -> None:
    await session.execute(
        update(ApiKeyRow)
        .where(ApiKeyRow.user_id == user_id, ApiKeyRow.calls_per_minute != calls_per_minute)
        .values(calls_per_minute=calls_per_minute)
    )


async def drop_ended(session: AsyncSession, before: datetime) -> None:
    """Drop keys that were revoked or expired before an instant, with their secrets."""
    await session.execute(delete(ApiKeyRow).where((ApiKeyRow.expires_at < before) | (ApiKeyRow.revoked_at < before)))
    await session.execute(delete(ApiKeySecret).where(ApiKeySecret.ends_at < before))
