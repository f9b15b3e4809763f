"""Handing mails that carry a secret to alerts, until it has taken each (decisions 26)."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from libs.common.clock import Clock
from libs.common.db import Database, Transaction
from libs.common.errors import NotFound
from libs.common.http import NotSent, OutcomeUnknown, Refused, ServiceClient
from libs.common.logging import get_logger
from libs.common.security.fields import FieldCipher
from libs.contracts.auth import MailCommand
from services.auth.mails import rules, tables

log = get_logger(__name__)

MAILS_PATH = "/internal/mails"
SWEEP_SIZE = 200

_FINAL = frozenset({400, 413, 415, 422})
"""What alerts answers to a command that no later try would make better."""


class Wake(Protocol):
    """Has a waiting mail tried soon. May fail silently: the sweep finds the mail anyway."""

    def __call__(self, key: str) -> None: ...


class MailBox:
    """Keeps commands with the transaction that wants them sent."""

    def __init__(self, cipher: FieldCipher, clock: Clock, wake: Wake) -> None:
        self._cipher = cipher
        self._clock = clock
        self._wake = wake

    async def keep(self, tx: Transaction, command: MailCommand, *, expires_at: datetime) -> None:
        """Have a mail sent if this transaction commits. One of the same key that waits already is enough.

        expires_at: when the secret in it ends.
        """
        now = self._clock.now()
        mail = tables.PendingMail(
            key=command.key,
            user_id=command.user_id,
            command=self._cipher.encrypt(command.model_dump_json(), place=place_of(command.key)),
            next_try_at=now,
            expires_at=expires_at,
            created_at=now,
        )
        if await tables.add(tx.session, mail):
            tx.on_commit(lambda: self._wake(command.key))


class MailDelivery:
    """Hands waiting commands over."""

    def __init__(self, db: Database, cipher: FieldCipher, clock: Clock, alerts: ServiceClient) -> None:
        self._db = db
        self._cipher = cipher
        self._clock = clock
        self._alerts = alerts

    async def deliver(self, key: str) -> bool:
        """Try one mail. Says whether alerts has taken it. Safe to repeat: alerts takes a key once."""
        command = await self._begin_try(key)
        if command is None:
            return False
        try:
            await self._alerts.send(MAILS_PATH, command, idempotency_key=_header_key(key))
        except Refused as refusal:
            if refusal.status in _FINAL:
                await self._refused(key, refusal)
            else:
                log.error("mail_not_taken", key=key, status=refusal.status)
            return False
        except (NotSent, OutcomeUnknown, NotFound) as failure:
            log.warning("mail_not_taken", key=key, reason=str(failure))
            return False
        async with self._db.transaction() as tx:
            await tables.drop(tx.session, key)
        log.info("mail_taken", key=key, purpose=command.purpose)
        return True

    async def deliver_due(self) -> int:
        """Try every mail whose time has come. Returns how many alerts has taken."""
        now = self._clock.now()
        async with self._db.transaction() as tx:
            for key in await tables.drop_ended(tx.session, now):
                log.error("mail_never_taken", key=key)
        async with self._db.read() as session:
            due = await tables.list_due(session, now, SWEEP_SIZE)
        taken = 0
        for key in due:
            taken += await self.deliver(key)
        return taken

    async def _begin_try(self, key: str) -> MailCommand | None:
        """Count a try and set the next before the call, so that a process that dies in it leaves a mail that is due."""
        async with self._db.transaction() as tx:
            mail = await tables.lock(tx.session, key)
            now = self._clock.now()
            if mail is None or mail.refused_at is not None or mail.next_try_at > now:
                return None
            mail.tries += 1
            mail.next_try_at = now + rules.wait_before_try(mail.tries)
            sealed = mail.command
        return MailCommand.model_validate_json(self._cipher.decrypt(sealed, place=place_of(key)))

    async def _refused(self, key: str, refusal: Refused) -> None:
        log.error("mail_refused", key=key, status=refusal.status, code=refusal.code)
        async with self._db.transaction() as tx:
            await tables.mark_refused(tx.session, key, self._clock.now())


def place_of(key: str) -> str:
    """Name the place that a command is encrypted for."""
    return f"pending_mails|{key}|command"


def _header_key(key: str) -> str:
    """Give the key in the form of an Idempotency-Key header: 1 to 64 of A-Z, a-z, 0-9, _ and -."""
    return key.replace(":", "-")[:64]
