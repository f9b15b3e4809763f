"""The background side of market: the feed, what is heard of alerts, housekeeping, the outbox relay."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from redis.asyncio import Redis

from libs.common.db import Database
from libs.common.health import Check
from libs.common.http import Http
from libs.common.jobs import Cron
from libs.common.redis import create_redis
from libs.common.worker import Hook, Worker
from services.market.companies.service import CompanyEvents
from services.market.companies.tasks import CompanyTasks
from services.market.feed.listening import ListenFeed, ListenOptions
from services.market.feed.plan import Pace
from services.market.feed.poll_options import Planned, PollOptions
from services.market.feed.polling import PollFeed
from services.market.feed.publisher import OwnTickPublisher, TickPublisher
from services.market.feed.pushed import PushOptions
from services.market.feed.rules import GapLimits
from services.market.feed.source import FeedLease
from services.market.feed.streaming import StreamFeed, StreamOptions
from services.market.feed.tasks import FetchTasks
from services.market.history.service import History
from services.market.history.tasks import HistoryTasks
from services.market.housekeeping import Housekeeping
from services.market.imports.service import Imports
from services.market.imports.tasks import ImportTasks
from services.market.ingest.service import INGEST, IngestFeed, IngestOptions
from services.market.instruments.service import Instruments
from services.market.instruments.tasks import AlertTasks
from services.market.news.service import Newsroom
from services.market.news.tasks import NewsTasks
from services.market.providers.port import Provider
from services.market.providers.registry import (
    configured_providers,
    make_replay,
    make_twelvedata,
    make_twelvedata_stream,
    make_yahoo,
    market_orders,
    turn_of,
)
from services.market.sessions.service import SessionUpkeep
from services.market.sessions.tasks import SessionTasks
from services.market.settings import MarketSettings
from services.market.sources.service import Sources
from services.market.sources.tasks import SourceTasks
from services.market.splits.service import Splits
from services.market.splits.tasks import SplitTasks

_GATHER_S = 0.5
_POLL_LEASE = timedelta(seconds=120)  # above the longest wait of a round, which is for the next minute's credits


def build_worker(settings: MarketSettings | None = None) -> Worker:
    """Wire it."""
    settings = settings or MarketSettings()
    db = Database(settings)
    redis = create_redis(settings)
    history = History(db, gap_fraction=settings.gap_percent / 100)
    sources = Sources(
        db,
        configured_providers(settings),
        degraded_after=settings.degraded_after,
        orders=market_orders(settings),
    )
    parts = _StreamParts if settings.provider == "replay" else _PollParts
    feed = parts(settings, db, redis, sources)
    ingest_lease = FeedLease(db, timedelta(seconds=settings.feed_lease_s), name=INGEST)
    ingest = _ingest(settings, db, redis, feed, ingest_lease, sources)
    sessions = SessionTasks(
        SessionUpkeep(db, replayed=settings.provider == "replay", warn_days=settings.calendar_warn_days)
    )
    imports = ImportTasks(Imports(db, settings.provider))
    feeds = Http("news", max_reply_bytes=settings.news_feed_max_bytes, retries=0)
    newsroom = Newsroom(db, fresh=settings.news_fresh, keep=settings.news_keep)
    news = NewsTasks(newsroom, feeds, settings.news_feeds, timedelta(seconds=settings.news_feed_interval_s))
    return Worker(
        settings,
        db=db,
        redis=redis,
        jobs=imports.jobs(),
        crons=[
            *feed.crons,
            *imports.crons(),
            *sessions.crons(),
            *news.crons(),
            *CompanyTasks(CompanyEvents(db), settings.company_event_notice).crons(),
            *SplitTasks(Splits(db)).crons(),
            *HistoryTasks(history).crons(),
            *SourceTasks(sources).crons(),
            *Housekeeping(db, settings).crons(),
        ],
        subscriptions=AlertTasks(Instruments(db)).subscriptions(),
        background=[*feed.background, ingest.run],
        readiness=[Check("prices", feed.must_have_prices)],
        on_stop=[*feed.on_stop, ingest_lease.let_go, feeds.aclose],
    )


def _ingest(
    settings: MarketSettings, db: Database, redis: Redis, feed: _FeedParts, lease: FeedLease, sources: Sources
) -> IngestFeed:
    push = PushOptions(
        settings.stream_max_lag,
        timedelta(seconds=settings.candle_grace_s),
        timedelta(seconds=settings.replay_price_row_every_s),
        feed.gaps,
    )
    own = OwnTickPublisher(redis, partitions=settings.tick_partitions, max_entries=settings.tick_stream_max_entries)
    options = IngestOptions(settings.ingest_shared, push)
    return IngestFeed(db, redis, feed.publisher, own, lease, sources, options)


class _FeedParts:
    """What both kinds of feed need."""

    crons: list[Cron]
    on_stop: list[Hook]
    background: list[Callable[[], Awaitable[None]]]

    def __init__(self, settings: MarketSettings, db: Database, redis: Redis, lease: timedelta) -> None:
        self.settings = settings
        self.db = db
        self.lease = FeedLease(db, lease)
        self.has_prices = asyncio.Event()
        self.publisher = TickPublisher(
            redis, partitions=settings.tick_partitions, max_entries=settings.tick_stream_max_entries
        )
        self.gaps = GapLimits(settings.gap_percent / 100, timedelta(seconds=settings.gap_hold_s))
        self.crons = []
        self.on_stop = [self.lease.let_go]

    async def must_have_prices(self) -> None:
        if not self.has_prices.is_set():
            raise RuntimeError("No price has been stored yet.")


class _StreamParts(_FeedParts):
    def __init__(self, settings: MarketSettings, db: Database, redis: Redis, sources: Sources) -> None:
        super().__init__(settings, db, redis, timedelta(seconds=settings.feed_lease_s))
        self._sources = sources
        self.background = [self.run]

    async def run(self) -> None:
        """Read the recordings, then play them."""
        options = StreamOptions(
            tick=timedelta(milliseconds=self.settings.replay_tick_ms),
            price_row_every=timedelta(seconds=self.settings.replay_price_row_every_s),
            gaps=self.gaps,
        )
        provider = await make_replay(self.settings, self.db.clock)
        await self._sources.note_success(provider.name)
        await StreamFeed(self.db, provider, self.publisher, self.lease, options, self.has_prices).run()


class _PollParts(_FeedParts):
    def __init__(self, settings: MarketSettings, db: Database, redis: Redis, sources: Sources) -> None:
        super().__init__(settings, db, redis, _POLL_LEASE)
        interval = timedelta(seconds=settings.fetch_interval_s)
        self.background = [self.run]
        self._interval, self._redis, self._sources = interval, redis, sources
        planned = None
        if settings.provider == "yahoo":
            first: Provider = make_yahoo(settings, db, redis)
            urgent = first
        else:
            first = make_twelvedata(settings, db, redis)
            urgent = make_twelvedata(settings, db, redis, urgent=True)
            if settings.twelvedata_stream:
                self._listen()
            planned = self._plan()
        self._feed = self._poll(first, urgent, settings.fetch_spacing_s, planned)
        self.on_stop += [one.close for one in {first, urgent}]
        rounds = [] if planned is not None else [self._feed]
        if settings.keyless and settings.provider != "yahoo":
            spare = make_yahoo(settings, db, redis)
            rounds.append(self._poll(spare, spare, settings.keyless_spacing_s))
            self.background.append(rounds[-1].run)
            self.on_stop.append(spare.close)
        by_plan = None if planned is None else self._feed
        self.crons = FetchTasks(rounds, interval_s=settings.fetch_interval_s, planned=by_plan).crons()

    def _poll(self, provider: Provider, urgent: Provider, spacing_s: float, planned: Planned | None = None) -> PollFeed:
        turn = turn_of(self.settings, provider.name)
        options = PollOptions(self._interval, spacing_s, self.gaps, turn, planned)
        return PollFeed(
            self.db, provider, urgent, self.publisher, self.lease, options, self.has_prices, sources=self._sources
        )

    def _listen(self) -> None:
        settings = self.settings
        listening = ListenOptions(
            gather_s=_GATHER_S,
            grace=timedelta(seconds=settings.candle_grace_s),
            symbols=settings.twelvedata_stream_symbols,
            price_row_every=timedelta(seconds=settings.replay_price_row_every_s),
            gaps=self.gaps,
        )
        stream = make_twelvedata_stream(settings, self.db.clock)
        listen = ListenFeed(self.db, stream, self.publisher, self.lease, self._sources, listening)
        self.background.append(listen.run)

    def _plan(self) -> Planned | None:
        settings = self.settings
        if settings.fetch_plan != "planned":
            return None
        per_day = settings.twelvedata_credits_per_day * (100 - settings.twelvedata_reserve_percent) // 100
        pace = Pace(settings.fetch_volatility_percent / 100, 2 * self._interval)
        return Planned(per_day, settings.twelvedata_credits_per_minute, pace)

    async def run(self) -> None:
        await self._feed.run()
