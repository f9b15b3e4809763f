"""The job that imports the files that staff handed in."""

from __future__ import annotations

from libs.common.jobs import Cron, JobContext
from services.market.history.service import History


class HistoryTasks:
    def __init__(self, history: History) -> None:
        self._history = history

    def crons(self) -> list[Cron]:
        return [Cron(self.import_waiting_files, second=frozenset(range(0, 60, 10)), timeout_s=600)]

    async def import_waiting_files(self, _ctx: JobContext) -> None:
        """Import all files that wait, the oldest first."""
        while await self._history.work_one():
            pass
