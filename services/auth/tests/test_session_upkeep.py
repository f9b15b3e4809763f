"""What sessions tell their owner, and when they end by themselves."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from redis.asyncio import Redis
from sqlalchemy import func, select

from libs.common.clock import FixedClock
from libs.common.db import Database
from libs.common.security.permissions import Role
from services.auth.limits.devices import device_of
from services.auth.revocations.service import Revocations
from services.auth.sessions.countries import Countries
from services.auth.sessions.endings import Endings, IdleSessions
from services.auth.sessions.service import purge_ended
from services.auth.sessions.tables import KnownDevice, UserSession
from services.auth.settings import AuthSettings
from services.auth.tests.conftest import Person
from services.auth.tests.owner import Owner, become

PAGE = {"x-token-transport": "cookie", "origin": "http://localhost:8000"}
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:141.0) Gecko/20100101 Firefox/141.0"
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36"


@pytest_asyncio.fixture
async def owner(person: Person, clock: FixedClock) -> Owner:
    owner = Owner(person, clock)
    await person.register_and_verify()
    return owner


@pytest.fixture
def idle(db: Database, redis: Redis, clock: FixedClock, settings: AuthSettings) -> IdleSessions:
    return IdleSessions(db, Endings(Revocations(db, redis, clock), clock), clock, settings)


async def noticed(published: Any, db: Database) -> list[dict[str, Any]]:
    return [event.data for event in await published(db) if event.type == "auth.security.noticed.v1"]


# devices


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (FIREFOX, "Firefox on Windows"),
        (CHROME, "Chrome on Linux"),
        (f"{CHROME} Edg/139.0.0.0", "Edge on Linux"),
        (f"{CHROME} OPR/120.0.0.0", "Opera on Linux"),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.4 Safari/605.1.15",
            "Safari on Mac",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_4 like Mac OS X) AppleWebKit/605.1.15 CriOS/139.0 Safari/604.1",
            "Chrome on iPhone",
        ),
        (
            "Mozilla/5.0 (Linux; Android 15; SM-S921B) AppleWebKit/537.36 SamsungBrowser/28.0 Chrome/130.0",
            "Samsung Internet on Android",
        ),
        ("Mozilla/5.0 (Linux; Android 15; Pixel 9)", "Android"),
        ("python-httpx/0.28.1", "python-httpx"),
        ("curl/8.9.1", "curl"),
        ("", "Unknown device"),
        ("<script>alert(1)</script>", "Unknown device"),
        ("Mozilla/5.0", "Unknown device"),
    ],
)
def test_a_user_agent_in_words(user_agent: str, words: str) -> None:
    assert device_of(user_agent) == words


async def test_the_first_login_tells_nothing_and_one_from_a_new_device_does(
    owner: Owner, db: Database, published: Any
) -> None:
    client = owner.client
    await owner.person.log_in(headers={**PAGE, "user-agent": FIREFOX})
    assert await noticed(published, db) == []
    await owner.person.log_in(headers={**PAGE, "user-agent": FIREFOX})
    assert await noticed(published, db) == [], "the browser showed its cookie"
    client.cookies.clear()
    await owner.person.log_in(headers={**PAGE, "user-agent": CHROME})
    [told] = await noticed(published, db)
    assert (told["kind"], told["device"], told["details"]) == (
        "new_device",
        "Chrome on Linux",
        {"device": "Chrome on Linux"},
    )
    await owner.person.log_in(headers={**PAGE, "user-agent": CHROME})
    assert len(await noticed(published, db)) == 1


async def test_a_program_is_known_by_its_name_and_network(owner: Owner, db: Database, published: Any) -> None:
    for address, count in (("203.0.113.9", 0), ("203.0.113.77", 0), ("198.51.100.9", 1), ("198.51.100.9", 1)):
        await owner.person.log_in(headers={"user-agent": "bot/1", "x-forwarded-for": address})
        assert len(await noticed(published, db)) == count
    owner.tokens = await owner.person.tokens()
    log = (await owner.get("/api/users/me/security-log/"))["items"]
    assert [(one["kind"], one["device"]) for one in log][-1] == ("new_device", "bot")


async def test_devices_that_nobody_uses_are_forgotten(owner: Owner, db: Database, clock: FixedClock) -> None:
    await owner.person.tokens()
    clock.move(timedelta(days=399))
    await purge_ended(db, clock)
    async with db.read() as session:
        assert await session.scalar(select(func.count()).select_from(KnownDevice)) == 1
    clock.move(timedelta(days=2))
    await purge_ended(db, clock)
    async with db.read() as session:
        assert await session.scalar(select(func.count()).select_from(KnownDevice)) == 0


async def test_the_list_shows_the_device_and_no_country_by_default(owner: Owner) -> None:
    owner.tokens = (await owner.person.log_in(headers={"user-agent": FIREFOX})).json()
    [shown] = (await owner.get("/api/auth/sessions/"))["items"]
    assert (shown["device"], shown["country"], shown["network"]) == ("Firefox on Windows", None, "127.0.0.0/24")


# reuse


async def test_the_owner_hears_of_a_token_that_was_used_twice(owner: Owner, db: Database, published: Any) -> None:
    token = (await owner.person.tokens())["refresh_token"]
    thief = {"user-agent": "thief"}
    assert (await refresh(owner.client, token)).status_code == 200
    assert (await refresh(owner.client, token, **thief)).status_code == 401
    assert [(one["kind"], one["device"]) for one in await noticed(published, db)] == [("refresh_reused", "thief")]
    assert (await refresh(owner.client, token, **thief)).status_code == 401
    assert len(await noticed(published, db)) == 1, "once is enough"


async def test_ending_all_others_is_noted(owner: Owner, db: Database, published: Any) -> None:
    await owner.person.tokens()
    owner.tokens = await owner.person.tokens()
    await owner.client.delete("/api/auth/sessions/", headers=owner.headers)
    await owner.client.delete("/api/auth/sessions/", headers=owner.headers)
    assert [(one["kind"], one["details"]) for one in await noticed(published, db)] == [
        ("sessions_ended", {"sessions": "1"})
    ]


# idle


async def test_a_session_of_staff_ends_when_nobody_is_there(
    owner: Owner, db: Database, clock: FixedClock, published: Any
) -> None:
    await become(db, "SUPPORT")
    token = (await owner.person.tokens())["refresh_token"]
    clock.move(timedelta(minutes=30))
    token = (await refresh(owner.client, token)).json()["refresh_token"]
    clock.move(timedelta(minutes=30, seconds=1))
    assert (await refresh(owner.client, token)).status_code == 401
    async with db.read() as session:
        [held] = await session.scalars(select(UserSession))
    assert held.revoked_reason == "idle"
    assert [event.data["reason"] for event in await published(db) if event.type == "auth.session.revoked.v1"] == [
        "idle"
    ]
    assert await noticed(published, db) == [], "it is no theft"


async def test_the_access_tokens_of_staff_are_short_enough_to_show_who_is_there(owner: Owner, db: Database) -> None:
    before = await owner.person.tokens()
    assert (before["expires_in"], before["user"]["idle_minutes"]) == (3600, None)
    await become(db, "SUPER_ADMIN")
    after = await owner.person.tokens()
    assert (after["expires_in"], after["user"]["idle_minutes"]) == (600, 30)


async def test_the_worker_takes_the_access_tokens_of_an_idle_session_back(
    owner: Owner, db: Database, clock: FixedClock, idle: IdleSessions
) -> None:
    await become(db, "SUPPORT")
    owner.tokens = await owner.person.tokens()
    assert await idle.end_idle() == 0
    clock.move(timedelta(minutes=30))
    assert await idle.end_idle() == 0
    clock.move(timedelta(seconds=1))
    assert await idle.end_idle() == 1
    assert await idle.end_idle() == 0
    async with db.read() as session:
        [held] = await session.scalars(select(UserSession))
    assert held.revoked_reason == "idle"


async def test_everybody_else_stays_unless_the_operator_says_so(
    owner: Owner, db: Database, clock: FixedClock, idle: IdleSessions, redis: Redis, settings: AuthSettings
) -> None:
    await owner.person.tokens()
    clock.move(timedelta(days=6))
    assert await idle.end_idle() == 0
    limited = settings.model_copy(update={"idle_minutes": 600})
    assert limited.idle_limit(Role.USER) == timedelta(hours=10)
    assert limited.idle_limit(Role.SUPPORT) == timedelta(minutes=30)
    for_all = IdleSessions(db, Endings(Revocations(db, redis, clock), clock), clock, limited)
    assert await for_all.end_idle() == 1


# countries


async def test_without_a_file_no_country_is_known() -> None:
    assert Countries(None).of("203.0.113.0/24") is None


@pytest.mark.parametrize(
    ("network", "country"),
    [("81.2.69.0/24", "IN"), ("200.1.2.0/24", None), ("unknown", None), ("2001:db8::/56", None)],
)
async def test_the_country_comes_from_the_operators_file(tmp_path: Path, network: str, country: str | None) -> None:
    file = tmp_path / "countries.mmdb"
    file.write_bytes(lower_half_in("IN"))
    countries = Countries(file)
    assert countries.of(network) == country
    countries.close()


def lower_half_in(country: str) -> bytes:
    """Write a database in MaxMind's format with one node: addresses below 128.0.0.0 lie in a country."""

    def text(value: str) -> bytes:
        return bytes([0x40 | len(value)]) + value.encode()

    def number(kind: int, value: int) -> bytes:
        raw = value.to_bytes(4, "big").lstrip(b"\0")
        return (bytes([kind << 5 | len(raw)]) if kind < 8 else bytes([len(raw), kind - 7])) + raw

    def table(**members: bytes) -> bytes:
        return bytes([0xE0 | len(members)]) + b"".join(text(key) + value for key, value in members.items())

    nodes = 1
    record = (nodes + 16).to_bytes(3, "big") + nodes.to_bytes(3, "big")
    metadata = table(
        binary_format_major_version=number(5, 2),
        binary_format_minor_version=number(5, 0),
        build_epoch=number(9, 1_700_000_000),
        database_type=text("Test-Country"),
        description=table(),
        ip_version=number(5, 4),
        languages=bytes([0x00, 0x04]),
        node_count=number(6, nodes),
        record_size=number(5, 24),
    )
    data = table(country=table(iso_code=text(country)))
    return record + bytes(16) + data + b"\xab\xcd\xefMaxMind.com" + metadata


async def refresh(client: httpx.AsyncClient, token: str, **headers: str) -> httpx.Response:
    return await client.post("/api/auth/refresh/", json={"refresh_token": token}, headers=headers)
