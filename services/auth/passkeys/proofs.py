"""Proving who one is with a passkey: for a login, its second step, or once more within a session."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from libs.common.clock import Clock
from libs.common.db import Database, Transaction
from libs.common.logging import get_logger, hashed_id
from libs.contracts.auth import SecurityKind
from services.auth.challenges.service import ChallengePurpose, Challenges
from services.auth.limits.visitor import Visitor
from services.auth.passkeys import ceremonies, tables
from services.auth.passkeys.ceremonies import Ceremonies, Credential, NotAccepted
from services.auth.security_log.service import SecurityLog

log = get_logger(__name__)


class PasskeyProofs:
    def __init__(
        self,
        db: Database,
        made_for: Ceremonies,
        challenges: Challenges,
        security_log: SecurityLog,
        clock: Clock,
    ) -> None:
        self._db = db
        self._ceremonies = made_for
        self._challenges = challenges
        self._security_log = security_log
        self._clock = clock

    async def ask(
        self, tx: Transaction, purpose: ChallengePurpose, *, bound_to: bytes, user_id: UUID | None = None
    ) -> dict[str, Any]:
        """Make a challenge. Returns what a page hands to `navigator.credentials.get`."""
        secret = self._challenges.make(tx, purpose, bound_to=bound_to, user_id=user_id)
        known = [] if user_id is None else await tables.list_for(tx.session, user_id)
        return self._ceremonies.request_options(secret, known)

    async def prove(
        self,
        purpose: ChallengePurpose,
        credential: Credential,
        visitor: Visitor,
        *,
        bound_to: bytes,
        user_id: UUID | None = None,
    ) -> UUID | None:
        """Say whose passkey this is; None when it is not accepted. The challenge is used up in any case.

        With `user_id`, nobody else's will do.
        """
        try:
            return await self._prove(purpose, credential, visitor, bound_to, user_id)
        except NotAccepted as error:
            cause = error.__cause__
            log.info("passkey_not_accepted", purpose=purpose, cause=None if cause is None else type(cause).__name__)
            return None

    async def _prove(
        self,
        purpose: ChallengePurpose,
        credential: Credential,
        visitor: Visitor,
        bound_to: bytes,
        user_id: UUID | None,
    ) -> UUID | None:
        secret = ceremonies.challenge_of(credential)
        credential_id, handle = ceremonies.credential_id_of(credential), ceremonies.user_handle_of(credential)
        async with self._db.transaction() as tx:
            challenge = await self._challenges.take(tx, purpose, secret, bound_to=bound_to)
        async with self._db.read() as session:
            passkey = await tables.find_by_credential(session, credential_id)
        if challenge is None or passkey is None:
            return None
        owner = passkey.user_id
        is_meant = challenge.user_id in {None, owner} and user_id in {None, owner}
        if not is_meant or handle not in {None, owner.bytes}:
            return None
        use = self._ceremonies.verify_use(credential, secret, passkey.public_key)
        async with self._db.transaction() as tx:
            now = self._clock.now()
            is_only_one = await tables.note_use(tx.session, passkey.id, use.sign_count, use.backed_up, now)
            if not is_only_one:
                # Kept with a refusal: the owner must hear that a copy of the passkey may be about.
                self._security_log.note(
                    tx, owner, SecurityKind.PASSKEY_REFUSED, visitor, details={"name": passkey.name}
                )
        if not is_only_one:
            log.warning("passkey_counter_went_back", user=hashed_id(owner))
            return None
        return owner
