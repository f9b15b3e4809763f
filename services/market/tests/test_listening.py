"""Prices that are pushed: TwelveData's WebSocket against a server of ours, and what a step of it stores."""

import asyncio
import contextlib
import json
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy import select
from websockets.asyncio.server import serve

from libs.common.clock import SystemClock, to_ms
from libs.common.ids import uuid7
from libs.common.testing.waiting import eventually
from libs.contracts.alerts import AlertCreated, AlertState, AlertStatus, CandleNeed, Condition
from services.market.app import build_app
from services.market.budgets.rules import Limits
from services.market.candles.rules import combined, parts_of
from services.market.candles.tables import CandleRow
from services.market.feed.listening import ListenFeed, ListenOptions
from services.market.feed.poll_options import PollOptions
from services.market.feed.polling import PollFeed
from services.market.feed.pushed import joined
from services.market.feed.source import FeedLease
from services.market.feed.turns import Ahead, Turn
from services.market.instruments.service import Instruments
from services.market.instruments.tables import InstrumentRow
from services.market.prices.tables import NewestPriceRow
from services.market.providers.port import AuthFailed, BadRequest, Transient
from services.market.providers.twelvedata import TwelveDataStream
from services.market.sources.rules import Health, Heard, silent
from services.market.sources.service import Configured, SourceRole, Sources
from services.market.tests.conftest import GAPS, LEASE
from services.market.tests.recorded import AAPL, IBM
from services.market.tests.test_candles import OPEN, quote
from services.market.tests.test_poll_feed import HALF_HOUR, ScriptedProvider

KEY = "test-key"
OPTIONS = ListenOptions(0.05, timedelta(seconds=3), 8, timedelta(seconds=60), GAPS)


@dataclass
class PushServer:
    """A TwelveData WebSocket of our own. `say` goes to each client after its subscription is answered."""

    say: list = field(default_factory=list)
    heard: list = field(default_factory=list)
    mute: bool = False
    status: str = "ok"
    url: str = ""
    clients: list = field(default_factory=list)

    async def serve_one(self, socket):
        self.clients.append(socket)
        async for message in socket:
            body = json.loads(message)
            self.heard.append(body)
            if self.mute:
                continue
            if body["action"] == "heartbeat":
                await socket.send('{"event":"heartbeat","status":"ok"}')
            if body["action"] == "subscribe":
                answer = {"event": "subscribe-status", "status": self.status, "success": [], "fails": ["NOSUCH"]}
                await socket.send(json.dumps({**answer, "messages": ["not in your plan"]}))
                for event in self.say:
                    await socket.send(event if isinstance(event, str) else json.dumps(event))


@pytest.fixture
async def server():
    made = PushServer()

    def refuse_a_wrong_key(connection, request):
        return None if f"apikey={KEY}" in request.path else connection.respond(401, "wrong key")

    async with serve(made.serve_one, "127.0.0.1", 0, process_request=refuse_a_wrong_key) as listening:
        made.url = f"ws://127.0.0.1:{listening.sockets[0].getsockname()[1]}/v1/quotes/price"
        yield made


def stream_to(server, clock, key=KEY, **options):
    options = {"max_lag": timedelta(seconds=15), "silence_s": 5.0, **options}
    return TwelveDataStream(server.url, SecretStr(key), clock, **options)


def price(symbol, value, seconds, **more):
    return {"event": "price", "symbol": symbol, "exchange": "NASDAQ", "timestamp": seconds, "price": value, **more}


async def gathered(connection, count):
    came = []
    async with asyncio.timeout(5):
        while len(came) < count:
            came += await connection.gather(0.02)
    return came


async def test_trades_come_in_their_order_within_a_second(server, clock):
    now = to_ms(clock.now()) // 1_000
    server.say = [
        price("AAPL", 227.25, now, day_volume=9),
        price("AAPL", 227.5, now),
        "nonsense",
        price("AAPL", "no number", now),
        price("OTHER", 1.0, now),
        price("IBM", 225.8, now + 1),
    ]
    async with stream_to(server, clock).connect([AAPL, IBM]) as connection:
        came = await gathered(connection, 3)
    assert [(one.instrument, one.price_e4, one.at_ms - now * 1_000, one.day_volume) for one in came] == [
        (AAPL, 2_272_500, 0, 9),
        (AAPL, 2_275_000, 1, None),
        (IBM, 2_258_000, 1_000, None),
    ]
    assert server.heard[0]["params"]["symbols"] == [
        {"symbol": "AAPL", "exchange": "NASDAQ"},
        {"symbol": "IBM", "exchange": "NYSE"},
    ]


async def test_a_wrong_key_and_a_refused_subscription_are_told(server, clock):
    with pytest.raises(AuthFailed, match="401") as refused:
        async with stream_to(server, clock, key="wrong-one").connect([AAPL]):
            pass
    assert "wrong-one" not in str(refused.value)
    server.status = "error"
    with pytest.raises(BadRequest, match="not in your plan"):
        async with stream_to(server, clock).connect([AAPL]) as connection:
            await gathered(connection, 1)


async def test_a_silent_connection_is_given_up_and_a_beating_one_is_kept(server, clock):
    server.mute = True
    with pytest.raises(Transient, match="Nothing came"):
        async with stream_to(server, clock, silence_s=0.1).connect([AAPL]) as connection:
            await gathered(connection, 1)
    server.mute = False
    async with stream_to(server, clock, silence_s=0.5, heartbeat_s=0.05).connect([AAPL]) as connection:
        for _ in range(16):
            await connection.gather(0.05)
    assert {"action": "heartbeat"} in server.heard
    with pytest.raises(Transient, match="could not be opened"):
        async with TwelveDataStream(
            "ws://127.0.0.1:9", SecretStr(KEY), clock, max_lag=timedelta(seconds=15), silence_s=1
        ).connect([AAPL]):
            pass


@pytest.fixture
def sources(db):
    configured = [Configured("twelvedata", SourceRole.POLLED, 2, HALF_HOUR, Limits(8, 800))]
    return Sources(db, configured, degraded_after=3)


@pytest.fixture
async def number(db):
    async with db.transaction() as tx:
        row = InstrumentRow(
            instrument=str(AAPL), exchange="NASDAQ", symbol="AAPL", name="Apple", currency="USD",
            provider="twelvedata", chosen_by="source",
        )  # fmt: skip
        tx.session.add(row)
        await tx.session.flush()
        return row.id


class Said:
    """A connection that brings what the test says."""

    def __init__(self, *steps):
        self.steps = list(steps)

    async def gather(self, _seconds):
        return self.steps.pop(0) if self.steps else []


@pytest.fixture
async def listening(db, publisher, sources, server, clock):
    lease = FeedLease(db, LEASE)
    assert await lease.take() is not None
    return ListenFeed(db, stream_to(server, clock), publisher, lease, sources, OPTIONS)


async def minutes(db):
    async with db.read() as session:
        rows = await session.scalars(select(CandleRow).where(CandleRow.interval == "1m").order_by(CandleRow.at))
        return [(int(row.open * 10_000), int(row.high * 10_000), int(row.low * 10_000), int(row.close * 10_000),
                 row.complete) for row in rows]  # fmt: skip


async def test_a_step_makes_candles_of_each_price_and_one_tick_of_all(db, listening, number, clock, ticks, published):
    clock.move(OPEN + timedelta(seconds=61) - clock.now())
    state = AlertState(
        alert_id=uuid7(), number=1, version=1, user_id=uuid7(), instrument=str(AAPL), condition=Condition.ABOVE,
        threshold_price="230", status=AlertStatus.ACTIVE, armed_at=clock.now(),
        candles=(CandleNeed(instrument=str(AAPL), interval="1m"),),
    )  # fmt: skip
    async with db.transaction() as tx:
        await Instruments(db).note_alerts(tx, [AlertCreated(alert=state)])
    ids = {AAPL: number}
    await listening.step(Said([quote(58, 1_000), quote(59, 1_100), quote(61, 1_050)]), ids)
    assert await minutes(db) == [(1_000, 1_100, 1_000, 1_100, False), (1_050, 1_050, 1_050, 1_050, False)]
    (tick,) = await ticks()
    assert (tick.price_e4, tick.low_e4, tick.high_e4, tick.stale) == (1_050, 1_000, 1_100, False)
    clock.move(timedelta(seconds=3))
    await listening.step(Said([]), ids)
    await listening.step(Said([quote(30, 1_150)]), ids)
    assert (await minutes(db))[0] == (1_150, 1_150, 1_000, 1_100, True), "late, and still of its candle"
    assert len(await ticks()) == 1, "a late price is no newer one"
    told = [event.data for event in await published(db) if event.type == "market.candle.closed.v1"]
    assert [(one["high"], one["late"]) for one in told] == [("0.11", False), ("0.115", True)]


def test_prices_join_over_their_whole_span_and_candles_keep_their_own():
    prices = [quote(61, 105), quote(58, 100), quote(59, 110)]
    (one,) = joined(prices)
    assert (one.price_e4, one.low_e4, one.high_e4, one.at_ms - one.span_start_ms) == (105, 100, 110, 3_000)
    parts = combined(part for one in prices for part in parts_of(one))
    minute = [part.bar for part in parts if part.bar.interval == "1m"]
    assert sorted((bar.open_e4, bar.high_e4, bar.low_e4, bar.close_e4) for bar in minute) == [
        (100, 110, 100, 110),
        (105, 105, 105, 105),
    ]


async def test_it_listens_until_the_connection_breaks_and_then_again(db, listening, number, server, clock, published):
    listening._provider = stream_to(server, SystemClock())
    listening._db = db
    task = asyncio.create_task(listening.run())
    try:
        now = to_ms(SystemClock().now()) // 1_000
        server.say = [price("AAPL", 227.25, now)]
        await eventually(lambda: _has_price(db), within=5)
        before = len(server.clients)
        await server.clients[-1].close()

        async def again():
            return len(server.clients) > before

        await eventually(again, within=8)
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _has_price(db):
    async with db.read() as session:
        return await session.scalar(select(NewestPriceRow.source)) == "twelvedata_stream"


async def test_rounds_spend_no_credit_on_what_was_just_pushed(db, clock, publisher, listening):
    async def sleep(seconds):
        clock.move(timedelta(seconds=seconds))

    provider = ScriptedProvider(clock, ("AAPL", "MSFT"))
    options = PollOptions(HALF_HOUR, 1.0, GAPS, Turn("scripted", {"US": [Ahead("twelvedata_stream", True, HALF_HOUR)]}))
    feed = PollFeed(db, provider, provider, publisher, listening._lease, options, asyncio.Event(), sleep=sleep)
    await feed.run_round()
    async with db.transaction() as tx:
        row = await tx.session.scalar(select(NewestPriceRow).order_by(NewestPriceRow.instrument_id))
        row.source, row.received_at = "twelvedata_stream", clock.now()
    clock.move(timedelta(minutes=29))
    await feed.run_round()
    assert [symbols[0] for _, symbols in provider.calls[2:]] == ["MSFT"]
    clock.move(timedelta(minutes=2))
    await feed.run_round()
    assert sorted(symbols[0] for _, symbols in provider.calls[3:]) == ["AAPL", "MSFT"], "the stream fell silent"


async def test_failures_in_a_row_degrade_a_provider_and_one_success_mends_it(db, clock, sources, published):
    for _ in range(2):
        await sources.note_failure("twelvedata", "away")
    await sources.note_success("twelvedata")
    for _ in range(4):
        await sources.note_failure("twelvedata", "away")
    (shown,) = await sources.show()
    assert (shown.degraded, shown.last_error) == (True, "away")
    await sources.note_success("twelvedata")
    types = [event.type for event in await published(db)]
    assert types == ["market.provider.degraded.v1", "market.provider.recovered.v1"]
    assert Health(degraded=False, failures=2).after_failure(3) == Health(degraded=True, failures=3)


def test_a_stock_is_silent_when_its_market_is_open_and_nothing_came():
    patience, noon = timedelta(minutes=5), OPEN + timedelta(hours=3)
    old, fresh = noon - timedelta(minutes=6), noon - timedelta(minutes=4)
    stocks = [
        Heard("A", "NASDAQ", old),
        Heard("B", "NASDAQ", fresh),
        Heard("C", "NASDAQ", None),
        Heard("D", "NSE", old),
    ]

    def names(now, **options):
        return [one.instrument for one in silent(stocks, now, patience, **{"always_open": False, **options})]

    assert names(noon) == ["A", "C"], "India has closed"
    assert names(noon, always_open=True) == ["A", "C", "D"]
    assert names(OPEN + timedelta(minutes=4)) == [], "it may take a while after the open"
    assert names(OPEN - timedelta(hours=1)) == []
    assert names(OPEN + timedelta(days=2)) == [], "on Saturday"


async def test_staff_see_the_providers(client_for, settings, db, tokens, number, sources):
    await sources.note_success("replay")
    token = tokens.user(role="SUPER_ADMIN", amr=["pwd", "otp"])
    async with client_for(build_app(settings, db=db), token) as client:
        (shown,) = (await client.get("/api/market/providers/")).json()["items"]
    assert (shown["provider"], shown["state"], shown["budget"], shown["monitored"]) == ("replay", "well", None, 1)
    assert shown["silent"] == [{"instrument": "NASDAQ:AAPL", "received_at": None}]
    assert await sources.watch_for_silence() == 1
