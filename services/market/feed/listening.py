"""The feed of a provider that pushes prices over a connection: gather for a moment, store, publish; connect again."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from libs.common.db import Database
from libs.common.errors import StoreUnavailable
from libs.common.instruments import Instrument
from libs.common.logging import get_logger
from libs.common.money import to_e4
from services.market.feed.publisher import TickPublisher
from services.market.feed.pushed import PushedPrices, PushOptions
from services.market.feed.rules import GapLimits
from services.market.feed.source import FeedLease, LeaseLost
from services.market.instruments import tables as instruments
from services.market.prices import tables as prices
from services.market.providers.port import Connection, ProviderError, PushProvider
from services.market.sources.service import Sources

log = get_logger(__name__)

_FIRST_PAUSE_S = 1.0
_MAX_PAUSE_S = 60.0


@dataclass(frozen=True, slots=True)
class ListenOptions:
    """gather_s: prices of so long are one step. grace: how late a price may come before its candle closes.

    symbols: how many stocks the connection may carry. price_row_every: one kept row per stock in this time.
    """

    gather_s: float
    grace: timedelta
    symbols: int
    price_row_every: timedelta
    gaps: GapLimits


class ListenFeed:
    """Listens while this process feeds, beside the rounds of polling: what it brings the rounds need not ask for.

    A step is one transaction under the lease: newest prices, candles, what was put aside. Nothing of a step that could
    not be stored is published. Where the connection breaks, the rounds go on alone until it is back.
    """

    def __init__(
        self,
        db: Database,
        provider: PushProvider,
        publisher: TickPublisher,
        lease: FeedLease,
        sources: Sources,
        options: ListenOptions,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._db = db
        self._provider = provider
        self._publisher = publisher
        self._lease = lease
        self._sources = sources
        self._options = options
        self._sleep = sleep
        pushing = PushOptions(provider.max_lag, options.grace, options.price_row_every, options.gaps)
        self._pushed = PushedPrices(provider.name, pushing)

    async def run(self) -> None:
        """Listen until cancelled."""
        pause_s = _FIRST_PAUSE_S
        while True:
            try:
                if await self._lease.take() is not None:
                    await self.listen()
                    pause_s = _FIRST_PAUSE_S
            except ProviderError as error:
                await self._note_failure(error.reason)
                # Full jitter: when they come back, all their customers do.
                await self._sleep(random.uniform(0.5, 1.0) * pause_s)
                pause_s = min(pause_s * 2, _MAX_PAUSE_S)
                continue
            except (StoreUnavailable, LeaseLost) as error:
                log.warning("listening_paused", error=str(error) or type(error).__name__)
            await self._sleep(pause_s)

    async def listen(self) -> None:
        """Listen to what is monitored until that changes. Raises ProviderError, StoreUnavailable, LeaseLost."""
        ids = await self._wanted()
        if not ids:
            await self._sleep(self._options.gather_s)
            return
        async with self._provider.connect(list(ids)) as connection:
            await self._sources.note_success(self._provider.name)
            async with self._db.read() as session:
                known = await prices.list_newest(session, list(ids.values()))
            self._pushed.gate.learn({one: to_e4(known[number]) for one, number in ids.items() if number in known})
            log.info("listening", provider=self._provider.name, stocks=len(ids))
            while await self._wanted() == ids:
                await self.step(connection, ids)

    async def step(self, connection: Connection, ids: Mapping[Instrument, int]) -> None:
        """Gather for a moment, store and publish. Raises ProviderError, StoreUnavailable, LeaseLost."""
        judged = self._pushed.judge(await connection.gather(self._options.gather_s), ids)
        async with self._db.transaction() as tx:
            # Of the feed that polls; its position is none.
            await self._lease.renew(tx.session, source_key=self._provider.feed, position="")
            replaced = await self._pushed.write(tx, judged)
        self._pushed.settle(judged, self._db.clock.now())
        await self._publisher.publish(replaced)

    async def _wanted(self) -> Mapping[Instrument, int]:
        """Give the monitored stocks, as many as the connection carries: those that wait longest for a price last."""
        async with self._db.read() as session:
            numbers = await instruments.ids_of(session, self._provider.feed)
            monitored = await instruments.list_monitored(session, self._provider.feed)
        return {one: numbers[one] for one in sorted(monitored)[: self._options.symbols]}

    async def _note_failure(self, reason: str) -> None:
        log.warning("listening_failed", provider=self._provider.name, reason=reason)
        try:
            await self._sources.note_failure(self._provider.name, reason)
        except StoreUnavailable:
            log.warning("failure_not_noted", provider=self._provider.name)
