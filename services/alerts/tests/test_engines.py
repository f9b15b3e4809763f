"""Several engines share the alerts by lease: fairly, each alert once, and whoever is gone is replaced."""

from __future__ import annotations

import time
from datetime import timedelta
from decimal import Decimal
from typing import Any

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.clock import to_ms
from libs.common.db import DRIVER_ERRORS
from libs.common.testing import eventually
from libs.contracts.market import InstrumentInfo, tick_partition
from services.alerts.conditions import tables as conditions
from services.alerts.conditions.drain import ChangeDrain
from services.alerts.conditions.service import Changes
from services.alerts.engine import rules, tables
from services.alerts.engine.leases import CLASS, Leases
from services.alerts.engine.queue import Lanes
from services.alerts.engine.share import Share, Stored
from services.alerts.tests.support import create, triggered_rows

PARTITIONS = 4
LISTED = [
    InstrumentInfo(instrument=f"NSE:S{number}", exchange="NSE", symbol=f"S{number}", name="A share", currency="INR")
    for number in range(12)
]


class TestFairShare:
    @given(st.dictionaries(st.integers(1, 99), st.integers(0, 8), min_size=1, max_size=9), st.integers(1, 64))
    def test_all_shares_together_are_all_partitions_and_differ_by_one_at_most(
        self, held: dict[int, int], partitions: int
    ) -> None:
        shares = {engine: rules.fair_share(held, engine, partitions) for engine in held}
        assert sum(shares.values()) == partitions
        assert max(shares.values()) - min(shares.values()) <= 1
        assert all(shares[one] >= shares[other] for one in held for other in held if held[one] > held[other])

    def test_who_holds_a_fair_share_keeps_it(self) -> None:
        assert [rules.fair_share({7: 3, 9: 2, 4: 3}, engine, 8) for engine in (7, 9, 4)] == [3, 2, 3]


def holding(*engines: Any, total: int = PARTITIONS) -> Any:
    """Claim that these engines hold all partitions between them, each its fair share, and are at work."""

    async def claim() -> bool:
        held = [len(engine.held) for engine in engines]
        return sum(held) == total and max(held) - min(held) <= 1 and all(engine.ready.is_set() for engine in engines)

    return claim


@pytest.fixture
async def one_of_each(make_alert, make_tick) -> Any:
    """Store a plain alert and know a tick that reaches it, for each of a dozen instruments."""
    assert {tick_partition(one.instrument, PARTITIONS) for one in LISTED} == set(range(PARTITIONS))
    alerts = [await make_alert("above", "230.00", of=one) for one in LISTED]
    return alerts, [make_tick("231.00", of=one) for one in LISTED]


def fired(db: Any, count: int) -> Any:
    async def claim() -> bool:
        return len(await triggered_rows(db)) >= count

    return claim


async def test_engines_hold_fair_shares_and_each_alert_fires_once(db, one_of_each, send_ticks, engine_of) -> None:
    alerts, ticks = one_of_each
    async with engine_of(partitions=PARTITIONS) as first:
        assert (len(first.held), first.indexed) == (PARTITIONS, len(alerts))
        async with engine_of(partitions=PARTITIONS, ready=False) as second:
            await eventually(holding(first, second), within=10)
            assert not first.held & second.held
            assert first.indexed + second.indexed == len(alerts)
            await send_ticks(*ticks, *ticks, partitions=PARTITIONS)
            await eventually(fired(db, len(alerts)))
        # A third of them comes and goes: what it gives back is taken at once.
        await eventually(holding(first), within=10)
    assert sorted(row["alert_id"] for row in await triggered_rows(db)) == sorted(alert.id for alert in alerts)


async def test_ticks_that_came_while_nobody_held_their_partition_count(
    db, stores, one_of_each, send_ticks, engine_of
) -> None:
    alerts, ticks = one_of_each
    async with engine_of(partitions=PARTITIONS) as first, engine_of(partitions=PARTITIONS, ready=False) as second:
        await eventually(holding(first, second), within=10)
        await end_session(stores, holding_partition=tick_partition(LISTED[0].instrument, PARTITIONS))
        await send_ticks(*ticks, partitions=PARTITIONS)
        await eventually(fired(db, len(alerts)), within=5)
        await eventually(holding(first, second), within=10)
    assert len({row["alert_id"] for row in await triggered_rows(db)}) == len(alerts) == len(await triggered_rows(db))


async def end_session(stores: Any, *, holding_partition: int) -> None:
    """Cut the session of the engine that holds a partition; its leases go with it."""
    admin = await asyncpg.connect(stores.admin_dsn)
    try:
        await admin.execute(
            """SELECT pg_terminate_backend(pid) FROM pg_locks
               WHERE locktype = 'advisory' AND classid = $1 AND objid = $2 AND granted""",
            CLASS,
            holding_partition + 1,
        )
    finally:
        await admin.close()


class TestLeases:
    async def test_the_server_ends_the_lease_of_one_that_says_nothing_and_it_can_store_nothing_more(self, db) -> None:
        silent = await Leases.open(db, partitions=2, lease_s=1)
        living = await Leases.open(db, partitions=2, lease_s=1)
        try:
            assert await silent.take([0, 1], 2) == [0, 1]
            assert await living.take([0, 1], 2) == []
            assert (await living.look()).fair == 1
            began = time.monotonic()

            async def both() -> list[int]:
                return await living.take((await living.look()).free, 2)

            assert await eventually(both, within=5) == [0, 1]
            assert time.monotonic() - began < 3
            with pytest.raises((*DRIVER_ERRORS, OSError)):
                async with silent.writing() as driver:
                    await tables.save_positions(driver, {"market.ticks.0": "1-0"}, db.clock.now())
        finally:
            silent.close()
            living.close()
        async with db.transaction() as tx:
            assert await tables.read_positions(await tx.driver()) == {}

    async def test_what_is_given_another_may_take(self, db) -> None:
        one, other = [await Leases.open(db, partitions=3, lease_s=5) for _ in range(2)]
        try:
            assert await one.take([0, 1, 2], 3) == [0, 1, 2]
            await one.give(1)
            look = await other.look()
            assert (look.free, look.fair) == ([1], 1)
            assert await other.take(look.free, look.fair) == [1]
        finally:
            one.close()
            other.close()


async def test_conditions_move_with_their_partition_and_go_on_where_they_were(
    db, stores, client, peers, make_tick, send_ticks, engine_of
) -> None:
    peers.instruments["AAPL"] = peers.instruments["AAPL"].model_copy(update={"price": Decimal("229.00")})
    await create(
        client,
        alert_type="price",
        condition=None,
        threshold_price=None,
        rule={"operator": "crossing", "value": "230"},
        frequency="every_time",
    )
    at = make_tick("1").at_ms

    async def move(*prices: str, after: int) -> None:
        for number, price in enumerate(prices):
            moment = at + (after + number) * 1_000
            await send_ticks(make_tick(price, at_ms=moment), partitions=PARTITIONS)

    def told(*prices: str) -> Any:
        async def claim() -> bool:
            return [str(row["price"]) for row in await triggered_rows(db)] == list(prices)

        return claim

    async with engine_of(partitions=PARTITIONS) as first, engine_of(partitions=PARTITIONS, ready=False) as second:
        await eventually(holding(first, second), within=10)
        assert first.watched + second.watched == 1
        await move("231.00", after=1)
        await eventually(told("231.0000"))
        await end_session(stores, holding_partition=tick_partition("NASDAQ:AAPL", PARTITIONS))
        await move("229.00", "231.00", after=2)
        await eventually(told("231.0000", "229.0000", "231.0000"), within=10)
        await eventually(holding(first, second), within=10)
        assert first.watched + second.watched == 1


async def test_while_catching_up_no_bar_is_over_before_its_prices_were_read(
    db, client, redis, clock, make_tick
) -> None:
    await create(
        client,
        alert_type="price",
        condition=None,
        threshold_price=None,
        rule={"operator": "greater", "value": "230"},
        frequency="once_per_bar_close",
        interval="1m",
    )
    began_ms = to_ms(clock.now())
    changes = ChangeDrain(Changes(db), lambda _: None, chunk=10)
    share = Share(0, db, redis, Lanes(), changes)
    async with db.transaction() as tx:
        driver = await tx.driver()
        known = await tables.read_instruments(driver)
        found = [alert async for alert in conditions.read_active(driver, list(known))]
    share.load(Stored(conditions=found), {share.stream: f"{began_ms}-0"})
    clock.move(timedelta(minutes=10))  # nobody read the ticks for so long
    share.conditions.see([make_tick("231.00", at_ms=began_ms + 1_000)])
    share.end_lap()
    share.conditions.see([make_tick("229.00", at_ms=began_ms + 2_000), make_tick("229.00", at_ms=began_ms + 61_000)])
    assert (len(found), len(changes)) == (1, 0), "the first bar closed at 229"
    share.conditions.see([make_tick("231.00", at_ms=began_ms + 62_000), make_tick("231.00", at_ms=began_ms + 121_000)])
    assert len(changes) == 1
