"""Know how many active alerts a user may have, and by which channels they are told."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.db import Database, Transaction
from libs.common.errors import PlanFeature, UpstreamUnavailable
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

    async def channels_of(
        self, session: AsyncSession, user_ids: Collection[UUID]
    ) -> Mapping[UUID, tuple[frozenset[str], str | None]]:
        """Tell by person the channels of the plan and the plan that has more; of whom we have not heard, nothing."""
        found = await tables.channels_of(session, user_ids)
        # Billing writes e-mail, people's rules and the ledger write mail.
        return {
            user_id: (frozenset("mail" if name == "email" else name for name in channels), upgrade_to)
            for user_id, (channels, upgrade_to) in found.items()
        }

    async def require_channel(self, user_id: UUID, channel: str) -> None:
        """Let pass whose plan has this channel. Raises PlanFeature, or UpstreamUnavailable when nobody can say."""
        for asked in (False, True):
            async with self._db.read() as session:
                known = await self.channels_of(session, [user_id])
            channels, upgrade_to = known.get(user_id, (frozenset(), None))
            if channel in channels:
                return
            if not asked:
                await self.ask(user_id)
        raise PlanFeature(f"Your plan does not send notices by {channel}.", upgrade_to=upgrade_to)

    async def erase(self, tx: Transaction, user_id: UUID) -> None:
        """Forget a user."""
        await tables.remove(tx.session, user_id)
