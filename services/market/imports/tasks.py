"""The job that works a list of instruments through."""

from __future__ import annotations

from uuid import UUID

from libs.common.jobs import Cron, Job, JobContext
from services.market.imports.service import Imports, wake

_TIMEOUT_S = 900.0


class ImportTasks:
    def __init__(self, imports: Imports) -> None:
        self._imports = imports

    def jobs(self) -> list[Job]:
        return [Job(self.import_instruments, timeout_s=_TIMEOUT_S)]

    def crons(self) -> list[Cron]:
        """Put again each minute what is not finished: a Redis that was flushed, a worker that died."""
        return [Cron(self.wake_imports, second=20)]

    async def import_instruments(self, _ctx: JobContext, import_id: str) -> None:
        await self._imports.run(UUID(import_id))

    async def wake_imports(self, ctx: JobContext) -> None:
        for import_id in await self._imports.list_unfinished():
            await wake(ctx.queue, import_id)
