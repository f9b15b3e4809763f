"""The worker: jobs, crons, loops and hooks, and an orderly end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from redis.asyncio import Redis

from libs.common import revisions
from libs.common.db import Database
from libs.common.events.consumer import Subscription
from libs.common.jobs import Cron, Job, JobContext, JobQueue, RetryLater
from libs.common.redis import create_redis
from libs.common.testing import eventually
from libs.common.testing.plugin import SettingsFactory
from libs.common.tests.sample import SampleSettings, ThingMade
from libs.common.tests.streams import STREAM, announce
from libs.common.worker import Worker


@pytest.fixture(autouse=True)
def _no_migrations(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sample service has tables and no migrations: it is at head when it has no version."""
    monkeypatch.setattr(revisions, "head_revision", lambda service: None)


@pytest.fixture
def make_worker(settings: SampleSettings, db: Database):
    def make(**parts: Any) -> Worker:
        return Worker(settings, db=Database(settings), redis=create_redis(settings), **parts)

    return make


@pytest.fixture
def settings(service_settings: SettingsFactory) -> SampleSettings:
    return service_settings(SampleSettings, worker_port=0)


@asynccontextmanager
async def working(worker: Worker) -> AsyncIterator[Worker]:
    task = asyncio.create_task(worker.run(handle_signals=False))
    try:
        await eventually(lambda: _is_ready(worker))
        yield worker
    finally:
        worker.stop()
        assert await asyncio.wait_for(task, 15) == 0


async def _is_ready(worker: Worker) -> bool:
    try:
        status, _ = await ask(worker, "/readyz")
    except OSError:
        return False
    return status == 200


async def ask(worker: Worker, path: str) -> tuple[int, str]:
    reader, writer = await asyncio.open_connection("127.0.0.1", worker.side_port.port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    answer = (await reader.read()).decode()
    writer.close()
    await writer.wait_closed()
    head, _, body = answer.partition("\r\n\r\n")
    return int(head.split(" ")[1]), body


async def test_a_job_runs_soon_with_its_arguments_and_context(make_worker, redis: Redis) -> None:
    ran: list[Any] = []

    async def greet(ctx: JobContext, name: str, number: int) -> None:
        ran.append((name, number, ctx.attempt, ctx.db.schema))

    async with working(make_worker(jobs=[greet])):
        assert await JobQueue(redis, "sample").put("greet", "world", 7)
        await eventually(lambda: _value(ran), within=2)
    assert ran == [("world", 7, 1, "sample")]


async def _value(value: Any) -> Any:
    return value


async def test_a_job_is_put_once_while_it_waits_and_again_when_it_is_done(make_worker, redis: Redis) -> None:
    ran: list[int] = []

    async def once(ctx: JobContext) -> None:
        ran.append(1)

    queue = JobQueue(redis, "sample")
    assert await queue.put("once", job_id="k")
    assert not await queue.put("once", job_id="k")
    async with working(make_worker(jobs=[once])):
        await eventually(lambda: _value(ran))

        async def put_again() -> bool:
            return await queue.put("once", job_id="k")

        await eventually(put_again)
        await eventually(lambda: _value(len(ran) == 2))


async def test_a_job_that_fails_is_tried_again_until_its_tries_are_used_up(make_worker, redis: Redis) -> None:
    tries: list[int] = []

    async def flaky(ctx: JobContext) -> None:
        tries.append(ctx.attempt)
        raise RetryLater(timedelta(milliseconds=1))

    async with working(make_worker(jobs=[Job(flaky, max_tries=3)])):
        queue = JobQueue(redis, "sample")
        await queue.put("flaky")
        await eventually(lambda: _value(len(tries) == 3))

        async def is_empty() -> bool:
            return await queue.depth() == 0

        await eventually(is_empty)
    assert tries == [1, 2, 3]


async def test_a_background_loop_that_fails_is_run_again_and_hooks_run_in_order(make_worker) -> None:
    seen: list[str] = []

    async def loop() -> None:
        seen.append("loop")
        if seen.count("loop") == 1:
            raise RuntimeError("once")
        await asyncio.Event().wait()

    async def hook(name: str) -> None:
        seen.append(name)

    worker = make_worker(background=[loop], on_start=[lambda: hook("start")], on_stop=[lambda: hook("stop")])
    async with working(worker):
        await eventually(lambda: _value(seen.count("loop") == 2))
    assert seen == ["start", "loop", "loop", "stop"]


async def test_the_worker_relays_hears_and_tells_how_it_is(make_worker, db: Database) -> None:
    heard: list[str] = []

    async def handler(tx: Any, event: ThingMade, envelope: Any) -> None:
        heard.append(event.thing)

    async with working(make_worker(subscriptions=[Subscription(STREAM, {ThingMade: handler})])) as worker:
        await announce(db, "a")
        await eventually(lambda: _value(heard))
        status, body = await ask(worker, "/healthz")
        assert status == 200
        assert {"relay", "jobs", f"consumer:{STREAM}"} <= set(json.loads(body)["silent_for_s"])
        status, body = await ask(worker, "/readyz")
        assert {name: check["status"] for name, check in json.loads(body)["checks"].items()} == dict.fromkeys(
            ("database", "schema", "redis", "redis_at_start", "started"), "ok"
        )
        status, body = await ask(worker, "/metrics")
        assert "sharewise_relay_active" in body
        assert (await ask(worker, "/other"))[0] == 404
    assert heard == ["a"]


async def test_a_running_job_comes_to_its_end_when_the_worker_is_stopped(make_worker, redis: Redis) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def slow(ctx: JobContext) -> None:
        begun.set()
        await asyncio.sleep(0.3)
        ended.set()

    async with working(make_worker(jobs=[slow])):
        await JobQueue(redis, "sample").put("slow")
        await begun.wait()
    assert ended.is_set()


async def test_a_cron_runs_at_the_start_when_it_says_so(make_worker) -> None:
    ran = asyncio.Event()

    async def tidy(ctx: JobContext) -> None:
        ran.set()

    async with working(make_worker(crons=[Cron(tidy, at_start=True)])):
        await asyncio.wait_for(ran.wait(), 5)


async def test_two_background_loops_of_one_name_both_run(make_worker) -> None:
    class Loop:
        def __init__(self) -> None:
            self.ran = asyncio.Event()

        async def run(self) -> None:
            self.ran.set()

    first, second = Loop(), Loop()
    worker = make_worker(background=[first.run, second.run])
    running = asyncio.create_task(worker.run(handle_signals=False))
    await asyncio.wait_for(asyncio.gather(first.ran.wait(), second.ran.wait()), 10)
    worker.stop()
    assert await running == 0
