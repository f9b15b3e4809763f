"""Make notices of what happened, and keep the addresses that they go to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.db import Database, Transaction
from libs.common.ids import uuid7
from libs.common.logging import get_logger
from libs.common.pagination import Found, PageRequest
from libs.common.security.fields import FieldCipher
from libs.contracts.alerts import AlertTriggered
from libs.contracts.auth import MailCommand, ProfileChanged, SecurityNoticed, SettingsChanged, UserVerified
from services.alerts.addresses.service import Addresses
from services.alerts.inbox.service import Inbox
from services.alerts.inbox.tables import NoticeRow
from services.alerts.notifications import recipients, tables
from services.alerts.notifications.claims import Claimed
from services.alerts.notifications.fan_out import FanOut, Happening
from services.alerts.notifications.rules import Channel, DeliveryStatus, Kind, Purpose, Urgency, place_of_sealed
from services.alerts.notifications.tables import DeliveryRow, NewDelivery
from services.alerts.notifications.words import SAFETY, alert_text, alert_title, filled
from services.alerts.preferences.service import PreferencesOf

log = get_logger(__name__)


class Notices:
    """The use cases. `message_domain` is the right side of our Message-IDs."""

    def __init__(
        self,
        db: Database,
        cipher: FieldCipher,
        fan_out: FanOut,
        preferences: PreferencesOf,
        *,
        message_domain: str,
        default_time_zone: str,
    ) -> None:
        self._db = db
        self._cipher = cipher
        self._fan_out = fan_out
        self._preferences = preferences
        self._message_domain = message_domain
        self._default_time_zone = default_time_zone

    async def queue_for(self, tx: Transaction, events: Sequence[AlertTriggered]) -> int:
        """Tell of each of these firings, once. Returns how many messages are new."""
        return await self._fan_out.tell(
            tx,
            [
                Happening(
                    key=f"alert-triggered:{event.triggered_id}",
                    user_id=event.user_id,
                    kind=Kind.ALERT,
                    title=alert_title(event),
                    text=alert_text(event),
                    link=f"/stocks/{event.instrument.replace(':', '/')}",
                    purpose=Purpose.ALERT_TRIGGERED,
                    data=event.model_dump_json(),
                    triggered_id=event.triggered_id,
                    message_id=f"<{event.triggered_id}@{self._message_domain}>",
                    channels=event.channels,
                )
                for event in events
            ],
        )

    async def take_command(self, command: MailCommand) -> None:
        """Queue a mail that carries a secret. The same key again is the same mail; what it says is kept encrypted."""
        delivery_id = uuid7()
        secret = command.model_dump(include={"to", "name", "secret_url", "code", "details"})
        new = NewDelivery(
            id=delivery_id,
            key=f"mail-command:{command.key}",
            purpose=Purpose(command.purpose),
            urgency=Urgency.AWAITED,
            user_id=command.user_id,
            triggered_id=None,
            message_id=f"<{delivery_id}@{self._message_domain}>",
            sealed=self._cipher.encrypt(orjson.dumps(secret), place=place_of_sealed(delivery_id)),
            channel=Channel.SMS if Purpose(command.purpose) is Purpose.PHONE_CODE else Channel.MAIL,
        )
        async with self._db.transaction() as tx:
            added = await tables.queue(await tx.driver(), [new], self._db.clock.now())
        log.info("mail_command_taken", purpose=command.purpose, repeated=added == 0)

    async def hear_verified(self, tx: Transaction, event: UserVerified) -> None:
        """Keep the address that a person has confirmed."""
        await recipients.remember_recipient(
            tx.session,
            user_id=event.user_id,
            email=event.email,
            first_name=event.first_name,
            last_name=event.last_name,
            time_zone=self._default_time_zone,
            now=self._db.clock.now(),
        )

    async def welcome(self, tx: Transaction, event: UserVerified) -> None:
        """Greet a person, once."""
        welcome = Happening(
            key=f"welcome:{event.user_id}",
            user_id=event.user_id,
            kind=Kind.ACCOUNT,
            title="Welcome to ShareWise",
            text="Your address is confirmed. Make your first alert: it tells you when a price reaches your level.",
            link="/alerts/new",
            purpose=Purpose.WELCOME,
            data=event.model_dump_json(),
        )
        await self._fan_out.tell(tx, [welcome])

    async def hear_security(self, tx: Transaction, event: SecurityNoticed) -> None:
        """Tell a person what happened to the safety of the account: once for each event."""
        words = SAFETY[event.kind]
        notice = Happening(
            key=f"security:{event.event_id}",
            user_id=event.user_id,
            kind=Kind.SECURITY,
            title=words.subject,
            text=filled(words.text, event.details),
            link="/settings/security",
            purpose=Purpose.SECURITY_NOTICE,
            data=event.model_dump_json(),
        )
        await self._fan_out.tell(tx, [notice])

    async def tell(self, tx: Transaction, happenings: Sequence[Happening]) -> int:
        """Tell of what another room has found, once by each key. Returns how many messages are new."""
        return await self._fan_out.tell(tx, happenings)

    async def tell_account(self, tx: Transaction, user_id: UUID, *, key: str, title: str, text: str, link: str) -> None:
        """Tell a person something about the account, in plain words, once by `key`."""
        words = orjson.dumps({"title": title, "text": text, "link": link}).decode()
        notice = Happening(key, user_id, Kind.ACCOUNT, title, text, link, Purpose.NOTICE, words)
        await self._fan_out.tell(tx, [notice])

    async def hear_profile(self, tx: Transaction, event: ProfileChanged) -> None:
        """Keep the name and the address that a person has now."""
        await recipients.remember_recipient(
            tx.session,
            user_id=event.user_id,
            email=event.email,
            first_name=event.first_name,
            last_name=event.last_name,
            time_zone=self._default_time_zone,
            now=self._db.clock.now(),
        )

    async def hear_settings(self, tx: Transaction, event: SettingsChanged) -> None:
        """Keep how a person wants mails. What was switched last counts, there or among the preferences here."""
        known = (await recipients.recipients_of(tx.session, [event.user_id])).get(event.user_id)
        if known is not None and known.alert_mails != event.alert_mails:
            await self._preferences.forget_wish(tx, event.user_id, Kind.ALERT, Channel.MAIL)
        await recipients.note_settings(
            tx.session,
            event.user_id,
            time_zone=event.time_zone,
            alert_mails=event.alert_mails,
            now=self._db.clock.now(),
        )

    async def email_states(self, session: AsyncSession, triggered_ids: Sequence[UUID]) -> dict[UUID, DeliveryStatus]:
        """Tell the state of the mail about each of these firings, by firing."""
        return await tables.email_states(session, triggered_ids)

    async def export(self, session: AsyncSession, user_id: UUID) -> Mapping[str, Any]:
        """Hand over a person's address and the ledger of what was sent to it."""
        recipient, deliveries = await tables.export_of(session, user_id)
        kept: dict[str, Any] = {
            "deliveries": [
                {
                    "channel": row.channel,
                    "purpose": row.purpose,
                    "status": row.status,
                    "reason": row.reason,
                    "created_at": row.created_at,
                    "sent_at": row.sent_at,
                }
                for row in deliveries
            ]
        }
        if recipient is not None:
            kept["recipient"] = {
                "email": recipient.email,
                "first_name": recipient.first_name,
                "last_name": recipient.last_name,
                "time_zone": recipient.time_zone,
                "alert_mails": recipient.alert_mails,
            }
        return kept

    async def erase(self, tx: Transaction, user_id: UUID) -> None:
        """Forget a person's address and every message to them."""
        await tables.remove_all_of(tx.session, user_id)


@dataclass(frozen=True, slots=True)
class Told:
    """A notice, and the ledger of its messages."""

    notice: NoticeRow
    ledger: Sequence[DeliveryRow]


class NoticesOf:
    """Reads people's notices together with their ledger."""

    def __init__(self, db: Database, inbox: Inbox) -> None:
        self._db = db
        self._inbox = inbox

    async def list_for(self, user_id: UUID, page: PageRequest, *, unread: bool, kind: Kind | None) -> Found[Told]:
        """List a person's notices, newest first, in two statements however many there are."""
        async with self._db.read() as session:
            found = await self._inbox.list_for(session, user_id, page, unread=unread, kind=kind)
            ledger = await tables.of_notices(session, [row.id for row in found.items])
        return Found([Told(row, ledger.get(row.id, [])) for row in found.items], found.next_cursor)


class BadAddresses:
    """Remembers that nothing reaches somebody there any more."""

    def __init__(self, db: Database, addresses: Addresses) -> None:
        self._db = db
        self._addresses = addresses

    async def note(self, delivery: Claimed, reason: str) -> None:
        """Write no more to where this message was to go."""
        if delivery.address_id is not None:
            await self._addresses.lose(delivery.address_id, reason)
        elif delivery.channel is Channel.MAIL and delivery.recipient is not None:
            async with self._db.transaction() as tx:
                await recipients.suppress(tx.session, delivery.user_id, delivery.recipient.email, reason)
