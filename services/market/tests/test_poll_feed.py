"""Rounds of fetching: what is stored and said of each stock, and how time and credits are kept."""

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
import structlog
from sqlalchemy import select

from libs.common.ids import uuid7
from libs.common.instruments import Instrument
from libs.contracts.alerts import AlertCreated, AlertState, AlertStatus, CandleNeed, Condition
from libs.contracts.market import PriceUpdated
from services.market.candles.tables import CandleRow
from services.market.feed.poll_options import PollOptions
from services.market.feed.polling import PollFeed
from services.market.feed.rules import GapLimits
from services.market.feed.source import FeedLease
from services.market.feed.tables import ProviderRefusalRow
from services.market.instruments.service import Instruments
from services.market.instruments.tables import InstrumentRow
from services.market.prices.tables import NewestPriceRow, StockPriceRow
from services.market.providers.port import (
    AuthFailed,
    Bar,
    Capabilities,
    Interval,
    Listing,
    Mode,
    NotCovered,
    Quote,
    RateLimited,
    SymbolUnknown,
    Transient,
)

HALF_HOUR = timedelta(minutes=30)
GAPS = GapLimits(fraction=0.25, hold=timedelta(seconds=10))
SYMBOLS = ("AAPL", "MSFT", "TSLA")


class ScriptedProvider:
    """A polled provider that answers as the test says. Answers are prices, errors, or whole quotes, by symbol."""

    name = "scripted"

    def __init__(self, clock, symbols=SYMBOLS, *, batch_size=1):
        self.capabilities = Capabilities(Mode.POLLED, 2 * HALF_HOUR, batch_size)
        self.answers = dict.fromkeys(symbols, "227.25")
        self.calls = []
        self.past = []
        self.age = timedelta(minutes=1)
        self.whole = []
        self._clock = clock

    async def listings(self):
        return [Listing(Instrument("NASDAQ", s), f"{s} Inc.", "USD", chosen=True) for s in self.answers]

    async def quotes(self, instruments):
        self.calls.append((self._clock.now(), [one.symbol for one in instruments]))
        if self.whole:
            raise self.whole.pop(0)
        return {one: self._answer(one) for one in instruments}

    async def bars(self, instrument, interval, start, end):
        self.past.append(instrument.symbol)
        at_ms = int(datetime(2026, 1, 14, 14, 30, tzinfo=UTC).timestamp() * 1_000)
        return [Bar(instrument, interval, at_ms, 2_200_000, 2_300_000, 2_190_000, 2_268_000, 1_000)]

    async def close(self):
        return None

    def _answer(self, instrument):
        answer = self.answers[instrument.symbol]
        if not isinstance(answer, str):
            return answer
        now_ms = self._clock.now_ms()
        at_ms = now_ms - int(self.age.total_seconds() * 1_000)
        price = round(float(answer) * 10_000)
        return Quote(
            instrument, price, at_ms, now_ms, price, price, at_ms,
            previous_close_e4=2_268_000, day_open_e4=2_280_000, day_high_e4=2_301_000, day_low_e4=2_265_000,
        )  # fmt: skip


@pytest.fixture
def provider(clock):
    return ScriptedProvider(clock)


@pytest.fixture
def feed(db, clock, publisher, provider):
    async def sleep(seconds):
        clock.move(timedelta(seconds=seconds))

    options = PollOptions(HALF_HOUR, 10.0, GAPS)
    lease = FeedLease(db, timedelta(seconds=120))
    return PollFeed(db, provider, provider, publisher, lease, options, asyncio.Event(), sleep=sleep)


@pytest.fixture
def said():
    """The events of the log, each with its fields."""
    with structlog.testing.capture_logs() as lines:
        yield lines


async def rows(db, table, symbol="AAPL"):
    async with db.read() as session:
        statement = select(table).join(InstrumentRow, InstrumentRow.id == table.instrument_id)
        return (await session.scalars(statement.where(InstrumentRow.symbol == symbol))).all()


async def test_a_round_stores_prices_says_them_and_announces_them(feed, db, published, ticks, said, clock):
    started = clock.now()
    result = await feed.run_round()
    assert (result.updated, result.failed) == (3, 0)
    lines = [line for line in said if line.get("action") == "price_updated"]
    assert [line["event"] for line in lines] == [
        "Updated AAPL: $227.25",
        "Updated MSFT: $227.25",
        "Updated TSLA: $227.25",
    ]
    assert lines[0]["instrument"] == "NASDAQ:AAPL"
    (newest,) = await rows(db, NewestPriceRow)
    (kept,) = await rows(db, StockPriceRow)
    assert str(newest.price) == str(kept.price) == "227.2500"
    assert newest.at == started - timedelta(minutes=1)
    events = await published(db)
    assert [event.type for event in events] == [PriceUpdated.type] * 3
    assert events[0].data["price"] == "227.25"
    tick = (await ticks())[0]
    assert (tick.low_e4, tick.high_e4, tick.span_start_ms) == (2_272_500, 2_272_500, tick.at_ms), (
        "never the day's range"
    )


async def test_calls_are_ten_seconds_apart(feed, provider):
    await feed.run_round()
    times = [at for at, _ in provider.calls]
    assert [later - earlier for earlier, later in pairwise(times)] == [timedelta(seconds=10)] * 2


async def test_one_bad_symbol_stops_no_other(feed, provider, db, said):
    provider.answers["AAPL"] = SymbolUnknown("no such symbol")
    provider.answers["MSFT"] = Transient("cut off")
    result = await feed.run_round()
    assert (result.updated, result.failed) == (1, 2)
    assert [line["event"] for line in said if line.get("action") == "price_fetch_failed"] == [
        "Failed AAPL: no such symbol",
        "Failed MSFT: cut off",
    ]


async def test_what_is_refused_for_good_is_not_asked_again_soon(feed, provider, db, clock):
    provider.answers["AAPL"] = SymbolUnknown("no such symbol")
    provider.answers["MSFT"] = NotCovered("not in your plan")
    await feed.run_round()
    await feed.run_round()
    asked = [symbol for _, symbols in provider.calls for symbol in symbols]
    assert (asked.count("AAPL"), asked.count("MSFT"), asked.count("TSLA")) == (1, 1, 2)
    clock.move(timedelta(days=1))
    await feed.run_round()
    asked = [symbol for _, symbols in provider.calls for symbol in symbols]
    assert (asked.count("AAPL"), asked.count("MSFT")) == (2, 1)
    assert (await rows(db, ProviderRefusalRow, "MSFT"))[0].reason == "not in your plan"


async def test_a_repeated_quote_is_no_new_price(feed, provider, db, published, said, clock):
    await feed.run_round()
    provider.age += HALF_HOUR
    for _ in range(2):
        clock.move(HALF_HOUR - (clock.now() - provider.calls[-1][0]))
        frozen = (await rows(db, NewestPriceRow))[0].at
        provider.age = clock.now() - frozen
        await feed.run_round()
    assert len(await rows(db, StockPriceRow)) == 1
    assert "Unchanged AAPL: $227.25" in [line["event"] for line in said]


async def test_a_quote_that_was_old_when_it_came_is_stale_and_says_so(feed, provider, db, ticks, published):
    provider.age = timedelta(minutes=61)
    await feed.run_round()
    assert all(tick.stale for tick in await ticks())
    assert (await published(db))[0].data["stale"] is True


async def test_used_up_credits_of_the_minute_are_waited_for(feed, provider, clock):
    retry_at = clock.now() + timedelta(seconds=37)
    provider.whole = [RateLimited("minute", retry_at=retry_at, whole_day=False)]
    result = await feed.run_round()
    assert result.updated == 3
    assert provider.calls[1][0] == retry_at


async def test_used_up_credits_of_the_day_end_the_round(feed, provider, clock):
    provider.whole = [RateLimited("day", retry_at=clock.now() + timedelta(hours=4), whole_day=True)]
    result = await feed.run_round()
    assert (result.updated, result.failed, len(provider.calls)) == (0, 3, 1)


async def test_a_refused_key_ends_the_round(feed, provider, said):
    provider.whole = [AuthFailed("apikey is wrong")]
    result = await feed.run_round()
    assert (result.failed, len(provider.calls)) == (3, 1)
    assert any(line["event"] == "provider_refused_our_key" for line in said)


async def test_symbols_go_together_where_the_provider_takes_them(db, clock, publisher, feed):
    feed._provider = ScriptedProvider(clock, batch_size=2)
    await feed.run_round()
    assert [symbols for _, symbols in feed._provider.calls] == [["AAPL", "MSFT"], ["TSLA"]]


async def test_those_that_wait_longest_come_first(feed, provider):
    provider.answers["MSFT"] = Transient("later")
    await feed.run_round()
    provider.answers["MSFT"] = "417.10"
    await feed.run_round()
    assert [symbols[0] for _, symbols in provider.calls[3:]] == ["MSFT", "AAPL", "TSLA"]


async def test_what_has_no_price_yet_is_asked_for_at_once(feed, provider):
    provider.answers["MSFT"] = Transient("later")
    await feed.run_round()
    provider.answers["MSFT"] = "417.10"
    assert (await feed.run_round(unpriced_only=True)).updated == 1
    assert provider.calls[-1][1] == ["MSFT"]


async def test_a_step_that_needs_explaining_is_held_once(feed, provider, clock, ticks, published, db):
    await feed.run_round()
    provider.answers["AAPL"] = "113.60"
    clock.move(HALF_HOUR)
    await feed.run_round()
    clock.move(HALF_HOUR)
    await feed.run_round()
    assert [tick.stale for tick in await ticks() if tick.instrument == "NASDAQ:AAPL"] == [False, True, False]
    gapped = [event for event in await published(db) if event.type == "market.price.gapped.v1"]
    assert [(event.data["previous_price"], event.data["price"]) for event in gapped] == [("227.25", "113.60")]


async def test_the_past_is_fetched_once(feed, provider, db):
    await feed.run_round()
    await feed.run_round()
    assert sorted(provider.past) == sorted(SYMBOLS)
    days = sorted((row for row in await rows(db, CandleRow) if row.interval == Interval.D1), key=lambda row: row.at)
    assert [(row.at.day, row.complete) for row in days] == [(14, True), (15, False)]
    assert (str(days[1].high), str(days[1].close)) == ("230.1000", "227.2500")


async def test_candles_are_no_finer_than_the_rounds(feed, provider, db, clock):
    await feed.run_round()
    provider.answers["AAPL"] = "228.00"
    clock.move(timedelta(minutes=20))
    await feed.run_round()
    found = await rows(db, CandleRow)
    assert {row.interval for row in found} == {"1h", "1d"}
    hours = [row for row in found if row.interval == "1h"]
    assert [(str(row.open), str(row.close)) for row in hours] == [("227.2500", "228.0000")]


async def test_an_alert_hears_of_closed_candles_and_of_the_last_one_of_a_day(feed, db, clock, published):
    await feed.run_round()
    state = AlertState(
        alert_id=uuid7(), number=1, version=1, user_id=uuid7(), instrument="NASDAQ:AAPL", condition=Condition.ABOVE,
        threshold_price="230", status=AlertStatus.ACTIVE, armed_at=clock.now(),
        candles=(CandleNeed(instrument="NASDAQ:AAPL", interval="1h"),),
    )  # fmt: skip
    async with db.transaction() as tx:
        await Instruments(db).note_alerts(tx, [AlertCreated(alert=state)])
    for _ in range(2):  # 15:30 and 16:00 in New York, whose last price is of 15:59
        clock.move(HALF_HOUR - (clock.now() - feed._provider.calls[-3][0]))
        await feed.run_round()

    async def told():
        events = await published(db)
        return [(event.data["at"], event.data["late"]) for event in events if event.type == "market.candle.closed.v1"]

    assert await told() == [("2026-01-15T19:30:00Z", False)]
    clock.move(timedelta(minutes=65))
    for _ in range(2):
        await feed.close_candles()
    assert await told() == [("2026-01-15T19:30:00Z", False), ("2026-01-15T20:30:00Z", False)]


async def test_what_a_user_waits_for_may_use_all_of_the_days_credits(feed, provider, clock):
    feed._urgent = ScriptedProvider(clock)
    await feed.run_round(unpriced_only=True)
    assert (len(provider.calls), len(feed._urgent.calls)) == (0, 3)


async def test_a_round_that_was_missed_is_made_up_for_at_the_start(feed, provider, clock):
    await feed.run_round()
    assert not await feed._is_overdue()
    clock.move(HALF_HOUR + timedelta(seconds=1))
    assert await feed._is_overdue()


async def test_two_workers_do_not_fetch_at_the_same_time(feed, db, clock, publisher, provider):
    other = PollFeed(
        db,
        provider,
        provider,
        publisher,
        FeedLease(db, timedelta(seconds=120)),
        PollOptions(HALF_HOUR, 10.0, GAPS),
        asyncio.Event(),
    )
    await feed.run_round()
    assert await other.run_round() is None
