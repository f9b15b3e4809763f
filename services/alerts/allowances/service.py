"""Know how many active alerts a user may have, and by which channels they are told."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.db import Transaction
from libs.common.entitlements import AllowanceUnknown, Entitled
from libs.common.errors import PlanFeature
from libs.contracts.billing import Entitlements
from services.alerts.allowances import tables
from services.alerts.allowances.tables import Allowance


class Allowances(Entitled):
    """What billing said last of channels and numbers of alerts."""

    async def hold(self, tx: Transaction, user_id: UUID) -> Allowance:
        """Get a user's allowance and hold it until the transaction ends. Raises AllowanceUnknown."""
        allowance = await tables.lock(tx.session, user_id)
        if allowance is None:
            raise AllowanceUnknown()
        return allowance

    async def hear(self, tx: Transaction, entitlements: Entitlements) -> bool:
        """Take note of what billing says. Returns whether it was news."""
        return await tables.store(tx.session, entitlements, self._db.clock.now())

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
