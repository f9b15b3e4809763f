"""What the splits room hears."""

from __future__ import annotations

from libs.common.db import Transaction
from libs.common.events.envelope import Envelope
from libs.contracts.market import SplitConfirmed, SplitUndone
from services.alerts.splits.service import Splits


class SplitHandlers:
    """Handlers of market's events, for the worker."""

    def __init__(self, splits: Splits) -> None:
        self._splits = splits

    async def confirmed(self, tx: Transaction, event: SplitConfirmed, _envelope: Envelope) -> None:
        await self._splits.hear_confirmed(tx, event)

    async def undone(self, tx: Transaction, event: SplitUndone, _envelope: Envelope) -> None:
        await self._splits.hear_undone(tx, event)
