"""The feed of a provider that brings prices by itself: play a step, store it, publish it, go on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from libs.common import telemetry
from libs.common.db import Database
from libs.common.errors import StoreUnavailable
from libs.common.instruments import Instrument
from libs.common.logging import get_logger
from libs.common.money import to_e4
from services.market.candles import rules as candle_rules
from services.market.candles import tables as candles
from services.market.feed.gate import Gate, Verdict
from services.market.feed.publisher import TickPublisher
from services.market.feed.rules import GapLimits
from services.market.feed.source import FeedLease, LeaseLost, adopt
from services.market.instruments import tables as instruments
from services.market.prices import tables as prices
from services.market.prices.tables import Priced
from services.market.providers.port import Bar, Interval, Played, StreamProvider
from services.market.quality import service as quality

log = get_logger(__name__)

_steps = telemetry.histogram("sharewise_feed_step_seconds", "Time to play, store and publish one step of the stream.")

_LOOK_AROUND = timedelta(seconds=1)
_BARS_PER_STATEMENT = 5_000


@dataclass(frozen=True, slots=True)
class StreamOptions:
    """tick: time between steps. price_row_every: one kept StockPrice per watched instrument in this time."""

    tick: timedelta
    price_row_every: timedelta
    gaps: GapLimits


class StreamFeed:
    """Runs a stream for as long as it has the lease.

    A step is one transaction: position, newest prices, candles. Where it fails, the stream goes back to the position
    that is stored and plays the step again: while the database is away, the replay stands still.

    `has_prices` is set once there are prices to show, of ours or of the process that feeds in our place.
    """

    def __init__(
        self,
        db: Database,
        provider: StreamProvider,
        publisher: TickPublisher,
        lease: FeedLease,
        options: StreamOptions,
        has_prices: asyncio.Event,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._db = db
        self._provider = provider
        self._publisher = publisher
        self._lease = lease
        self._options = options
        self._sleep = sleep
        self._gate = Gate(provider.name, provider.capabilities.max_lag, options.gaps, is_stream=True)
        self._ids: Mapping[Instrument, int] = {}
        self._watched: frozenset[Instrument] = frozenset()
        self._read: frozenset[tuple[int, str]] = frozenset()
        self._stored_position = provider.position
        self._rows_due = datetime.min.replace(tzinfo=UTC)
        self._look_around_due = datetime.min.replace(tzinfo=UTC)
        self._has_prices = has_prices

    async def run(self) -> None:
        """Feed until cancelled; stand by while another process does."""
        while True:
            try:
                if await self.begin():
                    await self._play_on()
                else:
                    self._has_prices.set()
            except LeaseLost:
                log.warning("feed_lease_lost")
            await self._sleep(self._lease.length.total_seconds() / 2)

    async def begin(self) -> bool:
        """Take the lease and get ready to play. False while another process feeds."""
        held = await self._lease.take()
        if held is None:
            return False
        key = self._provider.source_key
        self._ids = await adopt(self._db, self._provider, self._lease, held, key)
        if held.source_key == key and held.position:
            self._provider.resume(held.position)
        self._stored_position = self._provider.position
        await self._fill_in_the_past()
        async with self._db.read() as session:
            known = await prices.list_newest(session, list(self._ids.values()))
        self._gate.learn({one: to_e4(known[number]) for one, number in self._ids.items() if number in known})
        log.info("feed_began", provider=self._provider.name, instruments=len(self._ids), position=self._stored_position)
        return True

    async def step(self, elapsed: timedelta) -> None:
        """Play on by `elapsed`, store what happened and publish it.

        Raises StoreUnavailable or LeaseLost; then nothing of it is stored and the stream stands where it stood.
        """
        with _steps.time():
            await self._look_around()
            try:
                played = await self._provider.play(elapsed)
                verdict = self._gate.judge(played.quotes)
                written = await self._store(played, verdict)
            except BaseException:
                self._provider.resume(self._stored_position)
                raise
            self._stored_position = self._provider.position
            self._gate.settle(verdict.passed)
            await self._publisher.publish(written)
        self._has_prices.set()

    async def _play_on(self) -> None:
        loop = asyncio.get_running_loop()
        tick = self._options.tick
        last, paused = loop.time(), False
        while True:
            await self._sleep(max(0.0, tick.total_seconds() - (loop.time() - last)))
            now = loop.time()
            # After a pause of ours (a slow store, a stopped process) the market goes on where it was: no leap.
            elapsed = min(timedelta(seconds=now - last), 2 * tick)
            last = now
            try:
                await self.step(elapsed)
            except StoreUnavailable as error:
                if not paused:
                    log.warning("feed_paused", error=str(error))
                paused = True
                await self._sleep(1.0)
                last = loop.time()
                continue
            if paused:
                paused = False
                log.info("feed_resumed")

    async def _store(self, played: Played, verdict: Verdict) -> list[Priced]:
        """Write a step. Returns the prices that replaced older ones."""
        now = self._db.clock.now()
        source = self._provider.name
        priced = [Priced(self._ids[one.quote.instrument], one.quote, source, one.stale) for one in verdict.passed]
        bars = [(self._ids[bar.instrument], bar) for bar in played.bars]
        rows_due = now >= self._rows_due
        async with self._db.transaction() as tx:
            await self._lease.renew(tx.session, source_key=self._provider.source_key, position=self._provider.position)
            driver = await tx.driver()
            replaced = await prices.write_newest(driver, priced)
            if rows_due:
                await prices.keep(driver, [price for price in priced if price.quote.instrument in self._watched])
            await candles.replace(driver, bars, source)
            # A step is stored once, with the position behind it: so a candle that closes in it is told once.
            for number, bar in bars:
                if bar.complete and (number, bar.interval) in self._read:
                    tx.announce(candle_rules.closed_event(bar, now))
            aside = [(self._ids[one.quote.instrument], one) for one in verdict.aside]
            await quality.put_aside(tx, aside, source)
            for event in self._gate.announcements(verdict.passed):
                tx.announce(event)
        if rows_due and priced:
            self._rows_due = now + self._options.price_row_every
        return [price for price in priced if price.instrument_id in replaced]

    async def _look_around(self) -> None:
        """See what is watched, and whose closed candles are asked for: an alert makes every move worth telling."""
        now = self._db.clock.now()
        if now < self._look_around_due:
            return
        self._look_around_due = now + _LOOK_AROUND
        async with self._db.read() as session:
            monitored = await instruments.list_monitored(session, self._provider.name)
            self._read = await instruments.list_read_candles(session)
        self._watched = frozenset(monitored) & self._ids.keys()
        self._provider.watch(self._watched)

    async def _fill_in_the_past(self) -> None:
        """Store the daily candles from before the stream's position of those instruments that have none."""
        numbers = list(self._ids.values())
        async with self._db.read() as session:
            bare = await candles.list_without_past(session, numbers, self._db.clock.now())
        waiting: list[tuple[int, Bar]] = []
        for instrument, number in self._ids.items():
            if number in bare:
                past = await self._provider.bars(instrument, Interval.D1, _LONG_AGO, self._db.clock.now())
                waiting.extend((number, bar) for bar in past)
            if len(waiting) >= _BARS_PER_STATEMENT:
                await self._store_past(waiting)
                waiting = []
        await self._store_past(waiting)

    async def _store_past(self, bars: list[tuple[int, Bar]]) -> None:
        async with self._db.transaction() as tx:
            await self._lease.renew(tx.session, source_key=self._provider.source_key, position=self._stored_position)
            await candles.replace(await tx.driver(), bars, self._provider.name)


_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
