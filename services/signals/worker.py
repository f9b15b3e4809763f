"""The background process of signals: publishes its outbox; rooms add jobs, crons and subscriptions here."""

from __future__ import annotations

from datetime import timedelta

from libs.common.db import Database
from libs.common.events.consumer import Subscription
from libs.common.events.envelope import stream_of
from libs.common.http import Http
from libs.common.http.service_client import TokenSource
from libs.common.jobs import Cron
from libs.common.redis import create_redis
from libs.common.worker import Worker
from libs.contracts.billing import EntitlementsChanged
from services.signals.allowances.tasks import AllowanceHandlers
from services.signals.backtests.tasks import BacktestJobs
from services.signals.generation.tasks import GenerationTasks
from services.signals.settings import SignalsSettings
from services.signals.signals.tasks import SignalJobs, SignalPrices
from services.signals.wiring import Peers, make_backtest_runner, make_rooms, make_screen_runner


def build_worker(
    settings: SignalsSettings | None = None,
    *,
    db: Database | None = None,
    http: Http | None = None,
    tokens: TokenSource | None = None,
) -> Worker:
    """Wire it. Tests hand in a database, a client, and service tokens that need no auth."""
    settings = settings or SignalsSettings()
    db = db or Database(settings)
    redis, http = create_redis(settings), http or Http("signals-worker")
    rooms = make_rooms(settings, db, Peers.of(settings, http, tokens))
    allowances = AllowanceHandlers(rooms.allowances)
    generation = GenerationTasks(db, rooms.generation, rooms.signals)
    prices = SignalPrices(rooms.signals, redis, partitions=settings.tick_partitions)
    backtests = BacktestJobs(rooms.backtests, keep=timedelta(days=settings.backtest_keep_days))
    return Worker(
        settings,
        db=db,
        redis=redis,
        http=http,
        crons=[
            Cron(generation.look_at_silent_follows, at_start=True, timeout_s=50),
            Cron(SignalJobs(rooms.signals).expire_signals, timeout_s=50),
            Cron(backtests.purge_backtests, hour=3, minute=20, timeout_s=280),
        ],
        subscriptions=[
            Subscription(stream_of("billing"), {EntitlementsChanged: allowances.entitlements_changed}),
            generation.subscription(),
        ],
        background=[
            generation.run,
            prices.run,
            make_backtest_runner(settings, db, rooms).run,
            make_screen_runner(settings, db, rooms).run,
        ],
    )
