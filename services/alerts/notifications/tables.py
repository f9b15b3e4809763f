"""Deliveries: the ledger of what was written to whom."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import CheckConstraint, Index, Select, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from services.alerts.notifications.recipients import RecipientRow
from services.alerts.notifications.rules import DOORBELL, LANES, Channel, DeliveryStatus, Purpose
from services.alerts.schema import Base


class DeliveryRow(Base):
    """One message to one person by one channel.

    `key` is what it is for, so that asking twice is asking once. `due_at` is when to try next; while a try runs it is
    the end of the sender's claim, so that a sender that died leaves nothing behind. `message_id` is the same in every
    try. `data` is what the message tells of; a mail that carries a secret has `sealed` instead, gone once it is sent.
    `address_id` is the address or the endpoint that it goes to, where a person may have several. `opened_at` is when
    its tries began. `provider_id` is what those who took it call it, and `delivered_at` when they said that it arrived.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        CheckConstraint(
            "status IN ('queued', 'sent', 'delivered', 'bounced', 'failed', 'suppressed', 'collected', 'digested')",
            name="status",
        ),
        CheckConstraint("sealed IS NULL OR data IS NULL", name="one_content"),
        Index(
            "ix_deliveries_lane_urgency_due_at",
            "lane",
            "urgency",
            "due_at",
            postgresql_where=text("status = 'queued'"),
        ),
        Index("ix_deliveries_collected_due_at", "due_at", postgresql_where=text("status = 'collected'")),
        Index("ix_deliveries_notice_id", "notice_id", postgresql_where=text("notice_id IS NOT NULL")),
        Index(
            "ix_deliveries_address_id",
            "address_id",
            "created_at",
            "id",
            postgresql_where=text("address_id IS NOT NULL"),
        ),
        Index("ix_deliveries_created_at_id", "created_at", "id"),
        Index("ix_deliveries_triggered_id", "triggered_id", postgresql_where=text("triggered_id IS NOT NULL")),
        Index("ix_deliveries_user_id", "user_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    channel: Mapped[str]
    lane: Mapped[str] = mapped_column(server_default=text("'post'"))
    purpose: Mapped[str]
    urgency: Mapped[int]
    user_id: Mapped[UUID]
    triggered_id: Mapped[UUID | None]
    notice_id: Mapped[UUID | None]
    address_id: Mapped[UUID | None]
    digest_id: Mapped[UUID | None]
    message_id: Mapped[str]
    data: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    sealed: Mapped[str | None]
    status: Mapped[str]
    reason: Mapped[str | None]
    attempts: Mapped[int]
    created_at: Mapped[datetime]
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    provider_id: Mapped[str | None]
    delivered_at: Mapped[datetime | None]


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """A message that is to be sent. Exactly one of `data` (JSON text) and `sealed` is set.

    `due_at`: not before then; None for at once. `status` is set where it is not to be sent (now): `reason` says why.
    """

    id: UUID
    key: str
    purpose: Purpose
    urgency: int
    user_id: UUID
    triggered_id: UUID | None
    message_id: str
    data: str | None = None
    sealed: str | None = None
    channel: Channel = Channel.MAIL
    notice_id: UUID | None = None
    address_id: UUID | None = None
    status: DeliveryStatus = DeliveryStatus.QUEUED
    reason: str | None = None
    due_at: datetime | None = None


async def queue(driver: asyncpg.Connection, new: Sequence[NewDelivery], now: datetime) -> int:
    """Store messages to be sent, leaving out those that are there by their key. Returns how many were new.

    The commit rings for the senders of what is due at once.
    """
    added = await driver.fetchval(
        _QUEUE,
        [item.id for item in new],
        [item.key for item in new],
        [item.purpose for item in new],
        [item.urgency for item in new],
        [item.user_id for item in new],
        [item.triggered_id for item in new],
        [item.message_id for item in new],
        [item.data for item in new],
        [item.sealed for item in new],
        [item.channel for item in new],
        now,
        [LANES[item.channel] for item in new],
        [item.notice_id for item in new],
        [item.address_id for item in new],
        [item.status for item in new],
        [item.reason for item in new],
        [item.due_at or now for item in new],
        DOORBELL,
    )
    return int(added)


async def counts_since(
    session: AsyncSession, user_ids: Collection[UUID], since: datetime, channels: Collection[Channel]
) -> dict[tuple[UUID, Channel], int]:
    """Count the messages to these people since then, by person and channel, without those that were kept back."""
    rows = await session.execute(
        select(DeliveryRow.user_id, DeliveryRow.channel, func.count())
        .where(
            DeliveryRow.user_id.in_(user_ids),
            DeliveryRow.created_at > since,
            DeliveryRow.channel.in_(channels),
            DeliveryRow.status != DeliveryStatus.SUPPRESSED,
        )
        .group_by(DeliveryRow.user_id, DeliveryRow.channel)
    )
    return {(user_id, Channel(channel)): count for user_id, channel, count in rows}


async def count_purpose(session: AsyncSession, user_id: UUID, purpose: Purpose, since: datetime) -> int:
    """Count a person's messages of a purpose since then."""
    query = select(func.count()).where(
        DeliveryRow.user_id == user_id, DeliveryRow.purpose == purpose, DeliveryRow.created_at > since
    )
    return int(await session.scalar(query) or 0)


async def of_notices(session: AsyncSession, notice_ids: Collection[UUID]) -> dict[UUID, list[DeliveryRow]]:
    """Read the ledger of these notices, oldest first."""
    rows = await session.scalars(
        select(DeliveryRow)
        .where(DeliveryRow.notice_id.in_(notice_ids))
        .order_by(DeliveryRow.created_at, DeliveryRow.id)
    )
    found: dict[UUID, list[DeliveryRow]] = {}
    for row in rows:
        if row.notice_id is not None:
            found.setdefault(row.notice_id, []).append(row)
    return found


async def people_with_digests(session: AsyncSession, now: datetime, *, limit: int) -> list[UUID]:
    """Tell for whom something was collected whose hour has come."""
    query = (
        select(DeliveryRow.user_id)
        .where(DeliveryRow.status == DeliveryStatus.COLLECTED, DeliveryRow.due_at <= now)
        .distinct()
        .limit(limit)
    )
    return list(await session.scalars(query))


async def take_collected(session: AsyncSession, user_id: UUID, now: datetime) -> list[DeliveryRow]:
    """Hold what was collected for a person until the transaction ends, oldest first, leaving out what others hold."""
    query = (
        select(DeliveryRow)
        .where(
            DeliveryRow.user_id == user_id,
            DeliveryRow.status == DeliveryStatus.COLLECTED,
            DeliveryRow.due_at <= now,
        )
        .order_by(DeliveryRow.created_at, DeliveryRow.id)
        .with_for_update(skip_locked=True)
    )
    return list(await session.scalars(query))


async def mark_digested(session: AsyncSession, ids: Collection[UUID], digest_id: UUID) -> None:
    """Note that these went into a digest."""
    await session.execute(
        update(DeliveryRow)
        .where(DeliveryRow.id.in_(ids))
        .values(status=DeliveryStatus.DIGESTED, digest_id=digest_id, reason="in a digest")
    )


def to_address(user_id: UUID, address_id: UUID, status: DeliveryStatus | None) -> Select[DeliveryRow]:
    """Select a person's messages to one address."""
    query = select(DeliveryRow).where(DeliveryRow.user_id == user_id, DeliveryRow.address_id == address_id)
    return query if status is None else query.where(DeliveryRow.status == status)


def listed(status: DeliveryStatus | None, channel: Channel | None, user_id: UUID | None) -> Select[DeliveryRow]:
    """Select messages to everybody."""
    query = select(DeliveryRow)
    if status is not None:
        query = query.where(DeliveryRow.status == status)
    if channel is not None:
        query = query.where(DeliveryRow.channel == channel)
    return query if user_id is None else query.where(DeliveryRow.user_id == user_id)


async def requeue_failed(session: AsyncSession, delivery_id: UUID, now: datetime) -> DeliveryRow | None:
    """Queue a message again that failed and still has its words, and give it."""
    row: DeliveryRow | None = await session.scalar(
        update(DeliveryRow)
        .where(
            DeliveryRow.id == delivery_id,
            DeliveryRow.status == DeliveryStatus.FAILED,
            DeliveryRow.data.is_not(None),
        )
        .values(status=DeliveryStatus.QUEUED, reason="sent again by hand", attempts=0, opened_at=now, due_at=now)
        .returning(DeliveryRow)
    )
    return row


async def replay(
    session: AsyncSession,
    now: datetime,
    *,
    address_id: UUID | None,
    delivery_id: UUID | None,
    begin: datetime | None,
    end: datetime | None,
) -> int:
    """Queue again what came to an end and still has its words. Returns how many."""
    over = (DeliveryStatus.SENT, DeliveryStatus.DELIVERED, DeliveryStatus.FAILED, DeliveryStatus.SUPPRESSED)
    statement = update(DeliveryRow).where(DeliveryRow.status.in_(over), DeliveryRow.data.is_not(None))
    if address_id is not None:
        statement = statement.where(DeliveryRow.address_id == address_id)
    if delivery_id is not None:
        statement = statement.where(DeliveryRow.id == delivery_id)
    if begin is not None:
        statement = statement.where(DeliveryRow.created_at >= begin)
    if end is not None:
        statement = statement.where(DeliveryRow.created_at < end)
    again = await session.execute(
        statement.values(
            status=DeliveryStatus.QUEUED, reason="sent again by hand", attempts=0, opened_at=now, due_at=now
        ).returning(DeliveryRow.id)
    )
    return len(again.all())


async def email_states(session: AsyncSession, triggered_ids: Sequence[UUID]) -> dict[UUID, DeliveryStatus]:
    """Tell the state of the mail about each of these firings; one without a mail yet is not among them."""
    rows = await session.execute(
        select(DeliveryRow.triggered_id, DeliveryRow.status).where(
            DeliveryRow.triggered_id.in_(triggered_ids), DeliveryRow.channel == Channel.MAIL
        )
    )
    return {triggered_id: DeliveryStatus(status) for triggered_id, status in rows if triggered_id is not None}


async def export_of(session: AsyncSession, user_id: UUID) -> tuple[RecipientRow | None, list[DeliveryRow]]:
    """Read what is kept about writing to a person."""
    recipient = await session.get(RecipientRow, user_id)
    query = select(DeliveryRow).where(DeliveryRow.user_id == user_id).order_by(DeliveryRow.created_at)
    return recipient, list(await session.scalars(query))


async def remove_all_of(session: AsyncSession, user_id: UUID) -> None:
    """Forget a person's address and every message to them."""
    await session.execute(delete(DeliveryRow).where(DeliveryRow.user_id == user_id))
    await session.execute(delete(RecipientRow).where(RecipientRow.user_id == user_id))


_QUEUE = """
WITH added AS (
    INSERT INTO deliveries (id, key, purpose, urgency, user_id, triggered_id, message_id, data, sealed, channel, lane,
                            notice_id, address_id, status, reason, attempts, created_at, opened_at, due_at)
    SELECT new.id, new.key, new.purpose, new.urgency, new.user_id, new.triggered_id, new.message_id, new.data::jsonb,
           new.sealed, new.channel, new.lane, new.notice_id, new.address_id, new.status, new.reason, 0, $11, new.due_at,
           new.due_at
    FROM unnest($1::uuid[], $2::text[], $3::text[], $4::integer[], $5::uuid[], $6::uuid[], $7::text[], $8::text[],
                $9::text[], $10::text[], $12::text[], $13::uuid[], $14::uuid[], $15::text[], $16::text[],
                $17::timestamptz[])
        AS new(id, key, purpose, urgency, user_id, triggered_id, message_id, data, sealed, channel, lane, notice_id,
               address_id, status, reason, due_at)
    ON CONFLICT (key) DO NOTHING
    RETURNING lane, status, due_at
), rung AS (
    SELECT pg_notify($18, lane) FROM added WHERE status = 'queued' AND due_at <= $11 GROUP BY lane
)
SELECT count(*) FROM added, (SELECT count(*) FROM rung) AS rung
"""
