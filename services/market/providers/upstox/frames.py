"""Upstox' protobuf frames. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from google.protobuf.message import DecodeError

from libs.common.money import E4
from libs.contracts.ingest import MAX_KEYS, BadFrame
from services.market.providers.port import FeedPrice
from services.market.providers.upstox.feed_pb2 import Feed, LastTrade, Ohlc, Response

_DAY = "1d"
_MOST = float(1 << 50)
_NO_TRADE = LastTrade()


def decode(frame: bytes) -> Sequence[FeedPrice]:
    """Read a frame; one about the market's state holds no price. Raises BadFrame for what is no such message."""
    response = Response()
    try:
        response.ParseFromString(frame)
    except DecodeError as error:
        raise BadFrame("The frame is no FeedResponse.") from error
    if len(response.feeds) > MAX_KEYS:
        raise BadFrame(f"A frame holds at most {MAX_KEYS} prices, this one {len(response.feeds)}.")
    made = (_price(key, feed) for key, feed in response.feeds.items())
    return [price for price in made if price is not None]


def _price(key: str, feed: Feed) -> FeedPrice | None:
    volume: int | None = None
    bars: Iterable[Ohlc] = ()
    if feed.HasField("ltpc"):
        trade = feed.ltpc
    elif feed.HasField("firstLevelWithGreeks"):
        trade, volume = feed.firstLevelWithGreeks.ltpc, feed.firstLevelWithGreeks.vtt
    elif feed.fullFeed.HasField("marketFF"):
        share = feed.fullFeed.marketFF
        trade, volume, bars = share.ltpc, share.vtt, share.marketOHLC.ohlc
    else:
        trade, bars = feed.fullFeed.indexFF.ltpc, feed.fullFeed.indexFF.marketOHLC.ohlc
    price = _e4(trade.ltp)
    if price is None or trade == _NO_TRADE:
        return None
    day = next((bar for bar in bars if bar.interval == _DAY), None)
    return FeedPrice(
        key,
        price,
        trade.ltt if trade.ltt > 0 else None,
        day_open_e4=None if day is None else _e4(day.open) or None,
        day_high_e4=None if day is None else _e4(day.high) or None,
        day_low_e4=None if day is None else _e4(day.low) or None,
        previous_close_e4=_e4(trade.cp) or None,
        day_volume=volume,
    )


def _e4(rupees: float) -> int | None:
    return round(rupees * E4) if math.isfinite(rupees) and abs(rupees) < _MOST else None
