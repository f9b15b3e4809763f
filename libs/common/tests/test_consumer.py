"""Hearing: every event has its effect once, whatever fails."""

from __future__ import annotations

import asyncio
import time

import pytest
from redis.asyncio import Redis
from sqlalchemy import text

from libs.common.db import Database, Transaction
from libs.common.events.consumer import Consumer, ConsumerOptions, Subscription
from libs.common.events.dead_letters import list_letters, replay_letter
from libs.common.events.envelope import ENTRY_FIELD, Envelope
from libs.common.events.relay import Relay
from libs.common.testing import eventually
from libs.common.tests.sample import ThingMade
from libs.common.tests.streams import STREAM, announce, count, on_stream, running

QUICK = ConsumerOptions(block_ms=50, claim_idle_s=0.5, retry_delays_s=(0.01,))


async def make_thing(tx: Transaction, event: ThingMade, envelope: Envelope) -> None:
    """The effect of an event: a row. A second effect of the same event would break the primary key."""
    await tx.session.execute(
        text("INSERT INTO things (id, name) VALUES (:id, :name)"), {"id": envelope.id, "name": event.thing}
    )


def hearing(db: Database, redis: Redis, handler=make_thing, options: ConsumerOptions = QUICK) -> Consumer:
    return Consumer(db, redis, [Subscription(STREAM, {ThingMade: handler})], options=options)


async def test_each_event_has_its_effect_once_although_it_is_published_twice(db: Database, redis: Redis) -> None:
    async with running(Relay(db, redis), hearing(db, redis)):
        await announce(db, "a", "b", "c")
        await eventually(lambda: _has(db, 3))
        for _, fields in await redis.xrange(STREAM):
            await redis.xadd(STREAM, fields)
        await eventually(lambda: _all_acknowledged(redis))
    assert await count(db, "things") == 3
    assert len(await on_stream(redis)) == 6


async def _has(db: Database, number: int) -> bool:
    return await count(db, "things") == number


async def _all_acknowledged(redis: Redis) -> bool:
    (group,) = await redis.xinfo_groups(STREAM)
    return group["pending"] == 0 and group["lag"] == 0


async def test_poison_dies_after_exactly_five_deliveries_and_delays_no_other(db: Database, redis: Redis) -> None:
    tries = []

    async def handler(tx: Transaction, event: ThingMade, envelope: Envelope) -> None:
        if event.thing == "poison":
            tries.append(1)
            raise RuntimeError("no good")
        await make_thing(tx, event, envelope)

    async with running(Relay(db, redis), hearing(db, redis, handler)):
        await announce(db, "a", "poison", "b")
        await eventually(lambda: _has(db, 2))
        await eventually(lambda: list_letters(db))
        await eventually(lambda: _all_acknowledged(redis))
    assert len(tries) == 5
    (letter,) = await list_letters(db)
    assert (letter.type, letter.subject, letter.deliveries) == (ThingMade.type, "poison", 5)
    assert letter.error == "RuntimeError: no good"
    assert await redis.xlen("sample.dead") == 1


async def test_throughput(db: Database, redis: Redis) -> None:
    async def batch(tx, pairs):
        d = await tx.driver()
        await d.execute("INSERT INTO things (id,name) SELECT * FROM unnest($1::uuid[],$2::text[])", [e.id for _, e in pairs], [v.thing for v,_ in pairs])
    async with running(Relay(db, redis)):
        await announce(db, *[f"t{n}" for n in range(10000)])
        await eventually(lambda: _len(redis, 10000))
    t=time.perf_counter()
    async with running(Consumer(db, redis, [Subscription(STREAM, batch_handler=batch, batch_types=(ThingMade,))], options=QUICK)):
        await eventually(lambda: _has(db, 10000))
    print("batch", time.perf_counter()-t)
async def test_throughput1(db: Database, redis: Redis) -> None:
    async with running(Relay(db, redis)):
        await announce(db, *[f"t{n}" for n in range(3000)])
        await eventually(lambda: _len(redis, 3000))
    t=time.perf_counter()
    async with running(hearing(db,redis)):
        await eventually(lambda: _has(db, 3000))
    print("single 3000", time.perf_counter()-t)
async def _len(redis, n): return await redis.xlen(STREAM) == n
