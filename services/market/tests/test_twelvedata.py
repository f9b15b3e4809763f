"""The provider and the official client, both reading one server that answers as TwelveData documents it."""

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
import twelvedata
from pydantic import SecretStr
from twelvedata.exceptions import InvalidApiKeyError, TwelveDataError

from libs.common.http import Http, Timeouts
from libs.common.instruments import Instrument
from services.market.budgets.rules import Limits
from services.market.budgets.service import Budget
from services.market.providers.port import (
    AuthFailed,
    BadRequest,
    Interval,
    NotCovered,
    Quote,
    RateLimited,
    SymbolUnknown,
    Transient,
)
from services.market.providers.twelvedata import TwelveDataClient, TwelveDataProvider
from services.market.settings import MarketSettings
from services.market.tests.twelvedata_server import KEY, TwelveData, serving

AAPL, MSFT, TSLA, NVDA = (Instrument("NASDAQ", symbol) for symbol in ("AAPL", "MSFT", "TSLA", "NVDA"))
UNKNOWN = Instrument("NASDAQ", "NOSUCH")
SBIN = Instrument("NSE", "SBIN")


@pytest.fixture
async def server(clock):
    async with serving(TwelveData(clock)) as behaviour:
        yield behaviour


@pytest.fixture
def provider_for(service_settings, database_for, redis, clock, server):
    """Make a provider of the server, with budgets of its own or of the free plan."""

    @asynccontextmanager
    async def make(*, per_minute=8, per_day=800, batch_size=8, key=KEY, read_s=5.0, sleep=None, kept_back=0):
        db = await database_for(service_settings(MarketSettings))
        budget = Budget(db, redis, "twelvedata", Limits(per_minute, per_day, kept_back))
        http = Http("twelvedata", timeouts=Timeouts(read=read_s, total=read_s), retries=0)
        client = TwelveDataClient(
            http, server.url, SecretStr(key), budget, sleep=sleep or (lambda _seconds: asyncio.sleep(0))
        )
        provider = TwelveDataProvider(client, clock, listings=(), max_lag=timedelta(hours=1), batch_size=batch_size)
        yield provider
        await provider.close()

    return make


def official(server: TwelveData, key: str = KEY) -> twelvedata.TDClient:
    return twelvedata.TDClient(apikey=key, base_url=server.url)


async def test_one_symbol_and_a_batch_give_the_same_quote(provider_for, server, clock):
    async with provider_for() as provider:
        alone = await provider.quotes([AAPL])
        together = await provider.quotes([AAPL, MSFT])
    assert alone[AAPL] == together[AAPL]
    quote = alone[AAPL]
    assert isinstance(quote, Quote)
    assert (quote.price_e4, quote.previous_close_e4) == (2_272_500, 2_268_000)
    assert (quote.day_open_e4, quote.day_high_e4, quote.day_low_e4) == (2_280_000, 2_301_000, 2_265_000)
    assert quote.at_ms == server.last_quote_at * 1_000
    assert quote.received_ms == clock.now_ms()
    assert (quote.low_e4, quote.high_e4, quote.span_start_ms) == (quote.price_e4, quote.price_e4, quote.at_ms)
    assert server.keys_by == {"header": 2}


async def test_the_official_client_reads_the_same_server(server):
    def read():
        client = official(server)
        return (
            client.quote(symbol="AAPL").as_json(),
            client.price(symbol="AAPL,MSFT,NOSUCH").as_json(),
            client.time_series(symbol="AAPL", interval="1day", outputsize=2).as_json(),
            client.api_usage().as_json(),
        )

    quote, prices, series, usage = await asyncio.to_thread(read)
    assert quote["close"] == "227.25"
    assert prices["AAPL"] == {"price": "227.25"}
    assert prices["NOSUCH"]["code"] == 404
    assert isinstance(series, tuple)
    assert [bar["datetime"] for bar in series] == ["2026-11-20", "2026-11-19"]
    assert (usage["current_usage"], usage["plan_limit"]) == (6, 8)


async def test_the_official_client_and_ours_agree_on_a_quote(provider_for, server):
    theirs = await asyncio.to_thread(lambda: official(server).quote(symbol="MSFT").as_json())
    async with provider_for() as provider:
        ours = (await provider.quotes([MSFT]))[MSFT]
    assert f"{ours.price_e4 / 10_000:.2f}" == theirs["close"]
    assert ours.at_ms == theirs["last_quote_at"] * 1_000


async def test_a_bad_symbol_in_a_batch_spoils_no_other(provider_for, server):
    server.errors["TSLA"] = (403, "**symbol** is available starting with the Grow plan.")
    async with provider_for() as provider:
        answers = await provider.quotes([AAPL, UNKNOWN, TSLA, MSFT])
    assert isinstance(answers[AAPL], Quote)
    assert isinstance(answers[MSFT], Quote)
    assert isinstance(answers[UNKNOWN], SymbolUnknown)
    assert isinstance(answers[TSLA], NotCovered)
    assert len(server.calls) == 1


@pytest.mark.parametrize("as_200", [True, False])
@pytest.mark.parametrize(
    ("code", "expected"),
    [(400, BadRequest), (401, AuthFailed), (403, NotCovered), (404, SymbolUnknown), (500, Transient)],
)
async def test_errors_are_told_by_the_body_whatever_the_status(provider_for, server, code, expected, as_200):
    server.errors_as_200 = as_200
    server.whole_errors = [(code, "as told")] * 3
    async with provider_for() as provider:
        try:
            answer = (await provider.quotes([AAPL]))[AAPL]
        except (AuthFailed, Transient) as error:
            answer = error
    assert isinstance(answer, expected)


async def test_a_wrong_key_is_told_to_both_clients(provider_for, server):
    server.errors_as_200 = False
    async with provider_for(key="wrong") as provider:
        with pytest.raises(AuthFailed):
            await provider.quotes([AAPL])
    with pytest.raises(InvalidApiKeyError):
        await asyncio.to_thread(lambda: official(server, "wrong").quote(symbol="AAPL").as_json())


async def test_a_list_that_is_too_long_is_split(provider_for, server):
    server.max_symbols = 2
    async with provider_for() as provider:
        answers = await provider.quotes([AAPL, MSFT, TSLA, NVDA])
    assert all(isinstance(answer, Quote) for answer in answers.values())
    assert [query["symbol"] for _, query in server.calls] == ["AAPL,MSFT,TSLA,NVDA", "AAPL,MSFT", "TSLA,NVDA"]


async def test_the_minute_of_the_provider_is_respected_when_it_is_shorter_than_ours(provider_for, server, clock):
    server.per_minute = 3
    async with provider_for() as provider:
        with pytest.raises(RateLimited) as limited:
            await provider.quotes([AAPL, MSFT, TSLA, NVDA])
        assert not limited.value.whole_day
        assert limited.value.retry_at == clock.now().replace(second=0, microsecond=0) + timedelta(seconds=61)
        with pytest.raises(RateLimited):
            await provider.quotes([AAPL])
        assert len(server.calls) == 1, "no call while the provider says that nothing is left"
        clock.move(timedelta(seconds=61))
        assert isinstance((await provider.quotes([AAPL]))[AAPL], Quote)


@pytest.mark.parametrize("as_200", [True, False])
async def test_the_end_of_the_days_credits_lasts_till_midnight_utc(provider_for, server, clock, as_200):
    server.errors_as_200 = as_200
    server.per_day = 1
    async with provider_for() as provider:
        await provider.quotes([AAPL])
        with pytest.raises(RateLimited) as limited:
            await provider.quotes([AAPL])
    assert limited.value.whole_day
    assert limited.value.retry_at == datetime(2026, 1, 16, 0, 0, 1, tzinfo=UTC)


async def test_the_official_client_is_refused_for_the_same_reason(server):
    server.per_minute = 1

    def read():
        client = official(server)
        return client.price(symbol="AAPL,MSFT").as_json()

    with pytest.raises(TwelveDataError, match="run out of API credits for the current minute"):
        await asyncio.to_thread(read)


async def test_what_others_used_of_the_key_counts(provider_for, server):
    """The header tells of calls that are not ours: the same key in another program."""
    await asyncio.to_thread(lambda: official(server).price(symbol="AAPL,MSFT,TSLA,NVDA,IBM").as_json())
    async with provider_for() as provider:
        await provider.quotes([AAPL])
        with pytest.raises(RateLimited):
            await provider.quotes([AAPL, MSFT, TSLA])
    assert server.symbols_asked() == ["AAPL"]


async def test_credits_that_end_inside_a_batch_leave_the_rest_of_it(provider_for, server):
    server.errors["MSFT"] = (429, "You have run out of API credits for the current minute.")
    async with provider_for() as provider:
        answers = await provider.quotes([AAPL, MSFT])
    assert isinstance(answers[AAPL], Quote)
    assert isinstance(answers[MSFT], RateLimited)


async def test_an_answer_that_breaks_off_is_asked_for_again(provider_for, server):
    server.cut_off = 1
    async with provider_for() as provider:
        assert isinstance((await provider.quotes([AAPL]))[AAPL], Quote)
    assert len(server.calls) == 2


async def test_a_server_that_stays_slow_is_given_up(provider_for, server):
    server.slow_s = 1.0
    waits = []

    async def sleep(seconds):
        waits.append(seconds)

    async with provider_for(read_s=0.05, sleep=sleep) as provider:
        with pytest.raises(Transient, match=r"in time|ReadTimeout"):
            await provider.quotes([AAPL])
    assert len(waits) == 2
    assert waits[0] < waits[1] * 2


async def test_a_server_that_is_away_costs_no_credit(provider_for, server, service_settings, database_for, redis):
    server.url = "http://127.0.0.1:9"
    async with provider_for(per_minute=1) as provider:
        for _ in range(3):
            with pytest.raises(Transient):
                await provider.quotes([AAPL])


async def test_a_quote_without_a_price_or_a_time_is_an_error_and_no_zero(provider_for, server):
    for fields in ({"close": None}, {"close": "NaN"}, {"close": "-1"}, {"last_quote_at": None, "timestamp": None}):
        server.quote_fields["AAPL"] = fields
        async with provider_for(per_minute=100) as provider:
            assert isinstance((await provider.quotes([AAPL]))[AAPL], Transient)


async def test_missing_side_values_are_none(provider_for, server):
    server.quote_fields["AAPL"] = {"volume": None, "previous_close": None, "last_quote_at": None}
    async with provider_for() as provider:
        quote = (await provider.quotes([AAPL]))[AAPL]
    assert (quote.day_volume, quote.previous_close_e4) == (None, None)
    assert quote.at_ms == (server.last_quote_at - 23_340) * 1_000


async def test_an_answer_for_another_listing_is_refused(provider_for, server):
    server.quote_fields["AAPL"] = {"currency": "EUR"}
    async with provider_for() as provider:
        assert isinstance((await provider.quotes([AAPL]))[AAPL], SymbolUnknown)


async def test_indian_shares_are_asked_for_by_their_exchange(provider_for, server):
    server.prices["SBIN:NSE"] = "812.40"
    async with provider_for() as provider:
        answers = await provider.quotes([AAPL, SBIN])
    assert answers[SBIN].price_e4 == 8_124_000
    assert server.symbols_asked() == ["AAPL", "SBIN:NSE"]


async def test_daily_bars_begin_at_the_open_of_their_session(provider_for, server):
    async with provider_for() as provider:
        span = (datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))
        bars = await provider.bars(AAPL, Interval.D1, *span)
    assert [bar.close_e4 for bar in bars] == [2_268_000, 2_272_500]
    assert bars[0].at_ms == int(datetime(2026, 11, 19, 14, 30, tzinfo=UTC).timestamp() * 1_000)
    assert server.calls[0][1]["timezone"] == "UTC"


async def test_no_more_symbols_go_into_a_call_than_a_minute_has_credits(provider_for):
    async with provider_for(per_minute=8, batch_size=120) as provider:
        assert provider.capabilities.batch_size == 8
    async with provider_for(per_minute=1_597, batch_size=120) as provider:
        assert provider.capabilities.batch_size == 120


async def test_a_symbol_that_only_a_paid_plan_has_is_not_covered_whatever_the_code(provider_for, server):
    """Seen: 404 with "This symbol is not available with your plan", and codes written as strings."""
    server.errors["AAPL"] = (404, "This symbol is not available with your plan")
    server.errors["MSFT"] = ("403", "**symbol** needs the Grow plan")
    async with provider_for() as provider:
        answers = await provider.quotes([AAPL, MSFT])
    assert all(isinstance(answer, NotCovered) for answer in answers.values())
