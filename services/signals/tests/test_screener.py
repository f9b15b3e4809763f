"""The screener: who is found, now and on a past day, with which numbers, and how a screen ends."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from libs.common.ids import uuid7
from libs.contracts.market import InstrumentInfo
from services.signals.screener import service
from services.signals.tests.support import FIRST_DAY, daily, entitlements, rows_of

RISING = [str(100 + n) for n in range(30)]
BEGIN = FIRST_DAY - timedelta(days=119)
FALLING = [str(200 - n) for n in range(30)]


@pytest.fixture
def recorded(peers) -> None:
    peers.candles["NASDAQ:UP", "1d"] = daily(RISING, start=BEGIN)
    peers.candles["NASDAQ:DOWN", "1d"] = daily(FALLING, start=BEGIN)
    peers.candles["NSE:SHORT", "1d"] = daily(["1", "2", "3"], start=BEGIN + timedelta(days=37))
    peers.candles["NASDAQ:GONE", "1d"] = daily(RISING[:20], start=BEGIN)
    peers.candles["NASDAQ:UP", "1h"] = daily(RISING, start=BEGIN)
    for name in ("UP", "DOWN"):
        peers.instruments[name] = InstrumentInfo(
            instrument=f"NASDAQ:{name}", exchange="NASDAQ", symbol=name, name=name, currency="USD"
        )


async def screen(client: Any, rooms: Any, **members: Any) -> dict[str, Any]:
    answer = await client.post("/api/screener/", json={"expression": "close > sma(close, 10)", **members})
    assert answer.status_code == 202, answer.text
    for screen_id in await rooms.screener.waiting():
        await rooms.screener.run(screen_id)
    return (await client.get(f"/api/screener/{answer.json()['id']}/")).json()


async def test_it_finds_with_the_numbers(client, rooms, recorded, db) -> None:
    found = await screen(client, rooms)
    assert (found["status"], found["done"], found["total"], found["matched"]) == ("done", 4, 4, 2)
    assert found["unknown"] == 1  # it has three bars
    [gone, match] = found["matches"]
    assert gone["at"] < match["at"]  # one no longer trades: the day of its newest bar is shown
    assert (match["instrument"], match["close"]) == ("NASDAQ:UP", "129.00")
    assert match["values"] == {"close": 129.0, "sma(close, 10)": 124.5}
    assert match["change"] == pytest.approx(1 / 128)
    told = await rows_of(db, "SELECT data FROM outbox WHERE type = 'signals.job.progressed.v1'")
    assert len(told) == 2


async def test_a_past_day_knows_nothing_of_later(client, rooms, peers, recorded) -> None:
    day = peers.candles["NASDAQ:DOWN", "1d"][14].at.date()
    found = await screen(client, rooms, day=day.isoformat())
    assert [match["instrument"] for match in found["matches"]] == ["NASDAQ:GONE", "NASDAQ:UP"]
    assert {match["close"] for match in found["matches"]} == {"114.00"}
    later = await screen(client, rooms, day=peers.candles["NASDAQ:DOWN", "1d"][28].at.date().isoformat())
    assert [match["instrument"] for match in later["matches"]] == ["NASDAQ:UP"]  # the other one had gone by then
    assert later["unknown"] == 2


async def test_named_instruments_exchange_and_interval(client, rooms, recorded) -> None:
    assert (await screen(client, rooms, instruments=["UP"]))["total"] == 1
    assert (await screen(client, rooms, exchange="NSE"))["total"] == 1
    assert (await screen(client, rooms, interval="1h"))["total"] == 1


async def test_another_instrument_is_read_once_for_all(client, rooms, peers, recorded) -> None:
    peers.calls.clear()
    found = await screen(client, rooms, expression='roc(5) > at("NASDAQ:DOWN", roc(5))', exchange="NASDAQ")
    assert "NASDAQ:UP" in [match["instrument"] for match in found["matches"]]
    assert peers.calls.count("/internal/candles/NASDAQ:DOWN") == 2  # for the others, and as one of them


async def test_custom_names_are_written_out(client, rooms, peers, recorded, user_id) -> None:
    peers.entitlements[user_id] = entitlements(user_id, custom_indicators=True)
    await client.post("/api/indicators/custom/", json={"name": "lift", "expression": "close - sma(10)"})
    found = await screen(client, rooms, expression="lift > 0")
    assert (found["expression"], found["meaning"]) == ("lift > 0", "close - sma(close, 10) > 0")
    assert found["matched"] == 2


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"expression": "close >"}, "/expression"),
        ({"expression": "close"}, "/expression"),
        ({"expression": 'close > at("NSE:NOBODY", close)'}, "/expression"),
        ({"expression": "close > 1", "instruments": ["NOBODY"]}, "/instruments"),
        ({"expression": "close > 1", "day": "1950-01-01"}, "/day"),
        ({"expression": "close > 1", "day": "9999-12-31"}, "/day"),
    ],
)
async def test_what_is_wrong_is_named(client, body, field) -> None:
    answer = await client.post("/api/screener/", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_one_that_is_deleted_stops_and_too_many_are_refused(client, rooms, recorded) -> None:
    body = {"expression": "close > 1"}
    made = [(await client.post("/api/screener/", json=body)).json() for _ in range(service.MOST_AT_ONCE)]
    refused = await client.post("/api/screener/", json=body)
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
    assert (await client.delete(f"/api/screener/{made[0]['id']}/")).status_code == 204
    for one in made:
        await rooms.screener.run(one["id"])
        await rooms.screener.run(one["id"])  # a job may run twice
    assert [one["status"] for one in (await client.get("/api/screener/")).json()["items"]] == ["done", "done"]


async def test_market_away_and_time_run_out_are_said(client, rooms, peers, recorded, monkeypatch) -> None:
    answer = await client.post("/api/screener/", json={"expression": "close > 1"})
    peers.down.add(peers.MARKET)
    await rooms.screener.run(answer.json()["id"])
    failed = (await client.get(f"/api/screener/{answer.json()['id']}/")).json()
    assert (failed["status"], "not available" in failed["reason"]) == ("failed", True)
    peers.down.clear()
    monkeypatch.setattr(rooms.screener, "_time_s", -1.0)
    late = await screen(client, rooms)
    assert (late["status"], "too long" in late["reason"]) == ("failed", True)


async def test_nobody_sees_anothers(app, client, client_for, rooms, recorded) -> None:
    made = await screen(client, rooms)
    async with client_for(app, user=uuid7()) as other:
        assert (await other.get(f"/api/screener/{made['id']}/")).status_code == 404
        assert (await other.delete(f"/api/screener/{made['id']}/")).status_code == 404
        assert (await other.get("/api/screener/")).json()["items"] == []
