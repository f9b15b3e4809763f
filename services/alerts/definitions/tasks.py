"""What the definitions hear."""

from __future__ import annotations

from libs.common.db import Transaction
from libs.common.events.envelope import Envelope
from libs.common.jobs import JobContext
from libs.contracts.billing import EntitlementsChanged
from libs.contracts.market import PriceGapped
from services.alerts.definitions.service import Alerts


class DefinitionHandlers:
    """Handlers of events and jobs, for the worker."""

    def __init__(self, alerts: Alerts) -> None:
        self._alerts = alerts

    async def entitlements_changed(self, tx: Transaction, event: EntitlementsChanged, _envelope: Envelope) -> None:
        await self._alerts.hear_entitlements(tx, event.entitlements)

    async def price_gapped(self, tx: Transaction, event: PriceGapped, envelope: Envelope) -> None:
        await self._alerts.hear_gap(tx, event, envelope.time)

    async def expire_alerts(self, _context: JobContext) -> None:
        """Expire alerts whose time has run out. Runs every minute; what has run out fires nothing meanwhile."""
        await self._alerts.expire_due()
