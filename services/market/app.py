"""The HTTP side of market."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from libs.common.db import Database
from libs.common.health import database_checks, redis_checks
from libs.common.jobs import JobQueue
from libs.common.redis import create_redis
from libs.common.security.setup import Security
from libs.common.web import create_app
from services.market.candles import api as candles_api
from services.market.candles.service import Candles
from services.market.companies import api as companies_api
from services.market.companies.service import CompanyEvents
from services.market.economics import api as economics_api
from services.market.economics.service import Economics
from services.market.feed_keys import api as feed_keys_api
from services.market.feed_keys.service import FeedKeyBook
from services.market.history import api as history_api
from services.market.history.service import History
from services.market.imports import api as imports_api
from services.market.imports.service import Imports
from services.market.indicators import api as indicators_api
from services.market.indicators.service import Indicators
from services.market.instruments import api as instruments_api
from services.market.instruments.service import Instruments
from services.market.news import api as news_api
from services.market.news.service import Newsroom
from services.market.own_prices.service import OwnPrices
from services.market.patterns import api as patterns_api
from services.market.patterns.service import Patterns
from services.market.personal import PersonalData
from services.market.prices import api as prices_api
from services.market.prices.service import Prices, Source
from services.market.providers.registry import NOT_FOR_ORDERS, configured_providers, market_orders, max_lags
from services.market.quality import api as quality_api
from services.market.quality.service import Quality
from services.market.sessions import api as sessions_api
from services.market.sessions.service import Calendars
from services.market.settings import MarketSettings
from services.market.sources import api as sources_api
from services.market.sources.service import Sources
from services.market.splits import api as splits_api
from services.market.splits.service import Splits
from services.market.watchlists import api as watchlists_api
from services.market.watchlists.service import Watchlists


def build_app(
    settings: MarketSettings | None = None, *, db: Database | None = None, security: Security | None = None
) -> FastAPI:
    """Wire it. Tests hand in a database and a security of their own; both are closed with the app."""
    settings = settings or MarketSettings()
    db = db or Database(settings)
    redis = create_redis(settings)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await redis.aclose()
        await db.close()

    source = _source(settings)
    prices = Prices(db, source)
    watchlists = Watchlists(db, prices)
    personal = PersonalData([watchlists, OwnPrices(db)])
    app = create_app(
        settings,
        routers=[
            prices_api.router,
            candles_api.router,
            indicators_api.router,
            patterns_api.router,
            instruments_api.router,
            watchlists_api.router,
            imports_api.router,
            sessions_api.router,
            news_api.router,
            economics_api.router,
            companies_api.router,
            companies_api.staff,
            companies_api.internal,
            prices_api.internal,
            candles_api.internal,
            quality_api.router,
            history_api.router,
            splits_api.router,
            splits_api.internal,
            sources_api.router,
            watchlists_api.internal,
            feed_keys_api.internal,
            sessions_api.internal,
            news_api.internal,
        ],
        exporter=personal.export,
        eraser=personal.erase,
        readiness=[*database_checks(db), *redis_checks(redis)],
        lifespan=lifespan,
        security=security,
        # The door holds all other routes to its own, smaller bound.
        max_body_bytes=max(imports_api.MAX_BODY_BYTES, history_api.MAX_BODY_BYTES),
    )
    app.state.db = db
    app.state.prices = prices
    app.state.candles = Candles(db)
    app.state.indicators = Indicators(app.state.candles)
    app.state.patterns = Patterns(app.state.candles)
    app.state.quality = Quality(db)
    app.state.history = History(db, gap_fraction=settings.gap_percent / 100)
    app.state.splits = Splits(db)
    app.state.sources = Sources(
        db,
        configured_providers(settings),
        degraded_after=settings.degraded_after,
        orders=market_orders(settings),
    )
    app.state.instruments = Instruments(db)
    app.state.watchlists = watchlists
    app.state.feed_keys = FeedKeyBook(db)
    app.state.imports = Imports(db, settings.provider)
    app.state.calendars = Calendars(db, source, warn_days=settings.calendar_warn_days)
    app.state.newsroom = Newsroom(db, fresh=settings.news_fresh, keep=settings.news_keep)
    app.state.economics = Economics(db)
    app.state.company_events = CompanyEvents(db)
    app.state.queue = JobQueue(redis, settings.service)
    return app


def _source(settings: MarketSettings) -> Source:
    return Source(
        settings.provider,
        "replay" if settings.provider == "replay" else "live",
        max_lags(settings),
        NOT_FOR_ORDERS,
    )
