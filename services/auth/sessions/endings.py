"""Ending sessions: the row, the word to everybody, the revocation, all in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from libs.common.clock import Clock
from libs.common.db import Database, Transaction
from libs.common.logging import get_logger, hashed_id
from libs.common.security.permissions import Role
from libs.common.security.revocation import Revocation, RevocationKind
from libs.contracts.auth import SessionRevoked
from services.auth.revocations.service import Revocations
from services.auth.sessions import tables
from services.auth.sessions.tables import UserSession
from services.auth.settings import AuthSettings

log = get_logger(__name__)

IDLE_BATCH = 200

Reason = Literal[
    "logout",
    "reuse_detected",
    "revoked_by_user",
    "revoked_by_staff",
    "too_many_sessions",
    "second_factor_changed",
    "password_changed",
    "password_reset",
    "account_closed",
    "idle",
]


class Endings:
    def __init__(self, revocations: Revocations, clock: Clock) -> None:
        self._revocations = revocations
        self._clock = clock

    def end(self, tx: Transaction, held: UserSession, reason: Reason) -> Revocation:
        """End a session with this transaction; give what this returns to `tell` after it."""
        held.revoked_at = self._clock.now()
        held.revoked_reason = reason
        tx.announce(SessionRevoked(user_id=held.user_id, sid=held.id, reason=reason))
        log.info("session_ended", user=hashed_id(held.user_id), sid=held.id, reason=reason)
        return self._revocations.record(tx, RevocationKind.SID, str(held.id))

    async def tell(self, revoked: Sequence[Revocation]) -> None:
        """Tell every verifier now, after the commit."""
        await self._revocations.tell(*revoked)


class IdleSessions:
    """The worker's part: ends what was left open, so that its access tokens open nothing either."""

    def __init__(self, db: Database, endings: Endings, clock: Clock, settings: AuthSettings) -> None:
        self._db = db
        self._endings = endings
        self._clock = clock
        self._settings = settings

    async def end_idle(self) -> int:
        """End the sessions that were idle for too long. Returns how many; what is left waits for the next time."""
        now = self._clock.now()
        limits = {role: self._settings.idle_limit(role) for role in Role}
        since = {role: now - limit for role, limit in limits.items() if limit is not None}
        async with self._db.transaction() as tx:
            revoked = [
                self._endings.end(tx, held, "idle")
                for held in await tables.list_idle(tx.session, since, now, limit=IDLE_BATCH)
            ]
        await self._endings.tell(revoked)
        return len(revoked)
