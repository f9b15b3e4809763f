"""Recipients and deliveries: whom we write to, and the ledger of what was written."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Integer, LargeBinary, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.alerts.schema import Base


class RecipientRow(Base):
    """A person's confirmed address. `suppressed_reason` is set once the mailbox is known not to exist."""

    __tablename__ = "recipients"

    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str]
    first_name: Mapped[str]
    last_name: Mapped[str]
    time_zone: Mapped[str]
    suppressed_reason: Mapped[str | None]
    updated_at: Mapped[datetime]


class DeliveryRow(Base):
    """One message to one person by one channel.

    `key` is what it is for, so that asking twice is asking once. `due_at` is when to try next; while a try runs it is
    the end of the sender's claim, so that a sender that died leaves nothing behind. `message_id` is the same in every
    try. `data` is what the message tells of; a mail that carries a secret has `sealed` instead, gone once it is sent.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        CheckConstraint("status IN ('queued', 'sent', 'failed', 'suppressed')", name="status"),
        CheckConstraint("sealed IS NULL OR data IS NULL", name="one_content"),
        Index("ix_deliveries_due_at", "due_at", postgresql_where=text("status = 'queued'")),
        Index("ix_deliveries_triggered_id", "triggered_id", postgresql_where=text("triggered_id IS NOT NULL")),
        Index("ix_deliveries_user_id", "user_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    channel: Mapped[str]
    purpose: Mapped[str]
    user_id: Mapped[UUID]
    triggered_id: Mapped[UUID | None]
    message_id: Mapped[str]
    data: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    status: Mapped[str]
    reason: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
