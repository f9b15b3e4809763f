"""What API keys hear of."""

from __future__ import annotations

from libs.common.db import Transaction
from libs.common.events.envelope import Envelope
from libs.contracts.billing import EntitlementsChanged
from services.auth.api_keys.service import KeyUpkeep


class KeyHandlers:
    def __init__(self, upkeep: KeyUpkeep) -> None:
        self._upkeep = upkeep

    async def on_entitlements_changed(self, tx: Transaction, event: EntitlementsChanged, _envelope: Envelope) -> None:
        """Note how many calls the plan allows now."""
        await self._upkeep.note_plan(tx, event.entitlements)
