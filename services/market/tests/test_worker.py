"""The worker as it runs: from start to the first prices, of a replay and of a polled provider."""

import asyncio
import contextlib

import structlog
from redis.asyncio import Redis
from sqlalchemy import func, select

from libs.common.events.envelope import ENTRY_FIELD, Envelope, stream_of
from libs.common.ids import uuid7
from libs.common.testing.waiting import eventually
from libs.contracts.alerts import AlertCreated, AlertState, AlertStatus, Condition
from libs.contracts.market import TICK_FIELD, MarketClosed, MarketOpened, decode_ticks, tick_stream
from services.market.candles.tables import CandleRow
from services.market.instruments.tables import AlertWatchRow
from services.market.prices.tables import NewestPriceRow
from services.market.settings import MarketSettings
from services.market.tests.twelvedata_server import KEY, TwelveData, serving
from services.market.worker import build_worker


@contextlib.asynccontextmanager
async def working(settings):
    worker = build_worker(settings)
    task = asyncio.create_task(worker.run(handle_signals=False))
    try:
        yield worker
    finally:
        worker.stop()
        await task


async def count(db, table):
    async with db.read() as session:
        return await session.scalar(select(func.count()).select_from(table))


async def last_ticks(redis: Redis):
    entries = await redis.xrevrange(tick_stream(0), count=1)
    return [tick for _, fields in entries for tick in decode_ticks(fields[TICK_FIELD])]


async def test_a_replay_has_prices_candles_and_ticks_soon_after_its_start(service_settings, db, redis):
    settings = service_settings(MarketSettings, tick_partitions=1, worker_port=0, replay_session_s=2, replay_tick_ms=50)
    async with working(settings):
        await eventually(lambda: count(db, NewestPriceRow), within=20)
        ticks = await eventually(lambda: last_ticks(redis), within=20)
        assert {tick.source for tick in ticks} == {"replay"}
        assert {tick.instrument for tick in ticks} >= {"NASDAQ:AAPL", "NYSE:IBM", "NASDAQ:TSLA"}
        assert await count(db, CandleRow) > 4_000, "the past of nine shares"


async def test_a_restart_goes_on_at_once(service_settings, db, redis):
    settings = service_settings(
        MarketSettings, tick_partitions=1, worker_port=0, replay_session_s=60, replay_tick_ms=50
    )
    recorded = []
    for _ in range(2):
        async with working(settings):
            await redis.delete(tick_stream(0))
            ticks = await eventually(lambda: last_ticks(redis), within=20)
            recorded.append(next(tick.recorded_ms for tick in ticks if tick.instrument == "NASDAQ:AAPL"))
    assert recorded[0] < recorded[1] < recorded[0] + 390 * 60_000, "later in the same session"


async def test_the_worker_hears_of_alerts(service_settings, db, redis, clock):
    settings = service_settings(MarketSettings, tick_partitions=1, worker_port=0)
    async with working(settings):
        await eventually(lambda: count(db, NewestPriceRow), within=20)
        state = AlertState(
            alert_id=uuid7(), number=1, version=1, user_id=uuid7(), instrument="NASDAQ:AAPL",
            condition=Condition.ABOVE, threshold_price="230", status=AlertStatus.ACTIVE, armed_at=clock.now(),
        )  # fmt: skip
        event = AlertCreated(alert=state)
        data = event.model_dump(mode="json")
        envelope = Envelope(uuid7(), event.type, "alerts", clock.now(), event.subject(), 1, data)
        await redis.xadd(stream_of("alerts"), {ENTRY_FIELD: envelope.to_json()})
        assert await eventually(lambda: count(db, AlertWatchRow), within=10) == 1


async def test_a_polled_provider_is_asked_at_the_start_and_says_each_result(service_settings, db, redis):
    async with serving(TwelveData()) as server:
        settings = service_settings(
            MarketSettings, worker_port=0, provider="twelvedata", twelvedata_base_url=server.url,
            twelvedata_api_key=KEY, fetch_symbols=("AAPL", "MSFT", "NOSUCH"), fetch_spacing_s=0,
        )  # fmt: skip
        with structlog.testing.capture_logs() as said:

            async def round_is_over():
                return any(line.get("action") == "fetch_round_finished" for line in said)

            async with working(settings):
                await eventually(round_is_over, within=20)
        assert await count(db, NewestPriceRow) == 2
        assert "Updated AAPL: $227.25" in [line["event"] for line in said]
        assert any(line["event"].startswith("Failed NOSUCH: ") for line in said)
        assert server.symbols_asked() == ["AAPL", "MSFT", "NOSUCH"], "one call for the three"
        entries = await redis.xrange(stream_of("market"))
        told = {Envelope.from_json(fields[ENTRY_FIELD]).type for _, fields in entries}
        assert told - {MarketOpened.type, MarketClosed.type} <= {
            "market.price.updated.v1",
            "market.price.quarantined.v1",  # the quotes of the fake are old
        }
