"""The background process of broker: publishes its outbox; its rooms add jobs, crons and subscriptions here."""

from __future__ import annotations

from libs.common.db import Database
from libs.common.redis import create_redis
from libs.common.worker import Worker
from services.broker.settings import BrokerSettings


def build_worker(settings: BrokerSettings | None = None) -> Worker:
    settings = settings or BrokerSettings()
    return Worker(settings, db=Database(settings), redis=create_redis(settings))
