"""The HTTP side of signals: health, metrics and the hooks for personal data; its rooms add their routers here."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from libs.common.db import Database
from libs.common.health import database_checks, redis_checks
from libs.common.redis import create_redis
from libs.common.security.setup import Security
from libs.common.web import create_app
from services.signals import personal_data
from services.signals.settings import SignalsSettings


def build_app(
    settings: SignalsSettings | None = None, *, db: Database | None = None, security: Security | None = None
) -> FastAPI:
    """Wire it. Tests hand in a database and a security of their own; both are closed with the app."""
    settings = settings or SignalsSettings()
    db = db or Database(settings)
    redis = create_redis(settings)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await redis.aclose()
        await db.close()

    return create_app(
        settings,
        routers=[],
        exporter=personal_data.export,
        eraser=personal_data.erase,
        readiness=[*database_checks(db), *redis_checks(redis)],
        lifespan=lifespan,
        security=security,
    )
