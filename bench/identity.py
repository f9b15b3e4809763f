"""Logging in, staying in, and being believed: what each costs, and that keys change without anybody noticing.

The whole platform runs; auth has one core and what asks it the other. Five parts: logins beside other calls, refreshes,
whether the time of an answer tells who is known, the check of a token against PyJWT, and signing keys that change every
10 s under load.
`python -m bench.identity [--seconds N] [--tries N] [--rotations N]`
"""

from __future__ import annotations

import argparse
import asyncio
import math
import statistics
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime, timedelta

import asyncpg
import httpx
import jwt
import psutil
from cryptography.hazmat.primitives import serialization
from redis.asyncio import Redis

from bench.load import LOAD_CORE, SERVER_CORE
from bench.report import Report, finish
from deploy.local.dev_secrets import DevSecrets
from libs.common.security.fields import FieldCipher
from libs.common.security.middleware import TokenVerifier
from libs.common.security.revocation import RevocationList
from libs.common.security.tokens import SigningKey
from libs.common.testing.tokens import AUDIENCE, ISSUER, Tokens
from services.auth.settings import AuthSettings
from tests.support.person import People, Person
from tests.support.platform import Platform, own_platform

PEOPLE = 8
OTHER_CALLS = 2
"""Connections that ask for something else while people log in."""

ROTATE_S = 10
KNOWN_BEFORE_S = 75
"""How long a key is published before it signs: longer than auth (30 s) and verifiers (30 s) take to look again."""

UNLIMITED = {"AUTH_TRIES_PER_ACCOUNT_A_MINUTE": "1000000", "AUTH_CALLS_PER_ADDRESS_A_MINUTE": "1000000"}


async def repeat(calls: Iterable[Callable[[], Awaitable[None]]], seconds: float) -> list[float]:
    """Run each call again and again beside the others; give how long every one took, in milliseconds."""
    took_ms: list[float] = []
    until = time.perf_counter() + seconds

    async def one(call: Callable[[], Awaitable[None]]) -> None:
        while (began := time.perf_counter()) < until:
            await call()
            took_ms.append((time.perf_counter() - began) * 1e3)

    await asyncio.gather(*(one(call) for call in calls))
    return took_ms


def p99(took_ms: list[float]) -> float:
    return statistics.quantiles(took_ms, n=100)[-1]


async def logins(http: httpx.AsyncClient, people: list[Person], report: Report, seconds: int) -> None:
    async def log_in(person: Person) -> None:
        answer = await http.post("/api/auth/login/", json={"email": person.email, "password": person.password})
        assert answer.status_code == 200, answer.text

    async def ask(person: Person) -> None:
        answer = await http.get("/api/users/me/", headers={"Authorization": f"Bearer {person.access_token}"})
        assert answer.status_code == 200, answer.text

    # Of the logins each ends an older session at some time; who only asks is somebody else.
    askers, visitors = people[:OTHER_CALLS], people[OTHER_CALLS:]
    asks = [lambda person=person: ask(person) for person in askers]
    await repeat(asks, 1)
    alone = await repeat(asks, seconds)
    beside, took = await asyncio.gather(
        repeat(asks, seconds), repeat([lambda person=person: log_in(person) for person in visitors], seconds)
    )
    cost = AuthSettings().password_cost
    report.note(f"{len(took) / seconds:.1f} logins/s on one core at bcrypt cost {cost}, {len(visitors)} people at once")
    report.note(f"other calls: p99 {p99(alone):.1f} ms alone, {p99(beside):.1f} ms beside them")
    report.at_most("p99 of other calls beside logins, of their p99 alone", p99(beside) / p99(alone), 10, "x")


async def refreshes(http: httpx.AsyncClient, people: list[Person], report: Report, seconds: int) -> None:
    async def refresh(person: Person) -> None:
        answer = await http.post("/api/auth/refresh/", json={"refresh_token": person.refresh_token})
        assert answer.status_code == 200, answer.text
        person.refresh_token = answer.json()["refresh_token"]

    for person in people:
        person.log_in()
    took = await repeat([lambda person=person: refresh(person) for person in people], seconds)
    report.note(f"{len(took) / seconds:,.0f} refreshes/s on one core, p50 {statistics.median(took):.1f} ms")


async def timing(http: httpx.AsyncClient, known: Person, report: Report, tries: int) -> None:
    """Ask in turn about somebody who is known and somebody who is not; the times must not tell them apart."""

    async def took_ms(path: str, body: dict[str, object], status: int) -> float:
        began = time.perf_counter()
        answer = await http.post(path, json=body)
        assert answer.status_code == status, answer.text
        return (time.perf_counter() - began) * 1e3

    def login(email: str) -> tuple[str, dict[str, object], int]:
        return "/api/auth/login/", {"email": email, "password": "wrong-but-long-enough-7"}, 401

    def registration(email: str) -> tuple[str, dict[str, object], int]:
        names = {"first_name": "A", "last_name": "Trader", "phone": "+919812345678", "accept_terms": True}
        return "/api/auth/register/", {"email": email, "password": known.password, **names}, 202

    for what, ask in (("login", login), ("registration", registration)):
        of_known, of_unknown = [], []
        for number in range(tries):
            of_known.append(await took_ms(*ask(known.email)))
            of_unknown.append(await took_ms(*ask(f"nobody-{what}-{number}@example.com")))
        apart_ms = abs(statistics.median(of_known) - statistics.median(of_unknown))
        chance = mann_whitney(of_known, of_unknown)
        report.note(f"{what}: medians of known and unknown {apart_ms:.2f} ms apart, Mann-Whitney p {chance:.3f}")
        # Less than 5 ms is lost on the way; more may be chance.
        report.at_least(f"{what} tells nobody apart: p, or 1 below 5 ms", 1.0 if apart_ms < 5 else chance, 0.01, "")


def mann_whitney(left: list[float], right: list[float]) -> float:
    """Give the two-sided p of the Mann-Whitney U test by its normal approximation (20 and more of each, few ties)."""
    ranks = {value: rank for rank, value in enumerate(sorted([*left, *right]), 1)}
    n, m = len(left), len(right)
    u = sum(ranks[value] for value in left) - n * (n + 1) / 2
    z = (u - n * m / 2) / math.sqrt(n * m * (n + m + 1) / 12)
    return math.erfc(abs(z) / math.sqrt(2))


async def checks(redis: Redis, report: Report) -> None:
    """The door's check of a token, in this process: new tokens, a token seen before, and PyJWT on the same ones."""
    tokens = Tokens()
    verifier = TokenVerifier(
        tokens.keys, RevocationList(redis), issuer=ISSUER, audience=AUDIENCE, service="gateway", cache_size=100_000
    )
    minted = [tokens.user() for _ in range(2_000)]
    public = tokens.key.private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    key = serialization.load_pem_public_key(public)
    began = time.perf_counter()
    for token in minted:
        jwt.decode(token, key, algorithms=["ES256"], audience=AUDIENCE, issuer=ISSUER)  # type: ignore[arg-type]
    theirs = (time.perf_counter() - began) / len(minted) * 1e6
    began = time.perf_counter()
    for token in minted:
        await verifier.person(token)
    cold = (time.perf_counter() - began) / len(minted) * 1e6
    began = time.perf_counter()
    for token in minted * 10:
        verifier.known_person(token)
    cached = (time.perf_counter() - began) / (10 * len(minted)) * 1e6
    report.note(
        f"a token: PyJWT {theirs:.0f} µs, ours new {cold:.0f} µs with every guard, ours seen before {cached:.2f} µs"
    )
    report.at_most("a new token, of PyJWT", cold / theirs, 1.5, "x")
    report.at_least("a token seen before, times faster than PyJWT", theirs / cached, 20)


async def rotations(platform: Platform, people: list[Person], report: Report, count: int) -> None:
    """Make keys that sign in turn, each published in time, while people log in, refresh and ask through the door."""
    settings = AuthSettings(
        database_url=platform.database_url("auth"),
        field_key=DevSecrets(platform.data_dir / "secrets.json").get("auth field_key"),
    )
    cipher = FieldCipher.from_secrets(settings.field_key)
    database = await asyncpg.connect(settings.database_url)
    first = datetime.now(UTC) + timedelta(seconds=KNOWN_BEFORE_S)

    async def make_keys() -> None:
        for number in range(count):
            starts = first + timedelta(seconds=ROTATE_S * number)
            await asyncio.sleep(max(0.0, (starts - datetime.now(UTC)).total_seconds() - KNOWN_BEFORE_S))
            key = SigningKey.generate()
            await database.execute(
                "INSERT INTO signing_keys (kid, private_key, active_from, created_at) VALUES ($1, $2, $3, now())",
                key.kid,
                cipher.encrypt(key.to_pem(), place=f"signing_keys|{key.kid}|private_key"),
                starts,
            )

    answers: Counter[int] = Counter()
    kids: set[str] = set()
    async with httpx.AsyncClient(base_url=platform.url, timeout=15) as door:

        async def live(person: Person) -> None:
            """Refresh, then use the new token at once, at two services."""
            answer = await door.post("/api/auth/refresh/", json={"refresh_token": person.refresh_token})
            answers[answer.status_code] += 1
            body = answer.json()
            person.refresh_token = body["refresh_token"]
            kids.add(str(jwt.get_unverified_header(body["access_token"])["kid"]))
            for path in ("/api/users/me/", "/api/alerts/", "/api/stocks/"):
                answer = await door.get(path, headers={"Authorization": f"Bearer {body['access_token']}"})
                answers[answer.status_code] += 1
            await asyncio.sleep(0.2)

        for person in people:
            person.log_in()
        making = asyncio.create_task(make_keys())
        await repeat([lambda person=person: live(person) for person in people], KNOWN_BEFORE_S + ROTATE_S * count)
        await making
    await database.close()
    report.note(f"{answers.total():,} calls while {len(kids)} keys signed in turn, {ROTATE_S} s each: {dict(answers)}")
    report.at_most("refused with 401", answers[401], 0, "calls")
    report.at_least("keys that signed", len(kids), count, "keys")


async def run(platform: Platform, report: Report, seconds: int, count: int, tries: int) -> None:
    everybody = People(platform)
    people = [everybody.ready() for _ in range(PEOPLE)]
    redis = Redis.from_url(platform.redis_url)
    pids = platform.pids()
    psutil.Process(pids["auth"]).cpu_affinity([SERVER_CORE])
    psutil.Process().cpu_affinity([LOAD_CORE])
    try:
        async with httpx.AsyncClient(base_url=platform.service_url("auth"), timeout=30) as http:
            await logins(http, people, report, seconds)
            await refreshes(http, people, report, seconds)
            await timing(http, people[0], report, tries)
        await checks(redis, report)
        await rotations(platform, people, report, count)
    finally:
        everybody.__exit__()
        await redis.aclose()


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=int, default=10)
    arguments.add_argument("--rotations", type=int, default=4)
    arguments.add_argument("--tries", type=int, default=100, help="of each kind, where times are compared")
    options = arguments.parse_args()
    report = Report("identity: logins, refreshes, checks, keys that change")
    with own_platform(port_offset=23_000, settings={**UNLIMITED, "GATEWAY_LIMIT_FACTOR": "1000"}) as platform:
        asyncio.run(run(platform, report, options.seconds, options.rotations, options.tries))
    finish(report)


if __name__ == "__main__":
    main()
