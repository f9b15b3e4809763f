"""The HTTP side of alerts."""

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
from services.alerts.definitions import api as definitions_api
from services.alerts.engine import api as engine_api
from services.alerts.engine.history import History
from services.alerts.notifications import api as notifications_api
from services.alerts.personal_data import PersonalData
from services.alerts.settings import AlertsSettings
from services.alerts.wiring import Peers, make_alerts, make_notices


def build_app(
    settings: AlertsSettings | None = None,
    *,
    db: Database | None = None,
    security: Security | None = None,
    http: Http | None = None,
    tokens: TokenSource | None = None,
) -> FastAPI:
    """Wire it. Tests hand in a database, a security, a client and service tokens; all are closed with the app."""
    settings = settings or AlertsSettings()
    db = db or Database(settings)
    redis = create_redis(settings)
    http = http or Http("alerts")
    peers = Peers.of(settings, http, tokens)
    alerts = make_alerts(settings, db, peers)
    notices = make_notices(settings, db)
    history = History(db, notices)
    personal_data = PersonalData(db, alerts, history, notices)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await http.aclose()
        await redis.aclose()
        await db.close()

    app = create_app(
        settings,
        # The engine's first: `/api/alerts/triggered/` would be an alert's id otherwise.
        routers=[engine_api.router, definitions_api.router, notifications_api.router],
        exporter=personal_data.export,
        eraser=personal_data.erase,
        readiness=[*database_checks(db), *redis_checks(redis)],
        lifespan=lifespan,
        security=security,
    )
    app.state.db = db
    app.state.alerts = alerts
    app.state.history = history
    app.state.notices = notices
    return app
