"""The jobs of screens."""

from __future__ import annotations

from uuid import UUID

from libs.common.jobs import JobContext
from services.signals.screener.service import Screener


class ScreenJobs:
    """Jobs, for the worker."""

    def __init__(self, screener: Screener) -> None:
        self._screener = screener

    async def find_waiting_screens(self, context: JobContext) -> None:
        """Have each screen that waits, or whose worker was lost, run by a job of its own."""
        for screen_id in await self._screener.waiting():
            await context.queue.put(ScreenJobs.run_screen.__name__, str(screen_id), job_id=f"screen:{screen_id}")

    async def run_screen(self, _context: JobContext, screen_id: str) -> None:
        """Run one screen."""
        await self._screener.run(UUID(screen_id))
