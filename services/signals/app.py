"""The HTTP side of signals; rooms add their routers here."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from libs.common.db import Database
from libs.common.health import database_checks, redis_checks
from libs.common.http import Http
from libs.common.http.service_client import TokenSource
from libs.common.redis import create_redis
from libs.common.security.setup import Security
from libs.common.web import create_app
from services.signals.backtests import api as backtests_api
from services.signals.generation import api as generation_api
from services.signals.indicators import api as indicators_api
from services.signals.indicators import language_api
from services.signals.offers import api as offers_api
from services.signals.personal_data import PersonalData
from services.signals.screener import api as screener_api
from services.signals.settings import SignalsSettings
from services.signals.signals import api as signals_api
from services.signals.strategies import api as strategies_api
from services.signals.strategies import shares_api
from services.signals.wiring import Peers, make_rooms


def build_app(
    settings: SignalsSettings | None = None,
    *,
    db: Database | None = None,
    security: Security | None = None,
    http: Http | None = None,
    tokens: TokenSource | None = None,
) -> FastAPI:
    """Wire it. Tests hand in a database, a security, a client and service tokens; all are closed with the app."""
    settings = settings or SignalsSettings()
    db = db or Database(settings)
    redis = create_redis(settings)
    http = http or Http("signals")
    rooms = make_rooms(settings, db, Peers.of(settings, http, tokens))
    personal_data = PersonalData(db, rooms)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await http.aclose()
        await redis.aclose()
        await db.close()

    app = create_app(
        settings,
        # Before the offers: `/api/signals/follows/` would be a signal's id otherwise.
        routers=[
            # Before the strategies: `/api/strategies/shared/copy/` would be a strategy's id otherwise.
            shares_api.router,
            strategies_api.router,
            indicators_api.router,
            language_api.router,
            screener_api.router,
            backtests_api.router,
            generation_api.router,
            signals_api.router,
            offers_api.router,
            strategies_api.internal,
            indicators_api.internal,
        ],
        exporter=personal_data.export,
        eraser=personal_data.erase,
        readiness=[*database_checks(db), *redis_checks(redis)],
        lifespan=lifespan,
        security=security,
    )
    app.state.db = db
    app.state.indicators = rooms.indicators
    app.state.screener = rooms.screener
    app.state.strategies = rooms.strategies
    app.state.offers = rooms.offers
    app.state.signals = rooms.signals
    app.state.follows = rooms.follows
    app.state.backtests = rooms.backtests
    return app
