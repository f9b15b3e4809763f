"""Followed strategies: what is live decides as the backtest does, once, whatever dies or comes twice."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from libs.common.clock import from_ms
from libs.common.ids import uuid7
from libs.common.testing import eventually
from libs.contracts.market import CandleClosed, InstrumentInfo, Sessions, SplitConfirmed
from libs.contracts.signals import FollowChanged, SignalClosed, SignalCreated
from libs.quant.expr import OWN
from libs.quant.strategy import Action, Reason
from services.signals.generation import service, tables
from services.signals.generation.service import Generation
from services.signals.generation.tasks import GenerationTasks
from services.signals.signals.rules import ENDS
from services.signals.tests.following import CROSS, add_version, decided, signals_of, walk
from services.signals.tests.support import entitlements, rows_of

NAMES = ("NSE:AAA", "NSE:BBB", "NSE:CCC")
PAST, LIVE = 20, 22
"""Bars that were there before, and a month of bars that close while the strategy is followed."""


@pytest.fixture
def days(peers):
    """A few instruments with their bars, of which market shows none of the last month yet."""
    made = {}
    peers.sessions["NSE"] = Sessions(
        exchange="NSE", zone="Asia/Kolkata", replayed=False, covered_until=date(2027, 1, 1), days=()
    )
    for seed, name in enumerate(NAMES):
        symbol = name.partition(":")[2]
        peers.instruments[symbol] = InstrumentInfo(
            instrument=name, exchange="NSE", symbol=symbol, name=f"{symbol} Ltd", currency="INR"
        )
        made[name] = walk(seed + 1, PAST + LIVE)
        peers.candles[name, "1d"] = made[name][:PAST]
    return made


@pytest.fixture
def generation(rooms):
    return rooms.generation


@pytest.fixture
def follow(db, client, user_id, peers):
    """Follow a strategy by the route."""
    peers.entitlements[user_id] = entitlements(user_id, signals_per_day=None)

    async def begin(document: dict[str, Any] = CROSS, **more: Any):
        version_id = await add_version(db, user_id, document, NAMES)
        answer = await client.post("/api/signals/follows/", json={"version_id": str(version_id), **more})
        assert answer.status_code == 201, answer.text
        return answer.json()

    return begin


@pytest.fixture
def close(db, days, peers, rooms):
    """Close the next day of instruments, as market does, and read what is due."""
    tasks = GenerationTasks(db, rooms.generation, rooms.signals)

    async def one(number: int, *names: str, times: int = 1):
        told = []
        for name in names or NAMES:
            peers.candles[name, "1d"] = days[name][: number + 1]
            candle = days[name][number]
            told.append(
                CandleClosed(
                    instrument=name, interval="1d", at=candle.at, closed_at=candle.at, open=candle.open,
                    high=candle.high, low=candle.low, close=candle.close,
                )
            )  # fmt: skip
        for _ in range(times):
            async with db.transaction() as tx:
                await tasks.candles_closed(tx, [(event, None) for event in told])
            while await rooms.generation.work():
                pass

    return one


def expected(days, document=CROSS):
    """What the backtest decides in the month: entries, and how each of them ends."""
    entries, ends = [], []
    for name in NAMES:
        for decision in decided(document, name, days[name][:PAST], days[name][PAST:]):
            said = (name, from_ms(decision.at_ms), Decimal(str(round(decision.price, 4))))
            if decision.action is Action.ENTER:
                entries.append(said)
            else:
                ends.append((name, ENDS[decision.reason], decision.reason))
    return sorted(entries), ends


async def test_a_month_of_days_of_several_stocks_makes_the_signals_that_the_backtest_gives(
    db, follow, close, days, published
):
    await follow()
    for number in range(PAST, PAST + LIVE):
        await close(number)
    entries, ends = expected(days)
    assert len(entries) >= 5
    rows = await signals_of(db)
    start_of = {(name, candle.at.date()): candle.at for name, bars in days.items() for candle in bars}
    made = [(row["instrument"], start_of[row["instrument"], row["at"].date()], row["reference_price"]) for row in rows]
    assert sorted(made) == entries
    over = [(row["instrument"], row["status"], row["ended_by"]) for row in rows if row["status"] != "active"]
    assert over == ends
    assert {reason for _, _, reason in ends} >= {Reason.RULE, Reason.STOP, Reason.TARGET}
    told = [event.type for event in await published(db)]
    assert told.count(SignalCreated.type) == len(entries)
    assert told.count(SignalClosed.type) == len(ends)


async def test_entry_and_exit_stand_on_the_next_open_and_levels_follow_from_the_fill(db, follow, close, days):
    await follow()
    for number in range(PAST, PAST + LIVE):
        await close(number)
    bars = {(name, candle.at.date()): place for name, all_of in days.items() for place, candle in enumerate(all_of)}
    checked = 0
    for row in await signals_of(db):
        name, place = row["instrument"], bars[row["instrument"], row["at"].date()]
        if place + 1 == PAST + LIVE:
            assert row["entry_price"] is None
            continue
        entry = days[name][place + 1].open
        assert row["entry_price"] == entry
        assert abs(row["stop"] - entry * Decimal("0.98")) <= Decimal("0.025")
        assert row["stop"] % Decimal("0.05") == 0, "levels lie on the ticks of the exchange, as in a backtest"
        if row["ended_by"] in ("rule", "time") and row["settled"]:
            end = next(one for one in days[name] if one.at == row["exit_at"])
            assert row["exit_price"] == end.open
        if row["settled"]:
            gross = (row["exit_price"] - entry) / entry
            assert abs(row["net"] - (gross - row["costs"])) < Decimal("1e-7")
            assert Decimal("0.0005") < row["costs"] < Decimal("0.01")
            checked += 1
    assert checked >= 4


async def test_a_candle_that_comes_twice_late_or_in_a_heap_changes_nothing(db, follow, close, days, peers):
    await follow()
    await close(PAST, NAMES[0], times=3)
    await close(PAST + 6, NAMES[0])  # five days of which nobody told
    for number in range(PAST + 7, PAST + LIVE):
        await close(number, NAMES[0], times=2)
    entries, _ = expected(days)
    rows = await signals_of(db)
    assert [row["reference_price"] for row in rows] == [price for name, _, price in entries if name == NAMES[0]]
    assert {row["verdict"] for row in await rows_of(db, "SELECT verdict FROM signal_offers")} <= {"late", "no_capital"}


async def test_much_that_was_missed_is_taken_in_turns(db, follow, close, days, monkeypatch):
    monkeypatch.setattr(service, "BARS_A_TURN", 3)
    taken = []
    decide = service.decide

    def noted(strategy, task, known, bars):
        taken.append(len(bars[OWN]))
        return decide(strategy, task, known, bars)

    await follow()
    await close(PAST)
    monkeypatch.setattr(service, "decide", noted)
    await close(PAST + LIVE - 1)
    assert max(taken) <= 3
    assert len(taken) >= len(NAMES) * (LIVE - 1) / 3
    rows = await signals_of(db)
    assert sorted(row["reference_price"] for row in rows) == sorted(price for _, _, price in expected(days)[0])


async def test_a_worker_that_dies_before_its_commit_is_made_up_for(db, follow, close, days, rooms, clock, monkeypatch):
    await follow()
    whole, killed = Generation._tell, []

    async def dying(self, tx, origin, step, scores):
        await whole(self, tx, origin, step, scores)
        if len(killed) < 3:
            killed.append(origin.instrument)
            raise asyncio.CancelledError

    monkeypatch.setattr(Generation, "_tell", dying)
    for number in range(PAST, PAST + LIVE):
        for _ in range(5):
            try:
                await close(number)
            except asyncio.CancelledError:
                clock.move(timedelta(minutes=2))  # what a dead worker held comes back
            else:
                break
    assert len(killed) == 3
    entries, _ = expected(days)
    assert sorted(row["reference_price"] for row in await signals_of(db)) == sorted(price for _, _, price in entries)


async def test_two_workers_share_the_work_and_make_each_signal_once(db, follow, close, days, rooms, peers):
    await follow()
    for number in range(PAST, PAST + LIVE):
        for name in NAMES:
            peers.candles[name, "1d"] = days[name][: number + 1]
        async with db.transaction() as tx:
            await tx.session.execute(text("UPDATE followed_instruments SET due = true, turn = turn + 1"))
        await asyncio.gather(*(rooms.generation.work() for _ in range(4)))
    entries, _ = expected(days)
    assert len(await signals_of(db)) == len(entries)


async def test_bars_that_a_split_changed_are_read_anew_without_a_second_word(db, follow, close, days, peers, rooms):
    await follow()
    for number in range(PAST, PAST + LIVE - 4):
        await close(number)
    before = await signals_of(db)
    days[NAMES[0]] = [
        candle.model_copy(update={part: getattr(candle, part) / 2 for part in ("open", "high", "low", "close")})
        for candle in days[NAMES[0]]
    ]
    tasks = GenerationTasks(db, rooms.generation, rooms.signals)
    split = SplitConfirmed(
        split_id=before[0]["id"], instrument=NAMES[0], ex_date=days[NAMES[0]][-1].at.date(), old_shares=1, new_shares=2
    )
    async with db.transaction() as tx:
        await tasks.split(tx, split, None)
    for number in range(PAST + LIVE - 4, PAST + LIVE):
        await close(number)
    rows = await signals_of(db)
    assert [row["id"] for row in rows][: len(before)] != []
    assert len({(row["instrument"], row["at"]) for row in rows}) == len(rows)
    entries, _ = expected(days)
    assert [row["at"].date() for row in rows if row["instrument"] == NAMES[0]] == [
        at.date() for name, at, _ in entries if name == NAMES[0]
    ]


async def test_a_bar_waits_for_the_bar_of_another_that_closed_with_it(db, follow, close, days, clock, rooms):
    document = {**CROSS, "entry": f'close > prev(close, 1) and at("{NAMES[1]}", close > prev(close, 1))', "exit": None}
    await follow(document, instruments=[NAMES[0]])
    await close(PAST - 1, NAMES[0], NAMES[1])
    place = next(
        number
        for number in range(PAST, PAST + LIVE)
        if all(days[name][number].close > days[name][number - 1].close for name in NAMES[:2])
    )
    for number in range(PAST, place):
        await close(number, NAMES[1])
        await close(number, NAMES[0])
    made = len(await signals_of(db))
    await close(place, NAMES[0])
    held = await rows_of(db, "SELECT due, seen_ms FROM followed_instruments")
    assert [row["due"] for row in held] == [True], "the other's bar of that day is not there yet"
    clock.move(timedelta(seconds=2))
    await close(place, NAMES[1])
    held = await rows_of(db, "SELECT due, seen_ms FROM followed_instruments")
    assert [row["due"] for row in held] == [False]
    assert len(await signals_of(db)) >= made


async def test_following_asks_for_candles_and_ending_cancels_what_is_active(db, follow, close, client, published):
    followed = await follow()
    events = [event for event in await published(db) if event.type == FollowChanged.type]
    assert [(event.data["active"], len(event.data["candles"])) for event in events] == [(True, 3)]
    for number in range(PAST, PAST + LIVE):
        await close(number)
        rows = await signals_of(db)
        if any(row["status"] == "active" for row in rows):
            break
    gone = await client.delete(f"/api/signals/follows/{followed['id']}/")
    assert gone.status_code == 204
    assert (await client.delete(f"/api/signals/follows/{followed['id']}/")).status_code == 204
    assert "active" not in {row["status"] for row in await signals_of(db)}
    assert "cancelled" in {row["status"] for row in await signals_of(db)}
    events = [event for event in await published(db) if event.type == FollowChanged.type]
    assert [event.data["active"] for event in events] == [True, False]
    await close(PAST + LIVE - 1)
    assert (await client.get("/api/signals/follows/", params={"active": True})).json()["items"] == []


async def test_what_several_follow_is_read_once_at_a_close(db, follow, close, days, peers):
    await follow()
    await follow({**CROSS, "max_bars": 3})
    await close(PAST)
    peers.calls.clear()
    await close(PAST + 1)
    made = {row["instrument"] for row in await signals_of(db) if row["at"] >= days[NAMES[0]][PAST + 1].at}
    assert [path for path in peers.calls if "candles" in path] == []
    assert peers.calls.count("/internal/candle-columns") == 1 + bool(made), "what closed, and what scores are made of"


async def test_who_stores_one_instrument_keeps_others_going_and_comes_before_the_end(db, follow, close, client):
    followed = await follow()
    await close(PAST)
    follow_id = UUID(followed["id"])

    async def holds(name):
        async with db.transaction() as tx:
            return await tables.hold(tx.session, follow_id, name) is not None

    async def waiting(count=1):
        return len(await rows_of(db, "SELECT 1 FROM pg_locks WHERE NOT granted")) >= count

    async with db.transaction() as tx:
        assert await tables.hold(tx.session, follow_id, NAMES[1]) is not None
        assert await asyncio.wait_for(holds(NAMES[0]), 2)
        ending = asyncio.create_task(client.delete(f"/api/signals/follows/{follow_id}/"))
        await eventually(waiting)
        late = asyncio.create_task(holds(NAMES[0]))  # which the end holds by now
        await eventually(lambda: waiting(2))
    assert (await ending).status_code == 204
    assert not await late, "what comes after the end stores nothing"


async def test_a_strategy_that_is_archived_is_followed_no_longer(db, follow, close, client, published):
    followed = await follow()
    for number in range(PAST, PAST + LIVE):
        await close(number)
        if any(row["status"] == "active" for row in await signals_of(db)):
            break
    assert (await client.delete(f"/api/strategies/{followed['strategy_id']}/")).status_code == 204
    [shown] = (await client.get("/api/signals/follows/")).json()["items"]
    assert (shown["status"], shown["ended_at"] is None) == ("ended", False)
    statuses = {row["status"] for row in await signals_of(db)}
    assert "active" not in statuses
    assert "cancelled" in statuses
    events = [event for event in await published(db) if event.type == FollowChanged.type]
    assert [event.data["active"] for event in events] == [True, False]
    again = await client.post("/api/signals/follows/", json={"version_id": followed["version_id"]})
    assert again.status_code == 404


async def test_market_away_is_waited_for_and_shown(db, follow, close, days, peers, clock, client):
    await follow()
    await close(PAST)
    peers.down.add(peers.MARKET)
    await close(PAST + 1)
    followed = (await client.get("/api/signals/follows/")).json()["items"][0]
    assert [one["trouble"] for one in followed["instruments"]] == ["no market data"] * 3
    peers.down.clear()
    clock.move(timedelta(seconds=10))
    await close(PAST + 2)
    followed = (await client.get("/api/signals/follows/")).json()["items"][0]
    assert [one["trouble"] for one in followed["instruments"]] == [None] * 3


async def test_a_signal_waits_for_a_plan_that_cannot_be_asked_for(db, follow, close, days, peers, clock, client):
    await follow()
    begin = {candle.at: number for number, candle in enumerate(days[NAMES[0]])}
    entries = [(begin[at], name) for name, at, _ in expected(days)[0]]
    first = min(entries)[0]
    for number in range(PAST, first):
        await close(number)
    async with db.transaction() as tx:
        await tx.session.execute(text("DELETE FROM allowances"))
    peers.down.add(peers.BILLING)
    await close(first)
    [followed] = (await client.get("/api/signals/follows/")).json()["items"]
    told = {one["instrument"]: one["trouble"] for one in followed["instruments"]}
    waiting = [name for number, name in entries if number == first]
    assert told == {name: "your plan cannot be asked for" if name in waiting else None for name in NAMES}
    peers.down.clear()
    clock.move(timedelta(seconds=10))
    await close(first)
    assert [row["instrument"] for row in await signals_of(db)] == waiting


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"instruments": ["NSE:NOPE"]}, 422, "validation_failed"),
        ({"instruments": ["nonsense"]}, 422, "validation_failed"),
        ({"instruments": [f"NSE:A{number}" for number in range(51)]}, 422, "validation_failed"),
        ({"capital": "-1"}, 422, "validation_failed"),
        ({"more": 1}, 422, "validation_failed"),
    ],
)
async def test_what_cannot_be_followed_is_refused(db, client, user_id, days, body, status, code):
    version_id = await add_version(db, user_id, CROSS, NAMES)
    answer = await client.post("/api/signals/follows/", json={"version_id": str(version_id), **body})
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_a_version_is_followed_by_its_owner_and_once(db, follow, client, client_for, app, user_id, days):
    followed = await follow()
    again = await client.post("/api/signals/follows/", json={"version_id": followed["version_id"]})
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    async with client_for(app, user=uuid7()) as stranger:
        answer = await stranger.post("/api/signals/follows/", json={"version_id": followed["version_id"]})
        assert answer.status_code == 404
        assert (await stranger.delete(f"/api/signals/follows/{followed['id']}/")).status_code == 404
