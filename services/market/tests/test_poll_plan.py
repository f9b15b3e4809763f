"""The plan of a polled source: what is asked for when credits are few."""

import asyncio
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.ids import uuid7
from libs.contracts.alerts import AlertCreated, AlertState, AlertStatus, Condition
from services.market.feed.plan import Candidate, Pace, choose, credits_per_minute, is_open, urgency
from services.market.feed.poll_options import Planned, PollOptions
from services.market.feed.polling import PollFeed
from services.market.feed.source import FeedLease
from services.market.feed.tasks import FetchTasks
from services.market.instruments.service import Instruments
from services.market.tests.conftest import GAPS
from services.market.tests.test_candles import OPEN
from services.market.tests.test_poll_feed import HALF_HOUR, ScriptedProvider

PACE = Pace(0.0005, timedelta(minutes=60))
NOW = OPEN + timedelta(hours=2)


def stock(name, minutes_ago, *levels, price=100.0):
    return Candidate(name, price, NOW - timedelta(minutes=minutes_ago), levels)


def test_what_has_no_price_comes_first_then_what_may_have_been_reached():
    stocks = [
        stock("far", 30, 120.0), stock("near", 5, 100.1), stock("bare", 30), Candidate("new", None, None),
        stock("forgotten", 90),
    ]  # fmt: skip
    assert choose(stocks, NOW, 5, PACE) == ["new", "forgotten", "near", "bare", "far"]
    assert choose(stocks, NOW, 2, PACE) == ["new", "forgotten"]
    assert choose(stocks, NOW, 0, PACE) == []


@given(distance=st.floats(0.0005, 0.2), minutes=st.floats(0.1, 59), longer=st.floats(0.1, 60))
def test_urgency_grows_with_time_and_falls_with_distance(distance, minutes, longer):
    def of(away, waited):
        return urgency(stock("A", waited, 100 * (1 + away)), NOW, PACE)

    assert of(distance, minutes) <= of(distance, minutes + longer)
    assert of(distance, minutes) >= of(distance * 2, minutes)
    assert of(distance, minutes) >= urgency(stock("A", minutes), NOW, PACE)


def test_credits_are_spread_over_the_minutes_of_trade():
    assert credits_per_minute(720, ["NASDAQ", "NYSE"]) == pytest.approx(720 / 390)
    assert credits_per_minute(720, ["NASDAQ", "NSE"]) == pytest.approx(720 / 765)
    assert credits_per_minute(720, []) == 0
    assert is_open("NASDAQ", OPEN)
    assert not is_open("NASDAQ", OPEN - timedelta(seconds=1))
    assert not is_open("NASDAQ", OPEN + timedelta(days=2))


async def test_a_minutes_credits_go_to_the_stock_nearest_to_its_alert(db, clock, publisher):
    async def sleep(seconds):
        clock.move(timedelta(seconds=seconds))

    provider = ScriptedProvider(clock)
    options = PollOptions(HALF_HOUR, 0.0, GAPS, planned=Planned(390, 8, PACE))
    lease = FeedLease(db, timedelta(seconds=120))
    feed = PollFeed(db, provider, provider, publisher, lease, options, asyncio.Event(), sleep=sleep)
    await feed.run_round()
    state = AlertState(
        alert_id=uuid7(), number=1, version=1, user_id=uuid7(), instrument="NASDAQ:MSFT", condition=Condition.ABOVE,
        threshold_price="227.30", status=AlertStatus.ACTIVE, armed_at=clock.now(),
    )  # fmt: skip
    async with db.transaction() as tx:
        await Instruments(db).note_alerts(tx, [AlertCreated(alert=state)])
    del provider.calls[:]
    for _ in range(3):
        clock.move(timedelta(minutes=1))
        assert await feed.run_planned() is not None
    assert [symbols for _, symbols in provider.calls] == [["MSFT"]] * 3, "one credit a minute"
    clock.move(timedelta(hours=3))
    assert await feed.run_planned() is None, "the market has closed"
    assert len(provider.calls) == 3


def test_a_plan_takes_the_place_of_the_rounds():
    _, fetch = FetchTasks([], interval_s=1_800, planned=object()).crons()
    assert (fetch.function.__name__, fetch.minute, fetch.second) == ("fetch_planned_stock_prices", None, 0)
