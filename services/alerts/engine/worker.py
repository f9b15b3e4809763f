"""The engine's own process: nothing that mails, consumers or the relay do on their loop delays a firing."""

from __future__ import annotations

from libs.common.db import Database
from libs.common.http import Http
from libs.common.http.service_client import TokenSource
from libs.common.redis import create_redis
from libs.common.worker import Worker
from services.alerts.engine.own import OwnTicks
from services.alerts.engine.runner import Engine
from services.alerts.settings import AlertsSettings
from services.alerts.wiring import Peers


def build_worker(
    settings: AlertsSettings | None = None,
    *,
    db: Database | None = None,
    http: Http | None = None,
    tokens: TokenSource | None = None,
) -> Worker:
    """Wire it. Tests hand in a database, a client, and service tokens that need no auth."""
    settings = settings or AlertsSettings()
    db, redis = db or Database(settings), create_redis(settings)
    http = http or Http("alerts-engine")
    market = Peers.of(settings, http, tokens).market
    engine = Engine(
        db,
        redis,
        partitions=settings.tick_partitions,
        chunk=settings.engine_chunk,
        lease_s=settings.engine_lease_s,
        market=market,
    )
    own = OwnTicks(db, redis, engine, chunk=settings.engine_chunk)
    return Worker(
        settings,
        db=db,
        redis=redis,
        http=http,
        port=settings.engine_port,
        keeps_house=False,
        background=[engine.run, own.run],
    )
