"""What comes by the clock: splits whose day has come."""

from __future__ import annotations

from libs.common.jobs import Cron, JobContext
from libs.common.logging import get_logger
from services.market.splits.service import Splits

log = get_logger(__name__)


class SplitTasks:
    """The room's job."""

    def __init__(self, splits: Splits) -> None:
        self._splits = splits

    def crons(self) -> list[Cron]:
        return [Cron(self.announce_splits, minute=frozenset(range(60)), at_start=True, timeout_s=50)]

    async def announce_splits(self, _ctx: JobContext) -> None:
        """Announce the splits that have taken effect."""
        if announced := await self._splits.announce_due():
            log.info("splits_announced", splits=announced)
