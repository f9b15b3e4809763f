"""What is put aside, who sees it, and what staff may decide."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from services.market.app import build_app
from services.market.candles.adjusting import Adjustment
from services.market.candles.tables import CandleRow
from services.market.feed.gate import Gate
from services.market.feed.poll_options import PollOptions
from services.market.feed.polling import PollFeed
from services.market.feed.source import FeedLease
from services.market.housekeeping import Housekeeping
from services.market.quality.rules import QuarantineReason, QuarantineState, may_become
from services.market.quality.tables import QuarantinedPriceRow
from services.market.splits.rules import Split, adjust_price, adjust_volume
from services.market.splits.service import Splits
from services.market.tests.conftest import GAPS
from services.market.tests.test_feed_rules import NOW, quote
from services.market.tests.test_poll_feed import HALF_HOUR, ScriptedProvider

STAFF = UUID("0198c5a4-0000-7000-8000-000000000009")
WHY = {"reason": "Seen on the exchange's page."}


@pytest.fixture
def provider(clock):
    return ScriptedProvider(clock, ("AAPL", "MSFT"))


@pytest.fixture
def feed(db, clock, publisher, provider):
    async def sleep(seconds):
        clock.move(timedelta(seconds=seconds))

    lease = FeedLease(db, timedelta(seconds=120))
    options = PollOptions(HALF_HOUR, 10.0, GAPS)
    return PollFeed(db, provider, provider, publisher, lease, options, asyncio.Event(), sleep=sleep)


@pytest.fixture
async def staff(client_for, settings, db, tokens):
    app = build_app(settings, db=db)
    token = tokens.user(STAFF, role="SUPER_ADMIN", amr=["pwd", "otp"])
    async with client_for(app, token) as client:
        yield client


async def aside(db):
    async with db.read() as session:
        rows = await session.scalars(select(QuarantinedPriceRow).order_by(QuarantinedPriceRow.id))
        return rows.all()


async def hours(db):
    async with db.read() as session:
        rows = await session.scalars(select(CandleRow).where(CandleRow.interval == "1h").order_by(CandleRow.at))
        return [(str(row.low), str(row.high)) for row in rows]


def crossed(clock):
    now_ms = clock.now_ms()
    return quote(2_272_500, at_ms=now_ms, received_ms=now_ms, span_start_ms=now_ms, day_low_e4=9, day_high_e4=8)


async def test_a_price_that_cannot_be_true_is_put_aside_and_reaches_nobody(feed, provider, db, clock, ticks, published):
    provider.answers["AAPL"] = crossed(clock)
    provider.answers["MSFT"] = replace(crossed(clock), price_e4=0, low_e4=0)
    await feed.run_round()
    assert await ticks() == []
    put = [("crossed", 1, "open"), ("not_positive", 1, "open")]
    assert [(row.reason, row.times, row.state) for row in await aside(db)] == put
    told = [(event.type, event.data["reason"], event.data["price"]) for event in await published(db)]
    assert told == [
        ("market.price.quarantined.v1", "crossed", "227.25"),
        ("market.price.quarantined.v1", "not_positive", "0.00"),
    ]


async def test_the_same_again_within_a_minute_is_one_row_and_one_event(feed, provider, db, clock, published):
    for _ in range(3):
        provider.answers["AAPL"] = crossed(clock)
        provider.answers["MSFT"] = "417.10"
        feed._options = replace(feed._options, spacing_s=0.0)
        await feed.run_round()
        clock.move(timedelta(seconds=15))
    assert [(row.reason, row.times) for row in await aside(db)] == [("crossed", 3)]
    assert [event.type for event in await published(db)].count("market.price.quarantined.v1") == 1


async def test_a_jump_counts_in_no_candle_until_it_is_released(feed, provider, db, clock, staff):
    await feed.run_round()
    provider.answers["AAPL"] = "113.60"
    clock.move(timedelta(minutes=5))
    await feed.run_round()
    assert ("227.2500", "227.2500") in await hours(db)
    (row,) = (await staff.get("/api/market/quality/?reason=jump")).json()["items"]
    assert (row["instrument"], row["price"], row["before"], row["may_release"]) == (
        "NASDAQ:AAPL", "113.60", "227.25", True,
    )  # fmt: skip
    answer = await staff.post(f"/api/market/quality/{row['id']}/release/", json=WHY)
    assert (answer.status_code, answer.json()["state"], answer.json()["decision"]) == (200, "released", WHY["reason"])
    assert ("113.6000", "227.2500") in await hours(db)
    again = await staff.post(f"/api/market/quality/{row['id']}/dismiss/", json=WHY)
    assert again.status_code == 409
    assert (await aside(db))[-1].decided_by == STAFF


async def test_what_was_late_is_shown_with_its_reason_and_cannot_be_released(feed, provider, db, staff):
    provider.age = timedelta(minutes=61)
    await feed.run_round()
    rows = (await staff.get("/api/market/quality/?instrument=nasdaq:aapl&state=open&source=scripted")).json()["items"]
    assert [(row["reason"], row["may_release"]) for row in rows] == [("stale", False)]
    assert (await staff.post(f"/api/market/quality/{rows[0]['id']}/release/", json=WHY)).status_code == 409
    assert (await staff.post(f"/api/market/quality/{rows[0]['id']}/dismiss/", json=WHY)).status_code == 200
    counts = (await staff.get("/api/market/quality/counts/?days=1")).json()["items"]
    assert [(one["instrument"], one["reason"], one["times"], one["waiting"]) for one in counts] == [
        ("NASDAQ:AAPL", "stale", 1, 0),
        ("NASDAQ:MSFT", "stale", 1, 1),
    ]


async def test_bad_input_is_refused_and_nobody_but_staff_looks(staff, client_for, settings, db):
    unknown = "0198c5a4-0000-7000-8000-00000000dead"
    assert (await staff.post(f"/api/market/quality/{unknown}/release/", json=WHY)).status_code == 404
    assert (await staff.post(f"/api/market/quality/{unknown}/release/", json={"reason": " "})).status_code == 422
    assert (await staff.get("/api/market/quality/?reason=nonsense")).status_code == 422
    assert (await staff.post(f"/api/market/splits/{unknown}/undo/", json=WHY)).status_code == 404


def test_a_stream_that_goes_back_or_repeats_itself_is_told_so():
    gate = Gate("live", timedelta(seconds=15), GAPS, is_stream=True)
    gate.settle(gate.judge([quote()]).passed)

    def reason(**changes):
        verdict = gate.judge([quote(**changes)])
        return verdict.aside[0].reason if not verdict.passed else None

    early = {"at_ms": NOW - 1_000, "span_start_ms": NOW - 1_000}
    assert reason() is QuarantineReason.DUPLICATE
    assert reason(price=2_272_600, high_e4=2_272_600) is QuarantineReason.OUT_OF_ORDER
    assert reason(**early) is QuarantineReason.OUT_OF_ORDER
    assert reason(**early, restarted=True) is None
    assert reason(at_ms=NOW + 1) is None
    polled = Gate("live", timedelta(seconds=15), GAPS)
    polled.settle(polled.judge([quote()]).passed)
    assert polled.judge([quote()]).passed, "a poll may well find nothing new"


def test_a_decision_is_final_and_only_a_doubt_is_released():
    waits, released, dismissed = QuarantineState.OPEN, QuarantineState.RELEASED, QuarantineState.DISMISSED
    for reason in QuarantineReason:
        assert may_become(waits, reason, dismissed)
        assert may_become(waits, reason, released) is (reason is QuarantineReason.JUMP)
        assert not any(may_become(state, reason, to) for state in (released, dismissed) for to in QuarantineState)


async def test_what_was_put_aside_goes_after_its_days(feed, provider, db, clock, settings):
    provider.answers["AAPL"] = crossed(clock)
    await feed.run_round()
    clock.move(timedelta(days=89))
    await Housekeeping(db, settings).forget_old_prices(None)
    assert len(await aside(db)) == 1
    clock.move(timedelta(days=2))
    await Housekeeping(db, settings).forget_old_prices(None)
    assert await aside(db) == []


@given(
    shares=st.lists(st.tuples(st.integers(1, 100), st.integers(1, 100)), max_size=4),
    price=st.decimals("0.01", "99999", places=4),
)
def test_splits_multiply_and_leave_what_came_after_them(shares, price):
    at = [datetime(2026, 1, day, tzinfo=UTC) for day in range(1, 6)]
    splits = [Split(at[i + 1], old, new) for i, (old, new) in enumerate(shares)]
    product = Fraction(1)
    for old, new in shares:
        product *= Fraction(old, new)
    assert Adjustment(splits).of_prices(at[0]) == product
    assert Adjustment(splits).of_prices(datetime(2026, 2, 1, tzinfo=UTC)) == 1
    exact = Fraction(price) * product
    assert abs(Fraction(adjust_price(price, product)) - exact) <= Fraction(1, 20_000)
    assert adjust_price(price, Fraction(1)) is price
    assert adjust_volume(None, product) is None


def test_a_consolidation_lifts_the_past():
    split = Split(datetime(2026, 1, 2, tzinfo=UTC), 10, 1)
    factor = Adjustment([split]).of_prices(datetime(2026, 1, 1, tzinfo=UTC))
    assert adjust_price(Decimal("4.05"), factor) == Decimal("40.5")
    assert adjust_volume(1_000, factor) == 100


async def test_a_confirmed_split_adjusts_the_past_is_told_and_can_be_undone(
    feed, provider, db, clock, staff, published, client_for, settings, tokens
):
    await feed.run_round()
    clock.move(timedelta(days=1))
    body = {
        "instrument": "AAPL", "ex_date": str(date(2026, 1, 15)), "old_shares": 1, "new_shares": 4, "reason": "Form 8-K",
    }  # fmt: skip
    made = await staff.post("/api/market/splits/", json=body)
    assert (made.status_code, made.json()["instrument"]) == (201, "NASDAQ:AAPL")
    assert (await staff.post("/api/market/splits/", json=body)).status_code == 409

    async def closes(query=""):
        items = (await staff.get(f"/api/stocks/AAPL/candles/?interval=1d{query}")).json()["items"]
        return [(item["close"], item["volume"]) for item in items]

    assert await closes() == [("227.25", None), ("226.80", 1_000)]
    assert await closes("&adjusted=true") == [("227.25", None), ("56.70", 4_000)]
    asker = tokens.service("signals", scope="prices:read", audience="market")
    async with client_for(build_app(settings, db=db), asker) as service:
        known = (await service.get("/internal/splits/AAPL")).json()
    split = {"at": "2026-01-15T14:30:00Z", "old_shares": 1, "new_shares": 4}
    assert known == {"instrument": "NASDAQ:AAPL", "items": [split]}
    undone = await staff.post(f"/api/market/splits/{made.json()['id']}/undo/", json=WHY)
    assert undone.json()["undo_reason"] == WHY["reason"]
    assert (await staff.post(f"/api/market/splits/{made.json()['id']}/undo/", json=WHY)).status_code == 409
    assert await closes("&adjusted=true") == [("227.25", None), ("226.80", 1_000)]
    told = [event for event in await published(db) if event.type.startswith("market.split.")]
    assert [(event.type, event.data["old_shares"], event.data["new_shares"]) for event in told] == [
        ("market.split.confirmed.v1", 1, 4),
        ("market.split.undone.v1", 1, 4),
    ]
    assert (await staff.post("/api/market/splits/", json=body)).status_code == 201, "undone, it may be confirmed anew"
    for wrong in ({"new_shares": 1}, {"ex_date": "1980-01-01"}, {"old_shares": 0}, {"instrument": "NSE:NOPE"}):
        assert (await staff.post("/api/market/splits/", json={**body, **wrong})).status_code in (404, 422)
    assert len((await staff.get("/api/market/splits/?limit=1")).json()["items"]) == 1


async def test_a_split_that_is_confirmed_ahead_changes_nothing_before_its_day(
    feed, provider, db, clock, staff, published, client_for, settings
):
    """Thresholds that moved before the price does would fire at once."""
    await feed.run_round()
    splits, day = Splits(db), clock.now().date() + timedelta(days=5)
    body = {"instrument": "AAPL", "ex_date": str(day), "old_shares": 1, "new_shares": 4, "reason": "Form 8-K"}

    async def told() -> list[str]:
        return [event.type for event in await published(db) if event.type.startswith("market.split.")]

    made = (await staff.post("/api/market/splits/", json=body)).json()
    candles = "/api/stocks/AAPL/candles/?interval=1d"
    before = (await staff.get(candles)).json()["items"]
    assert await splits.announce_due() == 0
    assert (await told(), (await staff.get(f"{candles}&adjusted=true")).json()["items"]) == ([], before)
    assert (await staff.post(f"/api/market/splits/{made['id']}/undo/", json=WHY)).status_code == 200
    assert await told() == [], "nobody knew of it"
    await staff.post("/api/market/splits/", json=body)
    clock.move(datetime.combine(day, time(14, 29), tzinfo=UTC) - clock.now())
    assert await splits.announce_due() == 0, "New York opens at 14:30"
    clock.move(timedelta(minutes=1))
    assert await splits.announce_due() == 1
    assert await splits.announce_due() == 0
    assert await told() == ["market.split.confirmed.v1"]
    after = (await staff.get(f"{candles}&adjusted=true")).json()["items"]
    assert [Decimal(item["close"]) for item in after] == [Decimal(item["close"]) / 4 for item in before]
