from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio import Redis

from libs.common.clock import FixedClock
from libs.common.security.revocation import (
    SNAPSHOT_KEY,
    STREAM_KEY,
    Revocation,
    RevocationKind,
    RevocationList,
    following,
    forget_ended,
    publish,
)
from libs.common.tasks import end_tasks
from libs.common.testing.waiting import eventually

NOW = datetime(2026, 1, 15, 20, 0, tzinfo=UTC)
LATER = int(NOW.timestamp()) + 3600


def _sid(until: int = LATER) -> Revocation:
    return Revocation(RevocationKind.SID, str(uuid4()), until)


def _knows(revoked: RevocationList, revocation: Revocation) -> bool:
    return revoked.is_revoked("some-jti", revocation.id, "some-user", 1)


@given(
    kind=st.sampled_from(RevocationKind),
    id=st.text(min_size=1),
    until=st.integers(0, 2**40),
    version=st.none() | st.integers(0, 1000),
)
def test_an_entry_survives_its_journey(kind: RevocationKind, id: str, until: int, version: int | None) -> None:
    entry = Revocation(kind, id, until, version)
    assert Revocation.parse(entry.encode()) == entry


async def test_a_revocation_is_heard_within_a_second(redis: Redis) -> None:
    revoked, one = RevocationList(redis), _sid()
    async with following(revoked):
        await eventually(lambda: _is(revoked.age_seconds < 1))
        started = time.monotonic()
        await publish(redis, one)
        await eventually(lambda: _is(_knows(revoked, one)), within=1.0)
        assert time.monotonic() - started < 1.0


async def test_a_starter_knows_what_was_revoked_before(redis: Redis) -> None:
    before = [_sid() for _ in range(50)]
    await publish(redis, *before)
    await redis.delete(STREAM_KEY)
    revoked = RevocationList(redis)
    async with following(revoked):
        await eventually(lambda: _is(all(_knows(revoked, one) for one in before)))


async def test_nothing_falls_between_the_snapshot_and_the_stream(redis: Redis) -> None:
    """Revocations that come while somebody starts are all known in the end."""
    made = [_sid() for _ in range(200)]

    async def revoke() -> None:
        for one in made:
            await publish(redis, one)

    revoking = asyncio.create_task(revoke())
    lists = []
    async with asyncio.TaskGroup() as group:
        for _ in range(5):
            one = RevocationList(redis)
            lists.append((one, group.create_task(one.follow())))
            await asyncio.sleep(0)
        await revoking
        for revoked, _ in lists:
            await eventually(lambda revoked=revoked: _is(all(_knows(revoked, one) for one in made)))
        await end_tasks(*(task for _, task in lists))


async def test_it_goes_on_after_redis_was_emptied(redis: Redis) -> None:
    revoked, first, second = RevocationList(redis), _sid(), _sid()
    async with following(revoked):
        await publish(redis, first)
        await eventually(lambda: _is(_knows(revoked, first)))
        await redis.flushall()
        await publish(redis, second)
        await eventually(lambda: _is(_knows(revoked, second)))
        assert _knows(revoked, first)


async def test_the_age_grows_while_redis_is_away() -> None:
    nobody: Redis = Redis(host="127.0.0.1", port=9, socket_connect_timeout=0.2)
    revoked = RevocationList(nobody)
    assert revoked.age_seconds == float("inf")
    async with following(revoked):
        await asyncio.sleep(0)
        assert revoked.age_seconds == float("inf")
    await nobody.aclose()


async def test_an_unreadable_entry_stops_nobody(redis: Redis) -> None:
    revoked, good = RevocationList(redis), _sid()
    async with following(revoked):
        await redis.xadd(STREAM_KEY, {"r": b"{nonsense"})
        await redis.xadd(STREAM_KEY, {"other": b"x"})
        await publish(redis, good)
        await eventually(lambda: _is(_knows(revoked, good)))


def test_a_user_without_version_loses_every_token(redis: Redis) -> None:
    revoked, user = RevocationList(redis), str(uuid4())
    revoked.apply(Revocation(RevocationKind.USER, user, LATER, version=3))
    assert revoked.is_revoked("j", "s", user, 2)
    assert not revoked.is_revoked("j", "s", user, 3)
    revoked.apply(Revocation(RevocationKind.USER, user, LATER))
    assert revoked.is_revoked("j", "s", user, 99)
    revoked.apply(Revocation(RevocationKind.USER, user, LATER, version=1))
    assert revoked.is_revoked("j", "s", user, 99)


def test_one_token_can_be_revoked_alone(redis: Redis) -> None:
    revoked = RevocationList(redis)
    revoked.apply(Revocation(RevocationKind.JTI, "j", LATER))
    assert revoked.is_revoked("j", "s", "u", 1)
    assert not revoked.is_revoked("k", "s", "u", 1)


def test_listeners_hear_each(redis: Redis) -> None:
    revoked, heard = RevocationList(redis), []
    revoked.listen(heard.append)
    one = _sid()
    revoked.apply(one)
    assert heard == [one]


async def test_what_has_ended_is_forgotten(redis: Redis) -> None:
    ended, lasting = _sid(int(NOW.timestamp()) - 1), _sid()
    await publish(redis, ended, lasting)
    assert await forget_ended(redis, int(NOW.timestamp())) == 1
    assert list(await redis.hkeys(SNAPSHOT_KEY)) == [lasting.key.encode()]

    clock = FixedClock(NOW)
    revoked = RevocationList(redis, clock)
    revoked.apply(lasting)
    clock.move(timedelta(hours=2))
    revoked._drop_ended()
    assert not _knows(revoked, lasting)


async def _is(value: bool) -> bool:
    return value
