"""The HTTP side of billing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from libs.common.db import Database
from libs.common.health import database_checks, redis_checks
from libs.common.redis import create_redis
from libs.common.security.setup import Security
from libs.common.web import create_app
from services.billing.plans import api as plans_api
from services.billing.plans.service import Plans
from services.billing.settings import BillingSettings
from services.billing.subscriptions import api as subscriptions_api
from services.billing.subscriptions.service import Subscriptions


def build_app(
    settings: BillingSettings | None = None, *, db: Database | None = None, security: Security | None = None
) -> FastAPI:
    """Wire it. Tests hand in a database and a security of their own; both are closed with the app."""
    settings = settings or BillingSettings()
    db = db or Database(settings)
    redis = create_redis(settings)
    subscriptions = Subscriptions(db)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await redis.aclose()
        await db.close()

    app = create_app(
        settings,
        routers=[plans_api.router, subscriptions_api.router],
        exporter=subscriptions.export,
        eraser=subscriptions.erase,
        readiness=[*database_checks(db), *redis_checks(redis)],
        lifespan=lifespan,
        security=security,
    )
    app.state.plans = Plans(db)
    app.state.subscriptions = subscriptions
    return app
