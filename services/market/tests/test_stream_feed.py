"""The feed of a stream: what a step stores, and what is left of one that fails."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from redis.asyncio import Redis
from sqlalchemy import func, select, text

from libs.common.errors import StoreUnavailable
from libs.common.money import from_e4
from libs.contracts.alerts import AlertCreated, AlertState, AlertStatus, Condition
from libs.contracts.market import TICK_FIELD, decode_ticks, tick_stream
from services.market.app import build_app
from services.market.candles.tables import CandleRow
from services.market.feed.publisher import TickPublisher
from services.market.feed.source import LeaseLost
from services.market.instruments.service import Instruments
from services.market.instruments.tables import InstrumentRow
from services.market.prices.tables import NewestPriceRow, Priced, StockPriceRow
from services.market.tests.recorded import AAPL, AAPL_DAYS, IBM, era, recording, replay

STEP = timedelta(milliseconds=500)
USER = UUID("0198c5a4-0000-7000-8000-000000000002")


async def play(feed, clock, steps):
    for _ in range(steps):
        clock.move(STEP)
        await feed.step(STEP)


async def newest(db, instrument):
    async with db.read() as session:
        return await session.scalar(
            select(NewestPriceRow).join(InstrumentRow, InstrumentRow.id == NewestPriceRow.instrument_id)
            .where(InstrumentRow.instrument == str(instrument))
        )  # fmt: skip


async def candles(db, instrument, interval="1d"):
    async with db.read() as session:
        rows = await session.scalars(
            select(CandleRow).join(InstrumentRow, InstrumentRow.id == CandleRow.instrument_id)
            .where(InstrumentRow.instrument == str(instrument), CandleRow.interval == interval).order_by(CandleRow.at)
        )  # fmt: skip
        return rows.all()


async def test_a_step_stores_the_price_and_its_candles_and_puts_a_tick_on_the_stream(feed_of, db, clock, ticks):
    feed = feed_of()
    assert await feed.begin()
    await play(feed, clock, 6)
    price = await newest(db, AAPL)
    tick = (await ticks())[-1]
    assert tick.instrument == str(AAPL)
    assert from_e4(tick.price_e4) == price.price
    assert (tick.at_ms, tick.received_ms) == (clock.now_ms(), clock.now_ms())
    assert not tick.stale
    assert price.at == clock.now()
    assert price.recorded_at < clock.now()
    assert price.source == "replay"
    (day,) = await candles(db, AAPL)
    assert (day.open, day.close, day.complete, day.interpolated) == (from_e4(2_204_700), price.price, False, True)
    assert len(await candles(db, AAPL, "1m")) > 40


async def test_the_day_before_the_start_is_a_candle_before_the_first_step(feed_of, db, clock):
    feed = feed_of(replay(era(recording(AAPL, AAPL_DAYS), start=2), clock=clock))
    await feed.begin()
    past = await candles(db, AAPL)
    assert [(row.close, row.complete, row.interpolated) for row in past] == [
        (from_e4(2_247_500), True, False),
        (from_e4(2_283_600), True, False),
    ]


async def test_prices_are_kept_now_and_then(feed_of, db, clock):
    feed = feed_of(row_every_s=5)
    await feed.begin()
    await play(feed, clock, 24)
    async with db.read() as session:
        assert await session.scalar(select(func.count()).select_from(StockPriceRow)) == 3


async def test_an_alert_makes_an_instrument_worth_watching(feed_of, db, clock, ticks):
    feed = feed_of()
    await feed.begin()
    await play(feed, clock, 4)
    assert sum(tick.instrument == str(IBM) for tick in await ticks()) == 1, "its open and no more"
    state = AlertState(
        alert_id="0198c5a4-0000-7000-8000-000000000001", number=1, version=1,
        user_id=USER, instrument=str(IBM), condition=Condition.ABOVE,
        threshold_price="230", status=AlertStatus.ACTIVE, armed_at=clock.now(),
    )  # fmt: skip
    async with db.transaction() as tx:
        await Instruments(db).note_alerts(tx, [AlertCreated(alert=state)])
    clock.move(timedelta(seconds=1))
    await play(feed, clock, 3)
    assert sum(tick.instrument == str(IBM) for tick in await ticks()) == 4


async def test_a_second_feed_goes_on_where_the_first_one_stood(feed_of, db, clock):
    first = feed_of()
    await first.begin()
    await play(first, clock, 30)
    before = await newest(db, AAPL)
    await first._lease.let_go()
    second = feed_of()
    assert await second.begin()
    await play(second, clock, 1)
    after = await newest(db, AAPL)
    assert after.recorded_at - before.recorded_at == timedelta(minutes=390) * (STEP / timedelta(seconds=20))


async def test_one_process_feeds_at_a_time(feed_of, db, clock):
    first, second = feed_of(), feed_of()
    assert await first.begin()
    assert not await second.begin()
    async with db.transaction() as tx:
        await tx.session.execute(text("UPDATE feeds SET held_until = now() - interval '1 second'"))
    assert await second.begin(), "the first was silent for too long"
    before = await newest(db, AAPL)
    with pytest.raises(LeaseLost):
        await play(first, clock, 1)
    assert await newest(db, AAPL) == before, "a process that lost the lease stores nothing"


async def test_a_step_that_could_not_be_stored_is_played_again(feed_of, db, clock, ticks, monkeypatch):
    feed = feed_of()
    await feed.begin()
    await play(feed, clock, 5)
    seen = len(await ticks())
    position = feed._provider.position

    async def away(*_arguments):
        raise StoreUnavailable()

    with monkeypatch.context() as patch:
        patch.setattr("services.market.prices.tables.write_newest", away)
        with pytest.raises(StoreUnavailable):
            await play(feed, clock, 1)
    assert feed._provider.position == position
    assert len(await ticks()) == seen
    await play(feed, clock, 1)
    assert feed._provider.position != position


async def test_a_replay_that_starts_over_fires_nothing_at_first_and_says_why(feed_of, db, clock, ticks, published):
    days = [(1_000_000, 1_010_000, 990_000, 1_005_000, 10), (1_006_000, 1_100_000, 1_006_000, 1_090_000, 10)]
    feed = feed_of(replay(era(recording(AAPL, days)), clock=clock, session_s=10))
    await feed.begin()
    await play(feed, clock, 43)
    (event,) = await published(db)
    assert event.type == "market.price.gapped.v1"
    assert (event.data["reason"], event.data["previous_price"], event.data["price"]) == (
        "replay_restarted", "109.00", "100.00",
    )  # fmt: skip
    assert not any(tick.stale for tick in (await ticks())[:42])
    await play(feed, clock, 21)
    again = (await ticks())[42:]
    assert [tick.stale for tick in again[:19]] == [True] * 19
    assert not again[-1].stale


async def test_a_step_that_no_market_makes_fires_nothing_at_first(feed_of, db, clock, ticks, published):
    split = [(4_000_000, 4_100_000, 3_900_000, 4_050_000, 10), (2_030_000, 2_060_000, 2_010_000, 2_040_000, 20)]
    feed = feed_of(replay(era(recording(AAPL, split)), clock=clock, session_s=10))
    await feed.begin()
    await play(feed, clock, 22)
    (event,) = [event for event in await published(db) if event.type == "market.price.gapped.v1"]
    assert event.data["reason"] == "unexplained"
    assert (await ticks())[-1].stale


async def test_after_starting_over_candles_of_days_to_come_are_not_shown(feed_of, db, clock, client_for, settings):
    feed = feed_of(replay(era(recording(AAPL, AAPL_DAYS)), clock=clock, session_s=2))
    await feed.begin()
    await play(feed, clock, 5 * 3 + 2)
    app = build_app(settings, db=db)
    async with client_for(app, user=USER) as client:
        answer = (await client.get("/api/stocks/AAPL/candles/?interval=1d")).json()
    assert [(candle["at"][:10], candle["complete"]) for candle in answer["items"]] == [("2010-03-22", False)]


async def test_another_source_leaves_nothing_of_the_replay(feed_of, db, clock):
    feed = feed_of()
    await feed.begin()
    await play(feed, clock, 5)
    await feed._lease.let_go()
    other = feed_of(replay(era(recording(IBM, AAPL_DAYS)), clock=clock))
    await other.begin()
    assert await newest(db, AAPL) is None
    assert await candles(db, AAPL) == []


async def test_ticks_wait_for_redis_and_keep_their_extremes(redis, clock):
    away: Redis = Redis.from_url("redis://127.0.0.1:9", retry=None)
    publisher = TickPublisher(away, partitions=1, max_entries=100)
    quote = (await replay(era(recording(AAPL, AAPL_DAYS)), clock=clock).quotes([AAPL]))[AAPL]
    spike = replace(quote, high_e4=2_310_000)
    await publisher.publish([Priced(1, spike, "replay", stale=False)])
    publisher._redis = redis
    clock.move(STEP)
    await publisher.publish([Priced(1, replace(quote, at_ms=clock.now_ms()), "replay", stale=False)])
    ((_, fields),) = await redis.xrange(tick_stream(0))
    (tick,) = decode_ticks(fields[TICK_FIELD])
    assert (tick.high_e4, tick.span_start_ms, tick.at_ms) == (2_310_000, quote.span_start_ms, clock.now_ms())
    await away.aclose()
