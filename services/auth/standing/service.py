"""Changing what a person is, so that nobody goes on by the old word."""

from __future__ import annotations

from libs.common.clock import Clock
from libs.common.db import Transaction
from libs.common.logging import get_logger, hashed_id
from libs.common.security.permissions import Role
from libs.common.security.revocation import Revocation, RevocationKind
from libs.contracts.auth import StandingChanged
from services.auth.accounts.rules import AccountStatus
from services.auth.accounts.tables import User
from services.auth.revocations.service import Revocations

log = get_logger(__name__)


class Standings:
    """Changes role, tier and status. Access tokens of the old standing are refused; refresh tokens give new ones."""

    def __init__(self, revocations: Revocations, clock: Clock) -> None:
        self._revocations = revocations
        self._clock = clock

    def change(
        self,
        tx: Transaction,
        user: User,
        *,
        role: Role | None = None,
        tier: str | None = None,
        status: AccountStatus | None = None,
    ) -> Revocation | None:
        """Change a person whom this transaction has locked (`accounts.tables.lock`); None leaves a part as it is.

        Returns what to `tell` after the commit, so that it is heard at once; without that the worker tells it. None
        when nothing is another: nobody's token is taken back for nothing.
        """
        before = (user.role, user.tier, user.status)
        after = (role or user.role, tier or user.tier, status or user.status)
        if after == before:
            return None
        user.role, user.tier, user.status = after
        user.token_version += 1
        user.updated_at = self._clock.now()
        tx.announce(
            StandingChanged(user_id=user.id, role=user.role, tier=user.tier, status=AccountStatus(user.status).value)
        )
        log.info("standing_changed", user=hashed_id(user.id), role=user.role, tier=user.tier, status=user.status)
        return self._revocations.record(tx, RevocationKind.USER, str(user.id), version=user.token_version)

    async def tell(self, *changes: Revocation | None) -> None:
        """Tell every verifier now what `change` returned."""
        await self._revocations.tell(*(change for change in changes if change is not None))
