"""Claiming what is due and settling what was tried: the sender's side of the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from services.alerts.notifications.recipients import Recipient
from services.alerts.notifications.rules import Channel, DeliveryStatus, Lane, Purpose


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that this process is to try until `claim`, after which anybody may. `attempts` counts this try."""

    id: UUID
    channel: Channel
    purpose: Purpose
    user_id: UUID
    triggered_id: UUID | None
    address_id: UUID | None
    message_id: str
    data: dict[str, Any] | None
    sealed: str | None
    attempts: int
    created_at: datetime
    opened_at: datetime
    claim: datetime
    recipient: Recipient | None


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a try. A message that stays queued is due at `due_at`; one that is done is due no more.

    `provider_id` is what those who took it call it.
    """

    delivery: Claimed
    status: DeliveryStatus
    reason: str | None
    attempts: int
    due_at: datetime
    provider_id: str | None = None


async def claim_due(
    driver: asyncpg.Connection, lane: Lane, *, now: datetime, until: datetime, limit: int
) -> list[Claimed]:
    """Claim a lane's messages that are due, the most urgent first, leaving out what another sender has."""
    return [_claimed(row) for row in await driver.fetch(_CLAIM_DUE, now, until, limit, lane)]


async def settle(driver: asyncpg.Connection, settled: Sequence[Settled], now: datetime) -> set[UUID]:
    """Store what became of tries. Returns the ids of those that are in the ledger so.

    A message that was sent counts as sent whoever claims it by now; any other answer counts while the claim is ours.
    """
    rows = await driver.fetch(
        _SETTLE,
        [item.delivery.id for item in settled],
        [item.status for item in settled],
        [item.reason for item in settled],
        [item.attempts for item in settled],
        [item.due_at for item in settled],
        [item.delivery.claim for item in settled],
        now,
        [item.provider_id for item in settled],
    )
    return {row["id"] for row in rows}


def _claimed(row: asyncpg.Record) -> Claimed:
    recipient = None
    if row["email"] is not None:
        recipient = Recipient(
            row["email"], row["first_name"], row["time_zone"], row["suppressed_reason"], row["alert_mails"]
        )
    return Claimed(
        id=row["id"],
        channel=Channel(row["channel"]),
        purpose=Purpose(row["purpose"]),
        user_id=row["user_id"],
        triggered_id=row["triggered_id"],
        address_id=row["address_id"],
        message_id=row["message_id"],
        # As text: what the driver makes of jsonb depends on the codecs that SQLAlchemy has set on the connection.
        data=None if row["content"] is None else orjson.loads(row["content"]),
        sealed=row["sealed"],
        attempts=row["attempts"],
        created_at=row["created_at"],
        opened_at=row["opened_at"],
        claim=row["due_at"],
        recipient=recipient,
    )


_CLAIM_DUE = """
WITH due AS (
    SELECT id FROM deliveries WHERE status = 'queued' AND lane = $4 AND due_at <= $1
    ORDER BY urgency, due_at LIMIT $3 FOR UPDATE SKIP LOCKED
), claimed AS (
    UPDATE deliveries SET due_at = $2, attempts = attempts + 1 FROM due WHERE deliveries.id = due.id
    RETURNING deliveries.*
)
SELECT claimed.*, claimed.data::text AS content, r.email, r.first_name, r.time_zone, r.suppressed_reason, r.alert_mails
FROM claimed LEFT JOIN recipients r ON r.user_id = claimed.user_id
ORDER BY claimed.urgency, claimed.created_at
"""

_SETTLE = """
UPDATE deliveries AS d
SET status = new.status, reason = new.reason, attempts = new.attempts, due_at = new.due_at,
    sent_at = CASE WHEN new.status = 'sent' THEN $7::timestamptz END,
    sealed = CASE WHEN new.status = 'queued' THEN d.sealed END, provider_id = coalesce(new.provider_id, d.provider_id)
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::integer[], $5::timestamptz[], $6::timestamptz[], $8::text[])
    AS new(id, status, reason, attempts, due_at, claim, provider_id)
WHERE d.id = new.id AND d.status = 'queued' AND (new.status = 'sent' OR d.due_at = new.claim)
RETURNING d.id
"""
