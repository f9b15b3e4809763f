"""Kite's binary frames. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from struct import Struct

from libs.contracts.ingest import BadFrame
from services.market.providers.port import FeedPrice

MAX_PACKETS = 3_000
"""As many instruments as one of their connections carries."""

_INDICES = 9
_E4_BY_SEGMENT = {3: (1, 1_000), 6: (1, 1), 12: (1, 1)}  # currency pairs have more decimals than paise
_PAISE = (100, 1)

_COUNT, _LENGTH = Struct(">H"), Struct(">H")
_LTP = Struct(">Ii")
# token, last, last quantity, average, volume, buy and sell quantity, open, high, low, close
_QUOTE = Struct(">IiIiIIIiiii")
_LAST_TRADE = Struct(">I")
_INDEX = Struct(">Iiiiii")  # token, last, high, low, open, close
_LTP_BYTES, _INDEX_QUOTE_BYTES, _INDEX_FULL_BYTES, _QUOTE_BYTES, _FULL_BYTES = 8, 28, 32, 44, 184


def decode(frame: bytes) -> Sequence[FeedPrice]:
    """Read a frame; a heartbeat (one byte) holds none. Raises BadFrame for what is no whole frame."""
    if len(frame) < _COUNT.size:
        return ()
    (count,) = _COUNT.unpack_from(frame)
    if count > MAX_PACKETS:
        raise BadFrame(f"A frame holds at most {MAX_PACKETS} packets, this one {count}.")
    prices, at = [], _COUNT.size
    for _ in range(count):
        if at + _LENGTH.size > len(frame):
            raise BadFrame("The frame ends before its last packet.")
        (length,) = _LENGTH.unpack_from(frame, at)
        at += _LENGTH.size
        packet = frame[at : at + length]
        if len(packet) < length:
            raise BadFrame("The frame ends within a packet.")
        at += length
        prices.append(_price(packet))
    if at != len(frame):
        raise BadFrame("There are bytes behind the last packet.")
    return prices


def _price(packet: bytes) -> FeedPrice:
    match len(packet):
        case 8:
            token, last = _LTP.unpack(packet)
            return FeedPrice(str(token), _e4(token, last), None)
        case 28 | 32:
            return _index(packet)
        case 44 | 184:
            return _share(packet)
        case length:
            raise BadFrame(f"A packet of {length} bytes is of no mode.")


def _share(packet: bytes) -> FeedPrice:
    token, last, _, _, volume, _, _, opened, high, low, close = _QUOTE.unpack_from(packet)
    traded_ms = None
    if len(packet) == _FULL_BYTES:
        (seconds,) = _LAST_TRADE.unpack_from(packet, _QUOTE_BYTES)
        traded_ms = seconds * 1_000 or None
    return FeedPrice(
        str(token),
        _e4(token, last),
        traded_ms,
        day_open_e4=_e4(token, opened) or None,
        day_high_e4=_e4(token, high) or None,
        day_low_e4=_e4(token, low) or None,
        previous_close_e4=_e4(token, close) or None,
        day_volume=volume,
    )


def _index(packet: bytes) -> FeedPrice:
    token, last, high, low, opened, close = _INDEX.unpack_from(packet)
    traded_ms = None
    if len(packet) == _INDEX_FULL_BYTES:
        (seconds,) = _LAST_TRADE.unpack_from(packet, _INDEX_QUOTE_BYTES)
        traded_ms = seconds * 1_000 or None
    return FeedPrice(
        str(token),
        _e4(token, last),
        traded_ms,
        day_open_e4=_e4(token, opened) or None,
        day_high_e4=_e4(token, high) or None,
        day_low_e4=_e4(token, low) or None,
        previous_close_e4=_e4(token, close) or None,
    )


def _e4(token: int, raw: int) -> int:
    times, by = _E4_BY_SEGMENT.get(token & 0xFF, _PAISE)
    return raw * times if by == 1 else (raw * times + by // 2) // by
