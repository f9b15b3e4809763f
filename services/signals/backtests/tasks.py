"""What the clock does with backtests."""

from __future__ import annotations

from datetime import timedelta

from libs.common.jobs import JobContext
from libs.common.logging import get_logger
from services.signals.backtests.service import Backtests

log = get_logger(__name__)


class BacktestJobs:
    def __init__(self, backtests: Backtests, *, keep: timedelta) -> None:
        self._backtests = backtests
        self._keep = keep

    async def purge_backtests(self, _ctx: JobContext) -> None:
        """Delete what is past its time."""
        log.info("backtests_purged", rows=await self._backtests.purge(self._keep))
