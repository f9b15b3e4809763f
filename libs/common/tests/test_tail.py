"""Following a stream without a group."""

from __future__ import annotations

import asyncio

import pytest
from redis.asyncio import Redis
from structlog.testing import capture_logs

from libs.common.events.tail import Tail
from libs.common.testing import eventually

QUICK = {"block_ms": 50}


async def take(tail: Tail, number: int) -> list[tuple[str, bytes]]:
    seen: list[tuple[str, bytes]] = []
    async with asyncio.timeout(5):
        async for stream, entries in tail.follow():
            seen += [(stream, fields[b"n"]) for _, fields in entries]
            if len(seen) >= number:
                break
    return seen


async def test_it_gives_what_comes_after_its_start_and_nothing_before(redis: Redis) -> None:
    await redis.xadd("s", {"n": "before"})
    tail = Tail(redis, "s", **QUICK)
    await tail.start()
    await redis.xadd("s", {"n": "after"})
    assert await take(tail, 1) == [("s", b"after")]


async def test_it_gives_all_that_is_kept_when_asked(redis: Redis) -> None:
    for number in range(5):
        await redis.xadd("s", {"n": str(number)})
    assert [n for _, n in await take(Tail(redis, "s", from_id="0-0", batch=2, **QUICK), 5)] == [
        b"0",
        b"1",
        b"2",
        b"3",
        b"4",
    ]


async def test_it_follows_several_streams_also_one_that_is_not_there_yet(redis: Redis) -> None:
    tail = Tail(redis, "s", "t", **QUICK)
    await tail.start()
    await redis.xadd("t", {"n": "1"})
    await redis.xadd("s", {"n": "2"})
    assert sorted(await take(tail, 2)) == [("s", b"2"), ("t", b"1")]


async def test_who_stops_and_follows_again_misses_nothing(redis: Redis) -> None:
    tail = Tail(redis, "s", **QUICK)
    await tail.start()
    await redis.xadd("s", {"n": "1"})
    assert len(await take(tail, 1)) == 1
    await redis.xadd("s", {"n": "2"})
    assert await take(tail, 1) == [("s", b"2")]


async def test_it_goes_on_after_a_flush_even_when_ids_start_lower(redis: Redis) -> None:
    await redis.xadd("s", {"n": "1"}, id="99999999999999-0")
    tail = Tail(redis, "s", **QUICK)
    await tail.start()
    await redis.flushall()
    await redis.xadd("s", {"n": "2"})
    assert await take(tail, 1) == [("s", b"2")]


async def test_it_goes_on_after_its_connection_was_cut(redis: Redis) -> None:
    tail = Tail(redis, "s", **QUICK)
    await tail.start()
    taking = asyncio.create_task(take(tail, 2))
    await redis.xadd("s", {"n": "1"})
    await redis.client_kill_filter(_type="normal", skipme=True)
    await redis.xadd("s", {"n": "2"})
    assert [n for _, n in await taking] == [b"1", b"2"]


@pytest.mark.parametrize(("was_read", "told"), [(False, []), (True, ["tail_stream_restarted"])])
async def test_only_what_was_read_before_can_have_restarted(redis: Redis, was_read: bool, told: list[str]) -> None:
    tail = Tail(redis, "s", from_id="5-0", **QUICK)
    if was_read:
        await redis.xadd("s", {"n": "0"}, id="6-0")
        await take(tail, 1)
        await redis.flushall()

    async def began_anew() -> bool:
        return str(tail.positions.get("s")) == "0-0"

    with capture_logs() as lines:
        taking = asyncio.create_task(take(tail, 1))
        await eventually(began_anew)
        await redis.xadd("s", {"n": "1"}, id="1-0")
        assert await taking == [("s", b"1")]
    assert [line["event"] for line in lines] == told
