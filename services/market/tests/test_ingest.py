"""Frames of brokers' connections: what becomes of them for all, and for their owner only."""

import struct
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from websockets.asyncio.client import connect
from websockets.asyncio.server import serve

from libs.common.clock import to_ms
from libs.common.errors import StoreUnavailable
from libs.common.instruments import Instrument
from libs.common.testing.waiting import eventually
from libs.contracts.ingest import INGEST_STREAM, OWNER_FIELD, FeedFrame, FeedVendor, encode_frame, own_tick_stream
from libs.contracts.market import TICK_FIELD, decode_ticks
from services.market import housekeeping
from services.market.app import build_app
from services.market.candles.tables import CandleRow
from services.market.feed.publisher import OwnTickPublisher
from services.market.feed.pushed import PushOptions
from services.market.feed.source import FeedLease
from services.market.feed_keys import service as feed_keys
from services.market.ingest.rules import Connections, Trades
from services.market.ingest.service import INGEST, IngestFeed, IngestOptions
from services.market.instruments.tables import InstrumentRow
from services.market.own_prices.rules import own_is_shown
from services.market.own_prices.tables import OwnPriceRow
from services.market.prices.tables import NewestPriceRow
from services.market.providers.port import FeedPrice
from services.market.sources.service import Configured, SourceRole, Sources
from services.market.tests.conftest import GAPS, LEASE

INFY = Instrument("NSE", "INFY")
TOKEN = 408065
OWNER, OTHER = UUID("0198c5a4-0000-7000-8000-000000000001"), UUID("0198c5a4-0000-7000-8000-000000000002")
PUSH = PushOptions(timedelta(seconds=15), timedelta(seconds=3), timedelta(seconds=60), GAPS)
CONNECTION = UUID(int=7)


def packet(paise, seconds, volume=100, token=TOKEN):
    head = struct.pack(">IIIIIIIIIII", token, paise, 1, paise, volume, 0, 0, paise, paise, paise, paise)
    body = head + struct.pack(">I", seconds) + bytes(136)
    return struct.pack(">HH", 1, len(body)) + body


@pytest.fixture
async def number(db):
    async with db.transaction() as tx:
        row = InstrumentRow(
            instrument=str(INFY), exchange="NSE", symbol="INFY", name="Infosys", currency="INR", provider="twelvedata",
            chosen_by="staff",
        )  # fmt: skip
        tx.session.add(row)
        await tx.session.flush()
        await feed_keys.note(tx, FeedVendor.KITE, {str(INFY): str(TOKEN)})
        return row.id


@pytest.fixture
def feed_of_brokers(db, redis, publisher, number):
    def make(*, shared=True):
        kite = Configured("kite", SourceRole.INGESTED, 1, timedelta(minutes=5), None)
        sources = Sources(db, [kite], degraded_after=3)
        own = OwnTickPublisher(redis, partitions=1, max_entries=1_000)
        lease = FeedLease(db, LEASE, name=INGEST)
        return IngestFeed(db, redis, publisher, own, lease, sources, IngestOptions(shared, PUSH))

    return make


@pytest.fixture
def send(redis, clock):
    """Put a frame on the stream as the broker service will."""

    async def put(content, *, owner=None, connection=CONNECTION, vendor=FeedVendor.KITE, received_ms=None):
        frame = FeedFrame(vendor, connection, owner, received_ms or clock.now_ms(), content)
        return await redis.xadd(INGEST_STREAM, encode_frame(frame))

    return put


@pytest.fixture
def own_ticks(redis):
    async def read():
        entries = await redis.xrange(own_tick_stream(0))
        return [
            (UUID(bytes=fields[OWNER_FIELD]), tick)
            for _, fields in entries
            for tick in decode_ticks(fields[TICK_FIELD])
        ]

    return read


def now_s(clock):
    return to_ms(clock.now()) // 1_000


async def newest(db, table=NewestPriceRow):
    async with db.read() as session:
        return [(str(row.price), row.source, row.stale) for row in await session.scalars(select(table))]


async def test_a_shared_frame_prices_for_all_with_candles_and_ticks(db, feed_of_brokers, send, ticks, clock):
    feed = feed_of_brokers()
    assert await feed.begin()
    await send(packet(157_315, now_s(clock)))
    await send(packet(157_315, now_s(clock)))  # the depth changed, nothing was traded
    await send(packet(157_400, now_s(clock), volume=101))
    assert await feed.step() == 1
    assert await newest(db) == [("1574.0000", "kite", False)]
    (tick,) = await ticks()
    assert (tick.price_e4, tick.low_e4, tick.high_e4, tick.source) == (15_740_000, 15_731_500, 15_740_000, "kite")
    async with db.read() as session:
        assert await session.scalar(select(func.count()).where(CandleRow.interval == "1m")) == 1
        minute = await session.scalar(select(CandleRow).where(CandleRow.interval == "1m"))
    assert (str(minute.open), str(minute.high), str(minute.close)) == ("1573.1500", "1574.0000", "1574.0000")


async def test_without_a_licence_nobody_sees_the_operators_connection(db, feed_of_brokers, send, ticks, clock):
    feed = feed_of_brokers(shared=False)
    assert await feed.begin()
    await send(packet(157_315, now_s(clock)))
    assert await feed.step() == 0
    assert await newest(db) == []
    assert await ticks() == []


async def test_an_own_price_is_seen_by_its_owner_only(
    db, feed_of_brokers, send, ticks, own_ticks, clock, client_for, settings, tokens, published
):
    feed = feed_of_brokers()
    assert await feed.begin()
    await send(packet(157_315, now_s(clock)), owner=OWNER)
    assert await feed.step() == 1
    assert (await newest(db), await ticks()) == ([], [])
    assert [(owner, tick.instrument, tick.price_e4, tick.stale) for owner, tick in await own_ticks()] == [
        (OWNER, "NSE:INFY", 15_731_500, False)
    ]
    async with db.read() as session:
        assert await session.scalar(select(func.count()).select_from(CandleRow)) == 0
    assert await published(db) == []
    people = {
        "owner": tokens.user(OWNER),
        "other": tokens.user(OTHER),
        "support": tokens.user(OWNER, act=tokens.act(OTHER), ttl=timedelta(minutes=15)),
    }
    seen = {}
    async with client_for(build_app(settings, db=db), None) as client:
        for who, token in people.items():
            headers = {"authorization": f"Bearer {token}"}
            one = (await client.get("/api/stocks/NSE:INFY/", headers=headers)).json()
            assert (await client.get("/api/stocks/", headers=headers)).json() == [one]
            seen[who] = (one["current_price"], one["source"])
    assert seen == {"owner": ("1573.15", "kite"), "other": (None, None), "support": (None, None)}


async def test_an_own_price_yields_to_a_newer_shared_one(
    db, feed_of_brokers, send, clock, client_for, settings, tokens
):
    feed = feed_of_brokers()
    assert await feed.begin()
    await send(packet(157_315, now_s(clock)), owner=OWNER)
    await feed.step()
    clock.move(timedelta(seconds=5))
    await send(packet(160_000, now_s(clock)), connection=UUID(int=8))
    await feed.step()
    async with client_for(build_app(settings, db=db), tokens.user(OWNER)) as client:
        assert (await client.get("/api/stocks/NSE:INFY/")).json()["current_price"] == "1600.00"
    assert not own_is_shown(clock.now(), None, replayed=True)


async def test_an_own_jump_puts_nobody_elses_alerts_to_review(db, feed_of_brokers, send, own_ticks, clock, published):
    feed = feed_of_brokers()
    assert await feed.begin()
    for paise in (157_315, 50_000):
        await send(packet(paise, now_s(clock)), owner=OWNER)
        await feed.step()
        clock.move(timedelta(seconds=1))
    assert [tick.stale for _, tick in await own_ticks()] == [False, True]
    assert await published(db) == []


async def test_two_brokers_of_one_person_make_one_price(db, feed_of_brokers, send, clock, own_ticks, number):
    from services.market.providers.upstox.feed_pb2 import Response

    async with db.transaction() as tx:
        await feed_keys.note(tx, FeedVendor.UPSTOX, {str(INFY): "NSE_EQ|INE009A01021"})
    feed = feed_of_brokers()
    assert await feed.begin()
    response = Response()
    response.feeds["NSE_EQ|INE009A01021"].ltpc.ltp = 1_574.5
    response.feeds["NSE_EQ|INE009A01021"].ltpc.ltt = clock.now_ms()
    await send(packet(157_315, now_s(clock) - 1), owner=OWNER)
    await send(response.SerializeToString(), owner=OWNER, connection=UUID(int=8), vendor=FeedVendor.UPSTOX)
    assert await feed.step() == 1
    assert await newest(db, OwnPriceRow) == [("1574.5000", "upstox", False)]


async def test_a_late_price_fires_nothing_and_what_is_not_ours_is_left_out(
    db, redis, feed_of_brokers, send, ticks, clock
):
    feed = feed_of_brokers()
    assert await feed.begin()
    await send(packet(157_315, now_s(clock) - 60))
    await send(packet(1, now_s(clock), token=999_937))
    await send(b"\0\1nonsense")
    await send(packet(157_500, now_s(clock)), received_ms=clock.now_ms() + 120_000)
    await redis.xadd(INGEST_STREAM, {b"v": b"9"})
    assert await feed.step() == 1
    assert [(tick.price_e4, tick.stale) for tick in await ticks()] == [(15_731_500, True)]


async def test_a_step_that_could_not_be_stored_is_stored_later_and_once(
    db, feed_of_brokers, send, ticks, clock, monkeypatch
):
    feed = feed_of_brokers()
    assert await feed.begin()
    await send(packet(157_315, now_s(clock)))
    transaction = db.transaction

    def away():
        raise StoreUnavailable("The database is away.")

    monkeypatch.setattr(db, "transaction", away)
    with pytest.raises(StoreUnavailable):
        await feed.step()
    monkeypatch.setattr(db, "transaction", transaction)
    assert await feed.step() == 1
    assert await feed.step() == 0
    assert len(await ticks()) == 1


async def test_another_process_goes_on_where_the_first_one_stood(db, feed_of_brokers, send, clock, ticks):
    first, second = feed_of_brokers(), feed_of_brokers()
    assert await first.begin()
    assert not await second.begin()
    await send(packet(157_315, now_s(clock)))
    await first.step()
    await send(packet(157_400, now_s(clock) + 1, volume=101))
    await first._lease.let_go()
    clock.move(timedelta(seconds=2))
    assert await second.begin()
    assert await second.step() == 1
    assert [tick.price_e4 for tick in await ticks()] == [15_731_500, 15_740_000], "nothing twice, nothing missed"


async def test_frames_of_a_socket_reach_the_price(db, feed_of_brokers, send, clock):
    """A fake of the broker's socket, and what the broker service will do with each of its messages."""

    async def serve_one(socket):
        await socket.recv()
        await socket.send(b"\0")
        await socket.send('{"type":"order","data":{}}')
        for place, paise in enumerate((157_315, 157_320)):
            await socket.send(packet(paise, now_s(clock) + place, volume=100 + place))

    feed = feed_of_brokers()
    assert await feed.begin()
    async with serve(serve_one, "127.0.0.1", 0) as server:
        url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        async with connect(url, proxy=None) as socket:
            await socket.send('{"a":"mode","v":["full",[408065]]}')
            async for message in socket:
                if isinstance(message, bytes):
                    await send(message, owner=OWNER)

    async def priced():
        await feed.step()
        return await newest(db, OwnPriceRow) == [("1573.2000", "kite", False)]

    await eventually(priced, within=5)


async def test_people_get_and_erase_their_own_prices(db, feed_of_brokers, send, clock, client_for, settings, tokens):
    feed = feed_of_brokers()
    assert await feed.begin()
    await send(packet(157_315, now_s(clock)), owner=OWNER)
    await feed.step()
    async with client_for(build_app(settings, db=db), tokens.service("auth", audience="market")) as client:
        kept = (await client.get(f"/internal/users/{OWNER}/export")).json()
        assert [(one["instrument"], one["price"]) for one in kept["own_prices"]] == [("NSE:INFY", "1573.15")]
        assert (await client.post(f"/internal/users/{OWNER}/erase")).status_code == 204
        assert (await client.get(f"/internal/users/{OWNER}/export")).json() == {}


async def test_own_prices_go_after_a_week(db, feed_of_brokers, send, clock, settings):
    feed = feed_of_brokers()
    assert await feed.begin()
    await send(packet(157_315, now_s(clock)), owner=OWNER)
    await feed.step()
    house = housekeeping.Housekeeping(db, settings)
    await house.forget_old_prices(None)
    assert len(await newest(db, OwnPriceRow)) == 1
    clock.move(timedelta(days=8))
    await house.forget_old_prices(None)
    assert await newest(db, OwnPriceRow) == []


async def test_the_broker_learns_what_to_subscribe_to(db, number, client_for, settings, tokens):
    async with db.transaction() as tx:
        tx.session.add(InstrumentRow(
            instrument="NSE:TCS", exchange="NSE", symbol="TCS", name="TCS", currency="INR", provider="twelvedata",
        ))  # fmt: skip
        await tx.session.flush()
        await feed_keys.note(tx, FeedVendor.KITE, {"NSE:TCS": "2953217", str(INFY): "1"})
        await feed_keys.note(tx, FeedVendor.KITE, {str(INFY): "408065", "NSE:NOSUCH": "5"})
    path = "/internal/feed-keys/kite"
    async with client_for(
        build_app(settings, db=db), tokens.service("broker", audience="market", scope="prices:read")
    ) as client:
        assert (await client.post(path, json={})).json() == {"items": [{"instrument": "NSE:INFY", "key": "408065"}]}
        named = (await client.post(path, json={"instruments": ["NSE:TCS", "NSE:NOSUCH"]})).json()
        assert named == {"items": [{"instrument": "NSE:TCS", "key": "2953217"}]}
        assert (await client.post("/internal/feed-keys/other", json={})).status_code == 422
        assert (await client.post(path, json={"instruments": [1]})).status_code == 422
    async with db.transaction() as tx:
        await feed_keys.note(tx, FeedVendor.KITE, {"NSE:TCS": "408065"})
    async with db.read() as session:
        found = await feed_keys.meanings(session, FeedVendor.KITE, ["408065", "2953217"])
    assert {key: str(meant.instrument) for key, meant in found.items()} == {"408065": "NSE:TCS"}, (
        "a key has one meaning"
    )


def price_at(traded_ms, price_e4=100, volume=1):
    return FeedPrice("1", price_e4, traded_ms, day_volume=volume)


def test_trades_of_one_second_follow_each_other():
    trades = Trades()
    told = [
        trades.quote(price_at(5_000, price, volume), INFY, 6_000)
        for price, volume in ((100, 1), (100, 1), (101, 2), (100, 3))
    ]
    assert [None if one is None else (one.at_ms, one.price_e4) for one in told] == [
        (5_000, 100), None, (5_001, 101), (5_002, 100),
    ]  # fmt: skip


def test_without_a_time_the_first_price_may_be_of_any_age():
    trades = Trades()
    quote = [trades.quote(price_at(None, 100, volume), INFY, at) for volume, at in ((1, 10), (1, 20), (2, 30), (3, 30))]
    assert [None if one is None else one.at_ms for one in quote] == [None, None, 30, 31]
    plain = Trades()
    last = [plain.quote(FeedPrice("1", price, None), INFY, at) for price, at in ((100, 10), (100, 20), (101, 30))]
    assert [None if one is None else one.at_ms for one in last] == [None, None, 30]


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(1, 3), st.integers(1, 3)), max_size=20))
def test_a_trade_is_told_once_however_often_its_packet_comes(said):
    trades, told = Trades(), []
    for seconds, price, volume in said:
        one = trades.quote(price_at(seconds * 1_000, price, volume), INFY, 9_000)
        if one is not None:
            told.append((one.at_ms, one.price_e4, one.day_volume))
    repeated = [one for one, before in zip(said[1:], said, strict=False) if one == before]
    assert len(told) == len(said) - len(repeated)


def test_the_connections_that_spoke_last_are_remembered():
    connections = Connections(most=2)
    first = connections.trades_of(UUID(int=1))
    for connection in (2, 1, 3):
        connections.trades_of(UUID(int=connection))
    assert connections.trades_of(UUID(int=1)) is first
    assert len(connections) == 2
