"""Make notices of what happened, write their mails, and keep the addresses that they go to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.db import Database, Transaction
from libs.common.errors import NotFound
from libs.common.http import HttpFailure, ServiceClient
from libs.common.ids import uuid7
from libs.common.logging import get_logger
from libs.common.security.fields import FieldCipher
from libs.contracts.alerts import AlertTriggered
from libs.contracts.auth import MailCommand, ProfileChanged, SecurityNoticed, SettingsChanged, UserInfo, UserVerified
from services.alerts.channels.port import Letterlike, Mail, NotSent, Sms
from services.alerts.notifications import tables
from services.alerts.notifications.letters import Letter, Letters
from services.alerts.notifications.rules import CODE_LASTS, DeliveryStatus, Purpose, Urgency
from services.alerts.notifications.tables import Claimed, NewDelivery, Recipient

log = get_logger(__name__)


class Notices:
    """The use cases. `message_domain` is the right side of our Message-IDs."""

    def __init__(
        self,
        db: Database,
        cipher: FieldCipher,
        *,
        message_domain: str,
        default_time_zone: str,
    ) -> None:
        self._db = db
        self._cipher = cipher
        self._message_domain = message_domain
        self._default_time_zone = default_time_zone

    async def queue_for(self, tx: Transaction, events: Sequence[AlertTriggered]) -> int:
        """Queue a mail for each of these firings; one that has its mail gets no second. Returns how many are new."""
        return await tables.queue(
            await tx.driver(),
            [
                NewDelivery(
                    id=uuid7(),
                    key=f"alert-triggered:{event.triggered_id}:{tables.EMAIL}",
                    purpose=Purpose.ALERT_TRIGGERED,
                    urgency=Urgency.NOTICE,
                    user_id=event.user_id,
                    triggered_id=event.triggered_id,
                    message_id=f"<{event.triggered_id}@{self._message_domain}>",
                    data=event.model_dump_json(),
                )
                for event in events
            ],
            self._db.clock.now(),
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
            sealed=self._cipher.encrypt(orjson.dumps(secret), place=_place(delivery_id)),
            channel=tables.SMS if Purpose(command.purpose) is Purpose.PHONE_CODE else tables.EMAIL,
        )
        async with self._db.transaction() as tx:
            added = await tables.queue(await tx.driver(), [new], self._db.clock.now())
        log.info("mail_command_taken", purpose=command.purpose, repeated=added == 0)

    async def hear_verified(self, tx: Transaction, event: UserVerified) -> None:
        """Keep the address that a person has confirmed."""
        await tables.remember_recipient(
            tx.session,
            user_id=event.user_id,
            email=event.email,
            first_name=event.first_name,
            last_name=event.last_name,
            time_zone=self._default_time_zone,
            now=self._db.clock.now(),
        )

    async def welcome(self, tx: Transaction, event: UserVerified) -> None:
        """Queue the mail that greets a person, once."""
        await self._queue_notice(
            tx, f"welcome:{event.user_id}", Purpose.WELCOME, event.user_id, event.model_dump_json()
        )

    async def hear_security(self, tx: Transaction, event: SecurityNoticed) -> None:
        """Queue the mail that tells a person what happened to the safety of the account: one for each event."""
        await self._queue_notice(
            tx, f"security:{event.event_id}", Purpose.SECURITY_NOTICE, event.user_id, event.model_dump_json()
        )

    async def hear_profile(self, tx: Transaction, event: ProfileChanged) -> None:
        """Keep the name and the address that a person has now."""
        await tables.remember_recipient(
            tx.session,
            user_id=event.user_id,
            email=event.email,
            first_name=event.first_name,
            last_name=event.last_name,
            time_zone=self._default_time_zone,
            now=self._db.clock.now(),
        )

    async def hear_settings(self, tx: Transaction, event: SettingsChanged) -> None:
        """Keep how a person wants mails."""
        await tables.note_settings(
            tx.session,
            event.user_id,
            time_zone=event.time_zone,
            alert_mails=event.alert_mails,
            now=self._db.clock.now(),
        )

    async def _queue_notice(self, tx: Transaction, key: str, purpose: Purpose, user_id: UUID, data: str) -> None:
        delivery_id = uuid7()
        new = NewDelivery(
            id=delivery_id,
            key=key,
            purpose=purpose,
            urgency=Urgency.NOTICE,
            user_id=user_id,
            triggered_id=None,
            message_id=f"<{delivery_id}@{self._message_domain}>",
            data=data,
        )
        await tables.queue(await tx.driver(), [new], self._db.clock.now())

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


class MailWriter:
    """Writes the mail of a delivery, finding its recipient where nobody has told us of them."""

    def __init__(self, db: Database, auth: ServiceClient, cipher: FieldCipher, letters: Letters) -> None:
        self._db = db
        self._auth = auth
        self._cipher = cipher
        self._letters = letters

    async def write(self, delivery: Claimed) -> Letterlike | None:
        """Write a message; None for a recipient who is not to be written to. Raises NotSent when auth is away."""
        if delivery.sealed is not None:
            return self._with_secret(delivery, delivery.sealed)
        recipient = delivery.recipient or await self._find_recipient(delivery.user_id)
        if recipient is None or recipient.suppressed_reason is not None or delivery.data is None:
            return None
        letter = self._notice(delivery.purpose, delivery.data, recipient)
        if letter is None:
            return None
        reference = str(delivery.triggered_id or delivery.id)
        return Mail(recipient.email, letter.subject, letter.text, letter.html, delivery.message_id, reference)

    def _notice(self, purpose: Purpose, data: dict[str, Any], recipient: Recipient) -> Letter | None:
        words = {"first_name": recipient.first_name, "time_zone": recipient.time_zone}
        if purpose is Purpose.WELCOME:
            return self._letters.welcome(first_name=recipient.first_name)
        if purpose is Purpose.SECURITY_NOTICE:
            return self._letters.security(SecurityNoticed.model_validate(data), **words)
        if not recipient.alert_mails:
            return None
        return self._letters.alert_triggered(AlertTriggered.model_validate(data), **words)

    def _with_secret(self, delivery: Claimed, sealed: str) -> Letterlike | None:
        secret = orjson.loads(self._cipher.decrypt(sealed, place=_place(delivery.id)))
        details = secret.get("details", {})
        if delivery.purpose is Purpose.PHONE_CODE:
            if self._db.clock.now() > delivery.created_at + CODE_LASTS:
                return None
            return Sms(secret["to"], self._letters.code_text(secret["code"], details), delivery.purpose)
        letter = self._letters.with_secret(
            delivery.purpose, name=secret["name"], secret_url=secret["secret_url"], details=details
        )
        return Mail(secret["to"], letter.subject, letter.text, letter.html, delivery.message_id, str(delivery.id))

    async def _find_recipient(self, user_id: UUID) -> Recipient | None:
        """Ask auth for a person whose confirmation we have not heard of (yet)."""
        try:
            person = await self._auth.get(f"/internal/users/{user_id}", UserInfo)
        except NotFound:
            return None
        except HttpFailure as failure:
            raise NotSent(f"the recipient is not known: {failure.reason}") from failure
        if not (person.email_verified and person.is_active):
            return None
        async with self._db.transaction() as tx:
            await tables.remember_recipient(
                tx.session,
                user_id=user_id,
                email=person.email,
                first_name=person.first_name,
                last_name=person.last_name,
                time_zone=person.time_zone,
                alert_mails=person.alert_mails,
                now=self._db.clock.now(),
            )
        return Recipient(person.email, person.first_name, person.time_zone, None, person.alert_mails)


def _place(delivery_id: UUID) -> str:
    return f"deliveries|{delivery_id}|sealed"
