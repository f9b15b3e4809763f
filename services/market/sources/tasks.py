"""The watchdog of silent stocks."""

from __future__ import annotations

from libs.common.jobs import Cron, JobContext
from services.market.sources.service import Sources


class SourceTasks:
    def __init__(self, sources: Sources) -> None:
        self._sources = sources

    def crons(self) -> list[Cron]:
        return [Cron(self.watch_for_silence, second=40, timeout_s=30)]

    async def watch_for_silence(self, _ctx: JobContext) -> None:
        """See of which stocks nothing comes though their market is open."""
        await self._sources.watch_for_silence()
