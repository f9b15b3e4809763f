"""Know how many active alerts a user may have."""

from __future__ import annotations

from uuid import UUID

from libs.common.db import Database, Transaction
from libs.common.errors import UpstreamUnavailable
from libs.common.http import HttpFailure, ServiceClient
from libs.common.logging import get_logger
from libs.contracts.billing import Entitlements
from services.alerts.allowances import tables
from services.alerts.allowances.tables import Allowance

log = get_logger(__name__)


class AllowanceUnknown(Exception):
    """Nobody has told us of this user yet: ask billing, outside the transaction, and try again."""


class Allowances:
    """What billing said last. Changes come by its event; who is not known yet is asked for."""

    def __init__(self, db: Database, billing: ServiceClient) -> None:
        self._db = db
        self._billing = billing

    async def hold(self, tx: Transaction, user_id: UUID) -> Allowance:
        """Get a user's allowance and hold it until the transaction ends. Raises AllowanceUnknown."""
        allowance = await tables.lock(tx.session, user_id)
        if allowance is None:
            raise AllowanceUnknown()
        return allowance

    async def hear(self, tx: Transaction, entitlements: Entitlements) -> bool:
        """Take note of what billing says. Returns whether it was news."""
        return await tables.store(tx.session, entitlements, self._db.clock.now())

    async def ask(self, user_id: UUID) -> bool:
        """Ask billing about a user. Returns whether it was news. Raises UpstreamUnavailable when it cannot be asked."""
        try:
            entitlements = await self._billing.get(f"/internal/entitlements/{user_id}", Entitlements)
        except HttpFailure as failure:
            log.warning("billing_not_asked", reason=failure.reason)
            raise UpstreamUnavailable("Your plan cannot be looked up at the moment. Try again soon.") from failure
        async with self._db.transaction() as tx:
            return await self.hear(tx, entitlements)

    async def erase(self, tx: Transaction, user_id: UUID) -> None:
        """Forget a user."""
        await tables.remove(tx.session, user_id)
