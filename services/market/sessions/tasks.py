"""The clock of the sessions."""

from __future__ import annotations

from libs.common.jobs import Cron, JobContext
from services.market.sessions.service import SessionUpkeep


class SessionTasks:
    def __init__(self, upkeep: SessionUpkeep) -> None:
        self._upkeep = upkeep

    def crons(self) -> list[Cron]:
        return [
            Cron(self.keep_calendars, minute=7, at_start=True),
            Cron(self.announce_sessions, second=frozenset(range(1, 60, 10))),
        ]

    async def keep_calendars(self, _ctx: JobContext) -> None:
        """Bring the product's calendars along, and warn before one runs out."""
        await self._upkeep.bring_along()
        await self._upkeep.warn()

    async def announce_sessions(self, _ctx: JobContext) -> None:
        """Announce what opened and closed since the last time."""
        await self._upkeep.announce()
