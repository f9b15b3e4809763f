"""What may be asked for: bad input, other people's backtests, plans; and which numbers of a strategy a sweep varies."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.ids import uuid7
from libs.quant.strategy import Rules
from services.signals.backtests import rules
from services.signals.backtests.rules import Axis
from services.signals.tests.backtest_support import DOCUMENT, add_version, start, wish


@pytest.fixture
async def version_id(db, user_id):
    return await add_version(db, user_id)


def sweep_of(at, first, last, step):
    return {"kind": "sweep", "axes": [{"name": "a", "at": [at], "first": first, "last": last, "step": step}]}


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"from": "2026-01-14", "to": "2026-01-10"}, "/from"),
        ({"from": "1900-01-01"}, "/from"),
        ({"instruments": ["AAPL"]}, "/instruments/0"),
        ({"instruments": ["NASDAQ:NOSUCH"]}, "/instruments/0"),
        ({"instruments": ["NASDAQ:AAPL", "NSE:RELIANCE"]}, "/instruments"),
        ({"benchmark": "NASDAQ:NOSUCH"}, "/benchmark"),
        ({"cash": "0"}, "/cash"),
        ({"fill": "yesterday"}, "/fill"),
        ({"slippage": {"kind": "bps", "value": -1}}, "/slippage/value"),
        ({"lot": 0}, "/lot"),
        ({"kind": "sweep"}, "/axes"),
        ({"folds": 3}, "/folds"),
        ({"unknown": 1}, "/unknown"),
        (sweep_of("/entry#0", 1, 900, 1), "/axes/0/step"),
        (sweep_of("/entry#9", 1, 2, 1), "/axes/0/at"),
        (sweep_of("/entry#0", 0, 2, 1), "/axes/0"),
        (sweep_of("/entry#0", 2, 3, "0.5"), "/axes/0"),
    ],
)  # fmt: skip
async def test_what_cannot_be_is_refused_with_its_field(client, version_id, members, field) -> None:
    answer = await client.post("/api/backtests/", json=wish(version_id, **members))
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"] == field
    assert (await client.get("/api/backtests/limits/")).json()["used_today"] == 0


async def test_what_is_somebody_elses_is_not_there(client, db, version_id) -> None:
    other = await add_version(db, uuid7())
    assert (await client.post("/api/backtests/", json=wish(other))).status_code == 404
    assert (await client.get("/api/backtests/draft/", params={"version_id": str(other)})).status_code == 404
    backtest = await start(client, version_id)
    async with db.transaction() as tx:
        await (await tx.driver()).execute("UPDATE backtests SET user_id = $1", uuid7())
    at = f"/api/backtests/{backtest['id']}/"
    assert (await client.get(at)).status_code == 404
    assert (await client.get(f"{at}report/")).status_code == 404
    assert (await client.get(f"{at}download/")).status_code == 404
    assert (await client.post(f"{at}cancel/")).status_code == 404
    assert (await client.post(f"{at}rerun/")).status_code == 404
    assert (await client.delete(at)).status_code == 404
    assert (await client.get("/api/backtests/")).json()["items"] == []


async def test_the_same_key_asks_once(client, version_id) -> None:
    answers = [
        await client.post("/api/backtests/", json=wish(version_id), headers={"Idempotency-Key": "once"})
        for _ in range(2)
    ]
    assert answers[0].json() == answers[1].json()
    assert len((await client.get("/api/backtests/")).json()["items"]) == 1


async def test_a_plan_limits_how_large_and_how_many(client, db, version_id) -> None:
    limits = (await client.get("/api/backtests/limits/")).json()
    assert (limits["per_day"], limits["combinations"], limits["upgrade_to"]) == (30, 100, "PRO")
    axes = [
        {"name": name, "at": [f"/entry#{place}"], "first": 2, "last": 12, "step": 1}
        for place, name in enumerate(("fast", "slow"))
    ]
    answer = await client.post("/api/backtests/", json=wish(version_id, kind="sweep", axes=axes))
    assert (answer.status_code, answer.json()["limit"], answer.json()["used"]) == (402, 100, 121)
    await start(client, version_id)
    async with db.transaction() as tx:
        await (await tx.driver()).execute("UPDATE backtest_days SET used = 30")
    answer = await client.post("/api/backtests/", json=wish(version_id))
    assert (answer.status_code, answer.json()["limit"], answer.json()["used"]) == (402, 30, 30)


async def test_there_is_no_report_before_the_end(client, version_id) -> None:
    backtest = await start(client, version_id)
    answer = await client.get(f"/api/backtests/{backtest['id']}/report/")
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    await client.post(f"/api/backtests/{backtest['id']}/cancel/")
    again = await client.post(f"/api/backtests/{backtest['id']}/cancel/")
    assert (again.status_code, again.json()["status"]) == (200, "cancelled")


async def test_what_is_kept_is_handed_over_and_forgotten(client, rooms, db, user_id, version_id) -> None:
    backtest = await start(client, version_id)
    async with db.read() as session:
        kept = await rooms.backtests.export(session, user_id)
    assert [one["id"] for one in kept] == [backtest["id"]]
    async with db.transaction() as tx:
        await rooms.backtests.erase(tx, user_id)
    assert (await client.get("/api/backtests/")).json()["items"] == []


def test_a_text_in_quotes_and_a_name_hold_no_number() -> None:
    document = {**DOCUMENT, "entry": 'close > at("NSE:NIFTY50", "1d", sma(close, 20)) and rsi(14) < 70.5'}
    found = [(number.at, number.value) for number in rules.numbers_of(document) if number.at.startswith("/entry")]
    assert found == [("/entry#0", 20), ("/entry#1", 14), ("/entry#2", Decimal("70.5"))]


@given(st.lists(st.integers(1, 900), min_size=4, max_size=4), st.decimals("0.5", "90", places=2))
def test_new_numbers_stand_where_the_old_ones_stood(periods: list[int], stop: Decimal) -> None:
    places = ("/entry#0", "/entry#1", "/exit#0", "/exit#1")
    values = dict(zip(places, map(Decimal, periods), strict=True)) | {"/stop/percent": stop}
    changed = rules.with_numbers(DOCUMENT, values)
    read = {number.at: number.value for number in rules.numbers_of(Rules.read(changed).document())}
    assert {at: read[at] for at in values} == values
    assert rules.with_numbers(DOCUMENT, {}) == DOCUMENT


def test_an_axis_survives_being_stored_and_its_values_reach_the_end() -> None:
    values = rules.steps(Decimal("0.1"), Decimal("0.5"), Decimal("0.1"))
    assert values is not None
    assert values[-1] == Decimal("0.5")
    axis = Axis("fast", ("/entry#0",), values)
    assert Axis.read(axis.stored()) == axis
    assert rules.steps(Decimal(1), Decimal(2), Decimal("0.001")) is None


def test_the_most_bars_of_a_span_are_never_too_few() -> None:
    assert rules.most_bars("1d", date(2025, 1, 1), date(2025, 12, 31), 1) >= 261
    assert rules.most_bars("1m", date(2025, 1, 6), date(2025, 1, 6), 2) >= 2 * 375
