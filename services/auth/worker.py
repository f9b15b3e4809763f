"""The background process of auth."""

from __future__ import annotations

from libs.common.clock import Clock, SystemClock
from libs.common.db import Database, Transaction
from libs.common.events.consumer import Subscription
from libs.common.events.envelope import Envelope, stream_of
from libs.common.http import Http, ServiceClient
from libs.common.http.service_client import TokenSource
from libs.common.jobs import Cron, JobContext
from libs.common.redis import create_redis
from libs.common.security.service_tokens import ServiceTokens
from libs.common.worker import Worker
from libs.contracts.alerts import AlertCreated
from libs.contracts.billing import EntitlementsChanged
from services.auth.accounts.tasks import AccountHandlers
from services.auth.accounts.upkeep import AccountUpkeep
from services.auth.acting.service import purge_old as purge_old_acting
from services.auth.api_keys.service import KeyUpkeep
from services.auth.api_keys.tasks import KeyHandlers
from services.auth.challenges.service import purge_unanswered
from services.auth.contacts.service import purge_ended as purge_contacts
from services.auth.links.service import purge_ended as purge_links
from services.auth.mails.service import MailDelivery
from services.auth.mails.tasks import MailJobs
from services.auth.oauth.service import purge_ended as purge_ended_grants
from services.auth.oidc.service import purge_attempts
from services.auth.personal_data.rules import SERVICES
from services.auth.personal_data.service import Erasing, Gathering
from services.auth.personal_data.tasks import PersonalDataJobs
from services.auth.profile.service import Profiles
from services.auth.profile.tasks import ProfileHandlers
from services.auth.revocations.service import RevocationPublisher, Revocations
from services.auth.security_log.service import purge_old
from services.auth.sessions.endings import Endings, IdleSessions
from services.auth.sessions.service import purge_ended
from services.auth.settings import AuthSettings
from services.auth.standing.service import Standings
from services.auth.wiring import make_cipher, make_rotation

EVERY_FIVE_SECONDS = set(range(0, 60, 5))


def build_worker(
    settings: AuthSettings | None = None,
    *,
    db: Database | None = None,
    clock: Clock | None = None,
    tokens: TokenSource | None = None,
) -> Worker:
    """Wire it. Tests hand in a database, a clock, and service tokens that need no auth."""
    settings = settings or AuthSettings()
    clock = clock or SystemClock()
    db = db or Database(settings, clock=clock)
    redis, http, cipher = create_redis(settings), Http("auth-worker"), make_cipher(settings)
    tokens = tokens or ServiceTokens(
        http, service=settings.service, secret=settings.service_secret, auth_url=settings.auth_url
    )
    peers = {name: ServiceClient(http, getattr(settings, f"{name}_url"), name, tokens) for name in SERVICES}
    mails = MailJobs(MailDelivery(db, cipher, clock, peers["alerts"]))
    own_data = PersonalDataJobs(Gathering(db, cipher, peers, clock, settings), Erasing(db, peers, clock))
    rotation = make_rotation(db, cipher, clock, settings)
    revocations = RevocationPublisher(db, redis, clock)
    idle = IdleSessions(db, Endings(Revocations(db, redis, clock), clock), clock, settings)
    upkeep = AccountUpkeep(db, Standings(Revocations(db, redis, clock), clock), clock)
    handlers = AccountHandlers(upkeep)
    key_upkeep = KeyUpkeep(db, clock)
    key_handlers = KeyHandlers(key_upkeep)

    async def on_entitlements_changed(tx: Transaction, event: EntitlementsChanged, envelope: Envelope) -> None:
        await handlers.on_entitlements_changed(tx, event, envelope)
        await key_handlers.on_entitlements_changed(tx, event, envelope)

    first_steps = ProfileHandlers(Profiles(db, clock, settings))

    async def rotate_keys(_context: JobContext) -> None:
        await rotation.rotate()

    async def end_idle_sessions(_context: JobContext) -> None:
        await idle.end_idle()

    async def drop_what_ended(_context: JobContext) -> None:
        await upkeep.purge_links()
        await purge_links(db, clock)
        await purge_contacts(db, clock)
        await purge_ended(db, clock)
        await purge_attempts(db, clock)
        await purge_unanswered(db, clock)
        await purge_old(db, clock)
        await purge_old_acting(db, clock)
        await key_upkeep.purge_ended()
        await own_data.drop_ended()
        await purge_ended_grants(db, clock)
        await revocations.forget_ended()

    return Worker(
        settings,
        db=db,
        redis=redis,
        http=http,
        jobs=[mails.deliver_mail],
        crons=[
            Cron(mails.deliver_due_mails, second=EVERY_FIVE_SECONDS),
            Cron(end_idle_sessions, second={20}),
            Cron(own_data.make_due_exports, second=EVERY_FIVE_SECONDS),
            Cron(own_data.erase_due_accounts, timeout_s=280),
            Cron(rotate_keys, minute={7, 37}, at_start=True),
            Cron(drop_what_ended, minute=47),
        ],
        subscriptions=[
            Subscription(stream_of("alerts"), {AlertCreated: first_steps.on_alert_created}),
            Subscription(stream_of("billing"), {EntitlementsChanged: on_entitlements_changed}),
        ],
        background=[revocations.run],
    )
