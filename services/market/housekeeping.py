"""What is deleted, and when: kept prices, short candles, ended watches."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from libs.common.db import Database
from libs.common.jobs import Cron, JobContext
from libs.common.logging import get_logger
from services.market.candles import tables as candles
from services.market.instruments import tables as instruments
from services.market.prices import tables as prices
from services.market.providers.port import Interval
from services.market.settings import MarketSettings

log = get_logger(__name__)

_ENDED_WATCHES = timedelta(days=7)  # as long as alerts' outbox could still bring older news of them


class Housekeeping:
    """The clean-up. Safe to run twice and to be cut off anywhere."""

    def __init__(self, db: Database, settings: MarketSettings) -> None:
        self._db = db
        self._price_rows = timedelta(days=settings.price_row_days)
        minutes = timedelta(days=settings.minute_candle_days)
        self._candles: Mapping[Interval, timedelta] = {
            Interval.M1: minutes,
            Interval.M5: 12 * minutes,
            Interval.M15: 12 * minutes,
        }

    def crons(self) -> list[Cron]:
        """Candles go often: a replay of sixty shares makes four million an hour."""
        often = frozenset(range(2, 60, 5))
        return [
            Cron(self.forget_old_candles, minute=often, timeout_s=240),
            Cron(self.forget_old_prices, minute=23, timeout_s=600),
        ]

    async def forget_old_candles(self, _ctx: JobContext) -> None:
        """Delete short candles that are past their time, in small transactions."""
        gone = 0
        for interval, keep in self._candles.items():
            deleted = 1
            while deleted:
                async with self._db.transaction() as tx:
                    deleted = await candles.forget_some_out_of_window(await tx.driver(), interval, keep)
                gone += deleted
        log.info("old_candles_forgotten", candles=gone)

    async def forget_old_prices(self, _ctx: JobContext) -> None:
        """Delete kept prices that are past their time, and watches of alerts that are over."""
        now = self._db.clock.now()
        async with self._db.transaction() as tx:
            await prices.forget_kept(tx.session, now - self._price_rows)
            await instruments.forget_ended_watches(tx.session, now - _ENDED_WATCHES)
