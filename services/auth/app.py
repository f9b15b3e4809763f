"""The HTTP side of auth."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from fastapi import FastAPI

from libs.common.clock import Clock, SystemClock
from libs.common.db import Database
from libs.common.errors import StoreUnavailable
from libs.common.health import Check, database_checks, redis_checks
from libs.common.http import Http, ServiceClient
from libs.common.jobs import JobQueue
from libs.common.logging import get_logger
from libs.common.redis import create_redis
from libs.common.security.setup import Security
from libs.common.web import create_app
from services.auth.accounts import api as accounts_api
from services.auth.accounts.service import Accounts
from services.auth.acting import api as acting_api
from services.auth.acting.service import Acting
from services.auth.afterwards import Afterwards
from services.auth.api_keys import api as api_keys_api
from services.auth.api_keys.service import ApiKeys
from services.auth.challenges.service import Challenges
from services.auth.clients import api as clients_api
from services.auth.clients.service import Clients, OwnTokens
from services.auth.contacts import api as contacts_api
from services.auth.contacts.service import EmailChanges, Phones
from services.auth.contacts.short_messages import ShortMessages
from services.auth.demo import seed_demo_staff, seed_demo_user
from services.auth.keys import api as keys_api
from services.auth.limits.service import Limiter
from services.auth.links.service import Links
from services.auth.logins import api as logins_api
from services.auth.logins.service import Logins
from services.auth.logins.step_up import StepUps
from services.auth.mails.service import MailBox
from services.auth.mails.tasks import MailWaker
from services.auth.oauth import api as oauth_api
from services.auth.oauth import apps_api
from services.auth.oauth.registry import AppRegistry
from services.auth.oauth.service import OAuth
from services.auth.oidc import api as oidc_api
from services.auth.oidc.provider import Provider
from services.auth.oidc.service import ExternalSignIn, links_of
from services.auth.passkeys import api as passkeys_api
from services.auth.passkeys.ceremonies import Ceremonies
from services.auth.passkeys.proofs import PasskeyProofs
from services.auth.passkeys.service import Passkeys
from services.auth.passwords.service import PasswordRules
from services.auth.personal_data import api as personal_data_api
from services.auth.personal_data.service import Closing, Exports
from services.auth.profile import api as profile_api
from services.auth.profile.service import Profiles
from services.auth.recovery import api as recovery_api
from services.auth.recovery.service import Recovery, Unblocking
from services.auth.revocations.service import Revocations
from services.auth.role_changes import api as role_changes_api
from services.auth.role_changes.service import RoleChanges
from services.auth.second_factors import api as second_factors_api
from services.auth.second_factors.changes import FactorChanges
from services.auth.second_factors.codes import Codes
from services.auth.second_factors.proofs import Proofs
from services.auth.second_factors.service import SecondFactors
from services.auth.security_log import api as security_log_api
from services.auth.security_log.service import SecurityLog
from services.auth.sessions import api as sessions_api
from services.auth.sessions.countries import Countries
from services.auth.sessions.endings import Endings
from services.auth.sessions.grants import Grants
from services.auth.sessions.service import Sessions
from services.auth.settings import AuthSettings
from services.auth.staff import api as staff_api
from services.auth.staff.service import Staff
from services.auth.standing import api as standing_api
from services.auth.standing.service import Standings
from services.auth.wiring import make_cipher, make_keyring, make_passwords

log = get_logger(__name__)


def build_app(
    settings: AuthSettings | None = None,
    *,
    db: Database | None = None,
    clock: Clock | None = None,
    http: Http | None = None,
) -> FastAPI:
    """Wire it. Tests hand in a database, closed with the app, a clock, and a way to the other services."""
    settings = settings or AuthSettings()
    clock = clock or SystemClock()
    db = db or Database(settings, clock=clock)
    # What waits for Redis here is a person: without it limits are local and revocations are told by the worker.
    redis = create_redis(settings, timeout_s=0.5)
    cipher, passwords = make_cipher(settings), make_passwords(settings)
    keyring = make_keyring(db, cipher, clock, settings)
    waker = MailWaker(JobQueue(redis, settings.service))
    security_log = SecurityLog(db, clock)
    mails, password_rules, afterwards = MailBox(cipher, clock, waker), PasswordRules(settings), Afterwards()
    accounts = Accounts(db, passwords, password_rules, mails, clock, settings)
    limiter, revocations = Limiter(redis, settings), Revocations(db, redis, clock)
    links, profiles = Links(mails, clock, settings), Profiles(db, clock, settings)
    unblocking = Unblocking(db, links, limiter, security_log, clock, afterwards)
    endings = Endings(revocations, clock)
    challenges, ceremonies = Challenges(clock), Ceremonies(settings)
    passkey_proofs = PasskeyProofs(db, ceremonies, challenges, security_log, clock)
    proofs, codes = Proofs(challenges, passkey_proofs), Codes(cipher, security_log, clock)
    grants = Grants(keyring, cipher, clock, settings)
    sessions = Sessions(
        db, passwords, limiter, grants, endings, proofs, security_log, clock, settings, unblocking.tell_owner
    )
    changes = FactorChanges(sessions, proofs, security_log)
    second_factors = SecondFactors(db, sessions, proofs, codes, changes, limiter, clock)
    countries = Countries(settings.geoip_file)
    recovery = Recovery(
        db,
        accounts,
        passwords,
        password_rules,
        links,
        sessions,
        revocations,
        unblocking,
        limiter,
        security_log,
        clock,
        settings,
        afterwards,
    )
    standings = Standings(revocations, clock)
    role_changes = RoleChanges(db, standings, security_log, clock)
    acting = Acting(db, grants, revocations, security_log, clock)
    http = http or Http("auth")
    own_tokens = OwnTokens(keyring, settings.service)
    billing = ServiceClient(http, settings.billing_url, "billing", own_tokens)
    alerts = ServiceClient(http, settings.alerts_url, "alerts", own_tokens)
    api_keys = ApiKeys(db, billing, keyring, revocations, security_log, clock)
    oauth = OAuth(db, keyring, cipher, revocations, security_log, clock, settings)

    external_sign_in = ExternalSignIn(
        db,
        Provider.from_settings(settings, http, clock),
        passwords,
        accounts,
        sessions,
        proofs,
        limiter,
        security_log,
        cipher,
        clock,
    )

    async def export(user_id: UUID) -> Mapping[str, Any]:
        account = await accounts.export(user_id)
        if not account:
            return {}
        return {
            **account,
            **await sessions.export(user_id),
            **await acting.export(user_id),
            **await api_keys.export(user_id),
            "sign_ins_elsewhere": await links_of(db, user_id),
            "second_factors": await second_factors.export(user_id),
            **await profiles.export(user_id),
            **await oauth.export(user_id),
            "security_log": await security_log.export(user_id),
        }

    async def erase(user_id: UUID) -> None:
        async with db.transaction() as tx:
            revoked = await sessions.end_all(tx, user_id) + await api_keys.revoke_all(tx, user_id)
            revoked += await oauth.end_all(tx, user_id)
            await accounts.erase(tx, user_id)
        await sessions.tell(revoked)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        seconds, logins_a_second = passwords.measure()
        log.info(
            "password_capacity_measured",
            cost=settings.password_cost,
            hash_ms=round(seconds * 1000),
            logins_a_second=round(logins_a_second, 1),
        )
        try:
            await keyring.load()
            if settings.is_development:
                await seed_demo_user(db, passwords, clock, settings.terms_version)
                await seed_demo_staff(db, passwords, cipher, clock, settings.terms_version)
        except StoreUnavailable:
            log.warning("started_without_database")  # `/readyz` says so; the keys load with the first that needs them
        yield
        await afterwards.drain()
        await waker.drain()
        passwords.close()
        await http.aclose()
        countries.close()
        await redis.aclose()
        await db.close()

    app = create_app(
        settings,
        routers=[
            accounts_api.router,
            sessions_api.router,
            logins_api.router,
            oidc_api.router,
            second_factors_api.router,
            passkeys_api.router,
            security_log_api.router,
            standing_api.router,
            staff_api.router,
            role_changes_api.router,
            acting_api.router,
            api_keys_api.router,
            recovery_api.router,
            contacts_api.router,
            profile_api.router,
            personal_data_api.router,
            oauth_api.router,
            apps_api.router,
            keys_api.router,
            clients_api.router,
        ],
        exporter=export,
        eraser=erase,
        readiness=[*database_checks(db), *redis_checks(redis), Check("signing_keys", keyring.published)],
        lifespan=lifespan,
        security=Security.from_settings(settings, keys=keyring, clock=clock),
    )
    app.state.db = db
    app.state.accounts = accounts
    app.state.sessions = sessions
    app.state.logins = Logins(db, sessions, challenges, codes, passkey_proofs, limiter)
    app.state.step_ups = StepUps(db, sessions, passwords, proofs, codes, passkey_proofs, limiter)
    app.state.second_factors = second_factors
    app.state.passkeys = Passkeys(db, sessions, ceremonies, challenges, proofs, codes, changes, clock)
    app.state.countries = countries
    app.state.security_log = security_log
    app.state.api_keys = api_keys
    app.state.external_sign_in = external_sign_in
    app.state.oauth = oauth
    app.state.app_registry = AppRegistry(db, oauth, revocations, clock, most=settings.apps_per_user)
    app.state.keyring = keyring
    app.state.role_changes = role_changes
    app.state.staff = Staff(
        db, sessions, standings, role_changes, recovery, second_factors, security_log, limiter, clock
    )
    app.state.acting = acting
    app.state.clients = Clients.from_settings(keyring, settings)
    app.state.limiter = limiter
    app.state.afterwards = afterwards
    app.state.password_rules = password_rules
    app.state.recovery = recovery
    app.state.unblocking = unblocking
    app.state.email_changes = EmailChanges(db, links, mails, limiter, security_log, clock, settings)
    short_messages = ShortMessages(alerts, clock)
    app.state.phones = Phones(db, mails, limiter, security_log, clock, settings, short_messages)
    app.state.profiles = profiles
    app.state.exports = Exports(db, cipher, security_log, clock, settings)
    app.state.closing = Closing(db, passwords, links, sessions, standings, limiter, security_log, clock, settings)
    return app
