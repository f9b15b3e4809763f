"""Endpoints, their secrets and the log of attempts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Select, Text, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from services.alerts.schema import Base


class EndpointRow(Base):
    """Where a person's program listens. `sequence` counts what was queued for it; `failing_since`: no success since."""

    __tablename__ = "webhook_endpoints"
    __table_args__ = (
        CheckConstraint("status IN ('active', 'disabled')", name="status"),
        Index("ix_webhook_endpoints_user_id", "user_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID]
    url: Mapped[str]
    description: Mapped[str]
    events: Mapped[list[str]] = mapped_column(ARRAY(Text))
    status: Mapped[str]
    reason: Mapped[str | None]
    failing_since: Mapped[datetime | None]
    sequence: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class SecretRow(Base):
    """A signing secret, encrypted. `ends_at` is set once another took its place: both sign until then."""

    __tablename__ = "webhook_secrets"
    __table_args__ = (Index("ix_webhook_secrets_endpoint_id", "endpoint_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    endpoint_id: Mapped[UUID] = mapped_column(ForeignKey(EndpointRow.id, ondelete="CASCADE"))
    sealed: Mapped[str]
    created_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]


class AttemptRow(Base):
    """One try: what was sent and what came back, both cut short. `http_status` is None when there was no answer."""

    __tablename__ = "webhook_attempts"
    __table_args__ = (
        Index("ix_webhook_attempts_delivery_id", "delivery_id"),
        Index("ix_webhook_attempts_endpoint_id", "endpoint_id"),
        Index("ix_webhook_attempts_at", "at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    delivery_id: Mapped[UUID]
    endpoint_id: Mapped[UUID] = mapped_column(ForeignKey(EndpointRow.id, ondelete="CASCADE"))
    number: Mapped[int]
    at: Mapped[datetime]
    took_ms: Mapped[int]
    http_status: Mapped[int | None]
    error: Mapped[str | None]
    request: Mapped[str]
    response: Mapped[str | None]


ACTIVE, DISABLED = "active", "disabled"


def listed_for(user_id: UUID) -> Select[EndpointRow]:
    return select(EndpointRow).where(EndpointRow.user_id == user_id)


async def find(
    session: AsyncSession, user_id: UUID, endpoint_id: UUID, *, to_change: bool = False
) -> EndpointRow | None:
    """Read one of a person's endpoints. to_change: hold it until the transaction ends."""
    query = listed_for(user_id).where(EndpointRow.id == endpoint_id)
    row: EndpointRow | None = await session.scalar(query.with_for_update() if to_change else query)
    return row


async def get(session: AsyncSession, endpoint_id: UUID) -> EndpointRow | None:
    return await session.get(EndpointRow, endpoint_id)


async def count(session: AsyncSession, user_id: UUID) -> int:
    """Count a person's endpoints, one caller at a time until the transaction ends."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"webhooks {user_id}", 0))))
    return int(await session.scalar(select(func.count()).where(EndpointRow.user_id == user_id)) or 0)


async def listening(session: AsyncSession, user_ids: Collection[UUID]) -> Sequence[EndpointRow]:
    """Read the endpoints of these people that are on."""
    query = select(EndpointRow).where(EndpointRow.user_id.in_(user_ids), EndpointRow.status == ACTIVE)
    return list(await session.scalars(query.order_by(EndpointRow.id)))


async def next_numbers(session: AsyncSession, endpoint_id: UUID, many: int) -> int:
    """Take the next numbers of an endpoint's messages. Returns the first of them."""
    last = await session.scalar(
        update(EndpointRow)
        .where(EndpointRow.id == endpoint_id)
        .values(sequence=EndpointRow.sequence + many)
        .returning(EndpointRow.sequence)
    )
    return int(last or 0) - many + 1


async def secrets_of(session: AsyncSession, endpoint_id: UUID, now: datetime) -> Sequence[SecretRow]:
    """Read the secrets that sign now, the newest first."""
    query = select(SecretRow).where(
        SecretRow.endpoint_id == endpoint_id, (SecretRow.ends_at.is_(None)) | (SecretRow.ends_at > now)
    )
    return list(await session.scalars(query.order_by(SecretRow.created_at.desc(), SecretRow.id.desc())))


async def overlaps(session: AsyncSession, endpoint_ids: Collection[UUID], now: datetime) -> dict[UUID, datetime]:
    """Tell until when an old secret signs beside the new one, where one does."""
    rows = await session.execute(
        select(SecretRow.endpoint_id, func.max(SecretRow.ends_at).label("until"))
        .where(SecretRow.endpoint_id.in_(endpoint_ids), SecretRow.ends_at > now)
        .group_by(SecretRow.endpoint_id)
    )
    return {row.endpoint_id: row.until for row in rows}


async def end_secrets(session: AsyncSession, endpoint_id: UUID, ends_at: datetime) -> None:
    """Let what signs now sign until then; what ended before or ends sooner is left."""
    await session.execute(
        update(SecretRow)
        .where(SecretRow.endpoint_id == endpoint_id, (SecretRow.ends_at.is_(None)) | (SecretRow.ends_at > ends_at))
        .values(ends_at=ends_at)
    )


async def note_success(session: AsyncSession, endpoint_id: UUID) -> None:
    await session.execute(
        update(EndpointRow)
        .where(EndpointRow.id == endpoint_id, EndpointRow.failing_since.is_not(None))
        .values(failing_since=None)
    )


async def note_failure(session: AsyncSession, endpoint_id: UUID, now: datetime) -> None:
    await session.execute(
        update(EndpointRow)
        .where(EndpointRow.id == endpoint_id, EndpointRow.failing_since.is_(None))
        .values(failing_since=now)
    )


async def switch_off(session: AsyncSession, endpoint_id: UUID, reason: str, now: datetime) -> EndpointRow | None:
    """Switch an endpoint off, and give it; None when it is off already."""
    row: EndpointRow | None = await session.scalar(
        update(EndpointRow)
        .where(EndpointRow.id == endpoint_id, EndpointRow.status == ACTIVE)
        .values(status=DISABLED, reason=reason, updated_at=now)
        .returning(EndpointRow)
    )
    return row


async def failing_before(session: AsyncSession, before: datetime) -> Sequence[UUID]:
    """Tell the endpoints that are on and without a success since before then."""
    query = select(EndpointRow.id).where(EndpointRow.status == ACTIVE, EndpointRow.failing_since < before)
    return list(await session.scalars(query))


async def attempts_of(session: AsyncSession, delivery_ids: Collection[UUID]) -> dict[UUID, list[AttemptRow]]:
    """Read the attempts of these messages, oldest first."""
    rows = await session.scalars(
        select(AttemptRow).where(AttemptRow.delivery_id.in_(delivery_ids)).order_by(AttemptRow.at, AttemptRow.id)
    )
    found: dict[UUID, list[AttemptRow]] = {}
    for row in rows:
        found.setdefault(row.delivery_id, []).append(row)
    return found


async def remove_attempts_before(session: AsyncSession, before: datetime) -> None:
    await session.execute(delete(AttemptRow).where(AttemptRow.at < before))


async def remove(session: AsyncSession, user_id: UUID, endpoint_id: UUID) -> bool:
    """Remove one of a person's endpoints with its secrets and its log. Says whether it was there."""
    gone = await session.execute(
        delete(EndpointRow)
        .where(EndpointRow.id == endpoint_id, EndpointRow.user_id == user_id)
        .returning(EndpointRow.id)
    )
    return gone.one_or_none() is not None


async def remove_all_of(session: AsyncSession, user_id: UUID) -> None:
    await session.execute(delete(EndpointRow).where(EndpointRow.user_id == user_id))
