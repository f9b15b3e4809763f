"""The keyless source: what it tells, what is made of its holes and refusals, and that no order rests on it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.http import Http
from libs.common.instruments import Instrument
from services.market.app import build_app
from services.market.budgets.rules import Limits
from services.market.budgets.service import Budget
from services.market.instruments.tables import InstrumentRow
from services.market.prices import tables as prices
from services.market.prices.tables import Priced
from services.market.providers.port import Interval, Quote, RateLimited, SymbolUnknown, Transient
from services.market.providers.yahoo import YahooProvider
from services.market.providers.yahoo.translate import bars_of, symbol_of
from services.market.tests.test_provider_contract import ProviderContract
from services.market.tests.twelvedata_server import serving
from services.market.tests.yahoo_server import Yahoo

SBIN = Instrument("NSE", "SBIN")
DAY = int(datetime(2026, 1, 14, 14, 30, tzinfo=UTC).timestamp())


@pytest.fixture
async def pages(clock):
    now = clock.now_ms() // 1_000
    pages = Yahoo(
        metas={
            "AAPL": {"currency": "USD", "regularMarketPrice": 227.25, "regularMarketTime": now - 60},
            "SBIN.NS": {
                "currency": "INR", "regularMarketPrice": 812.4000244140625, "regularMarketTime": now - 60,
                "chartPreviousClose": 805.1, "regularMarketDayHigh": 815.0, "regularMarketDayLow": 803.2,
                "regularMarketVolume": 1_234_567,
            },
        },
        bars={"AAPL": [(DAY, 220.0, 230.0, 219.0, 226.8, 1_000), (DAY + 86_400, None, None, None, None, None)]},
    )  # fmt: skip
    async with serving(pages) as served:
        yield served


@pytest.fixture
async def provider(pages, db, redis, clock):
    http = Http("yahoo", retries=0)
    budget = Budget(db, redis, "yahoo", Limits(20, 2_000))
    made = YahooProvider(http, pages.url, budget, clock, listings=(), max_lag=timedelta(hours=1))
    yield made
    await made.close()


class TestYahoo(ProviderContract):
    pass


async def test_a_price_is_rounded_as_they_hint_and_says_its_day(provider, pages):
    quote = (await provider.quotes([SBIN]))[SBIN]
    assert isinstance(quote, Quote)
    assert (quote.price_e4, quote.previous_close_e4, quote.day_high_e4, quote.day_low_e4, quote.day_volume) == (
        8_124_000, 8_051_000, 8_150_000, 8_032_000, 1_234_567,
    )  # fmt: skip
    assert quote.low_e4 == quote.high_e4 == quote.price_e4, "the day's extremes are for show"


@pytest.mark.parametrize(
    ("name", "theirs"),
    [("NSE:SBIN", "SBIN.NS"), ("BSE:SBIN", "SBIN.BO"), ("NYSE:BRK.B", "BRK-B"), ("NSE:NIFTY50", "^NSEI"),
     ("NSE:M&M", "M&M.NS")],
)  # fmt: skip
def test_symbols_are_written_as_they_do(name, theirs):
    assert symbol_of(Instrument.parse(name)) == theirs


async def test_a_symbol_with_signs_reaches_them_whole(provider, pages, clock):
    pages.metas["M&M.NS"] = {**pages.metas["SBIN.NS"]}
    name = Instrument("NSE", "M&M")
    assert isinstance((await provider.quotes([name]))[name], Quote)


async def test_another_currency_is_another_listing(provider, pages):
    pages.metas["SBIN.NS"]["currency"] = "USD"
    assert isinstance((await provider.quotes([SBIN]))[SBIN], SymbolUnknown)


@pytest.mark.parametrize(
    ("status", "error"), [(429, RateLimited), (403, Transient), (401, Transient), (500, Transient)]
)
async def test_a_refusal_is_what_it_is(provider, pages, status, error):
    pages.refusals = [status]
    assert isinstance((await provider.quotes([SBIN]))[SBIN], error)


async def test_after_a_429_nothing_is_sent_in_that_minute(provider, pages, clock):
    pages.refusals = [429]
    await provider.quotes([SBIN])
    assert isinstance((await provider.quotes([SBIN]))[SBIN], RateLimited)
    assert len(pages.asked) == 1
    clock.move(timedelta(minutes=1))
    assert isinstance((await provider.quotes([SBIN]))[SBIN], Quote)


async def test_short_bars_are_asked_for_as_far_back_as_they_are_kept(provider, pages, clock):
    aapl = Instrument("NASDAQ", "AAPL")
    await provider.bars(aapl, Interval.M1, clock.now() - timedelta(days=400), clock.now())
    assert int(pages.asked[-1][1]["period1"]) == int((clock.now() - timedelta(days=7)).timestamp())
    assert (
        await provider.bars(aapl, Interval.M1, clock.now() - timedelta(days=9), clock.now() - timedelta(days=8)) == []
    )
    assert len(pages.asked) == 1


WORD = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 5), st.floats(), st.text(max_size=3), st.lists(st.integers(0, 9))
)


@given(st.lists(WORD, max_size=4), st.lists(WORD, max_size=4), WORD)
def test_bars_with_holes_and_nonsense_are_left_out(starts, column, word):
    result = {"meta": {"priceHint": word}, "timestamp": starts, "indicators": {"quote": [{
        "open": column, "high": column, "low": column, "close": column, "volume": column,
    }]}}  # fmt: skip
    now = datetime(2026, 1, 15, tzinfo=UTC)
    for bar in bars_of(result, SBIN, Interval.M1, now):
        assert 0 < bar.low_e4 <= bar.high_e4
    assert bars_of({"timestamp": word, "indicators": word}, SBIN, Interval.D1, now) == []


async def test_no_order_rests_on_it(db, clock, client_for, settings, tokens):
    async with db.transaction() as tx:
        row = InstrumentRow(
            instrument=str(SBIN), exchange="NSE", symbol="SBIN", name="SBI", currency="INR", provider="x"
        )
        tx.session.add(row)
        await tx.session.flush()
        number = row.id
    token = tokens.service("broker", audience="market", scope="prices:read")
    told = []
    async with client_for(build_app(settings, db=db), token) as client:
        for source in (None, "yahoo", "kite"):
            if source is not None:
                clock.move(timedelta(seconds=1))
                quote = Quote(SBIN, 100, clock.now_ms(), clock.now_ms(), 100, 100, clock.now_ms())
                async with db.transaction() as tx:
                    await prices.write_newest(await tx.driver(), [Priced(number, quote, source, False)])
            told.append((await client.get("/internal/instruments/NSE:SBIN")).json()["for_orders"])
    assert told == [False, False, True]
