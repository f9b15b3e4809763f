"""The life of a signal by prices, what people are offered, and what a record and its calibration say."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.clock import to_ms
from libs.common.ids import uuid7
from libs.common.money import to_e4
from libs.contracts.market import Tick
from libs.contracts.signals import SignalCreated, SignalSide, SignalStatus
from libs.quant.strategy import Rules, Size, SizeKind
from services.signals.offers.rules import CapitalOf, Risk, Sized, Verdict, judge, sized
from services.signals.personal_data import PersonalData
from services.signals.signals import rules
from services.signals.signals.costs import round_trip
from services.signals.signals.rules import DISCLOSURE, Level, Outcome, calibrate, record_of, touched
from services.signals.signals.service import Made, Origin
from services.signals.signals.tasks import SignalPrices
from services.signals.tests.following import CROSS, add_version, signals_of
from services.signals.tests.support import entitlements

D = Decimal
NAME = "NSE:RELIANCE"


@pytest.fixture
def make(db, rooms, user_id, clock):
    """Make a signal of a close at 100.00, stop at 96.00, target at 110.00."""
    versions: dict[str, Any] = {}

    async def one(*, capital: str | None = "50000", user=None, more=None, **members: Any):
        user = user or user_id
        document = {**CROSS, "stop": {"percent": "4"}, "target": {"percent": "10"}, **(more or {})}
        key = f"{user} {document}"
        if key not in versions:
            versions[key] = await add_version(db, user, document, [NAME])
            async with db.transaction() as tx:
                await rooms.allowances.hear(tx, entitlements(user, version=1, signals_per_day=2))
        version = await rooms.strategies.version(versions[key])
        origin = Origin(
            user_id=user, strategy_id=version.strategy_id, version_id=version.id, version_number=1, strategy="Cross",
            rules=Rules.read(document), instrument=NAME, symbol="RELIANCE", name="Reliance", currency="INR",
            capital=None if capital is None else D(capital),
        )  # fmt: skip
        values = {
            "closes_ms": to_ms(clock.now()), "price": 100.0, "stop": 96.0, "target": 110.0, "trailing": None,
            "numbers": {"sma(close, 2)": 99.5, "sma(close, 5)": 98.25}, "score": 0.7, "fused_by": "fusion-2",
            "voices": [{"name": "trend", "words": "t", "weight": 0.35, "agrees": 0.5}], "model": None, **members,
        }  # fmt: skip
        async with db.transaction() as tx:
            return await rooms.signals.open(tx, origin, Made(**values))

    return one


@pytest.fixture
def prices(rooms, redis, clock):
    """Send prices to who follows the signals: each a second after the last."""
    watching = SignalPrices(rooms.signals, redis, partitions=1)

    async def send(*texts: str, **members: Any):
        await watching.load()
        for text in texts:
            clock.move(timedelta(seconds=1))
            price, now = to_e4(D(text)), to_ms(clock.now())
            values = dict(
                zip(Tick._fields, (NAME, price, price, price, now, now, now, False, "t", None, None), strict=True)
            )
            await watching.see([Tick(**{**values, **members})])

    return send


async def test_the_first_price_is_the_entry_and_levels_follow_it(db, make, prices, client):
    row = await make()
    await prices("102.00")
    shown = (await client.get(f"/api/signals/{row.id}/")).json()
    assert (shown["entry_price"], shown["stop"], shown["target"]) == ("102.00", "97.90", "112.20")
    assert shown["risk_reward"] == "2.49"
    await prices("98.00", "112.20", "90.00")
    shown = (await client.get(f"/api/signals/{row.id}/")).json()
    assert (shown["status"], shown["exit_price"], shown["ended_by"]) == ("hit_target", "112.20", "price")
    assert shown["net"] == pytest.approx(0.1 - shown["costs"])


async def test_a_stop_that_is_jumped_over_is_filled_where_the_market_is(db, make, prices):
    await make()
    await prices("100.00", "95.00")
    [row] = await signals_of(db)
    assert (row["status"], row["exit_price"]) == ("stopped", D("95.0000"))


async def test_stale_prices_and_extremes_from_before_count_for_nothing(db, make, prices, clock):
    early = to_ms(clock.now()) - 60_000
    await make()
    await prices("100.00", stale=True)
    assert (await signals_of(db))[0]["entry_price"] is None
    await prices("100.00")
    await prices("100.00", low_e4=to_e4(D("90")), span_start_ms=early)
    assert (await signals_of(db))[0]["status"] == "active"
    await prices("100.00", low_e4=to_e4(D("90")))
    assert (await signals_of(db))[0]["status"] == "stopped"


async def test_what_nobody_could_enter_expires(db, make, rooms, clock):
    await make()
    assert await rooms.signals.expire_overdue() == 0
    clock.move(timedelta(days=8))
    assert await rooms.signals.expire_overdue() == 1
    [row] = await signals_of(db)
    assert (row["status"], row["ended_by"], row["net"]) == ("expired", "not_entered", None)


async def test_a_signal_says_why_what_it_is_and_what_must_be_said_with_it(make, client):
    row = await make()
    shown = (await client.get(f"/api/signals/{row.id}/")).json()
    assert shown["disclosure"] == DISCLOSURE
    assert (shown["is_ai_generated"], shown["basis"], shown["confidence"]) == (False, "hypothetical", None)
    [reason] = shown["reasons"]
    assert reason["words"].startswith("The 2-bar average of the close crosses above")
    assert [value["value"] for value in reason["values"]] == [99.5, 98.25]
    assert shown["offer"] | {"offered_at": 0} == {
        "verdict": "ok", "units": 250, "invested": "25000.00", "at_risk": "1000.00", "capital": "50000.00",
        "capital_of": "stated", "offered_at": 0, "dismissed_at": None,
    }  # fmt: skip


async def test_beyond_the_plan_a_signal_is_kept_locked_until_it_is_over(db, make, client, clock, prices, published):
    for _ in range(3):
        clock.move(timedelta(seconds=1))
        await make()
    listed = (await client.get("/api/signals/")).json()["items"]
    assert [(one["locked"], one["offer"]["verdict"]) for one in listed] == [
        (True, "over_plan"),
        (False, "ok"),
        (False, "ok"),
    ]
    assert [listed[0][name] for name in ("reference_price", "stop", "target", "risk_reward")] == [None] * 4
    assert listed[0]["reasons"][0]["values"] == []
    told = [event.data for event in await published(db) if event.type == SignalCreated.type]
    assert [(event["tells"], event["signal"]["stop"]) for event in told] == [
        (True, "96.00"),
        (True, "96.00"),
        (False, None),
    ]
    await prices("100.00", "90.00")
    shown = (await client.get(f"/api/signals/{listed[0]['id']}/")).json()
    assert (shown["locked"], shown["exit_price"]) == (False, "90.00")
    clock.move(timedelta(days=1))
    await make()
    assert not (await client.get("/api/signals/")).json()["items"][0]["locked"], "another day"


async def test_a_person_sees_and_dismisses_only_what_is_theirs(make, client, client_for, app):
    row = await make()
    async with client_for(app, user=uuid7()) as stranger:
        for method, path in (("GET", ""), ("POST", "dismiss/")):
            answer = await stranger.request(method, f"/api/signals/{row.id}/{path}")
            assert answer.status_code == 404
        assert (await stranger.get("/api/signals/")).json()["items"] == []
        assert (await stranger.get(f"/api/signals/track-records/{row.version_id}/")).status_code == 404
    for _ in range(2):
        assert (await client.post(f"/api/signals/{row.id}/dismiss/")).status_code == 204
    assert (await client.get("/api/signals/")).json()["items"] == []
    assert len((await client.get("/api/signals/", params={"dismissed": True})).json()["items"]) == 1


async def test_a_record_holds_every_signal_ever_with_costs(make, prices, client, client_for, app, clock):
    for targets in (("100.00", "120.00"), ("100.00", "90.00"), ("100.00",)):
        clock.move(timedelta(seconds=1))
        row = await make()
        await prices(*targets)
    found = (await client.get(f"/api/signals/track-records/{row.version_id}/")).json()
    assert (found["signals"], found["closed"], found["won"], found["hit_rate"]) == (3, 2, 1, 0.5)
    assert (found["basis"], found["calibration"]) == ("hypothetical", None)
    assert found["best"] == pytest.approx(0.1, abs=0.01)
    assert found["best"] < 0.1, "with costs"
    link = (await client.post(f"/api/strategies/{found['strategy_id']}/shares/", json={})).json()
    async with client_for(app, user=uuid7()) as other:
        path, secret = "/api/signals/track-records/shared/", {"secret": link["secret"]}
        assert (await other.post(path, json=secret)).json() == found, "who has the link sees how it did"
        assert (await other.post(path, json={"secret": "x" * 43})).status_code == 404
        assert (await client.delete(f"/api/strategies/{found['strategy_id']}/shares/{link['share']['id']}/")).is_success
        assert (await other.post(path, json=secret)).status_code == 404
    async with client_for(app) as stranger:
        assert (await stranger.post(path, json=secret)).status_code == 401


async def test_what_is_kept_about_a_person_is_handed_over_and_forgotten(db, rooms, make, user_id):
    await make()
    await make(user=uuid7())
    personal = PersonalData(db, rooms)
    assert len((await personal.export(user_id))["signals"]) == 1
    await personal.erase(user_id)
    assert await personal.export(user_id) == {}
    assert len(await signals_of(db)) == 1


def test_sizes_are_whole_units_never_above_the_capital():
    def units(kind, amount, capital="10000", stop="95"):
        found = sized(Size(kind, D(amount)), None if capital is None else D(capital), D(100), stop and D(stop))
        return found.units

    assert units(SizeKind.PERCENT, "50") == 50
    assert units(SizeKind.CASH, "1250") == 12
    assert units(SizeKind.UNITS, "7", capital=None) == 7
    assert units(SizeKind.UNITS, "700") == 100
    assert units(SizeKind.RISK, "1") == 20
    assert units(SizeKind.RISK, "50") == 100
    assert units(SizeKind.RISK, "1", stop=None) == 0
    assert units(SizeKind.PERCENT, "50", capital=None) is None


def test_the_first_thing_that_stands_in_the_way_is_the_verdict():
    risk = Risk(D(1), CapitalOf.STATED, 1)
    common = {"told_today": 1, "per_day": 2, "late": False, "risk": risk, "most": 2, "found": Sized(1, D(1), None)}
    assert judge(**common) is Verdict.OK
    assert judge(**{**common, "told_today": 2, "late": True}) is Verdict.OVER_PLAN
    assert judge(**{**common, "per_day": None, "told_today": 999}) is Verdict.OK
    assert judge(**{**common, "late": True, "most": 1}) is Verdict.LATE
    assert judge(**{**common, "most": 1}) is Verdict.OVER_POSITIONS
    assert judge(**{**common, "found": Sized(None, None, None)}) is Verdict.NO_CAPITAL
    assert judge(**{**common, "found": Sized(0, D(0), None)}) is Verdict.TOO_SMALL


price = st.decimals("1", "1000", places=2)


@given(price, price, price, price)
def test_a_short_signal_is_the_mirror_of_a_long_one(level, other, low, high):
    stop, target = sorted((level, other))
    low, high = sorted((low, high))
    long = touched(SignalSide.LONG, stop, target, low, high, low)
    short = touched(SignalSide.SHORT, -stop, -target, -high, -low, -low)
    assert (long and long.status) == (short and short.status)
    assert (long and long.price) == (short and -short.price)


@given(price, price, price, st.booleans(), st.sampled_from([D(0), D("0.01"), D("0.05")]))
def test_a_level_lies_from_the_entry_as_it_lay_from_the_reference(reference, level, entry, in_atr, tick):
    found = Level.between(reference, level, counted_in_atr=in_atr).at(entry, tick)
    wanted = entry + (level - reference) if in_atr else entry * level / reference
    assert abs(found - wanted) <= max(tick / 2, D("0.0001"))
    assert not tick or found % tick == 0


def test_a_signal_ends_once():
    for after in SignalStatus:
        assert rules.may_become(SignalStatus.ACTIVE, after) == (after is not SignalStatus.ACTIVE)
        assert not rules.may_become(SignalStatus.STOPPED, after)


def test_charges_are_those_of_the_day_and_unknown_where_nobody_knows_them():
    paid = round_trip("NSE", "zerodha", SignalSide.LONG, D(100), date(2026, 1, 5), D(110), date(2026, 1, 9))
    assert paid is not None
    assert D("0.001") < paid < D("0.005")
    assert round_trip("LSE", "zerodha", SignalSide.LONG, D(1), date(2026, 1, 5), D(1), date(2026, 1, 9)) is None


def outcomes(count: int, chance: Any, seed: int = 7) -> list[Outcome]:
    dice = random.Random(seed)
    made = []
    for _ in range(count):
        score = round(dice.random(), 3)
        made.append(Outcome(score, 0.01 if dice.random() < chance(score) else -0.01))
    return made


def test_a_score_that_tells_something_becomes_a_confidence_that_holds_on_held_back_outcomes():
    found = calibrate(outcomes(3_000, lambda score: 0.2 + 0.6 * score))
    assert found is not None
    assert found.is_good
    assert (found.trained, found.held_back) == (2_000, 1_000)
    assert sum(one.count for one in found.bins) == 1_000
    assert found.error < 0.06
    assert found.brier < found.base
    values = [found.confidence(score / 100) for score in range(101)]
    assert values == sorted(values)
    assert found.confidence(0.9) == pytest.approx(0.74, abs=0.1)


def test_a_score_whose_meaning_changed_shows_no_percentage():
    older, newer = outcomes(400, lambda score: score), outcomes(200, lambda score: 1 - score)
    found = calibrate(older + newer)
    assert found is not None
    assert not found.is_good
    assert calibrate(older[:89]) is None


def test_an_empty_record_has_no_rates():
    found = record_of(3, [])
    assert (found.hit_rate, found.mean_net, found.best, found.worst) == (None,) * 4


def test_a_reason_is_only_what_is_known_to_have_held() -> None:
    numbers = {"close": 101.0, "open": 100.0, "rsi(close, 14)": 17.9, "sma(close, 5)": 102.0}
    document = {"entry": "close > open and (close > sma(5) or rsi(14) < 30) and not rsi(14) > 95"}
    either = "The close is above the 5-bar average of the close or the 14-bar RSI of the close is below 30"
    said = [(one["words"], [value["value"] for value in one["values"]]) for one in rules.reasons(document, numbers)]
    assert said == [
        ("The close is above the open", [101.0, 100.0]),
        (either, [101.0, 102.0, 17.9]),
        ("The 14-bar RSI of the close is not above 95", [17.9]),
    ]
