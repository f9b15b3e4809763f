"""What comes by the clock: telling of what lies days ahead."""

from __future__ import annotations

from datetime import timedelta

from libs.common.jobs import Cron, JobContext
from libs.common.logging import get_logger
from services.market.companies.service import CompanyEvents

log = get_logger(__name__)


class CompanyTasks:
    """ahead: how long before its day people are told of an event."""

    def __init__(self, events: CompanyEvents, ahead: timedelta) -> None:
        self._events = events
        self._ahead = ahead

    def crons(self) -> list[Cron]:
        return [Cron(self.tell_near_company_events, minute=frozenset(range(2, 60, 10)), timeout_s=300)]

    async def tell_near_company_events(self, _ctx: JobContext) -> None:
        """Tell of all that lies near, a batch in a transaction."""
        told = 0
        while more := await self._events.tell_near(self._ahead):
            told += more
        if told:
            log.info("company_events_told", events=told)
