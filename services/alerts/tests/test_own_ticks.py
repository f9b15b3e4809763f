"""Own prices: they fire alerts of the person whose connection brought them, once, and of nobody else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from libs.common.clock import to_ms
from libs.common.errors import StoreUnavailable
from libs.common.events.relay import Relay
from libs.common.ids import uuid7
from libs.common.testing import eventually
from libs.contracts.ingest import OWNER_FIELD, own_tick_stream
from libs.contracts.market import TICK_FIELD, encode_ticks
from services.alerts.conditions.operators import Operator
from services.alerts.conditions.room import Change, Room
from services.alerts.conditions.rules import Rule, State, Terms
from services.alerts.conditions.service import Changes
from services.alerts.conditions.track import Watched
from services.alerts.engine.own import OwnTicks
from services.alerts.engine.tables import read_positions
from services.alerts.tests.support import RELIANCE, running, triggered_rows
from services.alerts.tests.test_condition_engine import price_alert

OWNER, OTHER = uuid7(), uuid7()


class Reading:
    """An engine that reads these partitions, and watches no condition."""

    def __init__(self, *partitions: int) -> None:
        self.reading = frozenset(partitions)


@pytest.fixture
def own_of(db, redis) -> Any:
    def make(*partitions: int) -> OwnTicks:
        return OwnTicks(db, redis, Reading(*partitions), chunk=2)  # type: ignore[arg-type]

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
    async with engine_of() as engine, running(OwnTicks(db, redis, engine, chunk=2).run()):
        await send_own(OWNER, make_tick("230.00"))

        async def has_fired() -> bool:
            return await fired(db) == {alert.id}

        await eventually(has_fired, within=5)


class TestConditions:
    """Conditions that prices decide: a person's own come beside those for all, for that person alone."""

    @pytest.fixture
    def later(self, make_tick, clock) -> Any:
        def make(price: str, seconds: float) -> Any:
            return make_tick(price, at_ms=to_ms(clock.now() + timedelta(seconds=seconds)))

        return make

    @pytest.fixture
    async def others(self, app, client_for) -> Any:
        async with client_for(app, user=OTHER) as client:
            yield client

    async def test_each_kind_fires_for_its_owner_alone(
        self, db, redis, client, others, user_id, engine_of, send_own, send_ticks, later
    ) -> None:
        rules = [
            {"operator": "crossing_up", "value": "230"},
            {"operator": "inside_channel", "low": "231", "high": "233"},
            {"operator": "moving_up", "amount": "10", "window_s": 60},
            {"operator": "trailing_up_percent", "percent": "5"},
            {"operator": "change_up_percent", "percent": "4", "base": "open"},
        ]
        mine = {(await price_alert(client, rule))["id"] for rule in rules}
        for rule in rules:
            await price_alert(others, rule)
        far = await price_alert(client, {"operator": "greater", "value": "300"})
        async with engine_of() as engine, running(OwnTicks(db, redis, engine, chunk=2).run()):
            await send_ticks(later("220.00", 1))  # what the first own price is compared with
            await eventually(lambda: _has_seen(engine))
            await send_own(user_id, later("232.00", 2))
            await eventually(lambda: _fired_is(db, mine))
            # Prices for all go on to count for the same alerts, in the order of their times.
            await send_ticks(later("301.00", 1.5), later("302.00", 3))
            await eventually(lambda: _fired_is(db, mine | {far["id"]}, of=user_id))
        [row] = [row for row in await triggered_rows(db) if str(row["alert_id"]) == far["id"]]
        assert row["price"] == 302

    async def test_what_it_changed_is_stored_before_it_counts_as_read(
        self, db, redis, client, user_id, engine_of, send_own, later, monkeypatch
    ) -> None:
        alert = await price_alert(client, {"operator": "greater", "value": "230"})

        async def away(*_: Any) -> None:
            raise StoreUnavailable

        async with engine_of() as engine:
            own = OwnTicks(db, redis, engine, chunk=2)
            with monkeypatch.context() as without_store:
                without_store.setattr(Changes, "store", away)
                last = await send_own(user_id, later("231.00", 1))
                await own.step()
                assert own_tick_stream(0) not in await _positions(db)
        async with engine_of() as engine, running(OwnTicks(db, redis, engine, chunk=2).run()):
            await eventually(lambda: _fired_is(db, {alert["id"]}))

            async def is_read() -> bool:
                return (await _positions(db)).get(own_tick_stream(0)) == last.decode()

            await eventually(is_read)

    async def test_a_changed_and_a_deleted_alert_leave_the_track(
        self, db, redis, client, user_id, engine_of, send_own, later
    ) -> None:
        changed = await price_alert(client, {"operator": "greater", "value": "300"})
        gone = await price_alert(client, {"operator": "greater", "value": "230"})
        async with (
            running(Relay(db, redis).run()),
            engine_of() as engine,
            running(OwnTicks(db, redis, engine, chunk=2).run()),
        ):
            await send_own(user_id, later("220.00", 1))
            await eventually(lambda: _own_tracks(engine, 1))
            await client.delete(f"/api/alerts/{gone['id']}/")
            body = {"rule": {"operator": "greater", "value": "225"}}
            await client.patch(f"/api/alerts/{changed['id']}/", json=body)
            await eventually(lambda: _own_tracks(engine, 0))
            await send_own(user_id, later("231.00", 2))
            await eventually(lambda: _fired_is(db, {changed["id"]}))
            await eventually(lambda: _own_tracks(engine, 0))
            assert engine.watched == 0


def test_nobody_elses_windows_see_them(make_tick) -> None:
    """An alert that comes later takes the window of the one for all along: as a copy."""
    told: list[Change] = []
    room = Room(told.append)
    falls = Rule(Operator.MOVING_DOWN, amount_e4=100_000, window_ms=60_000)
    start = make_tick("220.00").at_ms

    def add(number: int, rule: Rule) -> None:
        room.arm("NASDAQ:AAPL", Watched(number, 1, rule, Terms(), State(start - 1, start - 1)), [])

    def tick(price: str, seconds: int) -> Any:
        return make_tick(price, at_ms=start + 1_000 * seconds)

    add(1, Rule(Operator.GREATER, value_e4=9_990_000))  # mine: the track that it opens has no window
    room.see([tick("220.00", 1)])
    room.see_own(OWNER, [1], tick("221.00", 2))
    add(2, falls)  # somebody else's
    add(3, falls)  # mine, with the same window
    room.see([tick("222.00", 3)])
    room.see_own(OWNER, [1, 3], tick("240.00", 4))
    room.see([tick("225.00", 5)])
    assert [(change.number, change.price_e4) for change in told] == [(3, 2_250_000)]


async def _fired_is(db: Any, wanted: set[str], *, of: UUID | None = None) -> bool:
    rows = [row for row in await triggered_rows(db) if of is None or row["user_id"] == of]
    return {str(row["alert_id"]) for row in rows} == wanted


async def _positions(db: Any) -> dict[str, str]:
    async with db.transaction() as tx:
        return await read_positions(await tx.driver())


async def _has_seen(engine: Any) -> bool:
    return any(share._seen for share in engine._shares.values())


async def _own_tracks(engine: Any, count: int) -> bool:
    rooms = [share.conditions._room for share in engine._shares.values()]
    return sum(len(tracks) for room in rooms for tracks in room._own.values()) == count
