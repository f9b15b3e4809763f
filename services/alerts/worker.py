"""The background process of alerts: the sweep, the notices and their sender. The engine has one of its own."""

from __future__ import annotations

from libs.common.db import Database
from libs.common.events.consumer import Subscription
from libs.common.events.envelope import stream_of
from libs.common.http import Http
from libs.common.http.service_client import TokenSource
from libs.common.jobs import Cron
from libs.common.redis import create_redis
from libs.common.worker import Worker
from libs.contracts.alerts import AlertTriggered
from libs.contracts.auth import ProfileChanged, SecurityNoticed, SettingsChanged, UserVerified
from libs.contracts.billing import EntitlementsChanged
from libs.contracts.market import PriceGapped
from services.alerts.channels import Channels
from services.alerts.channels.mail import SmtpChannel
from services.alerts.definitions.tasks import DefinitionHandlers
from services.alerts.engine.service import Firings
from services.alerts.engine.sweep import Sweep
from services.alerts.engine.tasks import EngineJobs
from services.alerts.notifications.letters import Letters
from services.alerts.notifications.sender import Sender
from services.alerts.notifications.service import MailWriter
from services.alerts.notifications.tasks import NoticeHandlers
from services.alerts.settings import AlertsSettings
from services.alerts.wiring import Peers, make_alerts, make_cipher, make_notices, make_sms

EVERY_MINUTE = set(range(60))
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
    letters = Letters(settings.public_url, code_pattern=settings.sms_code_text)
    writer = MailWriter(db, peers.auth, make_cipher(settings), letters)
    mail = SmtpChannel(settings.smtp_options(), now=db.clock.now)
    channel = Channels(mail, make_sms(settings, mail, http))
    sender = Sender(db, channel, writer.write, lanes=settings.smtp_connections)
    notices = NoticeHandlers(make_notices(settings, db), sender.wake)
    definitions = DefinitionHandlers(make_alerts(settings, db, peers))
    return Worker(
        settings,
        db=db,
        redis=redis,
        http=http,
        crons=[
            Cron(EngineJobs(sweep).sweep_alerts, minute=EVERY_FIVE_MINUTES, at_start=True, timeout_s=280),
            Cron(definitions.expire_alerts, minute=EVERY_MINUTE, timeout_s=50),
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
            Subscription(stream_of("market"), {PriceGapped: definitions.price_gapped}),
            Subscription(stream_of("billing"), {EntitlementsChanged: definitions.entitlements_changed}),
            Subscription(stream_of("alerts"), batch_handler=notices.alerts_triggered, batch_types=(AlertTriggered,)),
        ],
        background=[sender.run],
        on_stop=[channel.aclose],
    )
