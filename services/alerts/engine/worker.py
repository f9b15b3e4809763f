"""The engine's own process: nothing that mails, consumers or the relay do on their loop delays a firing."""

from __future__ import annotations

from libs.common.db import Database
from libs.common.redis import create_redis
from libs.common.worker import Worker
from services.alerts.engine.runner import Engine
from services.alerts.settings import AlertsSettings


def build_worker(settings: AlertsSettings | None = None, *, db: Database | None = None) -> Worker:
    """Wire it. Tests hand in a database."""
    settings = settings or AlertsSettings()
    db, redis = db or Database(settings), create_redis(settings)
    engine = Engine(db, redis, partitions=settings.tick_partitions, chunk=settings.engine_chunk)
    return Worker(settings, db=db, redis=redis, port=settings.engine_port, keeps_house=False, background=[engine.run])
