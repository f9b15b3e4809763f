"""The background process of alerts: what it hears, the sweep and the notices. Engine and senders have their own."""

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
from libs.contracts.auth import ProfileChanged, SecurityNoticed, SettingsChanged, UserVerified
from libs.contracts.billing import EntitlementsChanged
from libs.contracts.companies import CompanyEventNear
from libs.contracts.market import InstrumentChanged, PriceGapped, SplitConfirmed, SplitUndone, WatchlistChanged
from services.alerts.companies.service import CompanyDays
from services.alerts.companies.tasks import CompanyHandlers
from services.alerts.definitions.tasks import DefinitionHandlers
from services.alerts.engine.service import Firings
from services.alerts.engine.sweep import Sweep
from services.alerts.engine.tasks import EngineJobs
from services.alerts.notifications.digests import Digests
from services.alerts.notifications.tasks import HEARD_OF_ALERTS, NoticeHandlers, NoticeJobs
from services.alerts.renames.service import Renames
from services.alerts.renames.tasks import RenameHandlers
from services.alerts.settings import AlertsSettings
from services.alerts.signals.service import SignalAlerts, SignalNotices
from services.alerts.signals.tasks import SignalHandlers
from services.alerts.splits.service import Splits
from services.alerts.splits.tasks import SplitHandlers
from services.alerts.watchlists.tasks import WatchlistHandlers
from services.alerts.webhooks.sending import Endpoints
from services.alerts.webhooks.tasks import WebhookJobs
from services.alerts.wiring import (
    Peers,
    make_alerts,
    make_guarded,
    make_rooms,
    make_watchlist_rules,
)

EVERY_MINUTE = set(range(60))
EVERY_FIVE_SECONDS = set(range(0, 60, 5))
EVERY_FIVE_MINUTES = set(range(0, 60, 5))


def build_worker(
    settings: AlertsSettings | None = None,
    *,
    db: Database | None = None,
    http: Http | None = None,
    tokens: TokenSource | None = None,
) -> Worker:
    """Wire it. Tests hand in a database, a client, and service tokens that need no auth."""
    settings = settings or AlertsSettings()
    db = db or Database(settings)
    redis, http = create_redis(settings), http or Http("alerts-worker")
    peers = Peers.of(settings, http, tokens)
    sweep = Sweep(db, peers.market, Firings(db), chunk=settings.engine_chunk)
    guarded = make_guarded(settings)
    rooms = make_rooms(settings, db, peers, guarded)
    endpoints = Endpoints(db, rooms.notices)
    webhook_jobs = WebhookJobs(endpoints, keep_log=timedelta(days=settings.webhook_log_days))
    notices = NoticeHandlers(rooms.notices, rooms.webhooks)
    digests = Digests(db, rooms.inbox, message_domain=settings.message_domain)
    chores = NoticeJobs(rooms.inbox, digests, keep=timedelta(days=settings.notice_keep_days))
    alerts = make_alerts(settings, db, peers)
    definitions = DefinitionHandlers(alerts)
    watchlist_rules = make_watchlist_rules(settings, db, peers, alerts)
    watchlists = WatchlistHandlers(watchlist_rules)
    renames = RenameHandlers(Renames(), watchlist_rules)
    splits = SplitHandlers(Splits())
    companies = CompanyHandlers(CompanyDays(rooms.notices))
    signals = SignalHandlers(SignalNotices(rooms.notices), SignalAlerts())
    return Worker(
        settings,
        db=db,
        redis=redis,
        http=http,
        jobs=[watchlists.settle_watchlist_rule],
        crons=[
            Cron(EngineJobs(sweep).sweep_alerts, minute=EVERY_FIVE_MINUTES, at_start=True, timeout_s=280),
            Cron(definitions.expire_alerts, minute=EVERY_MINUTE, timeout_s=50),
            Cron(watchlists.find_unsettled_rules, second=EVERY_FIVE_SECONDS, at_start=True, timeout_s=50),
            Cron(chores.gather_digests, minute=EVERY_FIVE_MINUTES, at_start=True, timeout_s=280),
            Cron(webhook_jobs.switch_off_failing_webhooks, minute=EVERY_FIVE_MINUTES, timeout_s=280),
            Cron(webhook_jobs.purge_webhook_log, hour=3, minute=50, timeout_s=280),
            Cron(chores.purge_notices, hour=3, minute=40, timeout_s=280),
        ],
        subscriptions=[
            Subscription(
                stream_of("auth"),
                {
                    UserVerified: notices.user_verified,
                    ProfileChanged: notices.profile_changed,
                    SettingsChanged: notices.settings_changed,
                    SecurityNoticed: notices.security_noticed,
                },
            ),
            Subscription(
                stream_of("market"),
                {
                    PriceGapped: definitions.price_gapped,
                    SplitConfirmed: splits.confirmed,
                    SplitUndone: splits.undone,
                    WatchlistChanged: watchlists.watchlist_changed,
                    CompanyEventNear: companies.event_near,
                    InstrumentChanged: renames.instrument_changed,
                },
            ),
            signals.subscription(),
            Subscription(stream_of("billing"), {EntitlementsChanged: definitions.entitlements_changed}),
            Subscription(stream_of("alerts"), batch_handler=notices.alerts_happened, batch_types=HEARD_OF_ALERTS),
        ],
        on_stop=[guarded.aclose],
    )
