"""Keep people's endpoints, queue what they listen to, and show what became of it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.db import Database, Transaction
from libs.common.errors import Conflict, InvalidInput, NotFound
from libs.common.events.envelope import Envelope
from libs.common.http import ForbiddenAddress, Guarded, NotSent
from libs.common.idempotency import UNKEYED, Once
from libs.common.ids import uuid7
from libs.common.pagination import Found, PageRequest, paginate
from libs.common.security.fields import FieldCipher
from libs.contracts.alerts import AlertTriggered
from libs.contracts.base import Event
from services.alerts.allowances.service import Allowances
from services.alerts.inbox.service import Inbox
from services.alerts.notifications.ledger import Ledger
from services.alerts.notifications.rules import Channel, DeliveryStatus, Purpose, Urgency
from services.alerts.notifications.tables import DeliveryRow, NewDelivery
from services.alerts.notifications.words import alert_text, alert_title
from services.alerts.webhooks import rules, tables
from services.alerts.webhooks.tables import AttemptRow, EndpointRow, SecretRow


@dataclass(frozen=True, slots=True)
class EndpointDraft:
    """What somebody asks for; None stays as it is."""

    url: str | None = None
    events: Sequence[str] | None = None
    description: str | None = None
    status: str | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """An endpoint; `old_secret_ends_at` while two secrets sign; `secret` is shown this once."""

    row: EndpointRow
    old_secret_ends_at: datetime | None = None
    secret: str | None = None


@dataclass(frozen=True, slots=True)
class Logged:
    """A message to an endpoint, and its attempts."""

    row: DeliveryRow
    attempts: Sequence[AttemptRow]


class Webhooks:
    """The use cases of endpoints."""

    def __init__(
        self,
        db: Database,
        cipher: FieldCipher,
        allowances: Allowances,
        inbox: Inbox,
        ledger: Ledger,
        guarded: Guarded,
    ) -> None:
        self._db = db
        self._cipher = cipher
        self._allowances = allowances
        self._inbox = inbox
        self._ledger = ledger
        self._guarded = guarded

    async def create(self, user_id: UUID, draft: EndpointDraft) -> Held:
        """Add an endpoint and show its secret once.

        Raises PlanFeature, InvalidInput for an address that we do not call, Conflict when there are too many.
        """
        await self._allowances.require_channel(user_id, Channel.WEBHOOK)
        await self._check(draft.url or "")
        now = self._db.clock.now()
        row = EndpointRow(
            id=uuid7(),
            user_id=user_id,
            url=draft.url,
            description=draft.description or "",
            events=sorted(draft.events or ()),
            status=tables.ACTIVE,
            reason=None,
            failing_since=None,
            sequence=0,
            created_at=now,
            updated_at=now,
        )
        async with self._db.transaction() as tx:
            if await tables.count(tx.session, user_id) >= rules.MAX_ENDPOINTS:
                raise Conflict(f"There may be {rules.MAX_ENDPOINTS} webhooks. Delete one first.")
            tx.session.add(row)
            await tx.session.flush()
            secret = self._add_secret(tx, row.id, now)
        return Held(row, secret=secret)

    async def list_for(self, user_id: UUID) -> list[Held]:
        """List a person's endpoints, oldest first."""
        now = self._db.clock.now()
        async with self._db.read() as session:
            rows = list(await session.scalars(tables.listed_for(user_id).order_by(EndpointRow.id)))
            ends = await tables.overlaps(session, [row.id for row in rows], now)
        return [Held(row, ends.get(row.id)) for row in rows]

    async def get(self, user_id: UUID, endpoint_id: UUID) -> Held:
        """Show one of a person's endpoints. Raises NotFound."""
        async with self._db.read() as session:
            row = _there(await tables.find(session, user_id, endpoint_id))
            ends = await tables.overlaps(session, [row.id], self._db.clock.now())
        return Held(row, ends.get(row.id))

    async def change(self, user_id: UUID, endpoint_id: UUID, draft: EndpointDraft) -> Held:
        """Change an endpoint. Raises NotFound, InvalidInput for an address that we do not call, PlanFeature."""
        if draft.url is not None:
            await self._check(draft.url)
        if draft.status == tables.ACTIVE:
            await self._allowances.require_channel(user_id, Channel.WEBHOOK)
        async with self._db.transaction() as tx:
            row = _there(await tables.find(tx.session, user_id, endpoint_id, to_change=True))
            row.url = draft.url or row.url
            row.description = row.description if draft.description is None else draft.description
            row.events = row.events if draft.events is None else sorted(draft.events)
            if draft.status is not None:
                row.status, row.failing_since = draft.status, None
                row.reason = None if draft.status == tables.ACTIVE else "switched off by you"
            row.updated_at = self._db.clock.now()
            ends = await tables.overlaps(tx.session, [row.id], self._db.clock.now())
        return Held(row, ends.get(row.id))

    async def delete(self, user_id: UUID, endpoint_id: UUID) -> None:
        """Remove an endpoint with its secrets and its log. Raises NotFound."""
        async with self._db.transaction() as tx:
            if not await tables.remove(tx.session, user_id, endpoint_id):
                raise NotFound("There is no such webhook here.")

    async def rotate(self, user_id: UUID, endpoint_id: UUID, overlap: timedelta) -> Held:
        """Give an endpoint a new secret, shown once; the old one signs beside it for `overlap`. Raises NotFound."""
        now = self._db.clock.now()
        async with self._db.transaction() as tx:
            row = _there(await tables.find(tx.session, user_id, endpoint_id, to_change=True))
            await tables.end_secrets(tx.session, endpoint_id, now + overlap)
            secret = self._add_secret(tx, endpoint_id, now)
            row.updated_at = now
        return Held(row, now + overlap if overlap else None, secret)

    async def test(self, user_id: UUID, endpoint_id: UUID, once: Once[UUID] = UNKEYED) -> UUID:
        """Queue a test message. Returns its id. Raises NotFound, Conflict for an endpoint that is off."""
        async with self._db.transaction() as tx, once.held(tx) as answer:
            row = _there(await tables.find(tx.session, user_id, endpoint_id, to_change=True))
            if row.status != tables.ACTIVE:
                raise Conflict("This webhook is off. Switch it on first.")
            now = self._db.clock.now()
            number = await tables.next_numbers(tx.session, endpoint_id, 1)
            data = {"webhook_id": str(endpoint_id), "words": "This is a test of your webhook."}
            new = _delivery(row, rules.TEST_EVENT, now, data, number)
            await self._ledger.queue(tx, [new])
            answer(new.id)
        return new.id

    async def log_of(
        self, user_id: UUID, endpoint_id: UUID, page: PageRequest, *, status: DeliveryStatus | None
    ) -> Found[Logged]:
        """List what was sent to an endpoint, newest first, with every attempt. Raises NotFound."""
        async with self._db.read() as session:
            _there(await tables.find(session, user_id, endpoint_id))
            found = await paginate(
                session,
                self._ledger.to_address(user_id, endpoint_id, status),
                page,
                key=(DeliveryRow.created_at, DeliveryRow.id),
                scope=f"webhook {endpoint_id} {status}",
            )
            attempts = await tables.attempts_of(session, [row.id for row in found.items])
        return Found([Logged(row, attempts.get(row.id, [])) for row in found.items], found.next_cursor)

    async def replay_one(self, user_id: UUID, endpoint_id: UUID, delivery_id: UUID, once: Once[UUID] = UNKEYED) -> UUID:
        """Send a message again under the same id, which is returned. Raises NotFound."""
        async with self._db.transaction() as tx, once.held(tx) as answer:
            _there(await tables.find(tx.session, user_id, endpoint_id))
            if not await self._ledger.replay(tx, address_id=endpoint_id, delivery_id=delivery_id):
                raise NotFound("There is no such message here.")
            answer(delivery_id)
        return delivery_id

    async def replay_range(
        self, user_id: UUID, endpoint_id: UUID, begin: datetime, end: datetime, once: Once[int] = UNKEYED
    ) -> int:
        """Send again what was queued for an endpoint within a time. Returns how many. Raises NotFound."""
        async with self._db.transaction() as tx, once.held(tx) as answer:
            _there(await tables.find(tx.session, user_id, endpoint_id))
            replayed = await self._ledger.replay(tx, address_id=endpoint_id, begin=begin, end=end)
            answer(replayed)
        return replayed

    async def hear(self, tx: Transaction, events: Sequence[tuple[Event, Envelope]]) -> int:
        """Queue these events for every endpoint that listens to them. Returns how many messages are new."""
        endpoints = await tables.listening(tx.session, {UUID(event.subject()) for event, _ in events})
        if not endpoints:
            return 0
        plans = await self._allowances.channels_of(tx.session, {row.user_id for row in endpoints})
        keys = [f"alert-triggered:{event.triggered_id}" for event, _ in events if isinstance(event, AlertTriggered)]
        notices = await self._inbox.ids_of(tx.session, keys)
        new: list[NewDelivery] = []
        for row in endpoints:
            heard = [
                (event, envelope)
                for event, envelope in events
                if event.subject() == str(row.user_id) and event.type in row.events
            ]
            if not heard:
                continue
            channels, _ = plans.get(row.user_id, (frozenset(), None))
            number = await tables.next_numbers(tx.session, row.id, len(heard))
            for offset, (event, envelope) in enumerate(heard):
                data = event.model_dump(mode="json", exclude={"user_id"})
                triggered_id = None
                if isinstance(event, AlertTriggered):
                    triggered_id = event.triggered_id
                    data |= {"title": alert_title(event), "text": alert_text(event)}
                new.append(
                    _delivery(
                        row,
                        event.type,
                        envelope.time,
                        data,
                        number + offset,
                        key=f"webhook:{row.id}:{envelope.id}",
                        triggered_id=triggered_id,
                        notice_id=notices.get(f"alert-triggered:{triggered_id}"),
                        in_plan=Channel.WEBHOOK in channels,
                    )
                )
        return await self._ledger.queue(tx, new)

    async def export(self, session: AsyncSession, user_id: UUID) -> list[Mapping[str, Any]]:
        """Hand over a person's endpoints, without secrets."""
        rows = await session.scalars(tables.listed_for(user_id).order_by(EndpointRow.id))
        return [
            {"url": row.url, "events": row.events, "status": row.status, "created_at": row.created_at} for row in rows
        ]

    async def erase(self, tx: Transaction, user_id: UUID) -> None:
        """Forget a person's endpoints."""
        await tables.remove_all_of(tx.session, user_id)

    async def _check(self, url: str) -> None:
        try:
            await self._guarded.check(url)
        except ForbiddenAddress as failure:
            raise InvalidInput.of("/url", "address_not_allowed", f"We do not call this: {failure.reason}.") from failure
        except NotSent as failure:
            raise InvalidInput.of("/url", "unreachable", f"We cannot call this: {failure.reason}.") from failure

    def _add_secret(self, tx: Transaction, endpoint_id: UUID, now: datetime) -> str:
        secret_id, secret = uuid7(), rules.secret_of(os.urandom(rules.SECRET_BYTES))
        sealed = self._cipher.encrypt(secret, place=secret_place(secret_id))
        tx.session.add(SecretRow(id=secret_id, endpoint_id=endpoint_id, sealed=sealed, created_at=now, ends_at=None))
        return secret


def secret_place(secret_id: UUID) -> str:
    """Name where a secret lives, for its encryption."""
    return f"webhook_secrets|{secret_id}|sealed"


def _there(row: EndpointRow | None) -> EndpointRow:
    if row is None:
        raise NotFound("There is no such webhook here.")
    return row


def _delivery(
    row: EndpointRow,
    event_type: str,
    at: datetime,
    data: Mapping[str, Any],
    sequence: int,
    *,
    key: str | None = None,
    triggered_id: UUID | None = None,
    notice_id: UUID | None = None,
    in_plan: bool = True,
) -> NewDelivery:
    delivery_id = uuid7()
    payload = {"type": event_type, "timestamp": at, "sequence": sequence, "data": data}
    return NewDelivery(
        id=delivery_id,
        key=key or f"webhook:{row.id}:{delivery_id}",
        purpose=Purpose.WEBHOOK,
        urgency=Urgency.NOTICE,
        user_id=row.user_id,
        triggered_id=triggered_id,
        message_id=rules.message_id(delivery_id),
        data=orjson.dumps(payload, option=orjson.OPT_UTC_Z).decode(),
        channel=Channel.WEBHOOK,
        notice_id=notice_id,
        address_id=row.id,
        status=DeliveryStatus.QUEUED if in_plan else DeliveryStatus.SUPPRESSED,
        reason=None if in_plan else "not part of your plan",
    )
