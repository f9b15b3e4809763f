"""The tables that the machinery keeps in every service's schema. Their DDL stands in `libs.common.migrations`."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import TIMESTAMP

_INSTANT = TIMESTAMP(timezone=True)


def add_common_tables(metadata: MetaData) -> None:
    """Register outbox, outbox_subjects, outbox_relay, outbox_groups, inbox, dead_letters and idempotency_keys."""
    outbox = Table(
        "outbox",
        metadata,
        # Taken after the subject's row is locked, so that within a subject it grows in the order of the commits.
        Column("id", BigInteger, Identity(always=True), primary_key=True),
        Column("event_id", Uuid, nullable=False),
        Column("type", Text, nullable=False),
        Column("time", _INSTANT, nullable=False),
        Column("subject", Text, nullable=False),
        Column("seq", BigInteger, nullable=False),
        Column("data", JSON, nullable=False),
        Column("traceparent", Text),
        # Null until published; then when, and as which entry of the stream.
        Column("published_at", _INSTANT),
        Column("entry_ms", BigInteger),
        Column("entry_no", BigInteger),
    )
    Index("ix_outbox_unpublished", outbox.c.id, postgresql_where=text("published_at IS NULL"))
    Index("ix_outbox_entry", outbox.c.entry_ms, outbox.c.entry_no, postgresql_where=text("published_at IS NOT NULL"))
    Table(
        "outbox_subjects",
        metadata,
        Column("subject", Text, primary_key=True),
        Column("seq", BigInteger, nullable=False),
    )
    Table(
        "outbox_relay",
        metadata,
        Column("one_row", Boolean, CheckConstraint("one_row", name="one_row"), primary_key=True),
        Column("entry_ms", BigInteger, nullable=False),
        Column("entry_no", BigInteger, nullable=False),
    )
    Table(
        "outbox_groups",
        metadata,
        Column("name", Text, primary_key=True),
        Column("entry_ms", BigInteger, nullable=False),
        Column("entry_no", BigInteger, nullable=False),
        Column("seen_at", _INSTANT, nullable=False),
    )
    inbox = Table(
        "inbox",
        metadata,
        Column("event_id", Uuid, primary_key=True),
        Column("handled_at", _INSTANT, nullable=False, server_default=text("now()")),
    )
    Index("ix_inbox_handled_at", inbox.c.handled_at)
    Table(
        "dead_letters",
        metadata,
        Column("id", Uuid, primary_key=True),
        Column("stream", Text, nullable=False),
        Column("entry_id", Text, nullable=False),
        Column("event_id", Uuid),
        Column("type", Text),
        Column("subject", Text),
        Column("envelope", LargeBinary, nullable=False),
        Column("error", Text, nullable=False),
        Column("deliveries", Integer, nullable=False),
        Column("died_at", _INSTANT, nullable=False, server_default=text("now()")),
        Column("replayed_at", _INSTANT),
        UniqueConstraint("stream", "entry_id"),
    )
    keys = Table(
        "idempotency_keys",
        metadata,
        Column("owner", Text, primary_key=True),
        Column("route", Text, primary_key=True),
        Column("key", Text, primary_key=True),
        Column("body_hash", LargeBinary, nullable=False),
        Column("status", Integer, nullable=False),
        Column("body", LargeBinary, nullable=False),
        Column("media_type", Text, nullable=False),
        Column("created_at", _INSTANT, nullable=False),
        Column("expires_at", _INSTANT, nullable=False),
    )
    Index("ix_idempotency_keys_expires_at", keys.c.expires_at)
