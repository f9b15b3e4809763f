"""Which second factors somebody has, and the question for one when the password was right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.db import Transaction
from libs.common.security.tokens import hash_secret
from services.auth.accounts.tables import User
from services.auth.challenges.service import LIFETIME, ChallengePurpose, Challenges
from services.auth.limits.visitor import Visitor
from services.auth.passkeys import tables as passkeys
from services.auth.passkeys.proofs import PasskeyProofs
from services.auth.second_factors import rules, tables
from services.auth.second_factors.rules import Method


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """One proof of who somebody is: exactly one is set. `passkey` is as a browser's `toJSON` writes it."""

    password: str | None = None
    code: str | None = None
    recovery_code: str | None = None
    passkey: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, repr=False)
class SecondStep:
    """What a login asks for after the right password."""

    challenge: str
    methods: tuple[Method, ...]
    passkey_options: Mapping[str, Any] | None
    expires_in_s: int


class Proofs:
    def __init__(self, challenges: Challenges, passkey_proofs: PasskeyProofs) -> None:
        self._challenges = challenges
        self._passkey_proofs = passkey_proofs

    async def methods(self, session: AsyncSession, user_id: UUID) -> tuple[Method, ...]:
        """List how a person can prove it besides the password; none when no second factor is set up."""
        has_totp = await tables.has_totp(session, user_id)
        return rules.methods(has_totp=has_totp, has_passkey=await passkeys.count_for(session, user_id) > 0)

    async def ask(
        self, tx: Transaction, user: User, methods: tuple[Method, ...], visitor: Visitor, tries_key: str | None = None
    ) -> SecondStep:
        """Ask for the second step of a login whose first was right. tries_key: the tries to forget at its end."""
        bound_to = visitor.client_print
        challenge = self._challenges.make(
            tx,
            ChallengePurpose.SECOND_STEP,
            bound_to=bound_to,
            user_id=user.id,
            password_print=hash_secret(user.password_hash),
            tries_key=tries_key,
        )
        options = None
        if Method.PASSKEY in methods:
            purpose = ChallengePurpose.PASSKEY_SECOND_STEP
            options = await self._passkey_proofs.ask(tx, purpose, bound_to=bound_to, user_id=user.id)
        return SecondStep(challenge, methods, options, int(LIFETIME.total_seconds()))
