"""Own prices: they fire alerts of the person whose connection brought them, once, and of nobody else."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from libs.common.clock import to_ms
from libs.common.ids import uuid7
from libs.common.testing import eventually
from libs.contracts.ingest import OWNER_FIELD, own_tick_stream
from libs.contracts.market import TICK_FIELD, encode_ticks
from services.alerts.engine.own import OwnTicks
from services.alerts.engine.tables import read_positions
from services.alerts.tests.support import RELIANCE, triggered_rows

OWNER, OTHER = uuid7(), uuid7()


class Holding:
    """An engine that holds these partitions."""

    def __init__(self, *held: int) -> None:
        self.held = frozenset(held)


@pytest.fixture
def own_of(db, redis) -> Any:
    def make(*held: int) -> OwnTicks:
        return OwnTicks(db, redis, Holding(*held), chunk=2)  # type: ignore[arg-type]

    return make


@pytest.fixture
def send_own(redis) -> Any:
    async def send(owner: UUID, *ticks: Any, partition: int = 0) -> bytes:
        entry = {TICK_FIELD: encode_ticks(ticks), OWNER_FIELD: owner.bytes}
        return await redis.xadd(own_tick_stream(partition), entry)

    return send


async def fired(db: Any) -> set[Any]:
    return {row["alert_id"] for row in await triggered_rows(db)}


async def test_it_fires_the_owners_alerts_and_nobody_elses(
    db, make_alert, make_tick, own_of, send_own, published
) -> None:
    mine = [await make_alert("above", f"{level}.00", user_id=OWNER) for level in (228, 229, 230)]
    await make_alert("above", "300.00", user_id=OWNER)
    await make_alert("below", "200.00", user_id=OWNER)
    await make_alert("above", "230.00", of=RELIANCE, user_id=OWNER)
    await make_alert("above", "230.00", user_id=OTHER)
    await send_own(OWNER, make_tick("230.00"))
    assert await own_of(0).step()
    assert await fired(db) == {alert.id for alert in mine}
    told = [event for event in await published(db) if event.type == "alerts.alert.triggered.v1"]
    assert {event.data["user_id"] for event in told} == {str(OWNER)}
    assert len(told) == 3


async def test_what_was_stale_or_came_before_the_alert_fires_nothing(
    db, clock, make_alert, make_tick, own_of, send_own
) -> None:
    await make_alert("above", "230.00", user_id=OWNER, armed_at=clock.now())
    await send_own(OWNER, make_tick("231.00", stale=True))
    await send_own(OWNER, make_tick("231.00", at_ms=to_ms(clock.now() - timedelta(seconds=5))))
    await own_of(0).step()
    assert await fired(db) == set()


async def test_another_engine_goes_on_where_the_first_one_stood(
    db, make_alert, make_tick, own_of, send_own, published
) -> None:
    first = await make_alert("above", "230.00", user_id=OWNER)
    await send_own(OWNER, make_tick("230.00"))
    await own_of(0, 1).step()
    second = await make_alert("above", "235.00", user_id=OWNER)
    last = await send_own(OWNER, make_tick("236.00"))
    await own_of(0).step()
    assert await fired(db) == {first.id, second.id}
    assert len([one for one in await published(db) if one.type == "alerts.alert.triggered.v1"]) == 2
    async with db.transaction() as tx:
        assert (await read_positions(await tx.driver()))[own_tick_stream(0)] == last.decode()


async def test_partitions_of_others_are_left_to_them_and_nonsense_is_passed_over(
    db, redis, make_alert, make_tick, own_of, send_own
) -> None:
    alert = await make_alert("above", "230.00", user_id=OWNER)
    assert not await own_of().step()
    await send_own(OWNER, make_tick("230.00"), partition=1)
    await own_of(0).step()
    assert await fired(db) == set()
    await redis.xadd(own_tick_stream(0), {TICK_FIELD: b"[", OWNER_FIELD: OWNER.bytes})
    await redis.xadd(own_tick_stream(0), {TICK_FIELD: b"[]"})
    await send_own(OWNER, make_tick("230.00"))
    await own_of(0).step()
    assert await fired(db) == {alert.id}


async def test_it_fires_beside_a_running_engine(db, redis, make_alert, make_tick, engine_of, send_own) -> None:
    alert = await make_alert("above", "230.00", user_id=OWNER)
    async with engine_of() as engine:
        task = asyncio.create_task(OwnTicks(db, redis, engine, chunk=2).run())
        try:
            await send_own(OWNER, make_tick("230.00"))

            async def has_fired() -> bool:
                return await fired(db) == {alert.id}

            await eventually(has_fired, within=5)
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
