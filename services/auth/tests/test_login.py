"""Logging in: what is told, to whom, and how often one may ask (decisions 5)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from time import perf_counter
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio import Redis
from sqlalchemy import select, update

from libs.common.clock import FixedClock
from libs.common.db import Database
from libs.common.errors import TooManyRequests
from libs.common.redis import create_redis
from libs.common.security.passwords import Passwords, Verdict
from libs.common.testing.client import ClientFor
from libs.common.testing.plugin import SettingsFactory
from services.auth.accounts.rules import AccountStatus
from services.auth.accounts.tables import User
from services.auth.app import build_app
from services.auth.limits.rules import Calls, Tries, counted_address, network_of
from services.auth.limits.service import Limiter
from services.auth.limits.visitor import Visitor
from services.auth.sessions.rules import LoginOutcome, judge_login
from services.auth.settings import AuthSettings
from services.auth.tests.conftest import EMAIL, PASSWORD, Mailbox, Person

COOKIE = {"x-token-transport": "cookie", "origin": "http://localhost:8000"}
WRONG = "not-the-password-at-all"


@pytest_asyncio.fixture
async def patient(
    service_settings: SettingsFactory, db: Database, clock: FixedClock, client_for: ClientFor, mailbox: Mailbox
) -> AsyncIterator[Person]:
    """A person at an app that lets everybody try as often as they like."""
    settings = service_settings(
        AuthSettings, password_cost=4, tries_per_account_a_minute=10_000, calls_per_address_a_minute=10_000
    )
    async with client_for(build_app(settings, db=db, clock=clock)) as client:
        yield Person(client, mailbox)


async def set_status(db: Database, status: AccountStatus) -> None:
    async with db.transaction() as tx:
        await tx.session.execute(update(User).values(status=status))


def told(answer: httpx.Response) -> dict[str, Any]:
    return {name: value for name, value in answer.json().items() if name != "request_id"}


async def test_without_the_right_password_all_are_told_the_same(patient: Person, db: Database) -> None:
    answers = [await patient.log_in(WRONG)]
    await patient.register()
    answers.append(await patient.log_in(WRONG))
    answers.append(await patient.log_in(WRONG, name={"username": "asha_rao"}))
    await patient.client.post("/api/auth/verify-email/", json={"token": await patient.mailbox.last_token()})
    answers.append(await patient.log_in(WRONG))
    for status in (AccountStatus.LOCKED, AccountStatus.SUSPENDED):
        await set_status(db, status)
        answers.append(await patient.log_in(WRONG))
    assert {answer.status_code for answer in answers} == {401}
    assert all(told(answer) == told(answers[0]) for answer in answers)
    assert told(answers[0])["code"] == "invalid_credentials"
    assert all(set(answer.headers) == set(answers[0].headers) for answer in answers)


async def test_with_the_right_password_the_truth_is_told(patient: Person, db: Database) -> None:
    await patient.register()
    unverified = await patient.log_in()
    assert (unverified.status_code, unverified.json()["code"]) == (403, "email_unverified")
    assert (await patient.log_in(name={"username": "asha_rao"})).status_code == 403
    await patient.client.post("/api/auth/verify-email/", json={"token": await patient.mailbox.last_token()})
    assert (await patient.log_in()).status_code == 200
    for status in (AccountStatus.LOCKED, AccountStatus.SUSPENDED):
        await set_status(db, status)
        locked = await patient.log_in()
        assert (locked.status_code, locked.json()["code"]) == (423, "account_locked")


async def test_every_login_costs_one_bcrypt(patient: Person, db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[str] = []
    check = Passwords._check

    def counting(self: Passwords, password: str, stored: str) -> Verdict:
        counted.append(stored)
        return check(self, password, stored)

    monkeypatch.setattr(Passwords, "_check", counting)
    await patient.log_in()
    await patient.register()
    await patient.log_in(WRONG)
    await patient.log_in()
    await set_status(db, AccountStatus.LOCKED)
    await patient.log_in(WRONG)
    assert len(counted) == 4
    assert len({stored.split("$")[4] for stored in counted}) == 1, "all at one cost"


LOGINS: dict[str, Any] = {
    "nothing": {},
    "no password": {"email": EMAIL},
    "no name": {"password": "x"},
    "two names": {"email": EMAIL, "username": "asha_rao", "password": "x"},
    "password empty": {"email": EMAIL, "password": ""},
    "password long": {"email": EMAIL, "password": "x" * 129},
    "password a list": {"email": EMAIL, "password": ["x"]},
    "name an object": {"email": {"$ne": None}, "password": "x"},
    "name long": {"email": "x" * 300, "password": "x"},
    "more": {"email": EMAIL, "password": "x", "remember": True},
}


@pytest.mark.parametrize("body", LOGINS.values(), ids=LOGINS.keys())
async def test_a_bad_login_is_a_clear_422(client: httpx.AsyncClient, body: Any) -> None:
    answer = await client.post("/api/auth/login/", json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"]


@pytest.mark.parametrize("name", ["' OR 1=1 --", "%", "_", "asha@example.com'", "😀", "Ａsha@example.com"])
async def test_strange_names_are_nobody(client: httpx.AsyncClient, name: str) -> None:
    assert (await client.post("/api/auth/login/", json={"email": name, "password": "x"})).status_code == 401


@pytest.mark.parametrize("name", [EMAIL, "nobody@example.com"])
async def test_too_many_tries_are_refused_for_known_and_unknown_alike(person: Person, name: str) -> None:
    await person.register_and_verify()
    answers = [await person.log_in(WRONG, name={"email": name}) for _ in range(7)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429] * 2
    assert answers[-1].json()["code"] == "too_many_requests"
    assert 50 <= answers[-1].json()["retry_after"] <= 60


async def test_the_right_password_forgives(person: Person) -> None:
    await person.register_and_verify()
    for _ in range(3):
        for _ in range(4):
            await person.log_in(WRONG)
        assert (await person.log_in()).status_code == 200


async def test_an_attacker_locks_nobody_out(person: Person, app: FastAPI, client_for: ClientFor) -> None:
    """Tries from other networks, and with invented devices, do not touch the owner's own device."""
    await person.register_and_verify()
    assert (await person.log_in(headers=COOKIE)).status_code == 200
    async with client_for(app) as attacker:
        for number in range(12):
            headers = {"x-forwarded-for": f"203.0.{number % 3}.{number}", "cookie": f"device={'x' * 30}{number}"}
            await attacker.post("/api/auth/login/", json={"email": EMAIL, "password": WRONG}, headers=headers)
        refused = await attacker.post(
            "/api/auth/login/",
            json={"email": EMAIL, "password": PASSWORD},
            headers={"x-forwarded-for": "203.0.1.99", "cookie": "device=" + "y" * 40},
        )
        for _ in range(6):
            await attacker.post("/api/auth/login/", json={"email": EMAIL, "password": WRONG})
        same_network = await attacker.post("/api/auth/login/", json={"email": EMAIL, "password": PASSWORD})
    assert refused.status_code in {200, 429}
    assert same_network.status_code == 429
    assert (await person.log_in(headers=COOKIE)).status_code == 200, "the owner's device is known"


async def test_invented_devices_share_one_count(person: Person) -> None:
    await person.register_and_verify()
    answers = []
    for number in range(7):
        person.client.cookies.clear()
        answers.append(await person.log_in(WRONG, headers={"cookie": f"device={number}{'x' * 40}"}))
    assert [answer.status_code for answer in answers] == [401] * 5 + [429] * 2


async def test_an_address_may_not_try_many_accounts(person: Person) -> None:
    answers = [await person.log_in(WRONG, name={"email": f"p{n}@example.com"}) for n in range(32)]
    assert [answer.status_code for answer in answers] == [401] * 30 + [429] * 2
    other = await person.log_in(WRONG, headers={"x-forwarded-for": "203.0.113.9"})
    assert other.status_code == 401


async def test_the_forwarded_address_is_the_gateways_last_word(person: Person) -> None:
    for number in range(30):
        spoofed = {"x-forwarded-for": f"1.2.3.{number}, 203.0.113.9"}
        await person.log_in(WRONG, name={"email": f"p{number}@example.com"}, headers=spoofed)
    refused = await person.log_in(WRONG, headers={"x-forwarded-for": "9.9.9.9, 203.0.113.9"})
    assert refused.status_code == 429


async def test_limits_hold_under_parallel_tries(person: Person) -> None:
    await person.register_and_verify()
    answers = await asyncio.gather(*(person.log_in(WRONG) for _ in range(20)))
    assert [answer.status_code for answer in answers].count(401) == 5


async def test_limits_hold_without_redis(settings: AuthSettings) -> None:
    nobody: Redis = Redis(host="127.0.0.1", port=9, socket_connect_timeout=0.2)
    limiter = Limiter(nobody, settings.model_copy(update={"limiter_processes": 2}))
    visitor = Visitor("203.0.113.9", "", None, None, False)

    async def tries(count: int) -> int:
        allowed = 0
        for _ in range(count):
            try:
                await limiter.take_login("asha", visitor, is_known_device=False)
                allowed += 1
            except TooManyRequests:
                pass
        return allowed

    assert await tries(6) == 2, "this process takes its half"
    with pytest.raises(TooManyRequests):
        for _ in range(16):
            await limiter.take_address(visitor)
    await nobody.aclose()


async def test_a_redis_that_hangs_is_not_waited_for_by_every_login(
    settings: AuthSettings, unused_tcp_port_factory: Callable[[], int]
) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    port = unused_tcp_port_factory()
    async with await asyncio.start_server(silent, "127.0.0.1", port):
        redis = create_redis(settings.model_copy(update={"redis_url": f"redis://127.0.0.1:{port}/0"}), timeout_s=0.2)
        limiter = Limiter(redis, settings)
        started = perf_counter()
        for number in range(30):
            await limiter.take_login(f"p{number}", Visitor("203.0.113.9", "", None, None, False), is_known_device=False)
        assert perf_counter() - started < 3
        await redis.aclose()


async def test_redis_holds_no_addresses(person: Person, redis: Redis) -> None:
    await person.log_in(WRONG, headers={"x-forwarded-for": "203.0.113.9"})
    keys = b" ".join([key async for key in redis.scan_iter("auth.*")]).decode()
    assert keys
    assert EMAIL not in keys
    assert "203.0.113" not in keys


def test_blocks_double_up_to_the_longest() -> None:
    tries, now, blocks = Tries(), 1000.0, []
    for _ in range(4):
        assert tries.take(now, limit=5, longest_block_s=900) == 0
    for _ in range(7):
        assert tries.take(now, limit=5, longest_block_s=900) == 0
        blocks.append(tries.take(now, limit=5, longest_block_s=900))
        now += blocks[-1]
    assert blocks == [60, 120, 240, 480, 900, 900, 900]
    assert tries.take(now + 3601, limit=5, longest_block_s=900) == 0
    assert tries.take(now + 3602, limit=5, longest_block_s=900) == 0


@given(st.lists(st.floats(0, 30), min_size=1, max_size=60), st.integers(1, 8))
def test_no_minute_holds_more_calls_than_the_limit(gaps: list[float], limit: int) -> None:
    calls, now, allowed = Calls(), 1000.0, []
    for gap in gaps:
        now += gap
        if calls.take(now, limit=limit) == 0:
            allowed.append(now)
    for start in allowed:
        assert sum(start <= at < start + 60 for at in allowed) <= limit


@pytest.mark.parametrize(
    ("address", "network", "counted"),
    [
        ("203.0.113.9", "203.0.113.0/24", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.0/24", "::ffff:203.0.113.9"),
        ("2001:db8:1:203:4::5", "2001:db8:1:200::/56", "2001:db8:1:200::/56"),
        ("nonsense", "unknown", "nonsense"),
    ],
)
def test_networks_are_what_one_customer_gets(address: str, network: str, counted: str) -> None:
    assert (network_of(address), counted_address(address)) == (network, counted)


@pytest.mark.parametrize("status", AccountStatus)
@pytest.mark.parametrize("is_verified", [True, False])
def test_the_wrong_password_always_ends_the_same(status: AccountStatus, is_verified: bool) -> None:
    wrong = judge_login(Verdict(False), is_verified=is_verified, status=status)
    right = judge_login(Verdict(True), is_verified=is_verified, status=status)
    assert wrong is LoginOutcome.WRONG
    assert (right is LoginOutcome.WELCOME) == (is_verified and status is AccountStatus.ACTIVE)


async def test_an_outdated_hash_is_made_anew(
    patient: Person, db: Database, clock: FixedClock, service_settings: SettingsFactory, client_for: ClientFor
) -> None:
    await patient.register_and_verify()
    stronger = service_settings(AuthSettings, password_cost=5)
    async with client_for(build_app(stronger, db=db, clock=clock)) as client:
        assert (await Person(client, patient.mailbox).log_in()).status_code == 200
    async with db.read() as session:
        [password_hash] = await session.scalars(select(User.password_hash))
    assert password_hash.split("$")[4] == "05"


async def test_without_the_database_everybody_is_told_to_come_back(
    service_settings: SettingsFactory, client_for: ClientFor, unused_tcp_port_factory: Callable[[], int]
) -> None:
    nowhere = f"postgresql://sharewise_auth:x@127.0.0.1:{unused_tcp_port_factory()}/sharewise"
    settings = service_settings(AuthSettings, password_cost=4, database_url=nowhere)
    async with client_for(build_app(settings)) as client:
        answers = [
            await client.post("/api/auth/login/", json={"email": EMAIL, "password": PASSWORD}),
            await client.post("/api/auth/refresh/", json={"refresh_token": "rt_" + "0" * 32 + "." + "A" * 43}),
            await client.get("/api/auth/.well-known/jwks.json"),
        ]
        assert (await client.get("/healthz")).status_code == 200
        assert (await client.get("/readyz")).status_code == 503
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(503, "store_unavailable")}
    assert all("retry-after" in answer.headers for answer in answers)
