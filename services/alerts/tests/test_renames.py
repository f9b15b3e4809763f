"""A stock with a new name keeps its alerts, and they fire under it; expressions elsewhere name it anew."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from libs.common.clock import to_ms
from libs.common.events.relay import Relay
from libs.common.testing import eventually
from libs.contracts.alerts import AlertUpdated
from libs.contracts.market import InstrumentChanged, InstrumentInfo
from services.alerts.conditions.tables import save_marks
from services.alerts.renames.service import Renames
from services.alerts.tests.support import APPLE, RELIANCE, create, rows_of, running, triggered_rows
from services.alerts.tests.test_condition_engine import price_alert

NEW = InstrumentInfo(instrument="NASDAQ:PEAR", exchange="NASDAQ", symbol="PEAR", name="Pear Inc.", currency="USD")


@pytest.fixture
def rename(db, clock) -> Any:
    async def hear(reason: str = "renamed") -> int:
        event = InstrumentChanged(
            previous=APPLE.instrument,
            instrument=NEW.instrument,
            name=NEW.name,
            valid_from=clock.now().date(),
            reason=reason,
        )
        async with db.transaction() as tx:
            return await Renames().hear(tx, event)

    return hear


async def shown(client: Any, alert: dict[str, Any]) -> dict[str, Any]:
    return (await client.get(f"/api/alerts/{alert['id']}/")).json()


async def test_alerts_follow_their_stock_and_say_so(client, peers, rename, published, db) -> None:
    peers.instruments["PEAR"] = NEW
    plain = await create(client)
    other = await client.post(
        "/api/alerts/",
        json={
            "stock_symbol": "RELIANCE",
            "alert_type": "expression",
            "expression": 'close > at("NASDAQ:AAPL", sma(close, 5))',
        },
    )
    assert other.status_code == 201, other.text
    assert await rename() == 2
    assert await rename() == 0  # heard again
    moved = await shown(client, plain)
    assert (moved["instrument"], moved["name"], moved["status"]) == ("NASDAQ:PEAR", "Pear Inc.", "active")
    assert moved["armed_at"] == plain["armed_at"]
    assert "PEAR on NASDAQ" in moved["words"]
    timeline = (await client.get(f"/api/alerts/{plain['id']}/timeline/")).json()["items"]
    assert [item["kind"] for item in timeline] == ["renamed", "created"]
    reworded = await shown(client, other.json())
    assert reworded["instrument"] == RELIANCE.instrument
    assert reworded["expression"] == 'close > at("NASDAQ:PEAR", sma(close, 5))'
    told = [event.data for event in await published(db) if event.type == AlertUpdated.type]
    assert [event["previous"]["instrument"] for event in told] == ["NASDAQ:AAPL", "NSE:RELIANCE"]
    assert {need["instrument"] for need in told[1]["alert"]["candles"]} == {"NASDAQ:PEAR", "NSE:RELIANCE"}


async def test_what_went_into_another_stock_waits_for_a_look(client, rename) -> None:
    alert = await create(client)
    await rename("merged")
    merged = await shown(client, alert)
    assert (merged["instrument"], merged["status"]) == ("NASDAQ:PEAR", "needs_review")
    assert merged["status_reason"] == "instrument_merged"


async def test_the_engine_fires_under_the_new_name_alone(
    client, db, redis, clock, make_tick, send_ticks, engine_of, rename
) -> None:
    async with engine_of() as engine, running(Relay(db, redis).run()):
        await create(client, threshold_price="230")
        await price_alert(client, {"operator": "crossing_up", "value": "230"})
        await rename()

        async def moved() -> bool:
            [share] = engine._shares.values()
            names = set(share.conditions._room._homes.values())
            return names == {NEW.instrument} and NEW.instrument in share.matcher._slots

        await eventually(moved)

        def tick(price: str, seconds: int, of: InstrumentInfo) -> Any:
            return make_tick(price, of=of, at_ms=to_ms(clock.now() + timedelta(seconds=seconds)))

        await send_ticks(tick("231", 1, APPLE))
        await send_ticks(tick("229", 2, NEW), tick("231", 3, NEW))

        async def both() -> bool:
            return len(await triggered_rows(db)) == 2

        await eventually(both)
    rows = await triggered_rows(db)
    assert {row["instrument"] for row in rows} == {"NASDAQ:PEAR"}
    assert {row["price"] for row in rows} == {Decimal("231")}


async def test_a_trail_goes_on_from_its_extreme(client, db, clock, rename, make_tick, send_ticks, engine_of) -> None:
    alert = await price_alert(client, {"operator": "trailing_down_percent", "percent": "10"})
    [row] = await rows_of(db, "SELECT number FROM alerts")
    mark = {"lanes": {"0": {"trails": {str(row["number"]): [1, 0, 2_000_000, 2_400_000]}}}}
    async with db.transaction() as tx:
        await save_marks(await tx.driver(), {APPLE.instrument: mark}, clock.now())
    await rename()
    async with engine_of():
        at_ms = to_ms(clock.now() + timedelta(seconds=1))
        await send_ticks(make_tick("217", of=NEW, at_ms=at_ms), make_tick("216", of=NEW, at_ms=at_ms + 1))

        async def fired() -> bool:
            return [row["price"] for row in await triggered_rows(db)] == [Decimal(216)]

        await eventually(fired)
    assert (await shown(client, alert))["status"] == "triggered"
