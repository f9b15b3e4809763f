"""Proving once more who one is, within a session."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from libs.common.db import Database, Transaction
from libs.common.errors import InvalidInput, NotAuthenticated, SecondFactorRequired
from libs.common.logging import get_logger, hashed_id
from libs.common.security.passwords import Passwords
from libs.common.security.principal import Principal
from services.auth.accounts import tables as accounts
from services.auth.accounts.tables import User
from services.auth.challenges.service import ChallengePurpose
from services.auth.limits.service import Limiter
from services.auth.limits.visitor import Visitor
from services.auth.passkeys.proofs import PasskeyProofs
from services.auth.second_factors.codes import Codes
from services.auth.second_factors.proofs import Answer, Proofs
from services.auth.second_factors.rules import Amr, Method
from services.auth.sessions.service import Sessions

log = get_logger(__name__)


@dataclass(frozen=True, slots=True, repr=False)
class StepUpQuestion:
    """How somebody may prove it; without methods by the password."""

    methods: tuple[Method, ...]
    passkey_options: Mapping[str, Any] | None


class StepUps:
    def __init__(
        self,
        db: Database,
        sessions: Sessions,
        passwords: Passwords,
        proofs: Proofs,
        codes: Codes,
        passkeys: PasskeyProofs,
        limiter: Limiter,
    ) -> None:
        self._db = db
        self._sessions = sessions
        self._passwords = passwords
        self._proofs = proofs
        self._codes = codes
        self._passkeys = passkeys
        self._limiter = limiter

    async def question(self, caller: Principal) -> StepUpQuestion:
        """Say how the caller may prove it, with a challenge for a passkey where there is one."""
        async with self._db.transaction() as tx:
            methods = await self._proofs.methods(tx.session, caller.user_id)
            options = None
            if Method.PASSKEY in methods:
                purpose = ChallengePurpose.PASSKEY_STEP_UP
                options = await self._passkeys.ask(tx, purpose, bound_to=caller.sid.bytes, user_id=caller.user_id)
        return StepUpQuestion(methods, options)

    async def prove(self, caller: Principal, answer: Answer, visitor: Visitor) -> tuple[str, int]:
        """Prove it. Returns a new access token of the same session, and its seconds; refreshes keep what it says.

        Raises InvalidInput for what is wrong, SecondFactorRequired for a password where there is a second factor,
        TooManyRequests.
        """
        await self._limiter.take_address(visitor)
        async with self._db.read() as session:
            user = await accounts.find(session, caller.user_id)
            methods = await self._proofs.methods(session, caller.user_id)
        if user is None:
            raise NotAuthenticated()
        if answer.password is not None and methods:
            raise SecondFactorRequired("Use your second factor: a passkey, a code or a recovery code.")
        by, count = await self._prove_outside(user, caller, answer, visitor)
        async with self._db.transaction() as tx:
            await self._prove_inside(tx, caller, answer, visitor)
            held = await self._sessions.prove_anew(tx, caller, by)
        if count is not None:
            await self._limiter.forgive(count)
        log.info("stepped_up", user=hashed_id(caller.user_id), by=by)
        return await self._sessions.access_token(user, held)

    async def _prove_outside(
        self, user: User, caller: Principal, answer: Answer, visitor: Visitor
    ) -> tuple[Amr, str | None]:
        """Judge what needs no transaction of its own; says what it was, and the count of its tries."""
        if answer.password is not None:
            count = await self._limiter.take_login(f"step-up {user.id}", visitor, is_known_device=False)
            if not (await self._passwords.check(answer.password, user.password_hash)).is_right:
                raise InvalidInput.of("/password", "password_wrong", "The password is wrong.")
            return Amr.PASSWORD, count
        if answer.passkey is not None:
            purpose, bound_to = ChallengePurpose.PASSKEY_STEP_UP, caller.sid.bytes
            owner = await self._passkeys.prove(
                purpose, answer.passkey, visitor, bound_to=bound_to, user_id=caller.user_id
            )
            if owner is None:
                raise InvalidInput.of("/passkey", "passkey_refused", "This passkey was not accepted.")
            return Amr.PASSKEY, None
        return Amr.CODE, await self._limiter.take_code(user.id)

    async def _prove_inside(self, tx: Transaction, caller: Principal, answer: Answer, visitor: Visitor) -> None:
        if answer.code is not None and not await self._codes.use_code(tx, caller.user_id, answer.code):
            raise InvalidInput.of("/code", "code_wrong", "The code is wrong, or it was used already.")
        recovery = answer.recovery_code
        if recovery is not None and not await self._codes.use_recovery_code(tx, caller.user_id, recovery, visitor):
            raise InvalidInput.of("/recovery_code", "code_wrong", "The code is wrong, or it was used already.")
