"""The screener: who is found, now and on a past day, with which numbers, and how a screen ends."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from libs.common.ids import uuid7
from libs.common.testing.waiting import eventually
from libs.contracts.market import InstrumentInfo
from libs.contracts.news import Headline
from libs.contracts.signals import JobKind
from libs.quant.panel import warm_up
from services.signals.jobs.queue import End, Found, Queue
from services.signals.jobs.rules import Said
from services.signals.jobs.runner import Runner
from services.signals.screener import service
from services.signals.screener.scanning import Scanner
from services.signals.screener.tables import ScreenRow
from services.signals.tests.backtest_support import running
from services.signals.tests.support import FIRST_DAY, daily, entitlements, rows_of

RISING = [str(100 + n) for n in range(30)]
BEGIN = FIRST_DAY - timedelta(days=119)
FALLING = [str(200 - n) for n in range(30)]


@pytest.fixture(scope="module", autouse=True)
def compiled() -> None:
    """Nobody's wait is for a compiler."""
    warm_up()


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


@pytest.fixture
def runner(settings, db, rooms) -> Runner[ScreenRow]:
    return Runner(queue_of(db), scanner_of(rooms), at_once=2, poll_s=0.02)


def queue_of(db) -> Queue[ScreenRow]:
    return Queue(db, ScreenRow, JobKind.SCREEN, lease=timedelta(seconds=30), attempts=3)


def scanner_of(rooms, *, time_s: float = 60) -> Scanner:
    return Scanner(rooms.history, most_instruments=5_000, time_s=time_s)


async def screen(client: Any, runner: Runner[ScreenRow], **members: Any) -> dict[str, Any]:
    answer = await client.post("/api/screener/", json={"expression": "close > sma(close, 10)", **members})
    assert answer.status_code == 202, answer.text
    return await ended(client, runner, answer.json())


async def ended(client: Any, runner: Runner[ScreenRow], screen: dict[str, Any]) -> dict[str, Any]:
    """Have a screen run, and give it as it then is."""

    async def is_over() -> bool:
        nonlocal screen
        screen = (await client.get(f"/api/screener/{screen['id']}/")).json()
        return screen["status"] not in ("queued", "running")

    async with running(runner):
        await eventually(is_over)
    return screen


async def test_it_finds_with_the_numbers(client, runner, recorded, db) -> None:
    found = await screen(client, runner)
    assert (found["status"], found["done"], found["total"], found["matched"]) == ("done", 4, 4, 2)
    assert found["unknown"] == 1  # it has three bars
    [gone, match] = found["matches"]
    assert gone["at"] < match["at"]  # one no longer trades: the day of its newest bar is shown
    assert (match["instrument"], match["close"]) == ("NASDAQ:UP", "129.00")
    assert match["values"] == {"close": 129.0, "sma(close, 10)": 124.5}
    assert match["change"] == pytest.approx(1 / 128)
    [told] = await rows_of(db, "SELECT data FROM outbox WHERE type = 'signals.job.finished.v1'")
    assert (told["data"]["kind"], told["data"]["status"]) == ("screen", "done")


async def test_a_past_day_knows_nothing_of_later(client, runner, peers, recorded) -> None:
    day = peers.candles["NASDAQ:DOWN", "1d"][14].at.date()
    found = await screen(client, runner, day=day.isoformat())
    assert [match["instrument"] for match in found["matches"]] == ["NASDAQ:GONE", "NASDAQ:UP"]
    assert {match["close"] for match in found["matches"]} == {"114.00"}
    later = await screen(client, runner, day=peers.candles["NASDAQ:DOWN", "1d"][28].at.date().isoformat())
    assert [match["instrument"] for match in later["matches"]] == ["NASDAQ:UP"]  # the other one had gone by then
    assert later["unknown"] == 2


async def test_named_instruments_exchange_and_interval(client, runner, recorded) -> None:
    assert (await screen(client, runner, instruments=["UP"]))["total"] == 1
    assert (await screen(client, runner, exchange="NSE"))["total"] == 1
    assert (await screen(client, runner, interval="1h"))["total"] == 1


async def test_another_instrument_is_read_once_for_all(client, runner, peers, recorded) -> None:
    peers.calls.clear()
    found = await screen(client, runner, expression='roc(5) > at("NASDAQ:DOWN", roc(5))', exchange="NASDAQ")
    assert "NASDAQ:UP" in [match["instrument"] for match in found["matches"]]
    assert peers.calls.count("/internal/candles/NASDAQ:DOWN") == 1
    assert peers.calls.count("/internal/candle-columns") == 1  # of all together


async def test_headlines_of_all_are_read_together(client, runner, peers, recorded) -> None:
    newest = peers.candles["NASDAQ:UP", "1d"][-1].at
    for name, score in (("NASDAQ:UP", 0.5), ("NASDAQ:DOWN", -0.5)):
        told = [newest - timedelta(days=30), newest - timedelta(days=1), newest + timedelta(days=9)]
        scores = (-score, score, -score)  # the last one came after the bar
        peers.headlines[name] = [
            Headline(published_at=at, received_at=at, score=one) for at, one in zip(told, scores, strict=True)
        ]
    peers.calls.clear()
    found = await screen(client, runner, expression="news_score > 0")
    assert [match["instrument"] for match in found["matches"]] == ["NASDAQ:UP"]
    assert [call for call in peers.calls if "news" in call] == ["/internal/news"]
    day = (newest - timedelta(days=2)).date().isoformat()
    past = await screen(client, runner, expression="news_score > 0", day=day)
    assert [match["instrument"] for match in past["matches"]] == ["NASDAQ:DOWN"]


async def test_custom_names_are_written_out(client, runner, peers, recorded, user_id) -> None:
    peers.entitlements[user_id] = entitlements(user_id, custom_indicators=True)
    await client.post("/api/indicators/custom/", json={"name": "lift", "expression": "close - sma(10)"})
    found = await screen(client, runner, expression="lift > 0")
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


async def test_one_that_is_deleted_stops_and_too_many_are_refused(client, db, runner, recorded) -> None:
    body = {"expression": "close > 1"}
    made = [(await client.post("/api/screener/", json=body)).json() for _ in range(service.MOST_OPEN)]
    refused = await client.post("/api/screener/", json=body)
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
    queue = queue_of(db)
    taken = await queue.take()
    assert taken is not None
    assert str(taken.id) == made[0]["id"]
    assert await queue.take() is None  # one person's run one after the other
    assert (await client.delete(f"/api/screener/{made[0]['id']}/")).status_code == 204
    assert await queue.keep([taken.id]) == set()
    await queue.end(taken, Found())  # of one that is gone nothing is kept
    assert (await ended(client, runner, made[2]))["status"] == "done"
    assert [one["status"] for one in (await client.get("/api/screener/")).json()["items"]] == ["done", "done"]


async def test_one_that_is_cancelled_is_stopped_and_keeps_nothing(client, db, runner, peers, recorded) -> None:
    async def cancel(screen_id: str) -> Any:
        return await client.post(f"/api/screener/{screen_id}/cancel/")

    body = {"expression": "close > 1"}
    waits, runs = [(await client.post("/api/screener/", json=body)).json()["id"] for _ in range(2)]
    assert (await cancel(waits)).json()["status"] == "cancelled"
    begun, held = asyncio.Event(), asyncio.Event()

    class Held(Scanner):
        async def do(self, job: ScreenRow, said: Said) -> End:
            begun.set()
            try:
                await asyncio.Event().wait()
            finally:
                held.set()
            return Found()

    async with running(Runner(queue_of(db), Held(None, most_instruments=1, time_s=60), at_once=1, poll_s=0.02)):
        await asyncio.wait_for(begun.wait(), 10)
        assert (await client.get(f"/api/screener/{runs}/")).json()["status"] == "running"
        stopped = (await cancel(runs)).json()
        assert (stopped["status"], stopped["finished_at"] is None) == ("cancelled", False)
        await asyncio.wait_for(held.wait(), 10)  # the runner stops the work when it learns of it
    assert (await cancel(runs)).json() == stopped  # once more changes nothing
    told = await rows_of(db, "SELECT data FROM outbox WHERE type = 'signals.job.finished.v1'")
    assert [(one["data"]["job_id"], one["data"]["status"]) for one in told] == [
        (waits, "cancelled"), (runs, "cancelled"),
    ]  # fmt: skip
    done = await screen(client, runner)
    late = await cancel(done["id"])
    assert (late.status_code, late.json()["detail"]) == (409, "This screen has ended already.")


async def test_a_scan_whose_work_raises_is_tried_again_and_then_fails(client, clock, db, rooms, recorded) -> None:
    class Broken(Scanner):
        async def do(self, job: ScreenRow, said: Said) -> End:
            raise RuntimeError("a fault of ours")

    asked = (await client.post("/api/screener/", json={"expression": "close > 1"})).json()
    broken = Broken(rooms.history, most_instruments=1, time_s=60)
    async with running(Runner(queue_of(db), broken, at_once=1, poll_s=0.02)):
        for tries in range(1, 4):

            async def waits(tries: int = tries) -> bool:
                [row] = await rows_of(db, "SELECT status, attempts FROM screens")
                return (row["status"], row["attempts"]) == ("queued", tries)

            await eventually(waits)
            clock.move(timedelta(minutes=1))
    failed = await ended(client, Runner(queue_of(db), broken, at_once=1, poll_s=0.02), asked)
    assert (failed["status"], "interrupted 3 times" in failed["reason"]) == ("failed", True)


async def test_market_away_and_time_run_out_are_said(client, db, rooms, peers, runner, recorded) -> None:
    peers.down.add(peers.MARKET)
    failed = await screen(client, runner, expression="close > 1")
    assert (failed["status"], "not available" in failed["reason"]) == ("failed", True)
    peers.down.clear()
    late = await screen(client, Runner(queue_of(db), scanner_of(rooms, time_s=0), at_once=1, poll_s=0.02))
    assert (late["status"], "too long" in late["reason"]) == ("failed", True)


async def test_nobody_sees_anothers(app, client, client_for, runner, recorded) -> None:
    made = await screen(client, runner)
    async with client_for(app, user=uuid7()) as other:
        assert (await other.get(f"/api/screener/{made['id']}/")).status_code == 404
        assert (await other.delete(f"/api/screener/{made['id']}/")).status_code == 404
        assert (await other.post(f"/api/screener/{made['id']}/cancel/")).status_code == 404
        assert (await other.get("/api/screener/")).json()["items"] == []
