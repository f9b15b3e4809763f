"""From what happened to the messages about it: one notice each, and a row in the ledger for every channel."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import orjson

from libs.common.db import Database, Transaction
from libs.common.ids import uuid7
from services.alerts.inbox.service import Inbox
from services.alerts.inbox.tables import NewNotice
from services.alerts.notifications import tables
from services.alerts.notifications.people import People
from services.alerts.notifications.rules import Channel, DeliveryStatus, Kind, Purpose, Urgency
from services.alerts.notifications.tables import NewDelivery
from services.alerts.preferences.rules import Decision, Person, decide


@dataclass(frozen=True, slots=True)
class Happening:
    """What somebody is to be told of. `key` names it, so that telling twice is telling once.

    data: what the mail is written from (JSON). message_id: of the mail, where it is not the delivery's own. channels:
    those chosen for this one notice, in place of the person's preferences.
    """

    key: str
    user_id: UUID
    kind: Kind
    title: str
    text: str
    link: str
    purpose: Purpose
    data: str
    triggered_id: UUID | None = None
    message_id: str | None = None
    channels: Collection[str] | None = None


class FanOut:
    """Tells people. hourly_limits: most messages an hour to one person by a channel; one without has no limit."""

    def __init__(
        self,
        db: Database,
        inbox: Inbox,
        people: People,
        *,
        message_domain: str,
        hourly_limits: Mapping[Channel, int],
    ) -> None:
        self._db = db
        self._inbox = inbox
        self._people = people
        self._message_domain = message_domain
        self._hourly_limits = hourly_limits

    async def tell(self, tx: Transaction, happenings: Sequence[Happening]) -> int:
        """Add each notice once, with its messages. Returns how many messages are new."""
        notices = [
            NewNotice(uuid7(), one.key, one.user_id, one.kind, one.title, one.text, one.link, one.triggered_id)
            for one in happenings
        ]
        added = await self._inbox.add(tx, notices)
        fresh = [(one, notice.id) for one, notice in zip(happenings, notices, strict=True) if notice.id in added]
        if not fresh:
            return 0
        now = self._db.clock.now()
        people = await self._people.of(tx.session, {one.user_id for one, _ in fresh})
        used = await self._used(tx, people, now)
        new: list[NewDelivery] = []
        for one, notice_id in fresh:
            person = people[one.user_id]
            for decision in decide(one.kind, person, one.channels, now):
                taken = (one.user_id, decision.channel)
                limit = self._hourly_limits.get(decision.channel)
                if limit is not None and decision.status is DeliveryStatus.QUEUED:
                    if used.get(taken, 0) >= limit:
                        reason = f"more than {limit} an hour by this channel"
                        decision = Decision(decision.channel, DeliveryStatus.SUPPRESSED, reason)
                    used[taken] = used.get(taken, 0) + 1
                new += self._deliveries(one, notice_id, decision, person)
        return await tables.queue(await tx.driver(), new, now)

    async def _used(
        self, tx: Transaction, people: Mapping[UUID, Person], now: datetime
    ) -> dict[tuple[UUID, Channel], int]:
        """Count what went out within the hour by channels with a limit, of those who have one: most have none."""
        limited = [
            user_id
            for user_id, person in people.items()
            if any(channel is Channel.MAIL or person.reachable.get(channel) for channel in self._hourly_limits)
        ]
        if not limited:
            return {}
        return await tables.counts_since(tx.session, limited, now - timedelta(hours=1), self._hourly_limits)

    def _deliveries(self, one: Happening, notice_id: UUID, decision: Decision, person: Person) -> list[NewDelivery]:
        addresses: Sequence[object] = [None]
        data = one.data
        if decision.channel is not Channel.MAIL:
            addresses = person.reachable.get(decision.channel, [])
            words = {"title": one.title, "text": one.text, "link": one.link, "kind": one.kind}
            data = orjson.dumps(words).decode()
        found = []
        for address_id in addresses:
            delivery_id = uuid7()
            suffix = "" if address_id is None else f":{address_id}"
            found.append(
                NewDelivery(
                    id=delivery_id,
                    key=f"{one.key}:{decision.channel}{suffix}",
                    purpose=one.purpose if decision.channel is Channel.MAIL else Purpose.NOTICE,
                    urgency=Urgency.NOTICE,
                    user_id=one.user_id,
                    triggered_id=one.triggered_id,
                    message_id=one.message_id or f"<{delivery_id}@{self._message_domain}>",
                    data=data,
                    channel=decision.channel,
                    notice_id=notice_id,
                    address_id=address_id if isinstance(address_id, UUID) else None,
                    status=decision.status,
                    reason=decision.reason,
                    due_at=decision.due_at,
                )
            )
        return found
