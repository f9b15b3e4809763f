"""The stream on which a broker's market feed reaches market: each frame as it came over the broker's socket.

The broker service holds the connections and their tokens; market gets bytes. A frame belongs to its `owner`, the person
whose login opened the connection: its prices are seen by, and fire alerts of, that person only (decisions 30). Without
an owner it is the operator's own connection, which market believes only where the operator holds a licence to show it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from libs.contracts.base import Message

INGEST_STREAM = "market.ingest"

OWN_TICK_STREAM = "market.own_ticks"
"""Ticks of people's own broker connections, `market.own_ticks.<partition>`, one person an entry; see `own_tick_stream`.

They are seen by, and fire alerts of, the person in `OWNER_FIELD` (the 16 bytes of the id) only (decisions 30).
"""

OWNER_FIELD = b"o"

INGEST_MAX_ENTRIES = 5_000
"""The stream is trimmed to about so many frames by who writes it: an older one is no news any more."""

MAX_FRAME_BYTES = 1 << 20
MAX_KEYS = 5_000
"""Of one connection, the most that any of these brokers allows."""

_VERSION = b"1"
_MAX_MS = 1 << 53


class FeedVendor(StrEnum):
    """Whose protocol a frame is in.

    kite: the binary frames of Kite's WebSocket (subscribe in mode `full`, which tells the time of the last trade).
    upstox: the protobuf `FeedResponse` of Upstox' market feed v3.
    """

    KITE = "kite"
    UPSTOX = "upstox"


@dataclass(frozen=True, slots=True)
class FeedFrame:
    """One binary message of a broker's socket. `connection` changes with each new connection: counting begins anew."""

    vendor: FeedVendor
    connection: UUID
    owner: UUID | None
    received_ms: int
    frame: bytes


class BadFrame(ValueError):
    """An entry of the stream that `encode_frame` never made, or a frame that is none of its vendor's."""


def encode_frame(frame: FeedFrame) -> dict[bytes, bytes]:
    """Encode as the fields of a stream entry. Raises BadFrame for a frame that is too long."""
    if len(frame.frame) > MAX_FRAME_BYTES:
        raise BadFrame(f"A frame has at most {MAX_FRAME_BYTES} bytes, this one {len(frame.frame)}.")
    return {
        b"v": _VERSION,
        b"vendor": frame.vendor.encode(),
        b"connection": frame.connection.bytes,
        b"owner": b"" if frame.owner is None else frame.owner.bytes,
        b"received_ms": b"%d" % frame.received_ms,
        b"frame": frame.frame,
    }


def decode_frame(fields: Mapping[bytes, bytes]) -> FeedFrame:
    """Decode the fields of a stream entry. Raises BadFrame."""
    try:
        if fields[b"v"] != _VERSION:
            raise BadFrame("The entry is of another version.")
        frame, owner, received_ms = fields[b"frame"], fields[b"owner"], int(fields[b"received_ms"])
        if len(frame) > MAX_FRAME_BYTES or not 0 < received_ms < _MAX_MS:
            raise BadFrame("The entry is out of its bounds.")
        return FeedFrame(
            FeedVendor(fields[b"vendor"].decode("ascii")),
            UUID(bytes=fields[b"connection"]),
            UUID(bytes=owner) if owner else None,
            received_ms,
            frame,
        )
    except BadFrame:
        raise
    except (KeyError, ValueError) as error:
        raise BadFrame(f"The entry is no frame: {error!r}.") from error


def own_tick_stream(partition: int) -> str:
    """Name the stream of own ticks of a partition; instruments are in the same partition as in the tick streams."""
    return f"{OWN_TICK_STREAM}.{partition}"


class FeedKey(Message):
    """How a vendor's feed calls an instrument: Kite's number in digits, Upstox' `NSE_EQ|INE009A01021`."""

    instrument: str
    key: str


class FeedKeys(Message):
    """Answer of `POST /internal/feed-keys/{vendor}` (body `{"instruments": [...]}` or `{}` for all that is monitored).

    Instruments whose key no list has told are left out.
    """

    items: tuple[FeedKey, ...]
