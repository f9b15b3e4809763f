"""Checking codes, and making recovery codes, within the transaction of what they are for."""

from __future__ import annotations

from uuid import UUID

from libs.common.clock import Clock
from libs.common.db import Transaction
from libs.common.security.fields import FieldCipher
from libs.common.security.tokens import hash_secret
from libs.contracts.auth import SecurityKind
from services.auth.limits.visitor import Visitor
from services.auth.second_factors import rules, tables
from services.auth.security_log.service import SecurityLog


class Codes:
    def __init__(self, cipher: FieldCipher, security_log: SecurityLog, clock: Clock) -> None:
        self._cipher = cipher
        self._security_log = security_log
        self._clock = clock

    def seal(self, user_id: UUID, secret: str) -> str:
        """Encrypt the secret of an app for its row."""
        return self._cipher.encrypt(secret, place=totp_place(user_id))

    async def use_code(self, tx: Transaction, user_id: UUID, code: str, *, to_confirm: bool = False) -> bool:
        """Use a code of a person's app up, once. Says whether it was right.

        to_confirm: it is to be an app that was only shown so far.
        """
        factor = await tables.find_totp(tx.session, user_id)
        if factor is None or (factor.confirmed_at is None) is not to_confirm:
            return False
        secret = self._cipher.decrypt_text(factor.secret, place=totp_place(user_id))
        step = rules.step_of(secret, code, self._clock.now(), last_step=factor.last_step)
        return step is not None and await tables.use_step(tx.session, user_id, step)

    async def use_recovery_code(self, tx: Transaction, user_id: UUID, text: str, visitor: Visitor) -> bool:
        """Use a recovery code up, once. Says whether it was right; its owner is told."""
        plain = rules.plain_recovery_code(text)
        if plain is None or not await tables.use_recovery_code(tx.session, user_id, hash_secret(plain)):
            return False
        left = await tables.count_recovery_codes(tx.session, user_id)
        self._security_log.note(
            tx, user_id, SecurityKind.RECOVERY_CODE_USED, visitor, details={"codes_left": str(left)}
        )
        return True

    async def renew_recovery_codes(self, tx: Transaction, user_id: UUID) -> list[str]:
        """Make new recovery codes; older ones are void. They can be read here and never again."""
        now, codes = self._clock.now(), rules.new_recovery_codes()
        await tables.drop_recovery_codes(tx.session, user_id)
        for code in codes:
            tables.add_recovery_code(tx.session, user_id, hash_secret(code.replace("-", "")), now)
        return codes


def totp_place(user_id: UUID) -> str:
    return f"totp_factors|{user_id}|secret"
