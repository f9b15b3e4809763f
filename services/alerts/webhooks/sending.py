"""Send to endpoints: sign, call, and write down what came back."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import orjson

from libs.common.clock import Clock
from libs.common.db import Database
from libs.common.http import Answer, Guarded, HttpFailure
from libs.common.ids import uuid7
from libs.common.logging import get_logger
from libs.common.security.fields import FieldCipher
from services.alerts.channels.port import NotSent, Refused, patience
from services.alerts.notifications.claims import Claimed
from services.alerts.notifications.service import Notices
from services.alerts.webhooks import rules, tables
from services.alerts.webhooks.service import secret_place
from services.alerts.webhooks.tables import AttemptRow

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class WebhookCall:
    """One try of one message. `secrets`: those that sign it, the newest first."""

    endpoint_id: UUID
    delivery_id: UUID
    number: int
    url: str
    message_id: str
    body: bytes
    secrets: tuple[str, ...] = field(repr=False)


class WebhookWriter:
    """Writes the calls of deliveries."""

    def __init__(self, db: Database, cipher: FieldCipher) -> None:
        self._db = db
        self._cipher = cipher

    async def write(self, delivery: Claimed) -> WebhookCall | None:
        """Write a call; None when the endpoint is gone or off."""
        if delivery.address_id is None:
            return None
        async with self._db.read() as session:
            row = await tables.get(session, delivery.address_id)
            secrets = await tables.secrets_of(session, delivery.address_id, self._db.clock.now())
        if row is None or row.status != tables.ACTIVE:
            return None
        return WebhookCall(
            row.id,
            delivery.id,
            delivery.attempts,
            row.url,
            delivery.message_id,
            orjson.dumps(delivery.data),
            tuple(self._cipher.decrypt_text(secret.sealed, place=secret_place(secret.id)) for secret in secrets),
        )


class WebhookChannel:
    """Calls endpoints. What they answer is in their log before it is in the ledger."""

    def __init__(self, db: Database, guarded: Guarded, endpoints: Endpoints, clock: Clock) -> None:
        self._db = db
        self._guarded = guarded
        self._endpoints = endpoints
        self._clock = clock

    async def send(self, call: WebhookCall) -> None:
        """Call once. Raises Refused after 410, NotSent after all else but a 2xx: receivers know repeats by id."""
        now = self._clock.now()
        timestamp = int(now.timestamp())
        headers = {
            "content-type": "application/json",
            "webhook-id": call.message_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": rules.signatures(
                call.secrets, message=call.message_id, timestamp=timestamp, body=call.body
            ),
        }
        started = time.monotonic()
        answer, error = None, None
        try:
            answer = await self._guarded.post(call.url, call.body, headers)
        except HttpFailure as failure:
            error = failure.reason
        took_ms = round((time.monotonic() - started) * 1000)
        good = answer is not None and 200 <= answer.status < 300
        async with self._db.transaction() as tx:
            tx.session.add(_attempt(call, answer, error, headers, took_ms, now=now))
            if good:
                await tables.note_success(tx.session, call.endpoint_id)
            else:
                await tables.note_failure(tx.session, call.endpoint_id, now)
        if good:
            return
        if answer is not None and answer.status == 410:
            await self._endpoints.switch_off(call.endpoint_id, "it answered 410 Gone")
            raise Refused("the endpoint answered 410 Gone")
        if answer is None:
            raise NotSent(error or "no answer")
        raise NotSent(f"the endpoint answered {answer.status}", retry_after=patience(answer.headers))


class Endpoints:
    """Switches endpoints off, and tells their owners."""

    def __init__(self, db: Database, notices: Notices) -> None:
        self._db = db
        self._notices = notices

    async def switch_off(self, endpoint_id: UUID, reason: str) -> bool:
        """Switch an endpoint off and tell its owner, once. Says whether it was on."""
        async with self._db.transaction() as tx:
            now = self._db.clock.now()
            row = await tables.switch_off(tx.session, endpoint_id, reason, now)
            if row is None:
                return False
            await self._notices.tell_account(
                tx,
                row.user_id,
                key=f"webhook-off:{row.id}:{now.isoformat()}",
                title="A webhook was switched off",
                text=f"We have switched off your webhook to {row.url}, because {reason}. Nothing is sent there until "
                "you switch it on again; what it missed can be sent again then.",
                link="/settings/webhooks",
            )
        log.info("webhook_switched_off", endpoint_id=endpoint_id, reason=reason)
        return True

    async def purge_log(self, keep: timedelta) -> None:
        """Remove the attempts that are older."""
        async with self._db.transaction() as tx:
            await tables.remove_attempts_before(tx.session, self._db.clock.now() - keep)

    async def switch_off_failing(self) -> int:
        """Switch off what had no success for days. Returns how many."""
        async with self._db.read() as session:
            failing = await tables.failing_before(session, self._db.clock.now() - rules.OFF_AFTER)
        return sum([await self.switch_off(one, f"it failed for {rules.OFF_AFTER.days} days") for one in failing])


def _attempt(
    call: WebhookCall, answer: Answer | None, error: str | None, headers: dict[str, str], took_ms: int, *, now: datetime
) -> AttemptRow:
    # Signatures are shown: they prove nothing without the secret, and help whoever debugs a receiver.
    request = "\n".join(f"{name}: {value}" for name, value in headers.items()).encode() + b"\n\n" + call.body
    return AttemptRow(
        id=uuid7(),
        delivery_id=call.delivery_id,
        endpoint_id=call.endpoint_id,
        number=call.number,
        at=now,
        took_ms=took_ms,
        http_status=None if answer is None else answer.status,
        error=error,
        request=rules.excerpt(request),
        response=None if answer is None else rules.excerpt(answer.body),
    )
