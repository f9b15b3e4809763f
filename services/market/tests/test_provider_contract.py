"""What every provider must do: subclass the suite, return your provider, inherit its tests."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from libs.common.http import Http
from libs.common.instruments import Instrument
from services.market.budgets.rules import Limits
from services.market.budgets.service import Budget
from services.market.exchanges import EXCHANGES
from services.market.feed.rules import find_flaw
from services.market.providers.port import Interval, Mode, Quote, SymbolUnknown
from services.market.providers.twelvedata import TwelveDataClient, TwelveDataProvider
from services.market.tests.recorded import AAPL, AAPL_DAYS, era, recording, replay
from services.market.tests.twelvedata_server import KEY, TwelveData, serving

UNKNOWN = Instrument("NASDAQ", "NOSUCH")
LONG_AGO, LATER = datetime(2000, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)


class ProviderContract:
    """The suite. A subclass gives the fixture `provider`: it knows AAPL, has daily bars of it, and knows no NOSUCH."""

    async def test_it_says_what_it_can_do(self, provider):
        assert provider.name.isidentifier()
        assert isinstance(provider.capabilities.mode, Mode)
        assert provider.capabilities.batch_size >= 1
        assert provider.capabilities.max_lag > timedelta()

    async def test_its_listings_can_be_held(self, provider):
        for listing in await provider.listings():
            assert listing.instrument.exchange in EXCHANGES
            assert listing.name
            assert len(listing.currency) == 3

    async def test_a_quote_is_possible_and_of_the_instrument_asked_for(self, provider, clock):
        quote = (await provider.quotes([AAPL]))[AAPL]
        assert isinstance(quote, Quote)
        assert quote.instrument == AAPL
        assert quote.received_ms == clock.now_ms()
        assert find_flaw(quote) is None

    async def test_each_instrument_has_an_answer_of_its_own(self, provider):
        answers = await provider.quotes([AAPL, UNKNOWN])
        assert isinstance(answers[AAPL], Quote)
        assert isinstance(answers[UNKNOWN], SymbolUnknown)

    async def test_daily_bars_are_in_order_possible_and_within_the_span(self, provider):
        bars = await provider.bars(AAPL, Interval.D1, LONG_AGO, LATER)
        assert bars
        assert [bar.at_ms for bar in bars] == sorted({bar.at_ms for bar in bars})
        for bar in bars:
            assert 0 < bar.low_e4 <= min(bar.open_e4, bar.close_e4)
            assert bar.high_e4 >= max(bar.open_e4, bar.close_e4)

    async def test_bars_of_an_unknown_instrument_are_refused(self, provider):
        with pytest.raises(SymbolUnknown):
            await provider.bars(UNKNOWN, Interval.D1, LONG_AGO, LATER)


class TestReplay(ProviderContract):
    @pytest.fixture
    async def provider(self, clock):
        return replay(era(recording(AAPL, AAPL_DAYS), start=1), clock=clock)


class TestTwelveData(ProviderContract):
    @pytest.fixture
    async def provider(self, db, redis, clock):
        async with serving(TwelveData(clock, last_quote_at=clock.now_ms() // 1_000 - 60)) as server:
            budget = Budget(db, redis, "twelvedata", Limits(8, 800))
            client = TwelveDataClient(
                Http("twelvedata", retries=0),
                server.url,
                SecretStr(KEY),
                budget,
                sleep=lambda _seconds: asyncio.sleep(0),
            )
            made = TwelveDataProvider(client, clock, listings=(), max_lag=timedelta(hours=1), batch_size=8)
            yield made
            await made.close()
