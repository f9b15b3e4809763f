"""What is deleted and made ahead, and when: kept prices, short candles, ended watches, months of candles."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from libs.common.db import Database
from libs.common.jobs import Cron, JobContext
from libs.common.logging import get_logger
from services.market.candles import rules as candle_rules
from services.market.candles import tables as candles
from services.market.instruments import tables as instruments
from services.market.own_prices import tables as own_prices
from services.market.prices import tables as prices
from services.market.providers.port import Interval
from services.market.quality import tables as quality
from services.market.settings import MarketSettings
from services.market.sources import tables as sources

log = get_logger(__name__)

_ENDED_WATCHES = timedelta(days=7)  # as long as alerts' outbox could still bring older news of them


class Housekeeping:
    """The clean-up. Safe to run twice and to be cut off anywhere."""

    def __init__(self, db: Database, settings: MarketSettings) -> None:
        self._db = db
        self._price_rows = timedelta(days=settings.price_row_days)
        self._quarantine = timedelta(days=settings.quarantine_days)
        self._own_prices = timedelta(days=settings.own_price_days)
        self._failovers = timedelta(days=settings.failover_days)
        kept_days = {
            Interval.M1: settings.candle_1m_days,
            Interval.M5: settings.candle_5m_days,
            Interval.M15: settings.candle_15m_days,
            Interval.H1: settings.candle_1h_days,
        }
        self._candles: Mapping[Interval, timedelta] = {
            interval: timedelta(days=days) for interval, days in kept_days.items() if days is not None
        }
        self._months_ahead = settings.candle_months_ahead

    def crons(self) -> list[Cron]:
        """Candles go often: a replay of sixty shares makes four million an hour."""
        often = frozenset(range(2, 60, 5))
        return [
            Cron(self.forget_old_candles, minute=often, timeout_s=240),
            Cron(self.forget_old_prices, minute=23, timeout_s=600),
            Cron(self.make_months_ahead, minute=frozenset(range(0, 60, 5)), timeout_s=60, at_start=True),
            Cron(self.drop_empty_months, minute=41, timeout_s=60),
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

    async def make_months_ahead(self, _ctx: JobContext) -> None:
        """Make the candles' months around now and, of a replay, around the recorded time to which it has come.

        A candle whose month is missing is not lost: it waits in the rest, and that is told in the log.
        """
        now = self._db.clock.now()
        async with self._db.transaction() as tx:
            reached = {now, await candles.newest_market_time(tx.session) or now}
            ahead = timedelta(days=31 * self._months_ahead)
            months = {month for at in reached for month in candle_rules.months_between(at.date(), (at + ahead).date())}
            made = await candles.make_months(tx.session, sorted(months))
            astray = await candles.count_astray(tx.session)
        if made:
            log.info("candle_months_made", months=made)
        if astray:
            log.warning("candles_without_their_month", candles=astray)

    async def drop_empty_months(self, _ctx: JobContext) -> None:
        """Drop the partitions that are past and hold nothing any more."""
        async with self._db.transaction() as tx:
            reached = await candles.newest_market_time(tx.session)
            if reached is not None:
                dropped = await candles.drop_empty_months(tx.session, min(reached, self._db.clock.now()).date())
                log.info("empty_candle_months_dropped", months=dropped)

    async def forget_old_prices(self, _ctx: JobContext) -> None:
        """Delete kept, own and put-aside prices that are past their time, and watches of alerts that are over."""
        now = self._db.clock.now()
        async with self._db.transaction() as tx:
            await prices.forget_kept(tx.session, now - self._price_rows)
            await own_prices.forget_before(tx.session, now - self._own_prices)
            await sources.forget_failovers(tx.session, now - self._failovers)
            await quality.forget(tx.session, now - self._quarantine)
            await instruments.forget_ended_watches(tx.session, now - _ENDED_WATCHES)
