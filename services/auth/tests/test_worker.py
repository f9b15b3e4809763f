"""The worker and the app as they run: events in and out, migrations, and nothing secret in logs or rows."""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from redis.asyncio import Redis
from sqlalchemy import text

from libs.common import migrations
from libs.common.clock import FixedClock
from libs.common.db import Database
from libs.common.events.envelope import ENTRY_FIELD, Envelope, stream_of
from libs.common.ids import uuid7
from libs.common.logging import configure_logging
from libs.common.testing.plugin import DatabaseFactory
from libs.common.testing.tokens import Tokens
from libs.common.testing.waiting import eventually
from libs.contracts.billing import Entitlements, EntitlementsChanged, Limits, SubscriptionState, Tier
from services.auth.accounts.upkeep import AccountUpkeep
from services.auth.demo import DEMO_EMAIL, DEMO_PASSWORD, seed_demo_user
from services.auth.revocations.service import Revocations
from services.auth.schema import Base
from services.auth.settings import AuthSettings
from services.auth.standing.service import Standings
from services.auth.tests.conftest import EMAIL, PASSWORD, Mailbox, Person
from services.auth.wiring import make_passwords
from services.auth.worker import build_worker

LIMITS = Limits(
    active_alerts=5,
    signals_per_day=0,
    strategies=0,
    ai_studio_minutes_per_month=0,
    custom_indicators=False,
    live_trading=False,
    api_keys=0,
    api_calls_per_minute=0,
    socket_symbols=10,
    socket_ticks_per_second=1,
    channels=("email",),
)


@pytest_asyncio.fixture
async def running(
    settings: AuthSettings, database_for: DatabaseFactory, db: Database, clock: FixedClock, tokens: Tokens
) -> AsyncIterator[None]:
    """The worker, with a pool of its own as in life."""
    worker = build_worker(
        settings.model_copy(update={"worker_port": 0}),
        db=await database_for(settings),
        clock=clock,
        tokens=tokens.source("auth"),
    )
    task = asyncio.create_task(worker.run(handle_signals=False))
    yield
    worker.stop()
    await task


def entitlements(user_id: UUID, tier: Tier, version: int) -> Entitlements:
    return Entitlements(
        user_id=user_id, tier=tier, state=SubscriptionState.TRIAL, limits=LIMITS, upgrade_to=None, version=version
    )


def said(clock: FixedClock, user_id: UUID, tier: Tier, version: int) -> bytes:
    """Write what billing announces."""
    event = EntitlementsChanged(entitlements=entitlements(user_id, tier, version))
    data = event.model_dump(mode="json")
    return Envelope(uuid7(), event.type, "billing", clock.now(), event.subject(), version, data).to_json()


async def test_billings_word_changes_the_tier(
    person: Person, running: None, redis: Redis, clock: FixedClock, bearer: Any
) -> None:
    await person.register_and_verify()
    pair = await person.tokens()

    async def is_void() -> bool:
        answer = await person.client.get("/api/users/me/", headers=bearer(pair["access_token"]))
        return answer.status_code == 401

    await redis.xadd(stream_of("billing"), {ENTRY_FIELD: said(clock, UUID(pair["user"]["id"]), Tier.ELITE, 3)})
    await eventually(is_void)
    renewed = await person.client.post("/api/auth/refresh/", json={"refresh_token": pair["refresh_token"]})
    assert renewed.json()["user"]["tier"] == "ELITE", "nobody is signed out by a better plan"
    me = await person.client.get("/api/users/me/", headers=bearer(renewed.json()["access_token"]))
    assert me.json()["tier"] == "ELITE"


async def test_the_newest_word_on_a_tier_stands(person: Person, db: Database, redis: Redis, clock: FixedClock) -> None:
    await person.register_and_verify()
    user_id = UUID((await person.tokens())["user"]["id"])
    upkeep = AccountUpkeep(db, Standings(Revocations(db, redis, clock), clock), clock)
    for tier, version in ((Tier.ELITE, 3), (Tier.PRO, 2), (Tier.BASIC, 3)):
        async with db.transaction() as tx:
            await upkeep.note_tier(tx, entitlements(user_id, tier, version))
    assert (await person.tokens())["user"]["tier"] == "ELITE"


async def test_what_happened_is_published(person: Person, running: None, redis: Redis) -> None:
    await person.register_and_verify()

    async def types() -> list[str] | None:
        entries = await redis.xrange(stream_of("auth"))
        found = [Envelope.from_json(fields[ENTRY_FIELD]).type for _, fields in entries]
        return found if len(found) == 3 else None

    assert await eventually(types) == [
        "auth.user.registered.v1",
        "auth.user.verified.v1",
        "auth.settings.changed.v1",
    ]


async def test_the_schema_is_what_the_code_says(settings: AuthSettings, db: Database) -> None:
    assert await migrations.differences(settings.migrate_database_url, "auth", Base.metadata) == []


async def test_the_demo_user_is_made_once(
    person: Person, settings: AuthSettings, db: Database, clock: FixedClock
) -> None:
    passwords = make_passwords(settings)
    made = await asyncio.gather(*(seed_demo_user(db, passwords, clock, settings.terms_version) for _ in range(3)))
    passwords.close()
    assert made.count(True) == 1
    assert (await person.log_in(DEMO_PASSWORD, name={"email": DEMO_EMAIL})).status_code == 200


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """All logs, at the most talkative level, as production writes them."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    configure_logging("auth", level="DEBUG")
    stream = io.StringIO()
    root.handlers[0].setStream(stream)  # type: ignore[attr-defined]
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)


async def test_no_secret_is_in_a_log_or_in_a_row(
    logged: io.StringIO, person: Person, mailbox: Mailbox, db: Database, bearer: Any
) -> None:
    """Plant secrets along the whole way, then look for each in everything that was written."""
    await person.register()
    link = await mailbox.last_token()
    await person.client.post("/api/auth/verify-email/", json={"token": link})
    await person.log_in("a-wrong-canary-password")
    pair = await person.tokens()
    refreshed = (await person.client.post("/api/auth/refresh/", json={"refresh_token": pair["refresh_token"]})).json()
    stolen = await person.client.post(
        "/api/auth/refresh/", json={"refresh_token": pair["refresh_token"]}, headers={"user-agent": "thief"}
    )
    assert stolen.status_code == 401
    await person.client.get(f"/api/users/me/?token={link}", headers=bearer(pair["access_token"]))
    await person.client.post(
        "/internal/token",
        json={"client_id": "alerts", "client_secret": "development-only-service-secret", "audience": "market"},
    )
    await person.client.post("/api/auth/login/", json={"email": EMAIL, "password": ["canary-in-a-list"]})
    await person.client.post("/api/auth/login/", content=b'{"password": "canary-cut-off')

    secrets = [
        PASSWORD,
        link,
        "a-wrong-canary-password",
        "canary-in-a-list",
        "canary-cut-off",
        "development-only-service-secret",
        *(one["access_token"].split(".")[1] for one in (pair, refreshed)),
        *(one["access_token"].split(".")[2] for one in (pair, refreshed)),
        *(one["refresh_token"].partition(".")[2] for one in (pair, refreshed)),
    ]
    written = logged.getvalue()
    assert "login_judged" in written
    for secret in [*secrets, EMAIL, "asha_rao", "9812345678"]:
        assert secret not in written

    async with db.read() as session:
        names = (await session.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'auth'"))).scalars()
        rows = "\n".join(
            [str(row) for name in names for row in await session.scalars(text(f"SELECT t::text FROM auth.{name} t"))]
        )
    assert EMAIL in rows
    for secret in secrets:
        assert secret not in rows
