"""Taking a password or refusing it: the one rule for registering, resetting and changing."""

from __future__ import annotations

import asyncio

from libs.common.errors import InvalidInput
from services.auth.passwords import rules
from services.auth.passwords.breached import BreachedPasswords
from services.auth.passwords.rules import Owner, Strength
from services.auth.settings import AuthSettings

BREACHED = "This password is in a list of stolen passwords. Take one that you use nowhere else."


class PasswordRules:
    def __init__(self, settings: AuthSettings) -> None:
        self._min_score = settings.min_password_score
        file = settings.breached_passwords_file
        self._breached = None if file is None else BreachedPasswords(file)

    @property
    def min_score(self) -> int:
        return self._min_score

    async def judge(self, password: str, owner: Owner) -> tuple[Strength, bool]:
        """Score a password; says also whether it is taken."""
        return await asyncio.to_thread(self._judge, password, owner)

    async def must_be_good(self, password: str, owner: Owner, *, field: str) -> None:
        """Refuse a password that is easy to guess or known to be stolen. Raises InvalidInput at the field."""
        strength, is_taken = await self.judge(password, owner)
        if is_taken:
            return
        if strength.advice == BREACHED:
            raise InvalidInput.of(field, "password_breached", BREACHED)
        raise InvalidInput.of(field, "password_too_easy", f"This password is easy to guess. {strength.advice}".strip())

    def _judge(self, password: str, owner: Owner) -> tuple[Strength, bool]:
        if self._breached is not None and self._breached.holds(password):
            return Strength(0, BREACHED), False
        strength = rules.strength_of(password, owner)
        return strength, strength.score >= self._min_score
