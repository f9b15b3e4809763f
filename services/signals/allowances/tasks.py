"""What the allowances hear."""

from __future__ import annotations

from libs.common.db import Transaction
from libs.common.events.envelope import Envelope
from libs.contracts.billing import EntitlementsChanged
from services.signals.allowances.service import Allowances


class AllowanceHandlers:
    """Handlers of events, for the worker."""

    def __init__(self, allowances: Allowances) -> None:
        self._allowances = allowances

    async def entitlements_changed(self, tx: Transaction, event: EntitlementsChanged, _envelope: Envelope) -> None:
        await self._allowances.hear(tx, event.entitlements)
