"""What the tests of events share: running loops for the length of a block, and what the stores hold."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Protocol

from redis.asyncio import Redis
from sqlalchemy import text

from libs.common.db import Database
from libs.common.events.envelope import ENTRY_FIELD, Envelope
from libs.common.tasks import end_tasks
from libs.common.tests.sample import ThingMade

STREAM = "sample.events"


class Runnable(Protocol):
    async def run(self) -> Any: ...


@asynccontextmanager
async def running(*parts: Runnable) -> AsyncIterator[None]:
    """Run loops for the length of the block. A loop that ended with an error fails the test."""
    tasks = [asyncio.create_task(part.run()) for part in parts]
    try:
        yield
    finally:
        failed = [task for task in tasks if task.done()]
        await end_tasks(*tasks)
        for task in failed:
            task.result()


async def announce(db: Database, *things: str) -> None:
    """Announce one event for each thing, numbered, in one transaction."""
    async with db.transaction() as tx:
        for number, thing in enumerate(things):
            tx.announce(ThingMade(thing=thing, number=number))


async def on_stream(redis: Redis) -> list[Envelope]:
    return [Envelope.from_json(fields[ENTRY_FIELD]) for _, fields in await redis.xrange(STREAM)]


async def count(db: Database, of: str) -> int:
    """Count the rows of a table, or of a table with a condition."""
    async with db.read() as session:
        return int((await session.execute(text(f"SELECT count(*) FROM {of}"))).scalar_one())


async def all_published(db: Database) -> bool:
    return await count(db, "outbox WHERE published_at IS NULL") == 0
