"""Several providers: whose turn it is, who prices a market, and what staff see when that changes."""

import asyncio
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from sqlalchemy import select

from libs.common.instruments import Instrument
from libs.contracts.sources import ProviderDegraded, ProviderRecovered
from services.market.app import build_app
from services.market.feed.poll_options import PollOptions
from services.market.feed.polling import PollFeed
from services.market.feed.source import FeedLease
from services.market.feed.turns import Ahead, Standing, Turn, Waiting, takes
from services.market.housekeeping import Housekeeping
from services.market.prices.tables import NewestPriceRow
from services.market.providers.port import NotCovered, Transient
from services.market.providers.registry import configured_providers, market_orders, turn_of
from services.market.settings import MarketSettings
from services.market.sources.rules import in_charge
from services.market.sources.service import Configured, SourceRole, Sources
from services.market.sources.tables import FailoverRow
from services.market.tests.conftest import GAPS
from services.market.tests.test_candles import OPEN
from services.market.tests.test_poll_feed import HALF_HOUR, ScriptedProvider

HOUR = timedelta(hours=1)
NOON = OPEN + timedelta(hours=3)
PUSHED, POLLED = Ahead("stream", True, HALF_HOUR), Ahead("first", False, HOUR)
WELL = Standing((), {})


def turn(*ahead):
    return Turn("first", {"US": ahead})


def stock(source=None, age=None, now=NOON):
    return Waiting(1, "NASDAQ:AAPL", "NASDAQ", source, None if age is None else now - age)


def test_what_a_provider_ahead_has_in_hand_is_not_asked_for():
    minute, long = timedelta(minutes=1), timedelta(hours=2)
    assert not takes(stock("stream", minute), turn(PUSHED), WELL, NOON)
    assert takes(stock("stream", HOUR), turn(PUSHED), WELL, NOON), "its price is old"
    assert takes(stock("other", minute), turn(PUSHED), WELL, NOON), "another one priced it"
    assert not takes(stock("first", minute), turn(POLLED), WELL, NOON)
    assert takes(stock("first", minute), turn(POLLED), Standing(["first"], {}), NOON), "it is degraded"
    assert takes(stock("first", minute), turn(POLLED), Standing((), {"first": [1]}), NOON), "it refuses the stock"
    assert takes(stock("first", long), turn(POLLED), WELL, NOON), "the stock is silent"
    closed = NOON + timedelta(hours=9)
    assert not takes(stock("first", long, closed), turn(POLLED), WELL, closed), "at night nothing comes of anybody"
    assert takes(stock(), turn(), WELL, NOON), "nobody comes before"
    assert not takes(stock(), Turn("first", {"IN": []}), WELL, NOON), "not on that market's list"


@given(st.permutations(["a", "b", "c"]), st.sets(st.sampled_from(["a", "b", "c"])))
def test_the_first_that_is_well_prices_a_market(order, well):
    chief = in_charge(order, well)
    assert (chief is None) == (not well)
    assert all(one not in well for one in order[: order.index(chief)] if chief is not None) if chief else True


@pytest.fixture
def sources(db):
    configured = [
        Configured("kite", SourceRole.INGESTED, 1, timedelta(minutes=5), None),
        Configured("scripted", SourceRole.POLLED, 2, HOUR, None),
        Configured("spare", SourceRole.POLLED, 3, HOUR, None),
    ]
    orders = {"IN": ("kite", "scripted", "spare"), "US": ("scripted", "spare")}
    return Sources(db, configured, degraded_after=3, orders=orders)


@pytest.fixture
def feeds(db, clock, publisher, sources):
    """The first provider's rounds and those of the one behind it, under one lease."""

    async def sleep(seconds):
        clock.move(timedelta(seconds=seconds))

    def make(provider, ahead):
        options = PollOptions(HALF_HOUR, 1.0, GAPS, Turn("scripted", {"US": ahead}))
        return PollFeed(
            db, provider, provider, publisher, lease, options, asyncio.Event(), sources=sources, sleep=sleep
        )

    lease = FeedLease(db, timedelta(seconds=120))
    first, spare = ScriptedProvider(clock, ("AAPL", "MSFT")), ScriptedProvider(clock, ("AAPL", "MSFT"))
    spare.name = "spare"
    return first, make(first, []), spare, make(spare, [Ahead("scripted", False, HOUR)])


async def priced_by(db):
    async with db.read() as session:
        rows = await session.scalars(select(NewestPriceRow).order_by(NewestPriceRow.instrument_id))
        return [row.source for row in rows]


async def failed_over(db):
    async with db.read() as session:
        rows = await session.scalars(select(FailoverRow).order_by(FailoverRow.id))
        return [(row.market, row.previous, row.provider) for row in rows]


async def test_the_spare_takes_over_a_degraded_provider_and_gives_back(db, clock, feeds, sources, published):
    first, rounds, spare, spare_rounds = feeds
    clock.move(NOON - clock.now())
    await rounds.run_round()
    await spare_rounds.run_round()
    assert (await priced_by(db), spare.calls) == (["scripted", "scripted"], [])
    first.answers = dict.fromkeys(first.answers, Transient("away"))
    clock.move(HALF_HOUR)
    await rounds.run_round()
    await spare_rounds.run_round()
    assert spare.calls == [], "two failures in a row are not three"
    await rounds.run_round()
    await spare_rounds.run_round()
    assert await priced_by(db) == ["spare", "spare"]
    first.answers = dict.fromkeys(first.answers, "228.00")
    clock.move(HALF_HOUR)
    await rounds.run_round()
    before = len(spare.calls)
    await spare_rounds.run_round()
    assert (await priced_by(db), len(spare.calls)) == (["scripted", "scripted"], before)
    both = [(market, *names) for names in (("scripted", "spare"), ("spare", "scripted")) for market in ("IN", "US")]
    assert await failed_over(db) == both
    told = [event.type for event in await published(db) if event.type.startswith("market.provider")]
    assert told == [ProviderDegraded.type, ProviderRecovered.type]


async def test_a_step_is_one_from_the_price_that_another_provider_told(db, clock, feeds, published):
    first, rounds, spare, spare_rounds = feeds
    clock.move(NOON - clock.now())
    await rounds.run_round()
    first.answers = dict.fromkeys(first.answers, Transient("away"))
    for price in ("270.00", "320.00", "380.00"):  # half an hour between, none of them further than a quarter
        spare.answers = dict.fromkeys(spare.answers, price)
        clock.move(HALF_HOUR)
        for _ in range(3):
            await rounds.run_round()
        await spare_rounds.run_round()
    assert await priced_by(db) == ["spare", "spare"]
    first.answers = dict.fromkeys(first.answers, "385.00")
    clock.move(HALF_HOUR)
    await rounds.run_round()
    assert await priced_by(db) == ["scripted", "scripted"]
    assert [event.type for event in await published(db) if "gapped" in event.type] == []


async def test_what_the_first_does_not_cover_the_spare_prices_at_once(db, clock, feeds):
    first, rounds, spare, spare_rounds = feeds
    first.answers["MSFT"] = NotCovered("not in your plan")
    await rounds.run_round()
    await spare_rounds.run_round(unpriced_only=True)
    assert [symbols for _, symbols in spare.calls] == [["MSFT"]]
    assert await priced_by(db) == ["scripted", "spare"]


async def test_a_feed_that_falls_silent_loses_its_market(db, clock, sources):
    clock.move(NOON - clock.now())
    while not 4 <= clock.now().hour < 9:  # India's session, in UTC
        clock.move(HOUR)
    await sources.note_success("kite")
    for _ in range(5):
        await sources.watch_for_silence()
    assert await failed_over(db) == [("IN", "scripted", "kite")]
    clock.move(timedelta(minutes=6))
    for _ in range(5):
        await sources.watch_for_silence()
    await sources.note_success("kite")
    assert await failed_over(db) == [
        ("IN", "scripted", "kite"), ("IN", "kite", "scripted"), ("IN", "scripted", "kite"),
    ]  # fmt: skip


async def test_a_first_answer_of_what_we_ask_or_play_is_no_failover(db):
    replay = Configured("replay", SourceRole.REPLAY, 1, HOUR, None)
    polled = Configured("scripted", SourceRole.POLLED, 2, HOUR, None)
    sources = Sources(db, [replay, polled], degraded_after=3, orders={"IN": ("replay",), "US": ("scripted",)})
    for name in ("replay", "scripted"):
        await sources.note_success(name)
    assert await failed_over(db) == []
    assert [[place.in_charge for place in one.places] for one in await sources.show()] == [[True], [True]]


async def test_failovers_go_after_a_year(db, clock, sources, settings):
    for _ in range(3):
        await sources.note_failure("scripted", "away")
    house = Housekeeping(db, settings)
    clock.move(timedelta(days=364))
    await house.forget_old_prices(None)
    assert len(await failed_over(db)) == 2
    clock.move(timedelta(days=2))
    await house.forget_old_prices(None)
    assert await failed_over(db) == []


async def test_staff_see_the_lists_and_what_failed_over(client_for, settings, db, tokens, sources):
    for _ in range(3):
        await sources.note_failure("scripted", "away")
    app = build_app(settings, db=db)
    app.state.sources = sources
    async with client_for(app, tokens.user(role="SUPER_ADMIN", amr=["pwd", "otp"])) as client:
        shown = (await client.get("/api/market/providers/")).json()["items"]
        listed = (await client.get("/api/market/failovers/")).json()
    places = {one["provider"]: [(p["market"], p["place"], p["in_charge"]) for p in one["places"]] for one in shown}
    assert places == {
        "kite": [("IN", 1, False)],
        "scripted": [("IN", 2, False), ("US", 1, False)],
        "spare": [("IN", 3, True), ("US", 2, True)],
    }
    assert [one["role"] for one in shown] == ["ingested", "polled", "polled"]
    assert listed["next_cursor"] is None
    assert {(one["market"], one["previous"], one["provider"], one["reason"]) for one in listed["items"]} == {
        (market, "scripted", "spare", "scripted failed: away") for market in ("IN", "US")
    }
    async with client_for(app, tokens.user()) as client:
        assert (await client.get("/api/market/failovers/")).status_code == 403


def live(**options):
    return MarketSettings(provider="twelvedata", twelvedata_api_key="key", **options)


def test_lists_hold_what_is_set_up():
    plain = live()
    assert market_orders(plain) == {"IN": ("twelvedata",), "US": ("twelvedata",)}
    rich = live(keyless=True, ingest_shared=True, twelvedata_stream=True, providers_us="yahoo, twelvedata")
    assert market_orders(rich) == {
        "IN": ("kite", "upstox", "twelvedata_stream", "twelvedata", "yahoo"),
        "US": ("yahoo", "twelvedata"),
    }
    assert [one.name for one in configured_providers(rich)] == list(market_orders(rich)["IN"])
    spare = turn_of(rich, "yahoo")
    assert (spare.feed, spare.ahead["US"]) == ("twelvedata", [])
    assert [(one.provider, one.pushes) for one in spare.ahead["IN"]] == [
        ("kite", True), ("upstox", True), ("twelvedata_stream", True), ("twelvedata", False),
    ]  # fmt: skip
    assert market_orders(MarketSettings()) == {"IN": ("replay",), "US": ("replay",)}


@pytest.mark.parametrize(
    "options",
    [
        {"providers_in": "nobody"},
        {"providers_in": "yahoo,yahoo"},
        {"provider": "yahoo"},
        {"provider": "replay", "ingest_shared": True},
    ],
)
def test_what_cannot_be_set_is_refused(options):
    with pytest.raises(ValidationError):
        live(**options) if "provider" not in options else MarketSettings(**options)


def test_an_instrument_says_its_exchange():
    assert Instrument.parse(stock().instrument).exchange == stock().exchange
