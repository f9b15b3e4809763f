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
from services.alerts.addresses import api as addresses_api
from services.alerts.bulk import api as bulk_api
from services.alerts.definitions import api as definitions_api
from services.alerts.engine import api as engine_api
from services.alerts.engine.history import History
from services.alerts.inbox import api as inbox_api
from services.alerts.instruments.service import Instruments
from services.alerts.lookback import api as lookback_api
from services.alerts.lookback.service import Lookback
from services.alerts.notifications import api as notifications_api
from services.alerts.notifications import leaving, staff_api
from services.alerts.notifications.ledger import Ledger
from services.alerts.notifications.service import NoticesOf
from services.alerts.personal_data import PersonalData
from services.alerts.preferences import api as preferences_api
from services.alerts.receipts import api as receipts_api
from services.alerts.receipts.service import Receipts
from services.alerts.settings import AlertsSettings
from services.alerts.sms_texts import api as sms_texts_api
from services.alerts.sms_texts.service import SmsTexts
from services.alerts.watchlists import api as watchlists_api
from services.alerts.webhooks import api as webhooks_api
from services.alerts.wiring import (
    Peers,
    make_alerts,
    make_bulk_alerts,
    make_guarded,
    make_rooms,
    make_unsubscribes,
    make_vapid,
    make_watchlist_rules,
)


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
    guarded = make_guarded(settings)
    rooms = make_rooms(settings, db, peers, guarded)
    history = History(db, rooms.notices)
    watchlist_rules = make_watchlist_rules(settings, db, peers, alerts)
    personal_data = PersonalData(db, alerts, history, rooms, watchlist_rules)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await guarded.aclose()
        await http.aclose()
        await redis.aclose()
        await db.close()

    app = create_app(
        settings,
        # Before the definitions: `/api/alerts/triggered/` would be an alert's id otherwise.
        routers=[
            engine_api.router,
            lookback_api.router,
            bulk_api.router,
            watchlists_api.router,
            definitions_api.router,
            notifications_api.router,
            inbox_api.router,
            preferences_api.router,
            leaving.router,
            webhooks_api.router,
            addresses_api.router,
            staff_api.router,
            sms_texts_api.router,
            receipts_api.router,
        ],
        exporter=personal_data.export,
        eraser=personal_data.erase,
        readiness=[*database_checks(db), *redis_checks(redis)],
        lifespan=lifespan,
        security=security,
        max_body_bytes=receipts_api.MAX_BODY_BYTES,
    )
    app.state.db = db
    app.state.alerts = alerts
    app.state.history = history
    app.state.bulk_alerts = make_bulk_alerts(settings, db, peers, alerts)
    app.state.watchlist_rules = watchlist_rules
    app.state.notices = rooms.notices
    app.state.inbox = rooms.inbox
    app.state.preferences = rooms.preferences
    app.state.choices = rooms.choices
    app.state.webhooks = rooms.webhooks
    app.state.ledger = Ledger(db)
    app.state.sms_texts = SmsTexts(db)
    app.state.addresses = rooms.addresses
    app.state.receipts = Receipts(db, rooms.preferences, rooms.addresses)
    app.state.vapid = make_vapid(settings, db)
    app.state.unsubscribes = make_unsubscribes(settings)
    app.state.told = NoticesOf(db, rooms.inbox)
    app.state.lookback = Lookback(
        db, peers.market, Instruments(peers.market, keep_s=settings.instrument_cache_s), alerts, rooms.notices
    )
    return app
