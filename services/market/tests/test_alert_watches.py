"""What market hears of alerts: an instrument is watched while an alert on it is active."""

import random
from datetime import timedelta
from uuid import UUID

import pytest

from libs.common.ids import uuid7
from libs.contracts.alerts import (
    AlertCreated,
    AlertDeleted,
    AlertState,
    AlertStatus,
    AlertTriggered,
    AlertUpdated,
    CandleNeed,
    Condition,
)
from libs.contracts.signals import FollowChanged
from services.market.housekeeping import Housekeeping
from services.market.instruments import rules, tables
from services.market.instruments.service import Instruments
from services.market.instruments.tables import AlertWatchRow, InstrumentRow

USER = UUID("0198c5a4-0000-7000-8000-000000000002")
ALERT = UUID("0198c5a4-0000-7000-8000-000000000001")


@pytest.fixture
def state(clock):
    def make(version=1, *, alert_id=ALERT, instrument="NASDAQ:AAPL", status=AlertStatus.ACTIVE):
        return AlertState(
            alert_id=alert_id, number=1, version=version, user_id=USER, instrument=instrument,
            condition=Condition.ABOVE, threshold_price="230", status=status, armed_at=clock.now(),
        )  # fmt: skip

    return make


@pytest.fixture
def triggered(clock):
    def make(alert_id=ALERT, *, stays_active=False):
        return AlertTriggered(
            triggered_id=uuid7(), alert_id=alert_id, user_id=USER, instrument="NASDAQ:AAPL", symbol="AAPL",
            name="Apple Inc.", currency="USD", condition=Condition.ABOVE, threshold_price="230", price="232.50",
            reached_at=clock.now(), triggered_at=clock.now(), stays_active=stays_active,
        )  # fmt: skip

    return make


@pytest.fixture
def hear(db):
    async def note(*news):
        async with db.transaction() as tx:
            await Instruments(db).note_alerts(tx, news)

    return note


@pytest.fixture
async def monitored(db):
    """Tell what is monitored, of two instruments that nobody chose."""
    async with db.transaction() as tx:
        for name in ("NASDAQ:AAPL", "NYSE:IBM"):
            exchange, symbol = name.split(":")
            tx.session.add(
                InstrumentRow(
                    instrument=name, exchange=exchange, symbol=symbol, name=symbol, currency="USD", provider="replay"
                )
            )

    async def listed():
        async with db.read() as session:
            return sorted(str(one) for one in await tables.list_monitored(session, "replay"))

    return listed


async def test_an_active_alert_makes_its_instrument_monitored(hear, monitored, state):
    assert await monitored() == []
    await hear(AlertCreated(alert=state()))
    assert await monitored() == ["NASDAQ:AAPL"]


@pytest.mark.parametrize("status", [AlertStatus.PAUSED, AlertStatus.EXPIRED, AlertStatus.NEEDS_REVIEW])
async def test_an_alert_that_is_not_active_does_not(hear, monitored, state, status):
    await hear(AlertCreated(alert=state()), AlertUpdated(alert=state(2, status=status)))
    assert await monitored() == []
    await hear(AlertUpdated(alert=state(3)))
    assert await monitored() == ["NASDAQ:AAPL"]


async def test_an_alert_that_fired_or_was_deleted_does_not(hear, monitored, state, triggered):
    await hear(AlertCreated(alert=state()))
    await hear(triggered())
    assert await monitored() == []
    await hear(AlertUpdated(alert=state(2)))
    assert await monitored() == ["NASDAQ:AAPL"]
    await hear(AlertDeleted(alert=state(2)))
    assert await monitored() == []


async def test_an_alert_that_fired_and_goes_on_stays_watched(hear, monitored, state, triggered):
    await hear(AlertCreated(alert=state()))
    await hear(triggered(stays_active=True))
    assert await monitored() == ["NASDAQ:AAPL"]
    await hear(triggered(stays_active=True), triggered())
    assert await monitored() == []


async def test_older_news_changes_nothing(hear, monitored, state):
    await hear(AlertUpdated(alert=state(3, status=AlertStatus.PAUSED)))
    await hear(AlertUpdated(alert=state(2)))
    assert await monitored() == []


async def test_news_of_an_instrument_that_we_do_not_know_is_left_out(hear, monitored, state):
    await hear(AlertCreated(alert=state(instrument="NSE:NOSUCH")))
    assert await monitored() == []


async def test_news_in_one_batch_and_one_by_one_comes_to_the_same(hear, monitored, state, triggered, db):
    other = uuid7()
    news = [
        AlertCreated(alert=state()),
        AlertCreated(alert=state(alert_id=other, instrument="NYSE:IBM")),
        triggered(),
        AlertUpdated(alert=state(2)),
        AlertDeleted(alert=state(1, alert_id=other, instrument="NYSE:IBM")),
    ]
    await hear(*news)
    together = await monitored()
    async with db.transaction() as tx:
        await (await tx.driver()).execute("DELETE FROM alert_watches")
    for one in news:
        await hear(one)
    assert await monitored() == together == ["NASDAQ:AAPL"]


async def test_thousands_of_alerts_are_noted_in_three_statements(hear, monitored, state, triggered):
    ids = [uuid7() for _ in range(5_000)]
    await hear(*(AlertCreated(alert=state(alert_id=alert_id)) for alert_id in ids))
    assert await monitored() == ["NASDAQ:AAPL"]
    random.Random(1).shuffle(ids)
    await hear(*(triggered(alert_id) for alert_id in ids))
    assert await monitored() == []


async def test_ended_watches_are_forgotten_after_a_week(hear, monitored, state, triggered, db, settings, clock):
    await hear(AlertCreated(alert=state()), triggered())
    clock.move(timedelta(days=6))
    await Housekeeping(db, settings).forget_old_prices(None)
    async with db.read() as session:
        assert await session.get(AlertWatchRow, ALERT) is not None
    clock.move(timedelta(days=2))
    await Housekeeping(db, settings).forget_old_prices(None)
    async with db.read() as session:
        assert await session.get(AlertWatchRow, ALERT) is None


def test_news_is_summed_up_per_alert(state, triggered):
    changes = rules.fold([AlertCreated(alert=state()), triggered()])
    assert [watch.active for watch in changes.watches] == [False]
    assert changes.ended == (ALERT,)
    assert rules.fold([triggered(), AlertUpdated(alert=state(2))]).ended == ()


async def test_the_candles_of_a_followed_strategy_are_announced_until_it_ends(db, monitored):
    def follow(version, active=True):
        needs = (CandleNeed(instrument="NASDAQ:AAPL", interval="1d"), CandleNeed(instrument="NO:SUCH", interval="1d"))
        return FollowChanged(follow_id=ALERT, version=version, active=active, candles=needs)

    async def read(*news):
        async with db.transaction() as tx:
            await Instruments(db).note_follows(tx, news)
        async with db.read() as session:
            return {interval for _, interval in await tables.list_read_candles(session)}

    assert await read(follow(1)) == {"1d"}
    assert await monitored() == ["NASDAQ:AAPL"]
    assert await read(follow(3, active=False), follow(2)) == set(), "what is older does not undo it"
    assert await read(follow(2)) == set()
