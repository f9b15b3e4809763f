"""The engine's jobs."""

from __future__ import annotations

from libs.common.http import HttpFailure
from libs.common.jobs import JobContext
from libs.common.logging import get_logger
from services.alerts.engine.sweep import Sweep

log = get_logger(__name__)


class EngineJobs:
    """Jobs of the engine, for the worker."""

    def __init__(self, sweep: Sweep) -> None:
        self._sweep = sweep

    async def sweep_alerts(self, _context: JobContext) -> None:
        """Compare every active alert with the newest price. Runs every five minutes, and once at the start."""
        try:
            await self._sweep.run()
        except HttpFailure as failure:
            log.warning("sweep_skipped", reason=failure.reason)
