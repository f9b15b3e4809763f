"""Taking over from consumers that died: at once, all of it, and with little to go through again."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from collections.abc import Sequence

import pytest
from redis.asyncio import Redis
from sqlalchemy import text

from libs.common.db import Database, Transaction
from libs.common.events.consumer import Consumer, Subscription
from libs.common.events.envelope import Envelope
from libs.common.events.relay import Relay
from libs.common.events.streams import make_group
from libs.common.testing import eventually
from libs.common.tests.sample import ThingMade
from libs.common.tests.streams import STREAM, all_published, announce, count, running


@pytest.fixture
def dead_pid() -> int:
    """The id of a process of this host that has ended."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    return ended.pid


async def make_thing(tx: Transaction, event: ThingMade, envelope: Envelope) -> None:
    await tx.session.execute(
        text("INSERT INTO things (id, name) VALUES (:id, :name)"), {"id": envelope.id, "name": event.thing}
    )


async def test_what_is_done_is_acknowledged_while_the_rest_of_a_batch_still_waits(db: Database, redis: Redis) -> None:
    last_may_go = asyncio.Event()

    async def make_thing_in_order(tx: Transaction, event: ThingMade, envelope: Envelope) -> None:
        if event.number == 49:
            await last_may_go.wait()
        await make_thing(tx, event, envelope)

    async def most_are_acknowledged() -> bool:
        groups = await redis.xinfo_groups(STREAM)
        return bool(groups and groups[0]["lag"] == 0 and groups[0]["pending"] <= 50 - 40)

    async with running(Relay(db, redis)):
        await announce(db, *["a"] * 50)
        await eventually(lambda: all_published(db))
    async with running(Consumer(db, redis, [Subscription(STREAM, {ThingMade: make_thing_in_order})])):
        await eventually(most_are_acknowledged)
        last_may_go.set()


async def test_everything_that_a_dead_process_had_taken_is_taken_over_at_once(
    db: Database, redis: Redis, dead_pid: int
) -> None:
    async with running(Relay(db, redis)):
        await announce(db, *["a"] * 450)
        await eventually(lambda: all_published(db))
    await make_group(redis, STREAM, "sample")
    await redis.xreadgroup("sample", f"{socket.gethostname()}:{dead_pid}:abc", {STREAM: ">"}, count=1000)

    async def make_things(tx: Transaction, heard: Sequence[tuple[ThingMade, Envelope]]) -> None:
        for event, envelope in heard:
            await make_thing(tx, event, envelope)

    async def all_are_made() -> bool:
        return await count(db, "things") == 450

    subscription = Subscription(STREAM, batch_handler=make_things, batch_types=(ThingMade,))
    async with running(Consumer(db, redis, [subscription])):
        # Well before the idle time of 15 s, or the second look after a third of it.
        await eventually(all_are_made, within=4.0)
