"""Write the mails of deliveries, and find whom they go to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson

from libs.common.db import Database
from libs.common.errors import NotFound
from libs.common.http import HttpFailure, ServiceClient
from libs.common.security.fields import FieldCipher
from libs.contracts.alerts import AlertTriggered
from libs.contracts.auth import SecurityNoticed, UserInfo
from services.alerts.addresses.service import Addresses
from services.alerts.channels.port import Letterlike, Mail, NotSent, Sms
from services.alerts.charts.service import Charts
from services.alerts.notifications import recipients
from services.alerts.notifications.claims import Claimed
from services.alerts.notifications.letters import Letter, Letters
from services.alerts.notifications.recipients import Recipient
from services.alerts.notifications.rules import CODE_LASTS, Channel, Kind, Purpose, place_of_sealed
from services.alerts.notifications.unsubscribe import Unsubscribe
from services.alerts.preferences.rules import Wish
from services.alerts.preferences.service import PreferencesOf
from services.alerts.sms_texts.rules import SmsKind
from services.alerts.sms_texts.service import SmsTexts

KINDS_OF_MAILS: Mapping[Purpose, Kind] = {
    Purpose.ALERT_TRIGGERED: Kind.ALERT,
    Purpose.DIGEST: Kind.ALERT,
    Purpose.NOTICE: Kind.ACCOUNT,
    Purpose.COMPANY_DAY: Kind.COMPANY,
    Purpose.SIGNAL: Kind.SIGNAL,
    Purpose.WELCOME: Kind.ACCOUNT,
    Purpose.SECURITY_NOTICE: Kind.SECURITY,
}
"""What leaving a mail leaves."""


class MailWriter:
    """Writes the mail of a delivery, finding its recipient where nobody has told us of them."""

    def __init__(
        self,
        db: Database,
        auth: ServiceClient,
        cipher: FieldCipher,
        letters: Letters,
        preferences: PreferencesOf,
        unsubscribes: Unsubscribe,
        charts: Charts,
        addresses: Addresses,
        sms_texts: SmsTexts,
    ) -> None:
        self._db = db
        self._auth = auth
        self._cipher = cipher
        self._letters = letters
        self._preferences = preferences
        self._unsubscribes = unsubscribes
        self._charts = charts
        self._addresses = addresses
        self._sms_texts = sms_texts

    async def write(self, delivery: Claimed) -> Letterlike | None:
        """Write a message; None for a recipient who is not to be written to. Raises NotSent when auth is away."""
        if delivery.sealed is not None:
            return await self._with_secret(delivery, delivery.sealed)
        if delivery.channel is Channel.SMS:
            return await self._short_notice(delivery)
        recipient = delivery.recipient or await self._find_recipient(delivery.user_id)
        if recipient is None or recipient.suppressed_reason is not None or delivery.data is None:
            return None
        if delivery.purpose is Purpose.ALERT_TRIGGERED and not recipient.alert_mails:
            chosen = (await self._preferences.get(delivery.user_id)).wishes.get(Kind.ALERT, {})
            if chosen.get(Channel.MAIL, Wish.OFF) is Wish.OFF:
                return None
        letter = await self._notice(delivery.purpose, delivery.data, recipient)
        return Mail(
            recipient.email,
            letter.subject,
            letter.text,
            letter.html,
            delivery.message_id,
            reference=str(delivery.triggered_id or delivery.id),
            unsubscribe_url=self._unsubscribes.url(delivery.user_id, KINDS_OF_MAILS[delivery.purpose]),
            pictures=letter.pictures,
            delivery_id=str(delivery.id),
        )

    async def _short_notice(self, delivery: Claimed) -> Sms | None:
        if delivery.address_id is None or delivery.data is None:
            return None
        number = await self._addresses.reach(delivery.address_id)
        if number is None:
            return None
        words = {"title": delivery.data["title"]}
        return await self._sms_texts.written(SmsKind.NOTICE, number, words, delivery_id=str(delivery.id))

    async def _notice(self, purpose: Purpose, data: dict[str, Any], recipient: Recipient) -> Letter:
        words = {"first_name": recipient.first_name, "time_zone": recipient.time_zone}
        if purpose is Purpose.WELCOME:
            return self._letters.welcome(first_name=recipient.first_name)
        if purpose is Purpose.SECURITY_NOTICE:
            return self._letters.security(SecurityNoticed.model_validate(data), **words)
        if purpose is Purpose.DIGEST:
            return self._letters.digest(data["items"], data["more"], **words)
        if purpose in (Purpose.NOTICE, Purpose.COMPANY_DAY, Purpose.SIGNAL):
            return self._letters.notice(data["title"], data["text"], data["link"], first_name=recipient.first_name)
        event = AlertTriggered.model_validate(data)
        return self._letters.alert_triggered(event, **words, chart=await self._charts.of(event))

    async def _with_secret(self, delivery: Claimed, sealed: str) -> Letterlike | None:
        secret = orjson.loads(self._cipher.decrypt(sealed, place=place_of_sealed(delivery.id)))
        details = secret.get("details", {})
        if delivery.channel is Channel.SMS:
            if self._db.clock.now() > delivery.created_at + CODE_LASTS:
                return None
            kind = SmsKind.ADDRESS_CODE if delivery.purpose is Purpose.ADDRESS_CODE else SmsKind.PHONE_CODE
            words = {**details, "code": secret["code"]}
            return await self._sms_texts.written(kind, secret["to"], words, delivery_id=str(delivery.id))
        letter = self._letters.with_secret(
            delivery.purpose, name=secret["name"], secret_url=secret["secret_url"], details=details
        )
        return Mail(
            secret["to"],
            letter.subject,
            letter.text,
            letter.html,
            delivery.message_id,
            reference=str(delivery.id),
            delivery_id=str(delivery.id),
        )

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
            await recipients.remember_recipient(
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
