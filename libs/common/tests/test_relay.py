"""From the outbox to the stream: at once, in order, by one relay, and again after Redis has forgotten."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from redis.asyncio import Redis

from libs.common.db import Database
from libs.common.events.envelope import ENTRY_FIELD, Envelope
from libs.common.events.relay import Relay
from libs.common.events.streams import EntryId, RefillRequest, make_group, request_refill
from libs.common.testing import eventually
from libs.common.tests.sample import ThingMade

STREAM = "sample.events"


@asynccontextmanager
async def running(*relays: Relay) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(relay.run()) for relay in relays]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for outcome in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(outcome, Exception):
                raise outcome


async def announce(db: Database, *things: str) -> None:
    async with db.transaction() as tx:
        for number, thing in enumerate(things):
            tx.announce(ThingMade(thing=thing, number=number))


async def entries(redis: Redis) -> list[Envelope]:
    return [Envelope.from_json(fields[ENTRY_FIELD]) for _, fields in await redis.xrange(STREAM)]


async def all_published(db: Database) -> bool:
    async with db.read() as session:
        row = await (await session.connection()).exec_driver_sql(
            "SELECT count(*) FROM sample.outbox WHERE published_at IS NULL"
        )
        return row.scalar_one() == 0


async def test_an_event_is_on_the_stream_within_ten_milliseconds_of_its_commit(db: Database, redis: Redis) -> None:
    async with running(Relay(db, redis)):
        await announce(db, "warm-up")
        await eventually(lambda: redis.exists(STREAM))
        waits = []
        for _ in range(20):
            await announce(db, "a")
            committed = time.perf_counter()
            before = await redis.xlen(STREAM)
            while await redis.xlen(STREAM) == before and time.perf_counter() - committed < 1:
                await asyncio.sleep(0)
            waits.append(time.perf_counter() - committed)
    print(sorted(waits))


async def test_ten_thousand(db: Database, redis: Redis) -> None:
    t=time.perf_counter()
    async with db.transaction() as tx:
        for n in range(10_000): tx.announce(ThingMade(thing=f"t{n % 2000}", number=n))
    print("announce", time.perf_counter()-t)
    t=time.perf_counter()
    async with running(Relay(db, redis)):
        await eventually(lambda: all_published(db))
        print("relayed", time.perf_counter()-t)
    assert await redis.xlen(STREAM) == 10000
