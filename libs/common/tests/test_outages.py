"""The stores stop, die, hang and come back: errors within seconds, nothing lost, nothing done twice."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from uuid import uuid4

import pytest
import pytest_asyncio
from redis.asyncio import Redis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from libs.common.db import CommitUnknown, Database, Transaction
from libs.common.errors import StoreUnavailable
from libs.common.events.consumer import Consumer, ConsumerOptions, Subscription
from libs.common.events.envelope import Envelope
from libs.common.events.relay import Relay
from libs.common.health import Heartbeat
from libs.common.job_runner import JobRunner
from libs.common.jobs import JobContext, JobQueue
from libs.common.provision import MIGRATE_ROLE, role_of
from libs.common.redis import RedisAway, create_redis
from libs.common.tasks import end_tasks
from libs.common.testing import eventually
from libs.common.testing.faults import OwnStores, hang, hanging, own_stores, resume
from libs.common.tests.sample import Base, SampleSettings, Thing, ThingMade
from libs.common.tests.streams import STREAM, announce, count, running


@pytest.fixture(scope="module")
def own() -> Iterator[OwnStores]:
    with own_stores("test-only", "sample") as stores:
        yield stores


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def tables(own: OwnStores) -> None:
    engine = create_async_engine(own.database_url(MIGRATE_ROLE).replace("postgresql:", "postgresql+asyncpg:", 1))
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    await engine.dispose()


@pytest.fixture
def settings(own: OwnStores) -> SampleSettings:
    return SampleSettings(
        environment="test",
        database_url=own.database_url(role_of("sample")),
        redis_url=own.valkey.url,
        db_pool_size=3,
        db_statement_timeout_s=0.5,
    )


@pytest_asyncio.fixture
async def db(settings: SampleSettings, tables: None) -> AsyncIterator[Database]:
    database = Database(settings)
    async with database.transaction() as tx:
        for table in Base.metadata.tables:
            await tx.session.execute(text(f"DELETE FROM {table}"))
    yield database
    await database.close()


@pytest_asyncio.fixture
async def redis(settings: SampleSettings) -> AsyncIterator[Redis]:
    client = create_redis(settings)
    await client.flushall()
    yield client
    await client.aclose()


async def timed(work: Awaitable[object]) -> tuple[float, BaseException | None]:
    began = time.perf_counter()
    try:
        await work
    except Exception as error:
        return time.perf_counter() - began, error
    return time.perf_counter() - began, None


async def write(db: Database) -> None:
    async with db.transaction() as tx:
        tx.session.add(Thing(id=uuid4(), name="x"))


async def works(db: Database) -> bool:
    try:
        await write(db)
    except StoreUnavailable:
        return False
    return True


async def test_a_database_that_hangs_is_an_error_within_five_seconds_and_heals(
    own: OwnStores, settings: SampleSettings, tables: None
) -> None:
    db = Database(settings.model_copy(update={"db_statement_timeout_s": 3.0}))  # as it is by default
    await asyncio.gather(*(write(db) for _ in range(3)))  # the pool is full of good connections
    with hanging(own.postgres.pid):
        outcomes = await asyncio.gather(*(timed(write(db)) for _ in range(8)), timed(count(db, "things")))
        probe = await timed(db.probe())
    assert all(isinstance(error, StoreUnavailable) for _, error in outcomes)
    assert max(took for took, _ in outcomes) < 5
    assert isinstance(probe[1], StoreUnavailable)
    assert probe[0] < 1.5
    await eventually(lambda: works(db))
    await asyncio.gather(*(write(db) for _ in range(10)))
    await db.close()


async def test_a_database_that_hangs_in_the_middle_of_a_transaction(own: OwnStores, db: Database) -> None:
    async def through_the_session() -> None:
        async with db.transaction() as tx:
            await tx.session.execute(text("SELECT 1"))
            hang(own.postgres.pid)
            await tx.session.execute(text("SELECT 1"))

    async def through_the_driver() -> None:
        async with db.transaction() as tx:
            driver = await tx.driver()
            hang(own.postgres.pid)
            await driver.fetchval("SELECT 1")

    for work in (through_the_session, through_the_driver):
        took, error = await timed(work())
        resume(own.postgres.pid)
        assert isinstance(error, StoreUnavailable), error
        assert took < 3
        await eventually(lambda: works(db))


async def test_a_connection_lost_during_the_commit_leaves_the_outcome_unknown(own: OwnStores, db: Database) -> None:
    thing = uuid4()

    async def commit_into_silence() -> None:
        async with db.transaction() as tx:
            tx.session.add(Thing(id=thing, name="x"))
            await tx.session.flush()
            hang(own.postgres.pid)

    took, error = await timed(commit_into_silence())
    resume(own.postgres.pid)
    assert isinstance(error, CommitUnknown), error
    assert took < 3
    await eventually(lambda: works(db))


async def test_a_database_that_was_killed_and_comes_back(own: OwnStores, db: Database) -> None:
    await asyncio.gather(*(write(db) for _ in range(3)))
    own.postgres.stop()
    for _ in range(3):
        took, error = await timed(write(db))
        assert isinstance(error, StoreUnavailable), error
        assert took < 3
    own.postgres.start()
    # At once: dead connections are seen before they are used, so no caller pays for the restart.
    assert (await timed(write(db)))[1] is None


async def test_closing_does_not_wait_for_a_database_that_hangs(own: OwnStores, settings: SampleSettings) -> None:
    db = Database(settings)
    await asyncio.gather(*(_can_read(db) for _ in range(3)))
    with hanging(own.postgres.pid):
        took, error = await timed(db.close())
    assert error is None
    assert took < 0.5


async def test_a_redis_that_hangs_is_an_error_within_its_timeout(own: OwnStores, settings: SampleSettings) -> None:
    client = create_redis(settings, timeout_s=0.5)
    await client.ping()
    with hanging(own.valkey.pid):
        outcomes = [await timed(client.get("x")) for _ in range(2)]  # on a connection that was good, and on a new one
    assert all(isinstance(error, RedisAway) for _, error in outcomes)
    assert max(took for took, _ in outcomes) < 1.5
    assert await client.ping()
    await client.aclose()


async def make_thing(tx: Transaction, event: ThingMade, envelope: Envelope) -> None:
    await tx.session.execute(
        text("INSERT INTO things (id, name) VALUES (:id, :name)"), {"id": envelope.id, "name": event.thing}
    )


async def announce_through(db: Database, number: int, fault: Callable[[int], Awaitable[None]]) -> None:
    """Announce events, with a fault in between; one that could not be committed is tried again."""
    for count_so_far in range(number):
        await fault(count_so_far)
        while True:
            try:
                await announce(db, str(count_so_far))
                break
            except CommitUnknown:
                # The outcome is looked up by the key, never redone blindly.
                await eventually(lambda: _can_read(db), within=20)
                if await count(db, f"outbox WHERE subject = '{count_so_far}'") == 1:
                    break
            except StoreUnavailable:
                await asyncio.sleep(0.05)


async def _can_read(db: Database) -> bool:
    try:
        await count(db, "outbox")
    except StoreUnavailable:
        return False
    return True


@pytest.mark.parametrize("store", ["postgres", "valkey"])
@pytest.mark.parametrize("how", ["stopped", "hung"])
async def test_events_outlive_a_store_that_goes_away(
    own: OwnStores, db: Database, redis: Redis, store: str, how: str
) -> None:
    server = own.postgres if store == "postgres" else own.valkey
    back: list[asyncio.Task[None]] = []

    async def comes_back() -> None:
        await asyncio.sleep(2)
        if how == "hung":
            resume(server.pid)

    async def fault(number: int) -> None:
        if number == 20:
            if how == "hung":
                hang(server.pid)
                back.append(asyncio.create_task(comes_back()))
            else:
                # Valkey keeps nothing here, so it comes back empty. Blocks the loop, as a pause of everything would.
                server.stop()
                server.start()

    options = ConsumerOptions(block_ms=50, claim_idle_s=1.0, retry_delays_s=(0.05,))
    consumer = Consumer(db, redis, [Subscription(STREAM, {ThingMade: make_thing})], options=options)
    async with running(Relay(db, redis), consumer):
        await announce_through(db, 40, fault)
        await asyncio.gather(*back)

        async def all_done() -> bool:
            return await _can_read(db) and await count(db, "things") == 40

        await eventually(all_done, within=20)
    assert await count(db, "dead_letters") == 0
    assert await count(db, "inbox") == 40


async def test_jobs_go_on_after_redis_was_away_and_one_that_ran_meanwhile_runs_again(
    own: OwnStores, settings: SampleSettings, db: Database, redis: Redis
) -> None:
    begun: list[str] = []

    async def work(ctx: JobContext, name: str) -> None:
        begun.append(name)
        if name == "meanwhile" and begun.count(name) == 1:
            # Away while jobs run, end and are asked for; the loop is blocked until it is back.
            own.valkey.stop()
            own.valkey.start()

    queue = JobQueue(redis, "sample")
    runner = JobRunner(
        queue,
        [work],
        [],
        lambda job_id, attempt: JobContext(settings, db, redis, queue, None, job_id, attempt),
        heartbeat=Heartbeat(),
        max_jobs=2,
    )
    running_jobs = asyncio.create_task(runner.async_run())
    await queue.put("work", "before")
    await eventually(lambda: _is("before" in begun))
    await queue.put("work", "meanwhile")
    await eventually(lambda: _is("meanwhile" in begun))
    # More than there are places, so that one place lost for good would show.
    for number in range(5):
        await queue.put("work", f"after {number}")
    await eventually(lambda: _is({f"after {number}" for number in range(5)} <= set(begun)))
    await runner.finish(1)
    await end_tasks(running_jobs)


async def test_jobs_go_on_after_redis_hung(
    own: OwnStores, settings: SampleSettings, db: Database, redis: Redis
) -> None:
    begun: list[str] = []

    async def work(ctx: JobContext, name: str) -> None:
        begun.append(name)

    quick = create_redis(settings, timeout_s=0.2)
    queue = JobQueue(quick, "sample")
    runner = JobRunner(
        queue,
        [work],
        [],
        lambda job_id, attempt: JobContext(settings, db, redis, queue, None, job_id, attempt),
        heartbeat=Heartbeat(),
        max_jobs=1,
    )
    running_jobs = asyncio.create_task(runner.async_run())
    await queue.put("work", "before")
    await eventually(lambda: _is("before" in begun))
    with hanging(own.valkey.pid):
        await asyncio.sleep(1)
    await queue.put("work", "after")
    await eventually(lambda: _is("after" in begun))
    await runner.finish(1)
    await end_tasks(running_jobs)
    await quick.aclose()


async def _is(claim: bool) -> bool:
    return claim
