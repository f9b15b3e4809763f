"""Adding, naming and removing passkeys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from libs.common.clock import Clock
from libs.common.db import Database
from libs.common.errors import Conflict, InvalidInput, InvalidToken, NotAuthenticated, NotFound
from libs.common.ids import uuid7
from libs.common.security.principal import Principal
from libs.contracts.auth import SecurityKind
from services.auth.accounts import tables as accounts
from services.auth.challenges.service import ChallengePurpose, Challenges
from services.auth.limits.visitor import Visitor
from services.auth.passkeys import ceremonies, rules, tables
from services.auth.passkeys.ceremonies import Ceremonies, Credential, NotAccepted
from services.auth.passkeys.tables import Passkey
from services.auth.second_factors.changes import FactorChanges
from services.auth.second_factors.codes import Codes
from services.auth.second_factors.proofs import Proofs
from services.auth.second_factors.rules import Amr
from services.auth.sessions.service import Sessions


@dataclass(frozen=True, slots=True, repr=False)
class Added:
    """A new passkey; with a person's first second factor come recovery codes, which can be read this once."""

    passkey: Passkey
    recovery_codes: list[str] | None


class Passkeys:
    def __init__(
        self,
        db: Database,
        sessions: Sessions,
        made_for: Ceremonies,
        challenges: Challenges,
        proofs: Proofs,
        codes: Codes,
        changes: FactorChanges,
        clock: Clock,
    ) -> None:
        self._db = db
        self._sessions = sessions
        self._ceremonies = made_for
        self._challenges = challenges
        self._proofs = proofs
        self._codes = codes
        self._changes = changes
        self._clock = clock

    async def options(self, caller: Principal) -> dict[str, Any]:
        """Begin to add one: what a page hands to `navigator.credentials.create`."""
        async with self._db.transaction() as tx:
            user = await accounts.find(tx.session, caller.user_id)
            if user is None:
                raise NotAuthenticated()
            purpose, bound_to = ChallengePurpose.PASSKEY_ADD, caller.sid.bytes
            secret = self._challenges.make(tx, purpose, bound_to=bound_to, user_id=user.id)
            return self._ceremonies.creation_options(secret, user, await tables.list_for(tx.session, user.id))

    async def add(self, caller: Principal, name: str, credential: Credential, visitor: Visitor) -> Added:
        """Add a passkey. The session that asks counts as proved by it; all others of the person end.

        Raises InvalidToken when it took too long, InvalidInput for what is not accepted, Conflict for one that is known
        already or one too many.
        """
        try:
            secret = ceremonies.challenge_of(credential)
            async with self._db.transaction() as tx:
                purpose, bound_to = ChallengePurpose.PASSKEY_ADD, caller.sid.bytes
                challenge = await self._challenges.take(tx, purpose, secret, bound_to=bound_to)
            if challenge is None or challenge.user_id != caller.user_id:
                raise InvalidToken("That took too long. Begin anew.")
            made = self._ceremonies.verify_creation(credential, secret)
        except NotAccepted as error:
            raise InvalidInput.of("/credential", "passkey_refused", "This passkey was not accepted.") from error
        now = self._clock.now()
        passkey = Passkey(
            id=uuid7(),
            user_id=caller.user_id,
            credential_id=made.credential_id,
            public_key=made.public_key,
            sign_count=made.sign_count,
            name=name,
            backup_eligible=made.backup_eligible,
            backed_up=made.backed_up,
            created_at=now,
            last_used_at=None,
        )
        async with self._db.transaction() as tx:
            await self._sessions.lock_user(tx, caller.user_id)
            if await tables.count_for(tx.session, caller.user_id) >= rules.MAX_PASSKEYS:
                raise Conflict(f"There are {rules.MAX_PASSKEYS} passkeys already. Remove one that you do not use.")
            is_first = not await self._proofs.methods(tx.session, caller.user_id)
            if not await tables.add_if_new(tx.session, passkey):
                raise Conflict("This passkey is known already.")
            recovery_codes = await self._codes.renew_recovery_codes(tx, caller.user_id) if is_first else None
            await self._sessions.prove_anew(tx, caller, Amr.PASSKEY)
            kind, details = SecurityKind.PASSKEY_ADDED, {"name": name}
            revoked = await self._changes.record(tx, caller, kind, visitor, details=details)
        await self._sessions.tell(revoked)
        return Added(passkey, recovery_codes)

    async def list_for(self, user_id: UUID) -> Sequence[Passkey]:
        """List a person's passkeys, newest first."""
        async with self._db.read() as session:
            return await tables.list_for(session, user_id)

    async def rename(self, user_id: UUID, passkey_id: UUID, name: str) -> Passkey:
        """Give one of a person's passkeys another name. Raises NotFound."""
        async with self._db.transaction() as tx:
            passkey = await tables.rename(tx.session, user_id, passkey_id, name)
            if passkey is None:
                raise NotFound("There is no such passkey.")
        return passkey

    async def remove(self, caller: Principal, passkey_id: UUID, visitor: Visitor) -> None:
        """Remove a passkey. Raises NotFound, and Conflict for a role that may not be without a factor."""
        async with self._db.transaction() as tx:
            await self._sessions.lock_user(tx, caller.user_id)
            passkey = await tables.remove(tx.session, caller.user_id, passkey_id)
            if passkey is None:
                raise NotFound("There is no such passkey.")
            await self._changes.after_removal(tx, caller)
            kind, details = SecurityKind.PASSKEY_REMOVED, {"name": passkey.name}
            revoked = await self._changes.record(tx, caller, kind, visitor, details=details)
        await self._sessions.tell(revoked)
