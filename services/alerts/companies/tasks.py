"""What the companies room hears."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from libs.common.db import Transaction
from libs.common.events.envelope import Envelope
from libs.contracts.companies import CompanyEventNear
from services.alerts.companies.service import CompanyDays


class CompanyHandlers:
    """Handlers of market's events, for the worker. `wakes` tell the senders that something is due."""

    def __init__(self, days: CompanyDays, wakes: Sequence[Callable[[], None]]) -> None:
        self._days = days
        self._wakes = wakes

    async def event_near(self, tx: Transaction, event: CompanyEventNear, _envelope: Envelope) -> None:
        if await self._days.hear(tx, event):
            for wake in self._wakes:
                tx.on_commit(wake)
