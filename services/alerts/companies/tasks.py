"""What the companies room hears."""

from __future__ import annotations

from libs.common.db import Transaction
from libs.common.events.envelope import Envelope
from libs.contracts.companies import CompanyEventNear
from services.alerts.companies.service import CompanyDays


class CompanyHandlers:
    """Handlers of market's events, for the worker."""

    def __init__(self, days: CompanyDays) -> None:
        self._days = days

    async def event_near(self, tx: Transaction, event: CompanyEventNear, _envelope: Envelope) -> None:
        await self._days.hear(tx, event)
