"""What auth hears about people."""

from __future__ import annotations

from libs.common.db import Transaction
from libs.common.events.envelope import Envelope
from libs.contracts.billing import EntitlementsChanged
from services.auth.accounts.upkeep import AccountUpkeep


class AccountHandlers:
    def __init__(self, upkeep: AccountUpkeep) -> None:
        self._upkeep = upkeep

    async def on_entitlements_changed(self, tx: Transaction, event: EntitlementsChanged, _envelope: Envelope) -> None:
        """Note the tier that billing names."""
        await self._upkeep.note_tier(tx, event.entitlements)
