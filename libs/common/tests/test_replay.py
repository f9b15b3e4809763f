"""The operator's commands about events."""

from __future__ import annotations

import json

import pytest
from redis.asyncio import Redis

from libs.common.db import Database
from libs.common.events.dead_letters import NoSuchLetter, bury, count_letters
from libs.common.events.relay import Relay
from libs.common.events.replay import run
from libs.common.ids import uuid7
from libs.common.testing import eventually
from libs.common.tests.streams import STREAM, announce, on_stream, running


async def bury_one(db: Database, entry_id: str, envelope: bytes = b"no envelope") -> None:
    error = RuntimeError("no \x00 good")
    await bury(db, stream=STREAM, entry_id=entry_id, envelope=envelope, error=error, deliveries=5)


async def test_dead_letters_are_listed_shown_replayed_and_dropped(db: Database, redis: Redis) -> None:
    for entry_id in ("1-0", "2-0", "2-0"):
        await bury_one(db, entry_id)
    assert await count_letters(db) == 2
    first, second = (line.split()[0] for line in (await run(db, redis, ["list"])).splitlines())
    shown = json.loads(await run(db, redis, ["show", first]))
    assert (shown["entry_id"], shown["envelope"], shown["error"]) == ("2-0", "no envelope", "RuntimeError: no  good")

    assert await run(db, redis, ["drop", first]) == "dropped"
    assert await run(db, redis, ["replay", second]) == "replayed"
    assert await run(db, redis, ["list"]) == ""
    assert await redis.xlen("sample.replays") == 1


async def test_all_are_replayed_at_once(db: Database, redis: Redis) -> None:
    for number in range(3):
        await bury_one(db, f"{number}-0")
    assert await run(db, redis, ["replay", "all"]) == "3 replayed"
    assert await redis.xlen("sample.replays") == 3
    assert await count_letters(db) == 0


async def test_a_refill_publishes_the_last_hours_again(db: Database, redis: Redis) -> None:
    async with running(Relay(db, redis)):
        await announce(db, "a")
        await eventually(lambda: redis.xlen(STREAM))
        await run(db, redis, ["refill", "1000000"])

        async def came_again() -> bool:
            return len(await on_stream(redis)) == 2

        await eventually(came_again)


async def test_what_is_not_there_or_no_command_is_said_so(db: Database, redis: Redis) -> None:
    for command in ("show", "replay", "drop"):
        with pytest.raises(NoSuchLetter):
            await run(db, redis, [command, str(uuid7())])
    with pytest.raises(ValueError, match="No such command"):
        await run(db, redis, ["explode"])
