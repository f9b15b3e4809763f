"""Know what a user's plan allows here."""

from __future__ import annotations

from uuid import UUID

from libs.common.db import Transaction
from libs.common.entitlements import AllowanceUnknown, Entitled
from libs.contracts.billing import Entitlements
from services.signals.allowances import tables
from services.signals.allowances.tables import Allowance


class Allowances(Entitled):
    """What billing said last of strategies, signals a day and custom indicators."""

    async def hold(self, tx: Transaction, user_id: UUID) -> Allowance:
        """Get a user's allowance and hold it until the transaction ends. Raises AllowanceUnknown: see `asking`."""
        allowance = await tables.lock(tx.session, user_id)
        if allowance is None:
            raise AllowanceUnknown()
        return allowance

    async def get(self, user_id: UUID) -> Allowance:
        """Get a user's allowance, asking billing where nobody told. Raises UpstreamUnavailable."""

        async def look() -> Allowance:
            async with self._db.read() as session:
                found = await tables.find(session, user_id)
            if found is None:
                raise AllowanceUnknown()
            return found

        return await self.asking(user_id, look)

    async def hear(self, tx: Transaction, entitlements: Entitlements) -> bool:
        """Take note of what billing says. Returns whether it was news."""
        return await tables.store(tx.session, entitlements, self._db.clock.now())

    async def erase(self, tx: Transaction, user_id: UUID) -> None:
        """Forget a user."""
        await tables.remove(tx.session, user_id)
