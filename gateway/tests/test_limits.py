"""Limits: the arithmetic, the script in Redis, four processes at once, and Redis away."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import httpx
import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from gateway.limits import limiter as limiter_module
from gateway.limits.limiter import Limiter, LocalLimiter
from gateway.limits.rules import LimitClass, Policy, PolicyBook, spend, verdict
from gateway.links.resp import RespLink
from gateway.tests.conftest import FakeService, OpenGateway, Running
from gateway.tests.processes import gateway_process
from libs.common.testing.plugin import Stores
from libs.common.testing.tokens import Tokens
from libs.common.testing.waiting import eventually

PROCESSES = 4


def policies() -> st.SearchStrategy[Policy]:
    return st.integers(1, 60).flatmap(
        lambda quota: st.builds(
            Policy, st.just("p"), st.just(quota), st.sampled_from([1, 7, 60]), st.integers(1, quota)
        )
    )


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(policies(), st.lists(st.integers(0, 3_000_000), min_size=1, max_size=300))
def test_no_window_wherever_it_begins_holds_more_than_the_quota(policy: Policy, waits_us: list[int]) -> None:
    now = tat = 10**15
    passed: list[int] = []
    for wait_us in waits_us:
        now += wait_us
        tat, answer = spend(tat, now, policy)
        if verdict(policy, answer).allowed:
            passed.append(now)
    window_us = policy.window_s * 1_000_000
    for number, start in enumerate(passed):
        assert sum(start <= at < start + window_us for at in passed[number:]) <= policy.quota


@given(policies())
def test_who_waits_as_told_may_pass_and_not_before(policy: Policy) -> None:
    now = tat = 10**15
    answer = 0
    for _ in range(policy.burst):
        tat, answer = spend(tat, now, policy)
        assert answer >= 0
    assert verdict(policy, answer).remaining == 0
    tat, answer = spend(tat, now, policy)
    assert answer < 0
    assert not verdict(policy, spend(tat, now - answer - 1, policy)[1]).allowed
    assert verdict(policy, spend(tat, now - answer, policy)[1]).allowed
    assert verdict(policy, answer).retry_after_s * 1_000_000 >= -answer


def test_a_tier_reads_more_and_the_factor_scales_all() -> None:
    book = PolicyBook(factor=10)
    assert book.find(LimitClass.READ, "PRO").quota == 2 * book.find(LimitClass.READ, "BASIC").quota
    assert book.find(LimitClass.READ, "UNHEARD_OF") is book.find(LimitClass.READ)
    assert book.find(LimitClass.LOGIN).quota == 300


@asynccontextmanager
async def limiter_at(url: str, share: float = 1.0) -> AsyncIterator[tuple[Limiter, RespLink]]:
    link = RespLink(url, timeout_s=0.25)
    limiter = Limiter(link, share=share)
    link.on_connect(limiter.load)
    running = asyncio.create_task(link.run())
    try:
        await eventually(lambda: _is(link.up))
        yield limiter, link
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def _is(value: bool) -> bool:
    return value


async def test_the_script_says_what_the_arithmetic_says(stores: Stores, redis: Redis) -> None:
    policy = Policy("p", quota=20, window_s=60, burst=5)
    async with limiter_at(stores.redis_url) as (limiter, _):
        verdicts = [await limiter.spend(policy, b"k") for _ in range(8)]
    assert [v.allowed for v in verdicts] == [True] * 5 + [False] * 3
    assert [v.remaining for v in verdicts] == [4, 3, 2, 1, 0, 0, 0, 0]
    assert verdicts[5].retry_after_s == -(-policy.emission_us // 1_000_000)
    assert 0 < await redis.pttl("k") <= policy.capacity_us / 1_000


async def test_a_thousand_at_once_get_the_burst_and_no_more(stores: Stores, redis: Redis) -> None:
    policy = Policy("p", quota=100, window_s=60, burst=40)
    async with limiter_at(stores.redis_url) as (one, _), limiter_at(stores.redis_url) as (other, _):
        verdicts = await asyncio.gather(*(each.spend(policy, b"k") for each in (one, other) for _ in range(500)))
    assert 40 <= sum(v.allowed for v in verdicts) <= 41  # 41 when the thousand took longer than one emission


async def test_flushed_scripts_are_loaded_again(stores: Stores, redis: Redis) -> None:
    policy = Policy("p", quota=3, window_s=60, burst=3)
    async with limiter_at(stores.redis_url) as (limiter, _):
        await limiter.spend(policy, b"k")
        await redis.script_flush()
        verdicts = [await limiter.spend(policy, b"k") for _ in range(3)]
    assert [v.allowed for v in verdicts] == [True, True, False]


async def test_while_redis_hangs_each_process_gives_its_share(
    stores: Stores, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = Policy("p", quota=40, window_s=60, burst=40)
    async with limiter_at(stores.redis_url, share=0.25) as (limiter, link):
        await redis.execute_command("CLIENT", "PAUSE", 600, "ALL")
        verdicts = [await limiter.spend(policy, b"k") for _ in range(20)]
        assert sum(v.allowed for v in verdicts) == 10
        await eventually(lambda: _is(link.up))
        assert (await limiter.spend(policy, b"k")).allowed  # exact again, and Redis had counted none of these


def test_a_flood_of_addresses_does_not_cost_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limiter_module, "MAX_LOCAL_KEYS", 100)
    now = 0

    def clock() -> int:
        return now

    local = LocalLimiter(1.0, clock)
    policy = Policy("p", quota=2, window_s=1, burst=2)
    for number in range(1_000):
        now += 10_000
        local.spend(policy, b"%d" % number)
    assert len(local._tats) <= 101


class TestAtTheDoor:
    async def test_every_answer_tells_what_is_left(self, door: Running, bearer: dict[str, str]) -> None:
        first = await door.http.get("/api/stocks/", headers=bearer)
        second = await door.http.get("/api/stocks/", headers=bearer)
        assert first.headers["ratelimit-policy"] == '"read";q=600;w=60'
        assert first.headers["ratelimit"].startswith('"read";r=119;t=')
        assert second.headers["ratelimit"].startswith('"read";r=118;t=')

    async def test_beyond_the_limit_is_429_with_retry_after(
        self, open_gateway: OpenGateway, redis: Redis, bearer: dict[str, str], service: FakeService
    ) -> None:
        async with open_gateway(limit_factor=1 / 60) as door:  # 10 reads a minute, 2 at once
            answers = [await door.http.get("/api/stocks/", headers=bearer) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        problem = answers[2].json()
        assert (problem["code"], problem["retry_after"]) == (
            "too_many_requests",
            int(answers[2].headers["retry-after"]),
        )
        assert answers[2].headers["ratelimit"].startswith('"read";r=0;t=')
        assert len(service.received) == 2

    async def test_people_do_not_share_a_limit_but_addresses_do(
        self, open_gateway: OpenGateway, redis: Redis, tokens: Tokens
    ) -> None:
        async with open_gateway(limit_factor=1 / 60) as door:
            for _ in range(2):
                headers = {"authorization": f"Bearer {tokens.user()}"}
                assert [(await door.http.get("/api/stocks/", headers=headers)).status_code for _ in range(2)] == [
                    200
                ] * 2
            tries = [await door.http.post("/api/auth/login/", json={"email": f"{n}@example.com"}) for n in range(3)]
        assert [answer.status_code for answer in tries] == [200, 429, 429]

    async def test_a_forged_address_is_no_other_address(self, open_gateway: OpenGateway, redis: Redis) -> None:
        async with open_gateway(limit_factor=1 / 60) as door:
            tries = [
                await door.http.post("/api/auth/login/", headers={"x-forwarded-for": f"9.9.9.{n}"}) for n in range(3)
            ]
        assert [answer.status_code for answer in tries] == [200, 429, 429]

    async def test_a_trusted_hop_is_believed(
        self, open_gateway: OpenGateway, redis: Redis, service: FakeService
    ) -> None:
        async with open_gateway(limit_factor=1 / 60, trusted_hops="127.0.0.0/8") as door:
            tries = [
                await door.http.post("/api/auth/login/", headers={"x-forwarded-for": f"8.8.8.8, 9.9.9.{n}"})
                for n in range(3)
            ]
        assert [answer.status_code for answer in tries] == [200] * 3
        assert service.received[0].one("x-forwarded-for") == "9.9.9.0"

    async def test_bad_credentials_are_counted_by_address(self, open_gateway: OpenGateway, redis: Redis) -> None:
        async with open_gateway(limit_factor=1 / 40) as door:  # 3 a minute, 1 at once
            answers = [await door.http.get("/api/stocks/", headers={"authorization": "Bearer a.b.c"}) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [401, 429, 429]

    async def test_without_redis_the_door_goes_on(
        self, open_gateway: OpenGateway, redis: Redis, bearer: dict[str, str]
    ) -> None:
        async with open_gateway(redis_url="redis://127.0.0.1:1/0", limit_factor=1 / 60, replicas=2) as door:
            answers = [await door.http.get("/api/stocks/", headers=bearer) for _ in range(2)]
            assert [answer.status_code for answer in answers] == [200, 429]


async def test_four_processes_never_let_more_than_the_limit_through(
    stores: Stores, redis: Redis, tokens: Tokens, service: FakeService
) -> None:
    """Four real gateways behind one port, hammered at once over many connections."""
    variables = {
        "GATEWAY_PROCESSES": str(PROCESSES),
        "GATEWAY_LIMIT_FACTOR": "0.5",  # 300 reads a minute, 60 at once
        "GATEWAY_ACCESS_LOG": "false",
    }
    headers = {"authorization": f"Bearer {tokens.user()}"}
    async with gateway_process(stores, service, tokens, **variables) as (process, port):
        assert len(psutil.Process(process.pid).children()) == PROCESSES
        url, limits = f"http://127.0.0.1:{port}", httpx.Limits(max_connections=40)
        async with httpx.AsyncClient(base_url=url, timeout=20, limits=limits) as http:
            loop = asyncio.get_running_loop()
            began = loop.time()
            statuses: Counter[int] = Counter()

            async def hammer() -> None:
                for _ in range(20):
                    statuses[(await http.get("/api/stocks/", headers=headers)).status_code] += 1

            await asyncio.gather(*(hammer() for _ in range(40)))
            took = loop.time() - began
    assert set(statuses) == {200, 429}
    emission_s = 60 / (300 - 60 + 1)
    assert 60 <= statuses[200] <= min(300, 60 + took / emission_s + 1)
