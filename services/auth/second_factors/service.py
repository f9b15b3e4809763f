"""Setting an authenticator app up, and taking it away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import segno

from libs.common.clock import Clock
from libs.common.db import Database, Transaction
from libs.common.errors import Conflict, InvalidInput, NotAuthenticated
from libs.common.security.permissions import NEEDS_SECOND_FACTOR
from libs.common.security.principal import Principal
from libs.contracts.auth import SecurityKind
from services.auth.accounts import tables as accounts
from services.auth.limits.service import Limiter
from services.auth.limits.visitor import Visitor
from services.auth.passkeys import tables as passkeys
from services.auth.second_factors import rules, tables
from services.auth.second_factors.changes import FactorChanges
from services.auth.second_factors.codes import Codes
from services.auth.second_factors.proofs import Answer, Proofs
from services.auth.second_factors.rules import Amr
from services.auth.sessions.service import Sessions


@dataclass(frozen=True, slots=True, repr=False)
class Enrolment:
    """What a new app is shown."""

    secret: str
    uri: str
    qr: str
    """The address as a QR code: SVG as a data URL."""


@dataclass(frozen=True, slots=True)
class FactorState:
    totp_since: datetime | None
    passkeys: int
    recovery_codes_left: int
    is_required: bool


class SecondFactors:
    def __init__(
        self,
        db: Database,
        sessions: Sessions,
        proofs: Proofs,
        codes: Codes,
        changes: FactorChanges,
        limiter: Limiter,
        clock: Clock,
    ) -> None:
        self._db = db
        self._sessions = sessions
        self._proofs = proofs
        self._codes = codes
        self._changes = changes
        self._limiter = limiter
        self._clock = clock

    async def state(self, caller: Principal) -> FactorState:
        """Say which second factors the caller has."""
        return await self.state_of(caller.user_id, caller.role)

    async def state_of(self, user_id: UUID, role: str) -> FactorState:
        """Say which second factors a person of a role has."""
        async with self._db.read() as session:
            factor = await tables.find_totp(session, user_id)
            return FactorState(
                totp_since=None if factor is None else factor.confirmed_at,
                passkeys=await passkeys.count_for(session, user_id),
                recovery_codes_left=await tables.count_recovery_codes(session, user_id),
                is_required=role in NEEDS_SECOND_FACTOR,
            )

    async def enroll(self, caller: Principal) -> Enrolment:
        """Make a secret and show it. It asks nobody for a code until one of its codes has confirmed it.

        Raises Conflict where there is an app already.
        """
        secret = rules.new_totp_secret()
        async with self._db.transaction() as tx:
            user = await accounts.find(tx.session, caller.user_id)
            if user is None:
                raise NotAuthenticated()
            sealed = self._codes.seal(user.id, secret)
            if not await tables.put_unconfirmed(tx.session, user.id, sealed, self._clock.now()):
                raise Conflict("An authenticator app is set up already. Take it away before you set another one up.")
        uri = rules.otpauth_uri(secret, user.email)
        return Enrolment(secret, uri, segno.make(uri, micro=False).svg_data_uri(border=4, scale=6, light="#fff"))

    async def confirm(self, caller: Principal, code: str, visitor: Visitor) -> list[str]:
        """Turn the app on by one of its codes. Returns the recovery codes, which can be read this once.

        The session that asks counts as proved by the code; all others of the person end. Raises InvalidInput for a
        wrong code, Conflict when nothing waits to be confirmed, TooManyRequests.
        """
        count = await self._limiter.take_code(caller.user_id)
        async with self._db.transaction() as tx:
            factor = await tables.find_totp(tx.session, caller.user_id)
            if factor is None or factor.confirmed_at is not None:
                raise Conflict("No authenticator app waits to be confirmed.")
            is_right = await self._codes.use_code(tx, caller.user_id, code, to_confirm=True)
            if not is_right or not await tables.confirm_totp(tx.session, caller.user_id, self._clock.now()):
                raise _wrong("/code")
            recovery_codes = await self._codes.renew_recovery_codes(tx, caller.user_id)
            await self._sessions.prove_anew(tx, caller, Amr.CODE)
            revoked = await self._changes.record(tx, caller, SecurityKind.TOTP_ENABLED, visitor)
        await self._limiter.forgive(count)
        await self._sessions.tell(revoked)
        return recovery_codes

    async def disable(self, caller: Principal, answer: Answer, visitor: Visitor) -> None:
        """Take the app away, by one of its codes or a recovery code.

        Raises InvalidInput for a wrong code, Conflict for a role that may not be without a factor, TooManyRequests.
        """
        count = await self._limiter.take_code(caller.user_id)
        async with self._db.transaction() as tx:
            await self._must_be_right(tx, caller.user_id, answer, visitor)
            if not await tables.drop_totp(tx.session, caller.user_id):
                raise Conflict("No authenticator app is set up.")
            await self._changes.after_removal(tx, caller)
            revoked = await self._changes.record(tx, caller, SecurityKind.TOTP_DISABLED, visitor)
        await self._limiter.forgive(count)
        await self._sessions.tell(revoked)

    async def renew_recovery_codes(self, caller: Principal, visitor: Visitor) -> list[str]:
        """Make new recovery codes; older ones are void. Raises Conflict for somebody without a second factor."""
        async with self._db.transaction() as tx:
            if not await self._proofs.methods(tx.session, caller.user_id):
                raise Conflict("Recovery codes belong to a second factor: set one up first.")
            recovery_codes = await self._codes.renew_recovery_codes(tx, caller.user_id)
            kind = SecurityKind.RECOVERY_CODES_RENEWED
            await self._changes.record(tx, caller, kind, visitor, ends_others=False)
        return recovery_codes

    async def export(self, user_id: UUID) -> Mapping[str, Any]:
        """Give what is kept about a person's second factors, save what would open something."""
        async with self._db.read() as session:
            factor = await tables.find_totp(session, user_id)
            keys = await passkeys.list_for(session, user_id)
            left = await tables.count_recovery_codes(session, user_id)
        return {
            "authenticator_app_since": None if factor is None else factor.confirmed_at,
            "recovery_codes_left": left,
            "passkeys": [
                {"name": one.name, "created_at": one.created_at, "last_used_at": one.last_used_at} for one in keys
            ],
        }

    async def _must_be_right(self, tx: Transaction, user_id: UUID, answer: Answer, visitor: Visitor) -> None:
        if answer.recovery_code is not None:
            if not await self._codes.use_recovery_code(tx, user_id, answer.recovery_code, visitor):
                raise _wrong("/recovery_code")
        elif not await self._codes.use_code(tx, user_id, answer.code or ""):
            raise _wrong("/code")


def _wrong(field: str) -> InvalidInput:
    return InvalidInput.of(field, "code_wrong", "The code is wrong, or it was used already.")
