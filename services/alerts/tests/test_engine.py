"""The engine against real stores: what a price reaches fires once, soon, and whatever happens in between."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from decimal import Decimal
from typing import Any

import asyncpg
import pytest

from libs.common.clock import to_ms
from libs.common.events.relay import Relay
from libs.common.testing import eventually
from libs.contracts.alerts import AlertDeleted, AlertStatus, AlertUpdated
from services.alerts.definitions import rules as definition_rules
from services.alerts.definitions import tables as definitions
from services.alerts.engine.service import Candidate, Firings
from services.alerts.tests.support import RELIANCE, running, triggered_rows


async def fired_numbers(db: Any) -> list[Any]:
    return [row["alert_id"] for row in await triggered_rows(db)]


def is_triggered(db: Any, *alert_ids: Any) -> Any:
    async def claim() -> bool:
        return set(alert_ids) <= set(await fired_numbers(db))

    return claim


async def add_many(db: Any, count: int, *, instrument_id: int, threshold: str, armed_at: Any) -> None:
    """Store many active alerts of as many users at once."""
    async with db.transaction() as tx:
        driver = await tx.driver()
        await driver.execute(
            """INSERT INTO alerts (id, version, user_id, instrument_id, alert_type, condition, threshold_price, status,
                                   status_reason, created_at, updated_at, armed_at)
               SELECT gen_random_uuid(), 1, gen_random_uuid(), $2, 'threshold', 'above', $3, 'active', 'armed',
                      $4, $4, $4 FROM generate_series(1, $1::int)""",
            count,
            instrument_id,
            Decimal(threshold),
            armed_at,
        )


async def instrument_id_of(db: Any, instrument: str) -> int:
    async with db.transaction() as tx:
        return await (await tx.driver()).fetchval("SELECT id FROM instruments WHERE instrument = $1", instrument)


async def test_a_price_that_reaches_an_alert_fires_it_with_the_announcement(
    db, clock, published, make_alert, make_tick, send_ticks, engine_of
) -> None:
    alert = await make_alert("above", "230.00")
    far = await make_alert("above", "300.00")
    async with engine_of():
        await send_ticks(make_tick("229.99"))
        await send_ticks(make_tick("232.50"))
        await eventually(is_triggered(db, alert.id))
    [row] = await triggered_rows(db)
    assert (row["price"], row["threshold_price"], row["reached_at"]) == (Decimal("232.50"), 230, clock.now())
    async with db.read() as session:
        after = await definitions.get_for(session, alert.user_id, alert.id)
        assert (after.status, after.status_reason) == (AlertStatus.TRIGGERED, "price_reached")
        assert (await definitions.get_for(session, far.user_id, far.id)).is_active
    [event] = await published(db)
    assert event.type == "alerts.alert.triggered.v1"
    assert event.subject == str(alert.user_id)
    assert event.data["price"] == "232.50"
    assert event.data["name"] == "Apple Inc."
    assert event.data["triggered_id"] == str(row["id"])


@pytest.mark.parametrize(
    ("members", "fires"),
    [
        ({}, True),
        ({"stale": True}, False),
        ({"price": "229.00", "high_e4": 2_301_000}, True),
        ({"price": "229.00", "high_e4": 2_301_000, "span_start_ms": 0}, False),
        ({"at_ms": 0, "span_start_ms": 0}, False),
    ],
    ids=[
        "fresh",
        "stale on arrival",
        "touched within the span",
        "touched before arming, perhaps",
        "from before arming",
    ],
)
async def test_only_prices_since_arming_that_were_fresh_on_arrival_count(
    db, make_alert, make_tick, send_ticks, engine_of, members: dict[str, Any], fires: bool
) -> None:
    alert = await make_alert("above", "230.00")
    mark = await make_alert("above", "10.00", of=RELIANCE)
    price = members.pop("price", "231.00")
    async with engine_of():
        await send_ticks(make_tick(price, **members))
        await send_ticks(make_tick("11.00", of=RELIANCE))
        await eventually(is_triggered(db, mark.id))
    assert (alert.id in await fired_numbers(db)) is fires


async def test_an_alert_fires_once_when_two_engines_see_the_same_ticks_twice_and_disordered(
    db, redis, make_alert, make_tick, send_ticks, engine_of
) -> None:
    alerts = [await make_alert("above", f"{230 + i}.00") for i in range(10)]
    ticks = [make_tick(f"{232 + i}.00", at_ms=make_tick("1").at_ms - 1000 * i) for i in range(9)]
    candidates = [Candidate(tick, alert.number, alert.version) for tick in ticks for alert in alerts]
    firings = Firings(db)
    outcomes = await asyncio.gather(*(firings.fire(candidates) for _ in range(4)))
    assert sum(outcome.fired for outcome in outcomes) == 10
    async with engine_of(), engine_of(ready=False):
        for tick in (*ticks, *reversed(ticks)):
            await send_ticks(tick)
        mark = await make_alert("above", "1.00", of=RELIANCE, announce=True)
        async with running(Relay(db, redis).run()):
            await send_ticks(make_tick("2.00", of=RELIANCE))
            await eventually(is_triggered(db, mark.id))
    assert sorted(map(str, await fired_numbers(db))) == sorted(str(alert.id) for alert in (*alerts, mark))


class TestChanges:
    """Created, edited, deleted and paused alerts reach the engine by the outbox."""

    async def test_a_new_alert_is_armed_within_100_ms_of_its_commit(
        self, db, redis, make_alert, make_tick, send_ticks, engine_of
    ) -> None:
        delays = []
        async with running(Relay(db, redis).run()), engine_of() as engine:
            for _ in range(20):
                before = engine.indexed
                await make_alert("above", "230.00", announce=True)
                committed = time.perf_counter()

                async def is_armed(count: int = before) -> bool:
                    return engine.indexed > count

                await eventually(is_armed)
                delays.append(time.perf_counter() - committed)
        assert sorted(delays)[len(delays) // 2] < 0.1

    async def test_a_price_between_commit_and_indexing_is_not_missed(
        self, db, redis, clock, make_alert, make_tick, send_ticks, engine_of
    ) -> None:
        async with engine_of() as engine:
            alert = await make_alert("above", "230.00", armed_at=clock.now(), announce=True)
            await send_ticks(make_tick("231.00"), make_tick("229.00"))

            async def has_seen_them() -> bool:
                return any(share._seen for share in engine._shares.values())

            await eventually(has_seen_them)
            assert await triggered_rows(db) == []
            async with running(Relay(db, redis).run()):
                await eventually(is_triggered(db, alert.id))
        [row] = await triggered_rows(db)
        assert row["price"] == 231

    async def test_an_edited_alert_does_not_fire_on_its_old_threshold(
        self, db, redis, clock, make_alert, make_tick, send_ticks, engine_of
    ) -> None:
        alert = await make_alert("above", "230.00")
        async with engine_of():
            edited = definition_rules.changed(
                alert, definition_rules.Change(threshold_price=Decimal("240.00")), clock.now()
            )
            async with db.transaction() as tx:
                await definitions.store(tx.session, edited)
                tx.announce(AlertUpdated(alert=edited.state(), previous=alert.state()))
            # Before the engine has heard of it, and after.
            await send_ticks(make_tick("235.00"))
            async with running(Relay(db, redis).run()):
                clock.move(timedelta(seconds=1))
                mark = await make_alert("above", "1.00", of=RELIANCE, announce=True)
                await send_ticks(make_tick("236.00"), make_tick("2.00", of=RELIANCE))
                await eventually(is_triggered(db, mark.id))
                assert await fired_numbers(db) == [mark.id]
                await send_ticks(make_tick("240.00"))
                await eventually(is_triggered(db, alert.id))

    async def test_a_paused_and_a_deleted_alert_leave_the_index(self, db, redis, clock, make_alert, engine_of) -> None:
        paused, deleted = await make_alert(), await make_alert()
        async with running(Relay(db, redis).run()), engine_of() as engine:
            assert engine.indexed == 2
            resting = definition_rules.changed(paused, definition_rules.Change(status=AlertStatus.PAUSED), clock.now())
            async with db.transaction() as tx:
                await definitions.store(tx.session, resting)
                await definitions.remove(tx.session, [deleted.id])
                tx.announce(AlertUpdated(alert=resting.state(), previous=paused.state()))
                tx.announce(AlertDeleted(alert=deleted.state()))

            async def is_empty() -> bool:
                return engine.indexed == 0

            await eventually(is_empty)

    async def test_a_new_alert_that_is_already_true_fires_at_the_next_price(
        self, db, redis, clock, make_alert, make_tick, send_ticks, engine_of
    ) -> None:
        async with running(Relay(db, redis).run()), engine_of() as engine:
            await send_ticks(make_tick("235.00"))
            clock.move(timedelta(seconds=1))
            alert = await make_alert("above", "230.00", armed_at=clock.now(), announce=True)

            async def is_armed() -> bool:
                return engine.indexed == 1

            await eventually(is_armed)
            assert await triggered_rows(db) == []
            await send_ticks(make_tick("234.00"))
            await eventually(is_triggered(db, alert.id))


async def test_a_symbol_does_not_wait_behind_anothers_thousands(
    db, clock, make_alert, make_tick, send_ticks, engine_of
) -> None:
    hot = await make_alert("above", "300.00")
    quiet = await make_alert("above", "1.00", of=RELIANCE)
    armed_at = clock.now() - timedelta(minutes=1)
    await add_many(
        db, 5_000, instrument_id=await instrument_id_of(db, hot.instrument), threshold="230.00", armed_at=armed_at
    )
    async with engine_of(chunk=256):
        await send_ticks(make_tick("231.00"))
        await eventually(lambda: _some_fired(db))
        await send_ticks(make_tick("2.00", of=RELIANCE))
        await eventually(is_triggered(db, quiet.id))
        assert len(await triggered_rows(db)) < 5_001, "the quiet symbol's alert fired while the hot one's still drained"
        await eventually(lambda: _count_is(db, 5_001), within=30)


async def _some_fired(db: Any) -> bool:
    return len(await triggered_rows(db)) > 0


async def _count_is(db: Any, count: int) -> bool:
    return len(await triggered_rows(db)) == count


async def test_an_engine_that_died_in_the_middle_leaves_nothing_behind(
    db, clock, make_alert, make_tick, send_ticks, engine_of
) -> None:
    other = await make_alert("above", "300.00")
    await add_many(
        db,
        2_000,
        instrument_id=await instrument_id_of(db, other.instrument),
        threshold="230.00",
        armed_at=clock.now() - timedelta(minutes=1),
    )
    async with engine_of(chunk=100):
        await send_ticks(make_tick("231.00"))
        await send_ticks(make_tick("229.00"))  # only the stream still knows that 230 was reached
        await eventually(lambda: _some_fired(db))
    before = len(await triggered_rows(db))
    assert 0 < before < 2_000
    async with engine_of():
        await eventually(lambda: _count_is(db, 2_000), within=30)
    assert len(set(await fired_numbers(db))) == 2_000


async def test_an_engine_goes_on_where_the_last_one_had_settled_everything(
    db, make_alert, make_tick, send_ticks, engine_of
) -> None:
    alert = await make_alert("above", "230.00")

    async def position() -> Any:
        async with db.transaction() as tx:
            return await (await tx.driver()).fetchval("SELECT entry_id FROM tick_positions")

    async with engine_of():
        await send_ticks(make_tick("231.00"))
        await eventually(is_triggered(db, alert.id))
        first = await eventually(position)
    async with engine_of():
        await send_ticks(make_tick("232.00"))

        async def has_moved() -> bool:
            return await position() > first

        await eventually(has_moved)


async def test_a_tick_that_the_last_engine_saw_before_it_knew_of_the_alert_counts_for_the_next(
    db, make_alert, make_tick, send_ticks, engine_of
) -> None:
    mark = await make_alert("above", "1.00", of=RELIANCE)

    async def is_settled() -> bool:
        async with db.transaction() as tx:
            return bool(await (await tx.driver()).fetchval("SELECT entry_id FROM tick_positions"))

    async with engine_of():
        await send_ticks(make_tick("231.00"), make_tick("2.00", of=RELIANCE))
        await eventually(is_triggered(db, mark.id))
        alert = await make_alert("above", "230.00")  # committed before the tick, not announced in this engine's life
        await eventually(is_settled)
    async with engine_of():
        await eventually(is_triggered(db, alert.id))


async def test_losing_the_database_in_the_middle_loses_no_firing_and_doubles_none(
    db, stores, clock, make_alert, make_tick, send_ticks, engine_of
) -> None:
    other = await make_alert("above", "300.00")
    await add_many(
        db,
        3_000,
        instrument_id=await instrument_id_of(db, other.instrument),
        threshold="230.00",
        armed_at=clock.now() - timedelta(minutes=1),
    )
    admin = await asyncpg.connect(stores.admin_dsn)
    try:
        async with engine_of(chunk=100):
            await send_ticks(make_tick("231.00"))
            await send_ticks(make_tick("229.00"))
            for loss in range(1, 7):
                await eventually(lambda wanted=loss * 300: _at_least(admin, wanted), within=30)
                await admin.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'sharewise_alerts'"
                )
            await eventually(lambda: _at_least(admin, 3_000), within=30)
    finally:
        await admin.close()
    assert len(set(await fired_numbers(db))) == 3_000


async def _at_least(connection: Any, count: int) -> bool:
    return await connection.fetchval("SELECT count(*) FROM alerts.triggered_alerts") >= count


async def test_a_standby_takes_over_when_the_leader_is_gone(db, make_alert, make_tick, send_ticks, engine_of) -> None:
    alert = await make_alert("above", "230.00")
    async with engine_of(ready=False) as standby:
        async with engine_of(ready=False) as other:
            leader = await eventually(lambda: _who_leads(standby, other))
            assert not (standby.ready.is_set() and other.ready.is_set())
        if leader is other:
            await asyncio.wait_for(standby.ready.wait(), 5)
        await send_ticks(make_tick("231.00"))
        await eventually(is_triggered(db, alert.id))


async def _who_leads(*engines: Any) -> Any:
    return next((engine for engine in engines if engine.ready.is_set()), None)


async def test_a_candidate_that_is_too_young_comes_back(db, clock, make_alert, make_tick) -> None:
    alert = await make_alert("above", "230.00", armed_at=clock.now())
    early = make_tick("231.00", at_ms=to_ms(clock.now()) - 1)
    outcome = await Firings(db).fire([Candidate(early, alert.number, alert.version)])
    assert (outcome.fired, [state.alert_id for state in outcome.still_active]) == (0, [alert.id])
    outcome = await Firings(db).fire([Candidate(early, alert.number, alert.version)], is_newest=True)
    assert outcome.fired == 1
