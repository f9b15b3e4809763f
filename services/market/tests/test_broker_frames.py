"""Frames of brokers' feeds: what we read is what Kite's own client reads, and what Upstox' messages say."""

import base64
import json
import math
import os
import struct
import warnings
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest
from google.protobuf.json_format import MessageToDict
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.contracts.ingest import BadFrame, FeedVendor
from services.market.providers import kite, upstox
from services.market.providers.registry import decode_frame
from services.market.tests import upstox_messages as their

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it was written for older libraries
    from kiteconnect import KiteTicker

NSE, INDICES, CDS, BCD = 1, 9, 3, 6
PAISE = st.integers(0, 2**31 - 1)
COUNT = st.integers(0, 2**32 - 1)
SECONDS = st.integers(0, 2**32 - 1)


@st.composite
def packets(draw):
    """A packet of any mode, with its length before it."""
    segment = draw(st.sampled_from([NSE, INDICES, CDS, BCD]))
    token = draw(st.integers(0, 2**24 - 1)) << 8 | segment
    # A currency pair has four decimals of which we hold all: the other three are zero.
    price = PAISE if segment != CDS else st.integers(0, 2**31 // 1_000 - 1).map(lambda steps: steps * 1_000)
    if draw(st.booleans()):
        body = struct.pack(">II", token, draw(price))
    elif segment == INDICES:
        body = struct.pack(">IIIIII", token, *(draw(price) for _ in range(5))) + b"\0\0\0\1"
        if draw(st.booleans()):
            body += struct.pack(">I", draw(SECONDS))
    else:
        counts = [draw(COUNT) for _ in range(3)]
        body = struct.pack(">IIIIIII", token, draw(price), draw(COUNT), draw(price), *counts)
        body += struct.pack(">IIII", *(draw(price) for _ in range(4)))
        if draw(st.booleans()):
            body += struct.pack(">I", draw(SECONDS)) + draw(st.binary(min_size=136, max_size=136))
    return struct.pack(">H", len(body)) + body


@settings(max_examples=60, deadline=None)
@given(st.lists(packets(), max_size=5))
def test_kite_frames_are_read_as_kites_own_client_reads_them(listed):
    frame = struct.pack(">H", len(listed)) + b"".join(listed)
    theirs = KiteTicker.__new__(KiteTicker)._parse_binary(frame)
    ours = kite.decode(frame)
    assert [one.key for one in ours] == [str(tick["instrument_token"]) for tick in theirs]
    for one, tick in zip(ours, theirs, strict=True):
        assert one.price_e4 == round(tick["last_price"] * 10_000)
        ohlc = tick.get("ohlc", {})
        named = {
            "open": one.day_open_e4,
            "high": one.day_high_e4,
            "low": one.day_low_e4,
            "close": one.previous_close_e4,
        }
        assert {name: value or 0 for name, value in named.items()} == {
            name: round(ohlc.get(name, 0) * 10_000) for name in named
        }
        assert one.day_volume == tick.get("volume_traded")
        # Of an index they tell the exchange's time, of a share that of the last trade: naive, in our own zone.
        told = tick.get("last_trade_time") or (tick.get("exchange_timestamp") if not tick["tradable"] else None)
        told_ms = None if told is None else round(told.timestamp()) * 1_000 or None
        assert one.traded_ms == told_ms


@pytest.mark.parametrize(
    "frame",
    [
        b"\0\1",
        b"\0\1\0\x08\0",
        b"\0\1\0\x05\0\0\0\0\0",
        b"\0\0\0",
        b"\xff\xff",
        struct.pack(">HHII", 2, 8, 257, 1),
    ],
)
def test_what_is_no_kite_frame_is_refused(frame):
    with pytest.raises(BadFrame):
        decode_frame(FeedVendor.KITE, frame)


def test_a_heartbeat_holds_nothing():
    assert list(kite.decode(b"\0")) == []


RUPEES = st.floats(0, 1e9).map(lambda value: round(value, 2))
SOME = st.integers(0, 2**50)


@st.composite
def feeds(draw):
    """A feed of any mode."""
    trade = their.LTPC(ltp=draw(RUPEES), ltt=draw(SOME), ltq=draw(SOME), cp=draw(RUPEES))
    minute = their.OHLC(interval="I1", open=1, high=1, low=1, close=1)
    day = their.OHLC(interval="1d", **{name: draw(RUPEES) for name in ("open", "high", "low", "close")})
    bars = their.MarketOHLC(ohlc=draw(st.sampled_from([[], [minute], [minute, day]])))
    match draw(st.sampled_from(["ltpc", "share", "index", "greeks", "nothing"])):
        case "ltpc":
            return their.Feed(ltpc=trade)
        case "share":
            share = their.MarketFullFeed(
                ltpc=trade, marketOHLC=bars, vtt=draw(SOME), iep=draw(RUPEES), tbq=draw(RUPEES), casEligible=True
            )
            share.marketLevel.bidAskQuote.add(bidQ=1, bidP=2.5)
            return their.Feed(fullFeed=their.FullFeed(marketFF=share), requestMode="full_d5")
        case "index":
            return their.Feed(fullFeed=their.FullFeed(indexFF=their.IndexFullFeed(ltpc=trade, marketOHLC=bars)))
        case "greeks":
            return their.Feed(firstLevelWithGreeks=their.FirstLevelWithGreeks(ltpc=trade, vtt=draw(SOME)))
        case _:
            return their.Feed()


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from(["NSE_EQ|A", "NSE_EQ|B", "NSE_INDEX|Nifty 50"]), feeds()))
def test_upstox_frames_are_read_as_they_were_written(written):
    message = their.FeedResponse(type="live_feed", feeds=written, currentTs=1)
    ours = {one.key: one for one in upstox.decode(message.SerializeToString())}
    shown = MessageToDict(message).get("feeds", {})
    for key, feed in shown.items():
        full = feed.get("fullFeed", {})
        share, greeks = full.get("marketFF"), feed.get("firstLevelWithGreeks")
        part = share or full.get("indexFF") or greeks or feed
        trade = part.get("ltpc")
        if not trade:
            assert key not in ours
            continue
        one = ours[key]
        assert (one.price_e4, one.traded_ms) == (round(trade.get("ltp", 0) * 10_000), int(trade.get("ltt", 0)) or None)
        assert (one.previous_close_e4 or 0) == round(trade.get("cp", 0) * 10_000)
        bars = part.get("marketOHLC", {}).get("ohlc", [])
        day = next((bar for bar in bars if bar["interval"] == "1d"), {})
        assert [value or 0 for value in (one.day_open_e4, one.day_high_e4, one.day_low_e4)] == [
            round(day.get(name, 0) * 10_000) for name in ("open", "high", "low")
        ]
        assert one.day_volume == (int(part.get("vtt", 0)) if share is not None or greeks is not None else None)
    assert ours.keys() <= shown.keys()


def test_a_message_about_the_market_holds_no_price_and_what_is_none_is_refused():
    info = their.FeedResponse(type="market_info", marketInfo=their.MarketInfo(segmentStatus={"NSE_EQ": "NORMAL_OPEN"}))
    assert list(upstox.decode(info.SerializeToString())) == []
    endless = their.FeedResponse(feeds={"A": their.Feed(ltpc=their.LTPC(ltp=math.inf, ltt=1))})
    assert list(upstox.decode(endless.SerializeToString())) == []
    with pytest.raises(BadFrame):
        decode_frame(FeedVendor.UPSTOX, b"\xff\xff\xff")


@pytest.mark.skipif(find_spec("upstox_client") is None, reason="their client is not among what we may install")
def test_the_messages_of_these_tests_are_those_of_upstox_own_client():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        real = import_module("upstox_client.feeder.proto.MarketDataFeedV3_pb2").DESCRIPTOR.message_types_by_name
    for name in their.MESSAGES:
        made = getattr(their, name, None)
        declared = {(field, number) for field, number, _ in their.fields_of(name)}
        assert declared <= {(field.name, field.number) for field in real[name].fields}, name
        if made is not None:
            types = {field.name: field.type for field in real[name].fields}
            assert all(types[field.name] == field.type for field in made.DESCRIPTOR.fields), name


@pytest.mark.data
@pytest.mark.skipif("SHAREWISE_DATA" not in os.environ, reason="SHAREWISE_DATA names no folder")
def test_a_recorded_packet_is_read_as_its_recorder_wrote_it_down():
    mocks = Path(os.environ["SHAREWISE_DATA"]) / "kite-mocks"
    packet = base64.b64decode((mocks / "ticker_quote.packet").read_text())
    told = json.loads((mocks / "ticker_quote.json").read_text())
    (one,) = kite.decode(struct.pack(">HH", 1, len(packet)) + packet)
    assert (one.key, one.day_volume) == (str(told["instrument_token"]), told["volume"])
    assert one.price_e4 == round(told["last_price"] * 10_000)
    assert [one.day_open_e4, one.day_high_e4, one.day_low_e4, one.previous_close_e4] == [
        round(told["ohlc"][name] * 10_000) for name in ("open", "high", "low", "close")
    ]
