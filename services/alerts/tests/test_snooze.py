"""A snoozed threshold: nothing fires before the snooze is over, whoever evaluates, and nothing after it is lost."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from libs.common.clock import to_ms
from libs.common.events.relay import Relay
from libs.common.testing import eventually
from libs.contracts.alerts import AlertUpdated
from services.alerts.definitions import tables as definitions
from services.alerts.definitions.rules import Alert, Change, changed
from services.alerts.engine.matcher import Matcher
from services.alerts.engine.owners import Owners
from services.alerts.engine.progress import Laps
from services.alerts.engine.queue import Lanes
from services.alerts.engine.runner import Engine
from services.alerts.tests.support import RELIANCE, running, triggered_rows
from services.alerts.tests.test_definitions_rules import make_alert as stored_alert


@pytest.fixture
def snooze(db, clock) -> Any:
    """Snooze a stored alert until then, or wake it by None, as its owner does."""

    async def to(alert: Alert, until: datetime | None) -> Alert:
        wanted = changed(alert, Change(snoozed_until=until), clock.now())
        async with db.transaction() as tx:
            await definitions.store(tx.session, wanted)
            tx.announce(AlertUpdated(alert=wanted.state(), previous=alert.state()))
        return wanted

    return to


async def fired(db: Any) -> set[Any]:
    return {row["alert_id"] for row in await triggered_rows(db)}


def has_fired(db: Any, *alerts: Alert) -> Any:
    async def claim() -> bool:
        return {alert.id for alert in alerts} <= await fired(db)

    return claim


def sleepers(engine: Engine) -> int:
    return sum(len(share.matcher._asleep) for share in engine._shares.values())


async def test_it_sleeps_until_the_snooze_is_over(
    db, redis, clock, make_alert, make_tick, send_ticks, engine_of, snooze
) -> None:
    alert = await make_alert("above", "230.00")
    until = clock.now() + timedelta(hours=1)
    async with engine_of() as engine, running(Relay(db, redis).run()):
        await snooze(alert, until)

        async def sleeps() -> bool:
            return sleepers(engine) == 1

        await eventually(sleeps)
        mark = await make_alert("above", "10.00", of=RELIANCE)
        await send_ticks(make_tick("231.00", at_ms=to_ms(until) - 1))
    async with engine_of():
        clock.move(timedelta(hours=1))
        await send_ticks(make_tick("11.00", of=RELIANCE))
        await eventually(has_fired(db, mark))
        assert alert.id not in await fired(db)
        # The span began while it slept, so that its high says nothing; the price itself counts.
        await send_ticks(make_tick("229.00", high_e4=2_310_000, span_start_ms=to_ms(until) - 60_000))
        await send_ticks(make_tick("230.00"))
        await eventually(has_fired(db, alert))
    [row] = [row for row in await triggered_rows(db) if row["alert_id"] == alert.id]
    assert row["price"] == 230


async def test_prices_that_wait_in_the_stream_count_from_the_end_of_the_snooze(
    db, clock, make_alert, make_tick, send_ticks, engine_of, snooze
) -> None:
    """Ten minutes without an engine, in the middle of which the snooze ends: each price counts as of its own time."""
    until = clock.now() + timedelta(minutes=5)
    early, late = await make_alert("above", "230.00"), await make_alert("below", "200.00")
    for alert in (early, late):
        await snooze(alert, until)
    async with engine_of():
        mark = await make_alert("above", "10.00", of=RELIANCE)
    for minute in range(1, 10):
        price = {2: "231.00", 7: "199.00"}.get(minute, "215.00")
        await send_ticks(make_tick(price, at_ms=to_ms(clock.now() + timedelta(minutes=minute))))
    clock.move(timedelta(minutes=10))
    await send_ticks(make_tick("11.00", of=RELIANCE))
    async with engine_of():
        await eventually(has_fired(db, mark, late))
    assert await fired(db) == {mark.id, late.id}


async def test_ending_a_snooze_arms_from_now_on(
    db, redis, clock, make_alert, make_tick, send_ticks, engine_of, snooze
) -> None:
    alert = await snooze(await make_alert("above", "230.00"), clock.now() + timedelta(hours=1))
    async with engine_of() as engine, running(Relay(db, redis).run()):
        await send_ticks(make_tick("231.00"))
        clock.move(timedelta(seconds=5))
        await snooze(alert, None)

        async def is_awake() -> bool:
            return sleepers(engine) == 0 and engine.indexed == 1

        await eventually(is_awake)
        assert await fired(db) == set(), "what came while it slept is not made up for"
        await send_ticks(make_tick("230.50"))
        await eventually(has_fired(db, alert))


def test_a_sleeper_that_is_deleted_wakes_no_more(make_tick, clock) -> None:
    lanes = Lanes()
    matcher = Matcher(lanes, Laps(), Owners())
    asleep = _state(clock, number=1), _state(clock, number=2)
    for state in asleep:
        matcher.arm(state)
        matcher.arm(state)  # heard twice
    matcher.disarm(asleep[0])
    assert len(matcher) == 1
    after = to_ms(clock.now() + timedelta(minutes=1))
    matcher.see([make_tick("231.00", at_ms=after - 1)])
    assert (len(lanes), len(matcher)) == (0, 1)
    matcher.see([make_tick("231.00", at_ms=after)])
    assert (len(lanes), len(matcher)) == (1, 0)


def _state(clock: Any, *, number: int) -> Any:
    asleep = stored_alert(number=number, armed_at=clock.now(), snoozed_until=clock.now() + timedelta(minutes=1))
    return asleep.state()
