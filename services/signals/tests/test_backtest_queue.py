"""The queue of backtests and the processes that work through it: order, limits, cancelling, crashes."""

from __future__ import annotations

import sys
from datetime import timedelta
from uuid import UUID

import pytest

from libs.common.errors import UpstreamUnavailable
from libs.common.ids import uuid7
from libs.common.testing.waiting import eventually
from libs.contracts.billing import SubscriptionState, Tier
from libs.contracts.signals import JobFinished, JobProgressed
from services.signals.backtests.api import BacktestCreate
from services.signals.backtests.inputs import UnreadableBars
from services.signals.jobs.rules import Failure
from services.signals.tests.backtest_support import (
    FINDS,
    add_version,
    is_alive,
    no_bars,
    queue_of,
    runner_of,
    start,
    told_to,
    wish,
)
from services.signals.tests.support import entitlements, rows_of


@pytest.fixture
async def version_id(db, user_id):
    return await add_version(db, user_id)


async def status_of(db, backtest) -> str:
    [row] = await rows_of(db, "SELECT status FROM backtests WHERE id = $1::uuid", backtest["id"])
    return row["status"]


def wrote(file):
    async def claim() -> bool:
        return file.exists() and file.read_text() != ""

    return claim


def ended(file):
    async def claim() -> bool:
        return not is_alive(file)

    return claim


def becomes(db, backtest, status):
    async def claim() -> bool:
        return await status_of(db, backtest) == status

    return claim


async def test_what_was_found_is_kept_and_told_once(client, db, version_id, published, tmp_path) -> None:
    backtest, go = await start(client, version_id), tmp_path / "go"

    async def is_measuring() -> bool:
        told = [event for event in await published(db) if event.type == JobProgressed.type]
        return any(event.data["done"] == 525 for event in told)

    waits = f"while not Path({str(go)!r}).exists(): time.sleep(0.01)"
    async with runner_of(db, no_bars, told_to(f"say(part=0.5, stage='measuring')\n{waits}\n{FINDS}")):
        await eventually(is_measuring)
        go.touch()
        await eventually(becomes(db, backtest, "done"))
    shown = (await client.get(f"/api/backtests/{backtest['id']}/")).json()
    assert shown["headline"] == {"sharpe": 1.5}
    assert (shown["progress"], shown["report_hash"], shown["data_hash"]) == (1000, "r", "d")
    events = [event for event in await published(db) if event.data.get("job_id") == backtest["id"]]
    assert [event.type for event in events][-1] == JobFinished.type
    assert events[-1].data["status"] == "done"


async def test_nothing_is_taken_before_the_loops_are_compiled(client, db, version_id, tmp_path) -> None:
    begun, go = tmp_path / "begun", tmp_path / "go"
    backtest = await start(client, version_id)
    lines = f"""
import os, time
from pathlib import Path
Path({str(begun)!r}).write_text(str(os.getpid()))
while not Path({str(go)!r}).exists():
    time.sleep(0.01)
"""
    prepare = (sys.executable, "-c", lines)
    async with runner_of(db, no_bars, told_to(FINDS), prepare=prepare):
        await eventually(wrote(begun))
        assert await status_of(db, backtest) == "queued"
        go.touch()
        await eventually(becomes(db, backtest, "done"))

    go.unlink()
    begun.unlink()
    async with runner_of(db, no_bars, told_to(FINDS), prepare=prepare):
        await eventually(wrote(begun))
    assert not is_alive(begun)


async def test_a_higher_plan_goes_first_but_only_by_its_lead(rooms, db, peers, clock) -> None:
    async def ask(tier: Tier) -> UUID:
        person = uuid7()
        peers.entitlements[person] = entitlements(person).model_copy(update={"tier": tier})
        body = BacktestCreate.model_validate(wish(await add_version(db, person)))
        return (await rooms.backtests.ask(person, body.wish())).row.id

    first = await ask(Tier.BASIC)
    clock.move(timedelta(seconds=901))
    basic, elite, pro = await ask(Tier.BASIC), await ask(Tier.ELITE), await ask(Tier.PRO)
    queue = queue_of(db)
    assert [one.id for one in [await queue.take() for _ in range(4)] if one is not None] == [first, elite, pro, basic]


async def test_one_person_runs_no_more_at_once_than_the_plan_says(client, db, version_id) -> None:
    one, two = await start(client, version_id), await start(client, version_id)
    assert two["ahead"] == 1
    queue = queue_of(db)
    taken = await queue.take()
    assert taken is not None
    assert str(taken.id) == one["id"]
    assert await queue.take() is None
    await queue.end(taken, Failure("time", "too long"))
    assert (await queue.take()) is not None
    assert await status_of(db, one) == "failed"


async def test_cancelling_kills_the_child_within_a_moment(client, db, version_id, tmp_path) -> None:
    backtest, file = await start(client, version_id), tmp_path / "pid"
    async with runner_of(db, no_bars, told_to(f"Path({str(file)!r}).write_text(str(os.getpid())); time.sleep(600)")):
        await eventually(wrote(file))
        answer = await client.post(f"/api/backtests/{backtest['id']}/cancel/")
        assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
        await eventually(ended(file))
    assert await status_of(db, backtest) == "cancelled"
    assert (await client.post(f"/api/backtests/{backtest['id']}/rerun/")).status_code == 202


async def test_deleting_one_that_runs_kills_the_child_too(client, db, version_id, tmp_path) -> None:
    backtest, file = await start(client, version_id), tmp_path / "pid"
    async with runner_of(db, no_bars, told_to(f"Path({str(file)!r}).write_text(str(os.getpid())); time.sleep(600)")):
        await eventually(wrote(file))
        assert (await client.delete(f"/api/backtests/{backtest['id']}/")).status_code == 204
        await eventually(ended(file))
    assert (await client.get(f"/api/backtests/{backtest['id']}/")).status_code == 404


async def test_a_child_that_takes_too_long_is_stopped_and_says_so(client, db, version_id) -> None:
    backtest = await start(client, version_id)
    async with runner_of(db, no_bars, told_to("time.sleep(600)"), seconds=0.2):
        await eventually(becomes(db, backtest, "failed"))
    shown = (await client.get(f"/api/backtests/{backtest['id']}/")).json()
    assert shown["error_code"] == "time"
    assert "Test less" in shown["error"]


async def test_a_child_that_dies_without_a_word_is_tried_again_and_then_fails(client, db, version_id) -> None:
    backtest = await start(client, version_id)
    async with runner_of(db, no_bars, told_to("os.kill(os.getpid(), 9)"), attempts=2):
        await eventually(becomes(db, backtest, "failed"))
    [row] = await rows_of(db, "SELECT attempts, error_code FROM backtests")
    assert (row["attempts"], row["error_code"]) == (3, "interrupted")


async def test_a_worker_that_is_stopped_puts_back_what_runs_and_another_ends_it(client, db, version_id, tmp_path):
    backtest, file = await start(client, version_id), tmp_path / "pid"
    async with runner_of(db, no_bars, told_to(f"Path({str(file)!r}).write_text(str(os.getpid())); time.sleep(600)")):
        await eventually(wrote(file))
    await eventually(ended(file))
    [row] = await rows_of(db, "SELECT status, attempts FROM backtests")
    assert (row["status"], row["attempts"]) == ("queued", 0)
    async with runner_of(db, no_bars, told_to(FINDS)):
        await eventually(becomes(db, backtest, "done"))


async def test_what_a_dead_worker_left_is_taken_when_its_lease_is_over(client, db, clock, version_id) -> None:
    backtest = await start(client, version_id)
    dead, living = (queue_of(db) for _ in range(2))
    left = await dead.take()
    assert await living.take() is None
    clock.move(timedelta(seconds=31))
    taken = await living.take()
    assert left is not None
    assert taken is not None
    assert (str(taken.id), taken.attempts) == (backtest["id"], 2)
    assert await dead.keep([left.id]) == set()
    await dead.end(left, Failure("time", "a late word of the dead changes nothing"))
    assert await status_of(db, backtest) == "running"


async def test_prices_that_cannot_be_read_are_asked_for_again_later(client, db, clock, version_id) -> None:
    backtest, asked = await start(client, version_id), list[int]()

    async def away(_parameters):
        asked.append(1)
        if len(asked) == 1:
            raise UpstreamUnavailable("away")
        return {}

    async def waits_again() -> bool:
        return len(asked) == 1 and await status_of(db, backtest) == "queued"

    async with runner_of(db, away, told_to(FINDS)):
        await eventually(waits_again)
        clock.move(timedelta(minutes=1))
        await eventually(becomes(db, backtest, "done"))


async def test_prices_that_are_not_there_are_said(client, db, version_id) -> None:
    backtest = await start(client, version_id)

    async def none(_parameters):
        raise UnreadableBars("no_bars", "No 1d bars are recorded.")

    async with runner_of(db, none, told_to(FINDS)):
        await eventually(becomes(db, backtest, "failed"))
    assert (await client.get(f"/api/backtests/{backtest['id']}/")).json()["error"] == "No 1d bars are recorded."


async def test_an_unpaid_plan_reads_only(client, db, peers, user_id, version_id) -> None:
    unpaid = entitlements(user_id).model_copy(update={"state": SubscriptionState.UNPAID})
    peers.entitlements[user_id] = unpaid
    answer = await client.post("/api/backtests/", json={"version_id": str(version_id), "from": "2025-01-06"})
    assert (answer.status_code, answer.json()["code"], answer.json()["limit"]) == (402, "plan_limit", 0)
    assert (await client.get("/api/backtests/")).json()["items"] == []
