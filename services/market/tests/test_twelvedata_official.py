"""TwelveData's official client beside ours, both reading the same server: prices, bars, errors, and the WebSocket."""

import asyncio
import logging
import queue
import random
from datetime import UTC, datetime, timedelta

import pytest
import twelvedata
from pydantic import SecretStr
from twelvedata.exceptions import BadRequestError, InternalServerError, InvalidApiKeyError, TwelveDataError
from websockets.asyncio.server import serve

from libs.common.clock import from_ms
from libs.common.http import Http
from libs.common.instruments import Instrument
from services.market.budgets.rules import Limits
from services.market.budgets.service import Budget
from services.market.exchanges import EXCHANGES
from services.market.providers.port import Interval, ProviderError, Quote
from services.market.providers.twelvedata import TwelveDataClient, TwelveDataProvider, TwelveDataStream
from services.market.tests.test_listening import PushServer, price
from services.market.tests.twelvedata_server import KEY, TwelveData, serving

SYMBOLS = ("AAPL", "MSFT", "TSLA", "GOOGL", "IBM", "NVDA")
SHARES = [Instrument("NASDAQ", symbol) for symbol in SYMBOLS]
AAPL = SHARES[0]


@pytest.fixture
async def server(clock):
    async with serving(TwelveData(clock, per_minute=1_000, per_day=100_000)) as behaviour:
        yield behaviour


@pytest.fixture
async def ours(server, db, redis, clock):
    budget = Budget(db, redis, "twelvedata", Limits(1_000, 100_000))
    http = Http("twelvedata", retries=0)
    client = TwelveDataClient(http, server.url, SecretStr(KEY), budget, sleep=lambda _seconds: asyncio.sleep(0))
    provider = TwelveDataProvider(client, clock, listings=(), max_lag=timedelta(hours=1), batch_size=8)
    yield provider
    await provider.close()


async def official(server, ask):
    """Ask by their client, which waits in a thread."""
    return await asyncio.to_thread(lambda: ask(twelvedata.TDClient(apikey=KEY, base_url=server.url)))


def e4(text):
    return None if text is None else round(float(text) * 10_000)


@pytest.mark.parametrize("seed", range(5))
async def test_a_batch_of_any_prices_is_read_alike(server, ours, seed):
    draw = random.Random(seed)
    names = {"open": "day_open_e4", "high": "day_high_e4", "low": "day_low_e4", "previous_close": "previous_close_e4"}
    for symbol in SYMBOLS:
        server.prices[symbol] = f"{draw.uniform(0.01, 90_000):.4f}"
        told = {name: draw.choice([None, f"{draw.uniform(0.01, 90_000):.2f}"]) for name in names}
        server.quote_fields[symbol] = {**told, "volume": draw.choice([None, str(draw.randrange(10**9))])}
    theirs = await official(server, lambda client: client.quote(symbol=",".join(SYMBOLS)).as_json())
    answers = await ours.quotes(SHARES)
    for share in SHARES:
        told, quote = theirs[share.symbol], answers[share]
        assert isinstance(quote, Quote)
        assert quote.price_e4 == e4(told["close"])
        assert quote.at_ms == told["last_quote_at"] * 1_000
        assert {name: getattr(quote, ours_name) for name, ours_name in names.items()} == {
            name: e4(told[name]) for name in names
        }
        assert quote.day_volume == (None if told["volume"] is None else int(told["volume"]))


@pytest.mark.parametrize("interval", [Interval.M1, Interval.H1, Interval.D1])
async def test_bars_are_read_alike(server, ours, interval):
    start = datetime(2026, 1, 5, 14, 30, tzinfo=UTC)
    step = timedelta(minutes=interval.minutes or 1_440)
    form = "%Y-%m-%d" if interval is Interval.D1 else "%Y-%m-%d %H:%M:%S"
    server.bars["AAPL"] = [
        {"datetime": (start + place * step).strftime(form), "open": f"{100 + place}.5", "high": f"{103 + place}.25",
         "low": f"{99 + place}.75", "close": f"{101 + place}", "volume": str(place)}
        for place in range(4)
    ]  # fmt: skip
    word = {Interval.M1: "1min", Interval.H1: "1h", Interval.D1: "1day"}[interval]
    theirs = await official(
        server,
        lambda client: client.time_series(
            symbol="AAPL", interval=word, outputsize=10, order="asc", timezone="UTC"
        ).as_json(),
    )
    bars = await ours.bars(AAPL, interval, start - step, start + 10 * step)
    columns = ("open", "high", "low", "close")
    assert [[getattr(bar, f"{name}_e4") for name in columns] + [bar.volume] for bar in bars] == [
        [e4(told[name]) for name in columns] + [int(told["volume"])] for told in theirs
    ]
    for bar, told in zip(bars, theirs, strict=True):
        at = from_ms(bar.at_ms)
        if interval is Interval.D1:
            assert at == EXCHANGES["NASDAQ"].opens_at(datetime.strptime(told["datetime"], form).date())  # noqa: DTZ007
        else:
            assert at.strftime(form) == told["datetime"]


@pytest.mark.parametrize("as_200", [True, False])
@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (400, BadRequestError),
        (401, InvalidApiKeyError),
        (403, TwelveDataError),
        (404, TwelveDataError),
        (429, TwelveDataError),
        (500, InternalServerError),
    ],
)
async def test_what_one_client_cannot_read_the_other_cannot_either(server, ours, code, kind, as_200):
    server.errors_as_200 = as_200
    client = await official(server, lambda client: client)
    server.whole_errors = [(code, "told so for the current minute")]
    with pytest.raises(kind, match="told so"):
        await asyncio.to_thread(lambda: client.quote(symbol="AAPL").as_json())
    server.whole_errors = [(code, "told so for the current minute")] * 3
    try:
        answer = (await ours.quotes([AAPL]))[AAPL]
    except ProviderError as error:
        answer = error
    assert isinstance(answer, ProviderError)


async def test_trades_of_the_socket_are_read_alike(server, clock):
    now = clock.now_ms() // 1_000
    said = [price("AAPL", 227.25, now, day_volume=9), price("IBM", 225.8, now), price("AAPL", 227.5, now + 1)]
    push = PushServer(say=said)
    came: queue.Queue = queue.Queue()
    quiet = logging.getLogger("tests.twelvedata")
    async with serve(push.serve_one, "127.0.0.1", 0) as listening:
        push.url = f"ws://127.0.0.1:{listening.sockets[0].getsockname()[1]}/v1/quotes/price"
        socket = await official(
            server, lambda client: client.websocket(symbols=["AAPL", "IBM"], on_event=came.put, logger=quiet)
        )
        socket.url = f"{push.url}?apikey={KEY}"
        socket.connect()
        theirs = []
        while len(theirs) < len(said):
            event = await asyncio.to_thread(came.get, timeout=10)
            if event["event"] == "price":
                theirs.append((event["symbol"], e4(event["price"]), event["timestamp"], event.get("day_volume")))
        await asyncio.to_thread(socket.ws.close)

        stream = TwelveDataStream(push.url, SecretStr(KEY), clock, max_lag=timedelta(seconds=15), silence_s=5)
        ours = []
        async with stream.connect([AAPL, Instrument("NYSE", "IBM")]) as connection, asyncio.timeout(10):
            while len(ours) < len(said):
                ours += await connection.gather(0.02)
    assert theirs == [(one.instrument.symbol, one.price_e4, one.at_ms // 1_000, one.day_volume) for one in ours]
    asked = [set(_symbols(heard["params"]["symbols"])) for heard in push.heard if heard["action"] == "subscribe"]
    assert asked == [{"AAPL", "IBM"}] * 2


def _symbols(listed):
    return listed.split(",") if isinstance(listed, str) else [one["symbol"] for one in listed]
