"""Making challenges and taking their answers."""

from __future__ import annotations

import hmac
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from libs.common.clock import Clock
from libs.common.db import Database, Transaction
from libs.common.ids import uuid7
from libs.common.security.tokens import hash_secret, new_secret
from services.auth.challenges import tables
from services.auth.challenges.tables import Challenge

LIFETIME = timedelta(minutes=5)


class ChallengePurpose(StrEnum):
    """What a challenge is for; one made for a purpose answers no other."""

    SECOND_STEP = "second_step"
    PASSKEY_LOGIN = "passkey_login"
    PASSKEY_SECOND_STEP = "passkey_second_step"
    PASSKEY_STEP_UP = "passkey_step_up"
    PASSKEY_ADD = "passkey_add"


class Challenges:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def make(
        self,
        tx: Transaction,
        purpose: ChallengePurpose,
        *,
        bound_to: bytes,
        user_id: UUID | None = None,
        password_print: bytes | None = None,
        tries_key: str | None = None,
    ) -> str:
        """Make a challenge. Returns its secret: 32 random bytes in base64url, of which we keep the hash."""
        now, secret = self._clock.now(), new_secret()
        tx.session.add(
            Challenge(
                id=uuid7(),
                secret_hash=hash_secret(secret),
                purpose=purpose,
                user_id=user_id,
                bound_to=bound_to,
                password_print=password_print,
                tries_key=tries_key,
                created_at=now,
                expires_at=now + LIFETIME,
            )
        )
        return secret

    async def find(self, db: Database, purpose: ChallengePurpose, secret: str, *, bound_to: bytes) -> Challenge | None:
        """Look a challenge up without using it."""
        async with db.read() as session:
            return _of(await tables.find(session, purpose, hash_secret(secret), self._clock.now()), bound_to)

    async def take(
        self, tx: Transaction, purpose: ChallengePurpose, secret: str, *, bound_to: bytes
    ) -> Challenge | None:
        """Use a challenge up with this transaction. None when it is unknown, used, past its end or somebody else's."""
        return _of(await tables.take(tx.session, purpose, hash_secret(secret), self._clock.now()), bound_to)


async def purge_unanswered(db: Database, clock: Clock) -> None:
    """Drop what nobody answered in time."""
    async with db.transaction() as tx:
        await tables.drop_ended(tx.session, clock.now())


def _of(challenge: Challenge | None, bound_to: bytes) -> Challenge | None:
    return challenge if challenge is not None and hmac.compare_digest(challenge.bound_to, bound_to) else None
