"""What opens a door stays where it belongs: not in the log, in Redis not for a moment, in PostgreSQL not readable."""

from __future__ import annotations

import json
import re
import secrets
import threading
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import httpx
import pytest
from redis import Redis
from websockets.sync.client import connect
from websockets.typing import Origin

from tests.support.person import People, Person
from tests.support.platform import Platform, wait_until

pytestmark = pytest.mark.journey


class Eavesdropper:
    """Hears every command that Redis is sent."""

    def __init__(self, url: str) -> None:
        self.heard: list[str] = []
        self._redis = Redis.from_url(url)
        self._end = f"end of {secrets.token_hex(8)}"
        self._listening = threading.Event()
        self._thread = threading.Thread(target=self._listen)

    def _listen(self) -> None:
        with self._redis.monitor() as monitor:  # type: ignore[no-untyped-call]
            self._listening.set()
            for heard in monitor.listen():
                self.heard.append(heard["command"])
                if self._end in heard["command"]:
                    return

    def __enter__(self) -> Eavesdropper:
        self._thread.start()
        assert self._listening.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._redis.echo(self._end)
        self._thread.join(10)
        self._redis.close()


class Journey:
    """A person's whole stay, mistakes included, and what must not be found anywhere after it."""

    def __init__(self, platform: Platform, person: Person) -> None:
        self.secrets: dict[str, str] = {}
        self.personal: dict[str, str] = {}
        self._platform = platform
        self.person = person

    def take(self) -> None:
        person, http = self.person, self.person.http
        person.password = self.secrets["the password"] = f"canary-{secrets.token_hex(8)}-of-the-mine"
        self.personal["the address"] = person.email
        self.personal["the phone number"] = "9812345678"
        person.register()
        link = re.search(r"token=([A-Za-z0-9_-]+)", str(self._platform.await_mail(person.email, "erify")["Text"]))
        assert link is not None
        self.secrets["the token of the link"] = link.group(1)
        # A browser opens the link: the token stands in an address of our own app.
        assert http.get("/verify-email", params={"token": link.group(1)}).status_code == 200
        person.verify()
        self._log_in()
        self._speak_on_the_socket()
        self._put_things_where_they_do_not_belong()
        assert person.create_alert("IBM", "above", "9999").status_code == 201
        assert http.post("/api/auth/logout/", json={"refresh_token": person.refresh_token}).status_code == 204
        assert http.post("/api/auth/refresh/", json={"refresh_token": person.refresh_token}).status_code == 401

    def _log_in(self) -> None:
        person, http = self.person, self.person.http
        # People mistype the password they have, so a wrong one is a secret as well.
        wrong = self.secrets["a wrong password"] = person.password[:-1] + "X"
        assert http.post("/api/auth/login/", json={"email": person.email, "password": wrong}).status_code == 401
        # ... or type it into the other field.
        mixed = {"email": person.password, "password": person.password}
        assert http.post("/api/auth/login/", json=mixed).status_code == 401
        person.log_in()
        self._remember_tokens("the first")
        answer = http.post("/api/auth/refresh/", json={"refresh_token": person.refresh_token})
        person.access_token, person.refresh_token = answer.json()["access_token"], answer.json()["refresh_token"]
        http.headers["Authorization"] = f"Bearer {person.access_token}"
        self._remember_tokens("the second")

    def _remember_tokens(self, which: str) -> None:
        # Of a JWT the signature is what opens the door; its other parts are no secret.
        self.secrets[f"{which} access token"] = self.person.access_token.rpartition(".")[2]
        self.secrets[f"{which} refresh token"] = self.person.refresh_token

    def _speak_on_the_socket(self) -> None:
        ticket = str(self.person.http.post("/api/ws/ticket/").json()["ticket"])
        self.secrets["the ticket"] = ticket
        for token in (ticket, self.person.access_token):
            origin, home = Origin(self._platform.url), (self.person.home, 0)
            with connect(self._platform.socket_url, origin=origin, source_address=home) as socket:
                socket.send(json.dumps({"op": "auth", "token": token}))
                assert json.loads(socket.recv(timeout=10))["op"] == "ack"

    def _put_things_where_they_do_not_belong(self) -> None:
        person, http = self.person, self.person.http
        token = person.access_token
        http.get("/api/stocks/", params={"access_token": token})
        http.get(f"/api/stocks/{token[-60:]}/")
        http.get(f"/api/{token}")
        http.get(f"/api/auth/{person.refresh_token}/{person.email}/")
        http.get("/api/alerts/", params={"cursor": person.refresh_token})
        http.post("/api/alerts/", content=f'{{"password": "{person.password}", ', headers={"Content-Type": "text/json"})
        http.post("/api/alerts/", json={"password": person.password})
        http.post("/api/auth/register/", json={"email": person.email, "password": {"is": person.password}})
        http.post("/api/auth/verify-email/", json={"token": [person.refresh_token]})
        httpx.get(f"{self._platform.url}/api/stocks/", auth=(person.email, person.password), timeout=10)


@pytest.fixture(scope="module")
def heard() -> list[str]:
    """What Redis was told during the journey."""
    return []


@pytest.fixture(scope="module")
def journey(platform: Platform, people: People, heard: list[str]) -> Journey:
    taken = Journey(platform, people.newcomer())
    with Eavesdropper(platform.redis_url) as eavesdropper:
        taken.take()
    heard += eavesdropper.heard
    return taken


@pytest.fixture(scope="module")
def installed(platform: Platform) -> dict[str, str]:
    """The installation's own secrets, by name."""
    stored: dict[str, str] = json.loads((platform.data_dir / "secrets.json").read_text())
    assert len(stored) > 10
    return stored


def found_in(text: str, canaries: dict[str, str]) -> list[str]:
    """Name what is found, and never show it."""
    return [name for name, canary in canaries.items() if canary in text]


def test_the_log_tells_no_secret_and_names_no_person(
    platform: Platform, journey: Journey, installed: dict[str, str]
) -> None:
    http = journey.person.http
    http.get("/api/stocks/AAPL/", headers={"X-Request-ID": "end-of-the-canary"})

    def has_ended() -> bool:
        return any("end-of-the-canary" in line and "gateway" in line for line in platform.log().splitlines())

    wait_until(has_ended, within=30, what="the end in the door's log")
    assert found_in(platform.log(), {**journey.secrets, **journey.personal, **installed}) == []


def test_redis_was_never_told_a_secret(heard: list[str], journey: Journey, installed: dict[str, str]) -> None:
    assert len(heard) > 100
    assert journey.person.user_id in "\n".join(heard), "it heard nothing of the journey"
    assert found_in("\n".join(heard), {**journey.secrets, **installed}) == []


def test_redis_keeps_no_secret(platform: Platform, journey: Journey, installed: dict[str, str]) -> None:
    with Redis.from_url(platform.redis_url) as redis:
        kept = "\n".join(_dump(redis))
    assert journey.person.user_id in kept, "it looked at nothing of the journey"
    assert found_in(kept, {**journey.secrets, **installed}) == []


def _dump(redis: Redis) -> Iterator[str]:
    """Give every key with what it holds."""
    readers = {
        b"string": redis.get,
        b"hash": redis.hgetall,
        b"set": redis.smembers,
        b"list": lambda key: redis.lrange(key, 0, -1),
        b"zset": lambda key: redis.zrange(key, 0, -1, withscores=True),
        b"stream": redis.xrange,
    }
    for key in redis.scan_iter(count=1_000):
        kind = redis.type(key)
        if kind == b"none":
            continue  # its time ended just so
        yield f"{key.decode('latin-1')}: {readers[kind](key)!r}"


async def test_postgres_keeps_no_secret_that_can_be_read(
    platform: Platform, journey: Journey, installed: dict[str, str]
) -> None:
    connection = await asyncpg.connect(platform.admin_database_url)
    try:
        tables = await connection.fetch(
            "SELECT schemaname, tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        )
        canaries = {**journey.secrets, **installed, "the address": journey.person.email}
        # A row's text shows bytea in hexadecimal.
        spellings = {spelling: name for name, one in canaries.items() for spelling in (one, one.encode().hex())}
        patterns = [f"%{spelling}%" for spelling in spellings]
        found = set()
        for schema, table in tables:
            query = f'SELECT it::text FROM "{schema}"."{table}" AS it WHERE it::text LIKE ANY($1)'
            for (said,) in await connection.fetch(query, patterns):
                found |= {f"{name} in {schema}.{table}" for spelling, name in spellings.items() if spelling in said}
    finally:
        await connection.close()
    # The address is no secret: that it is found shows that we looked.
    assert "the address in auth.users" in found
    assert [place for place in found if not place.startswith("the address")] == []


def test_what_is_kept_in_files_is_for_its_owner_only(platform: Platform) -> None:
    path = Path(platform.data_dir / "secrets.json")
    assert path.stat().st_mode & 0o077 == 0
