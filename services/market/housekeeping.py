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
    """The nightly and hourly clean-up. Safe to run twice and to be cut off anywhere."""

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
        return [Cron(self.forget_old_prices, minute=23, timeout_s=600)]

    async def forget_old_prices(self, _ctx: JobContext) -> None:
        """Delete what is past its time, in small transactions."""
        now = self._db.clock.now()
        gone = 0
        for interval, keep in self._candles.items():
            while True:
                async with self._db.transaction() as tx:
                    deleted = await candles.forget_some_out_of_window(await tx.driver(), interval, keep)
                gone += deleted
                if not deleted:
                    break
        async with self._db.transaction() as tx:
            await prices.forget_kept(tx.session, now - self._price_rows)
            await instruments.forget_ended_watches(tx.session, now - _ENDED_WATCHES)
        log.info("old_prices_forgotten", candles=gone)
