"""What is taken back is told to everybody, also when Redis was away or emptied."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from redis.asyncio import Redis

from libs.common.clock import FixedClock
from libs.common.db import Database
from libs.common.security.revocation import SNAPSHOT_KEY, STREAM_KEY, RevocationKind
from services.auth.revocations.service import RevocationPublisher, Revocations
from services.auth.sessions.endings import Endings
from services.auth.tests.conftest import Person


@pytest.fixture
def publisher(db: Database, redis: Redis, clock: FixedClock) -> RevocationPublisher:
    return RevocationPublisher(db, redis, clock)


async def record(db: Database, redis: Redis, clock: FixedClock, *subjects: str) -> None:
    revocations = Revocations(db, redis, clock)
    async with db.transaction() as tx:
        for subject in subjects:
            revocations.record(tx, RevocationKind.SID, subject)


async def test_what_was_not_told_is_told_by_the_worker(
    db: Database, redis: Redis, clock: FixedClock, publisher: RevocationPublisher
) -> None:
    await record(db, redis, clock, "a", "b")
    assert await redis.hlen(SNAPSHOT_KEY) == 0
    assert await publisher.publish_new() == 2
    assert await publisher.publish_new() == 0
    assert set(await redis.hkeys(SNAPSHOT_KEY)) == {b"sid:a", b"sid:b"}
    assert await redis.xlen(STREAM_KEY) == 2


async def test_a_lost_snapshot_is_filled_again(
    db: Database, redis: Redis, clock: FixedClock, publisher: RevocationPublisher
) -> None:
    await record(db, redis, clock, "a", "b")
    await publisher.publish_new()
    await publisher.refill_if_lost()
    assert not await publisher.refill_if_lost()
    await redis.flushall()
    assert await publisher.refill_if_lost()
    assert set(await redis.hkeys(SNAPSHOT_KEY)) == {b"sid:a", b"sid:b"}


async def test_what_concerns_no_living_token_is_forgotten(
    db: Database, redis: Redis, clock: FixedClock, publisher: RevocationPublisher
) -> None:
    await record(db, redis, clock, "a")
    clock.move(timedelta(minutes=30))
    await record(db, redis, clock, "b")
    await publisher.publish_new()
    clock.move(timedelta(minutes=31))
    await publisher.forget_ended()
    assert await redis.hkeys(SNAPSHOT_KEY) == [b"sid:b"]
    await redis.flushall()
    await publisher.refill_if_lost()
    assert await redis.hkeys(SNAPSHOT_KEY) == [b"sid:b"]


async def test_going_out_works_without_redis_and_is_told_later(
    person: Person, db: Database, redis: Redis, clock: FixedClock, publisher: RevocationPublisher, app: Any
) -> None:
    await person.register_and_verify()
    pair = await person.tokens()
    nobody: Redis = Redis(host="127.0.0.1", port=9, socket_connect_timeout=0.2)
    app.state.sessions._endings = Endings(Revocations(db, nobody, clock), clock)
    answer = await person.client.post("/api/auth/logout/", json={"refresh_token": pair["refresh_token"]})
    assert answer.status_code == 204
    assert await redis.hlen(SNAPSHOT_KEY) == 0
    assert await publisher.publish_new() == 1
    await nobody.aclose()
