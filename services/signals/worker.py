"""The background process of signals: publishes its outbox; its rooms add jobs, crons and subscriptions here."""

from __future__ import annotations

from libs.common.db import Database
from libs.common.redis import create_redis
from libs.common.worker import Worker
from services.signals.settings import SignalsSettings


def build_worker(settings: SignalsSettings | None = None) -> Worker:
    settings = settings or SignalsSettings()
    return Worker(settings, db=Database(settings), redis=create_redis(settings))
