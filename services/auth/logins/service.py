"""The second step of a login, and the login by a passkey alone."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any

from libs.common.db import Database, Transaction
from libs.common.errors import AccountLocked, EmailUnverified, InvalidCredentials, InvalidToken
from libs.common.logging import get_logger, hashed_id
from libs.common.security.tokens import hash_secret
from services.auth.accounts.rules import AccountStatus
from services.auth.accounts.tables import User
from services.auth.challenges.service import ChallengePurpose, Challenges
from services.auth.challenges.tables import Challenge
from services.auth.limits.service import Limiter
from services.auth.limits.visitor import Visitor
from services.auth.passkeys.proofs import PasskeyProofs
from services.auth.second_factors.codes import Codes
from services.auth.second_factors.proofs import Answer
from services.auth.second_factors.rules import Amr
from services.auth.sessions.grants import Grant
from services.auth.sessions.rules import WHY_LOCKED
from services.auth.sessions.service import Sessions

log = get_logger(__name__)


class Logins:
    def __init__(
        self,
        db: Database,
        sessions: Sessions,
        challenges: Challenges,
        codes: Codes,
        passkeys: PasskeyProofs,
        limiter: Limiter,
    ) -> None:
        self._db = db
        self._sessions = sessions
        self._challenges = challenges
        self._codes = codes
        self._passkeys = passkeys
        self._limiter = limiter

    async def second_step(self, secret: str, answer: Answer, visitor: Visitor) -> Grant:
        """Finish a login whose password was right.

        Raises InvalidToken for a challenge that is unknown, used, past its end or another client's, InvalidCredentials
        for a wrong code (the challenge stays), TooManyRequests for too many tries.
        """
        await self._limiter.take_address(visitor)
        purpose, bound_to = ChallengePurpose.SECOND_STEP, visitor.client_print
        waiting = await self._challenges.find(self._db, purpose, secret, bound_to=bound_to)
        if waiting is None or waiting.user_id is None:
            raise _ended()
        user_id, counts = waiting.user_id, [waiting.tries_key]
        if answer.passkey is None:
            counts.append(await self._limiter.take_code(user_id))
        else:
            await self._must_be_passkey_of(waiting, answer.passkey, visitor)
        async with self._db.transaction() as tx:
            challenge = await self._challenges.take(tx, purpose, secret, bound_to=bound_to)
            if challenge is None:
                raise _ended()
            if not await self._is_right(tx, challenge, answer, visitor):
                log.info("second_step_judged", outcome="wrong", user=hashed_id(user_id))
                raise InvalidCredentials("The code is wrong, or it was used already.")
            user = await self._sessions.lock_user(tx, user_id)
            if not hmac.compare_digest(challenge.password_print or b"", hash_secret(user.password_hash)):
                raise _ended()
            _must_be_open(user)
            amr = Amr.CODE if answer.passkey is None else Amr.PASSKEY
            # What came from a provider counted no tries at a password.
            first = Amr.FEDERATED if challenge.tries_key is None else Amr.PASSWORD
            opened = await self._sessions.open(tx, user, visitor, [first, amr])
        log.info("second_step_judged", outcome="welcome", user=hashed_id(user_id))
        for key in filter(None, counts):
            await self._limiter.forgive(key)
        return await self._sessions.hand_out(opened)

    async def passkey_options(self, visitor: Visitor) -> Mapping[str, Any]:
        """Begin a login by a passkey alone: the authenticator will say who it is."""
        await self._limiter.take_address(visitor)
        async with self._db.transaction() as tx:
            return await self._passkeys.ask(tx, ChallengePurpose.PASSKEY_LOGIN, bound_to=visitor.client_print)

    async def by_passkey(self, credential: Mapping[str, Any], visitor: Visitor) -> Grant:
        """Log in by a passkey alone, which its owner's finger, face or PIN unlocked.

        Raises InvalidCredentials for one that is not accepted, EmailUnverified and AccountLocked as a login.
        """
        await self._limiter.take_address(visitor)
        purpose = ChallengePurpose.PASSKEY_LOGIN
        user_id = await self._passkeys.prove(purpose, credential, visitor, bound_to=visitor.client_print)
        if user_id is None:
            raise InvalidCredentials("This passkey was not accepted.")
        async with self._db.transaction() as tx:
            user = await self._sessions.lock_user(tx, user_id)
            _must_be_open(user)
            opened = await self._sessions.open(tx, user, visitor, [Amr.PASSKEY])
        return await self._sessions.hand_out(opened)

    async def _is_right(self, tx: Transaction, challenge: Challenge, answer: Answer, visitor: Visitor) -> bool:
        assert challenge.user_id is not None, "a second step is somebody's"
        if answer.code is not None:
            return await self._codes.use_code(tx, challenge.user_id, answer.code)
        if answer.recovery_code is not None:
            return await self._codes.use_recovery_code(tx, challenge.user_id, answer.recovery_code, visitor)
        return answer.passkey is not None

    async def _must_be_passkey_of(self, waiting: Challenge, credential: Mapping[str, Any], visitor: Visitor) -> None:
        owner = await self._passkeys.prove(
            ChallengePurpose.PASSKEY_SECOND_STEP,
            credential,
            visitor,
            bound_to=visitor.client_print,
            user_id=waiting.user_id,
        )
        if owner is None:
            raise InvalidCredentials("This passkey was not accepted.")


def _ended() -> InvalidToken:
    return InvalidToken("This login has ended. Begin it anew.")


def _must_be_open(user: User) -> None:
    if user.status != AccountStatus.ACTIVE:
        raise AccountLocked(WHY_LOCKED[AccountStatus(user.status)])
    if not user.is_verified:
        raise EmailUnverified("Open the link in the mail that we sent you, or ask for a new one.")
