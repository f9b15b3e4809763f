"""What the tests of market share: its database, a feed of small recordings, its app."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from libs.common.db import Database
from libs.contracts.market import TICK_FIELD, Tick, decode_ticks, tick_stream
from services.market.feed.publisher import TickPublisher
from services.market.feed.rules import GapLimits
from services.market.feed.source import FeedLease
from services.market.feed.streaming import StreamFeed, StreamOptions
from services.market.settings import MarketSettings
from services.market.tests.recorded import AAPL, AAPL_DAYS, IBM, IBM_DAYS, era, recording, replay

GAPS = GapLimits(fraction=0.25, hold=timedelta(seconds=10))
LEASE = timedelta(seconds=5)


@pytest.fixture
def settings(service_settings) -> MarketSettings:
    return service_settings(MarketSettings, tick_partitions=1)


@pytest.fixture
async def db(settings, database_for) -> Database:
    return await database_for(settings)


@pytest.fixture
def publisher(redis) -> TickPublisher:
    return TickPublisher(redis, partitions=1, max_entries=1_000)


@pytest.fixture
def ticks(redis) -> Callable[[], Awaitable[list[Tick]]]:
    """Read all that is on the tick stream."""

    async def read() -> list[Tick]:
        entries = await redis.xrange(tick_stream(0))
        return [tick for _, fields in entries for tick in decode_ticks(fields[TICK_FIELD])]

    return read


@pytest.fixture
def feed_of(db, publisher, clock) -> Callable[..., StreamFeed]:
    """Make a feed of a replay, by default of three days of AAPL (chosen) and two of IBM (not chosen)."""

    def make(provider=None, *, gaps=GAPS, row_every_s=60, own_db=None) -> StreamFeed:
        provider = provider or replay(
            era(recording(AAPL, AAPL_DAYS)), era(recording(IBM, IBM_DAYS, chosen=False)), clock=clock
        )
        options = StreamOptions(timedelta(milliseconds=500), timedelta(seconds=row_every_s), gaps)
        used = own_db or db
        return StreamFeed(used, provider, publisher, FeedLease(used, LEASE), options, asyncio.Event())

    return make
