"""The background process of alerts: the sweep, the notices and their sender. The engine has one of its own."""

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
from services.alerts.channels import Channels
from services.alerts.channels.pace import Pacer
from services.alerts.channels.push import PushChannel, PushOptions
from services.alerts.channels.slack import SlackChannel
from services.alerts.channels.telegram import TelegramChannel
from services.alerts.charts.service import Charts
from services.alerts.companies.service import CompanyDays
from services.alerts.companies.tasks import CompanyHandlers
from services.alerts.definitions.tasks import DefinitionHandlers
from services.alerts.engine.service import Firings
from services.alerts.engine.sweep import Sweep
from services.alerts.engine.tasks import EngineJobs
from services.alerts.notifications.chats import ChatChannel, ChatWriter
from services.alerts.notifications.digests import Digests
from services.alerts.notifications.letters import Letters
from services.alerts.notifications.mails import MailWriter
from services.alerts.notifications.rules import Lane
from services.alerts.notifications.sender import Sender
from services.alerts.notifications.service import BadAddresses
from services.alerts.notifications.tasks import HEARD_OF_ALERTS, NoticeHandlers, NoticeJobs
from services.alerts.renames.service import Renames
from services.alerts.renames.tasks import RenameHandlers
from services.alerts.settings import AlertsSettings
from services.alerts.signals.service import SignalAlerts, SignalNotices
from services.alerts.signals.tasks import SignalHandlers
from services.alerts.sms_texts.service import SmsTexts
from services.alerts.splits.service import Splits
from services.alerts.splits.tasks import SplitHandlers
from services.alerts.watchlists.tasks import WatchlistHandlers
from services.alerts.webhooks.sending import Endpoints, WebhookChannel, WebhookWriter
from services.alerts.webhooks.tasks import WebhookJobs
from services.alerts.wiring import (
    Peers,
    make_alerts,
    make_cipher,
    make_guarded,
    make_mail,
    make_rooms,
    make_sms,
    make_unsubscribes,
    make_vapid,
    make_watchlist_rules,
)

WEBHOOK_TIMEOUT_S = 20.0
"""Longer than a call may take, so that the call's own limit speaks."""

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
    letters = Letters(settings.public_url)
    guarded = make_guarded(settings)
    rooms = make_rooms(settings, db, peers, guarded)
    writer = MailWriter(
        db,
        peers.auth,
        make_cipher(settings),
        letters,
        rooms.preferences,
        make_unsubscribes(settings),
        Charts(peers.market),
        rooms.addresses,
        SmsTexts(db),
    )
    bad_addresses = BadAddresses(db, rooms.addresses)
    mail = make_mail(settings, db, http)
    channel = Channels(mail, make_sms(settings, mail, http))
    pacer = Pacer(settings.channel_paces)
    sender = Sender(
        db,
        channel,
        writer.write,
        lanes=settings.smtp_connections,
        on_bad_address=bad_addresses.note,
        pacer=pacer,
    )
    endpoints = Endpoints(db, rooms.notices)
    webhook_sender = Sender(
        db,
        WebhookChannel(db, guarded, endpoints, db.clock),
        WebhookWriter(db, make_cipher(settings)).write,
        lanes=settings.webhook_lanes,
        lane=Lane.WEBHOOK,
        try_timeout_s=WEBHOOK_TIMEOUT_S,
    )
    webhook_jobs = WebhookJobs(endpoints, keep_log=timedelta(days=settings.webhook_log_days))
    chat_sender = Sender(
        db,
        ChatChannel(
            SlackChannel(guarded, host=settings.slack_host),
            TelegramChannel(http, settings.telegram_token, api_url=settings.telegram_api_url),
            PushChannel(guarded, PushOptions(make_vapid(settings, db), settings.push_hosts)),
        ),
        ChatWriter(rooms.addresses, settings.public_url).write,
        lanes=settings.chat_lanes,
        lane=Lane.CHAT,
        on_bad_address=bad_addresses.note,
        try_timeout_s=WEBHOOK_TIMEOUT_S,
        pacer=pacer,
    )
    notices = NoticeHandlers(rooms.notices, rooms.webhooks, [sender.wake, webhook_sender.wake, chat_sender.wake])
    digests = Digests(db, rooms.inbox, message_domain=settings.message_domain)
    chores = NoticeJobs(rooms.inbox, digests, sender.wake, keep=timedelta(days=settings.notice_keep_days))
    alerts = make_alerts(settings, db, peers)
    definitions = DefinitionHandlers(alerts)
    watchlist_rules = make_watchlist_rules(settings, db, peers, alerts)
    watchlists = WatchlistHandlers(watchlist_rules)
    renames = RenameHandlers(Renames(), watchlist_rules)
    splits = SplitHandlers(Splits())
    companies = CompanyHandlers(CompanyDays(rooms.notices), [sender.wake, chat_sender.wake])
    signals = SignalHandlers(SignalNotices(rooms.notices), SignalAlerts(), [sender.wake, chat_sender.wake])
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
        background=[sender.run, webhook_sender.run, chat_sender.run],
        on_stop=[channel.aclose, guarded.aclose],
    )
