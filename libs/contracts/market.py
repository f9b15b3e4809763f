"""What market announces, the form of its tick streams, and what its internal routes answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import partial
from typing import ClassVar, Literal, NamedTuple
from uuid import UUID
from zlib import crc32

import orjson

from libs.contracts.base import Event, Message, Price

TICK_STREAM = "market.ticks"
"""Tick streams are `market.ticks.<partition>`; see `tick_stream`."""

TICK_FIELD = b"t"

TICK_PARTITIONS = 8
"""How many tick streams there are unless `SHAREWISE_TICK_PARTITIONS` says otherwise; so many engines may share them."""


class Tick(NamedTuple):
    """One price as it reached us, in the form of the tick streams. Prices are integers of 1/10,000, times Unix ms.

    `low_e4` and `high_e4` are the extremes of the span that began at `span_start_ms` and ended at `at_ms`; a plain
    trade has low = high = price and span_start = at. `stale` says that the price was already too old when it reached
    us (received - at above the source's max_lag): such a tick shows but fires nothing.
    `recorded_ms` is when the price was true in the real market, set by the replay only.
    """

    instrument: str
    price_e4: int
    low_e4: int
    high_e4: int
    span_start_ms: int
    at_ms: int
    received_ms: int
    stale: bool
    source: str
    previous_close_e4: int | None
    recorded_ms: int | None


_tick_of = partial(tuple.__new__, Tick)
"""Makes a tick of a row without a call of Python: an engine that catches up spent a fifth of its time on those."""


def tick_stream(partition: int) -> str:
    """Name the tick stream of a partition."""
    return f"{TICK_STREAM}.{partition}"


def tick_partition(instrument: str, partitions: int) -> int:
    """Say on which of the tick streams an instrument's ticks are."""
    return crc32(instrument.encode()) % partitions


def encode_ticks(ticks: Iterable[Tick]) -> bytes:
    """Encode a batch of ticks as the value of one stream entry's `TICK_FIELD`."""
    return orjson.dumps([tuple(tick) for tick in ticks])  # orjson knows tuples, not their subclasses


def decode_ticks(value: bytes) -> list[Tick]:
    """Decode one stream entry's batch.

    Raises ValueError (not JSON) or TypeError (not rows of a tick) for what `encode_ticks` never made.
    """
    rows = orjson.loads(value)
    if set(map(len, rows)) - {len(Tick._fields)}:
        raise TypeError("a row is not a tick")
    return list(map(_tick_of, rows))


class PriceUpdated(Event):
    """A polled source's price was stored (ticks of streams go to the tick stream only)."""

    type: ClassVar[str] = "market.price.updated.v1"
    instrument: str
    price: Price
    currency: str
    at: datetime
    received_at: datetime
    source: str
    stale: bool

    def subject(self) -> str:
        return self.instrument


class PriceGapped(Event):
    """A price stepped further than a market moves by itself: a split, a source that starts over, or its mistake.

    `replay_restarted`: the source went back in time, so the step is surely no move of the market. Prices just after it
    are marked stale; alerts on the instrument should fire only after somebody has looked (decisions 29).
    """

    type: ClassVar[str] = "market.price.gapped.v1"
    instrument: str
    previous_price: Price
    price: Price
    at: datetime
    source: str
    reason: Literal["unexplained", "replay_restarted"]

    def subject(self) -> str:
        return self.instrument


class _SplitEvent(Event):
    split_id: UUID
    instrument: str
    ex_date: date
    old_shares: int
    new_shares: int

    def subject(self) -> str:
        return self.instrument


class SplitConfirmed(_SplitEvent):
    """Staff confirmed that on `ex_date` each `old_shares` became `new_shares`: thresholds follow (decisions 29)."""

    type: ClassVar[str] = "market.split.confirmed.v1"


class SplitUndone(_SplitEvent):
    """A confirmed split was a mistake: what followed it is taken back."""

    type: ClassVar[str] = "market.split.undone.v1"


class CandleClosed(Event):
    """A candle will not change by itself any more. Told once per candle, and once more for each correction.

    Only candles that an active alert asked for are told (`AlertState.candles`). `at` is the candle's start in market
    time (of a replay the recorded time), `closed_at` when it closed by our clock. `late`: a price that came after the
    close changed it, and these are the new values. `interpolated`: its path was made from a longer recorded bar.
    """

    type: ClassVar[str] = "market.candle.closed.v1"
    instrument: str
    interval: str
    at: datetime
    closed_at: datetime
    open: Price
    high: Price
    low: Price
    close: Price
    volume: int | None = None
    interpolated: bool = False
    late: bool = False

    def subject(self) -> str:
        return self.instrument


class Candle(Message):
    """A stored candle. `at` is its start in market time; `complete`: it will not change by itself any more."""

    at: datetime
    open: Price
    high: Price
    low: Price
    close: Price
    volume: int | None = None
    interpolated: bool = False
    complete: bool = True


class Candles(Message):
    """Answer of `GET /internal/candles/{instrument}?interval=&from=&to=&limit=`, oldest first.

    With `from` the first `limit` candles from there on, without it the newest `limit`. `more`: the limit left some out.
    """

    instrument: str
    interval: str
    items: tuple[Candle, ...]
    more: bool = False


class SplitOfShares(Message):
    """`old_shares` became `new_shares` before the market opened at `at`."""

    at: datetime
    old_shares: int
    new_shares: int


class SplitsOfInstrument(Message):
    """Answer of `GET /internal/splits/{instrument}`: the confirmed splits that count, oldest first."""

    instrument: str
    items: tuple[SplitOfShares, ...]


class DividendOfShare(Message):
    """`amount` a share, as it was paid then; the market opened without it at `at`."""

    at: datetime
    amount: Price


class DividendsOfInstrument(Message):
    """Answer of `GET /internal/dividends/{instrument}`: oldest first, those of one day together."""

    instrument: str
    items: tuple[DividendOfShare, ...]


class CandleColumns(Message):
    """The newest complete candles of an instrument as columns of one length, oldest first.

    `at_ms`: their starts. Prices in ten-thousandths, adjusted for splits. `volume`: None where none is told. A column
    that was not asked for is empty.
    """

    instrument: str
    at_ms: tuple[int, ...]
    open_e4: tuple[int, ...] = ()
    high_e4: tuple[int, ...] = ()
    low_e4: tuple[int, ...] = ()
    close_e4: tuple[int, ...] = ()
    volume: tuple[int | None, ...] = ()


class ManyCandles(Message):
    """Answer of `GET /internal/candle-columns?instruments=&interval=&columns=&to=&limit=`, by the names asked for.

    Who is unknown or has no candles is left out.
    """

    items: Mapping[str, CandleColumns]


class RecordedInstruments(Message):
    """Answer of `GET /internal/candles?interval=&exchange=&after=&limit=`: who has candles of an interval, by name.

    `more`: the limit left some out; ask again with `after` the last one.
    """

    instruments: tuple[str, ...]
    more: bool = False


class InstrumentInfo(Message):
    """An instrument with its newest price: answer of `GET /internal/instruments/{symbol}` and item of the list routes.

    `symbol` in the path is `NASDAQ:AAPL`, or `AAPL` where unique. Price members are None before the first price.
    `span_*` describe the newest price's span as in `Tick`. `stale` is staleness on arrival.
    `for_orders`: an order may be placed by this price; of a source that is a last resort it is false.
    """

    instrument: str
    exchange: str
    symbol: str
    name: str
    currency: str
    price: Price | None = None
    previous_close: Price | None = None
    low: Price | None = None
    high: Price | None = None
    span_start: datetime | None = None
    at: datetime | None = None
    received_at: datetime | None = None
    recorded_at: datetime | None = None
    source: str | None = None
    stale: bool = False
    for_orders: bool = False


class NewestPrices(Message):
    """Answer of `POST /internal/prices` (body `{"instruments": [...]}`, at most 1,000): those that have a price."""

    items: tuple[InstrumentInfo, ...]


class WatchlistChanged(Event):
    """A person's watchlist was made, filled otherwise or deleted. `instruments` is all that is in it now, in its order.

    The order of events about one person's lists is that in which they changed.
    """

    type: ClassVar[str] = "market.watchlist.changed.v1"
    user_id: UUID
    watchlist_id: UUID
    instruments: tuple[str, ...]
    deleted: bool = False

    def subject(self) -> str:
        return str(self.user_id)


class WatchlistInfo(Message):
    """Answer of `GET /internal/watchlists/{watchlist_id}`, to a service that acts for its owner (X-On-Behalf-Of)."""

    watchlist_id: UUID
    name: str
    instruments: tuple[str, ...]


class InstrumentChanged(Event):
    """An instrument has another name now, or went into another one: what stood under `previous` is `instrument` now.

    Who keeps `previous` takes `instrument` in its place from `valid_from` on; market's routes know both.
    """

    type: ClassVar[str] = "market.instrument.changed.v1"
    previous: str
    instrument: str
    name: str
    valid_from: date
    reason: Literal["renamed", "merged"]

    def subject(self) -> str:
        return self.previous


class MarketOpened(Event):
    """The session of an exchange began, by its calendar. `at` may lie behind us where nobody was up to say so in time.

    A replay has a clock of its own: while one feeds the platform, neither this nor MarketClosed is announced.
    """

    type: ClassVar[str] = "market.opened.v1"
    exchange: str
    day: date
    at: datetime

    def subject(self) -> str:
        return self.exchange


class MarketClosed(Event):
    """The session of an exchange ended, its closing auction included."""

    type: ClassVar[str] = "market.closed.v1"
    exchange: str
    day: date
    at: datetime

    def subject(self) -> str:
        return self.exchange


class SessionPhase(Message):
    """A phase of a day, from `begins_at` up to but not including `ends_at`. `phase` is one of market's phases."""

    phase: str
    begins_at: datetime
    ends_at: datetime


class SessionDay(Message):
    """A day of an exchange. Without a session `opens_at` is None. `auction_phases`: of instruments with derivatives."""

    day: date
    kind: Literal["holiday", "special"] | None = None
    name: str | None = None
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    phases: tuple[SessionPhase, ...] = ()
    auction_phases: tuple[SessionPhase, ...] = ()


class Sessions(Message):
    """Answer of `GET /internal/sessions/{exchange}?from=&to=`: the days asked for, as far as the calendar reaches.

    A day that is missing is not known: nobody may assume a session on it. `replayed`: a replay feeds the platform, so
    that the market counts as open at any time.
    """

    exchange: str
    zone: str
    replayed: bool
    covered_until: date
    days: tuple[SessionDay, ...]
