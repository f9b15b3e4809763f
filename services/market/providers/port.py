"""What we need of a price provider, in our words.

Prices are integers of 1/10,000 (`*_e4`), instants are Unix milliseconds (`*_ms`): a replay brings thousands a second.

    ProviderError
    ├── RateLimited    their credit is used up until `retry_at`
    ├── NotCovered     the plan that we pay does not include it; final
    ├── SymbolUnknown  they know no such instrument; final for a day
    ├── BadRequest     they cannot read what we asked; our bug or a bad symbol; final
    ├── AuthFailed     the key is missing, wrong or withdrawn; final until someone changes it
    └── Transient      it did not work this time
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from libs.common.instruments import Instrument


class Interval(StrEnum):
    """The length of a candle. A day is one regular session."""

    M1 = "1m"
    M5 = "5m"
    M15 = "15m"
    H1 = "1h"
    D1 = "1d"

    @property
    def minutes(self) -> int | None:
        """The length in minutes; None for the day, whose length is the exchange's."""
        return _MINUTES[self]


_MINUTES = {Interval.M1: 1, Interval.M5: 5, Interval.M15: 15, Interval.H1: 60, Interval.D1: None}


class Mode(StrEnum):
    POLLED = "polled"
    STREAM = "stream"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a provider can do.

    `max_lag`: a price that was older when it came was stale on arrival and fires nothing (decisions 27).
    `batch_size`: how many instruments one call of `quotes` takes at most.
    """

    mode: Mode
    max_lag: timedelta
    batch_size: int


@dataclass(frozen=True, slots=True)
class Listing:
    """An instrument as a provider describes it. `chosen`: worth showing before anyone asked for it."""

    instrument: Instrument
    name: str
    currency: str
    isin: str | None = None
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Quote:
    """One price as a provider gave it.

    `low_e4` and `high_e4` are the extremes of the span from `span_start_ms` to `at_ms`, never of the day (decisions
    28): a polled quote knows one instant, so its span is that instant. `day_*` and `previous_close_e4` are for show.
    `recorded_ms` says when the price was true in the real market, for recorded prices. `restarted` says that the
    provider itself went back in time before this price, so that the step from the one before is no move of the market.
    """

    instrument: Instrument
    price_e4: int
    at_ms: int
    received_ms: int
    low_e4: int
    high_e4: int
    span_start_ms: int
    previous_close_e4: int | None = None
    day_open_e4: int | None = None
    day_high_e4: int | None = None
    day_low_e4: int | None = None
    day_volume: int | None = None
    recorded_ms: int | None = None
    restarted: bool = False


@dataclass(frozen=True, slots=True)
class FeedPrice:
    """A price as a broker's feed gave it, under the broker's own key of the instrument.

    `traded_ms` is when it was last traded, None where the frame does not tell. The rest is of the day.
    """

    key: str
    price_e4: int
    traded_ms: int | None
    day_open_e4: int | None = None
    day_high_e4: int | None = None
    day_low_e4: int | None = None
    previous_close_e4: int | None = None
    day_volume: int | None = None


@dataclass(frozen=True, slots=True)
class Bar:
    """A candle as a provider gave it, `at_ms` its start in market time.

    `interpolated`: made from a longer recorded bar, its path is not what was traded. `complete`: it will not change.
    """

    instrument: Instrument
    interval: Interval
    at_ms: int
    open_e4: int
    high_e4: int
    low_e4: int
    close_e4: int
    volume: int | None
    interpolated: bool = False
    complete: bool = True


@dataclass(frozen=True, slots=True)
class FileBars:
    """What a file of recorded prices holds. `names`: name and ISIN of each instrument, as far as it tells them.

    Bars are of one interval, sorted by instrument and time. `refused`: rows whose prices cannot belong together.
    """

    bars: Sequence[Bar]
    names: Mapping[Instrument, tuple[str, str | None]]
    refused: int


class FileRefused(Exception):
    """A file holds nothing that can be kept; says why."""


class ProviderError(Exception):
    """Why a provider gave no price. `reason` is for logs and staff; it never holds a key."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class RateLimited(ProviderError):
    """Their credit is used up. `whole_day`: of the day, else of the minute."""

    def __init__(self, reason: str, *, retry_at: datetime, whole_day: bool) -> None:
        super().__init__(reason)
        self.retry_at = retry_at
        self.whole_day = whole_day


class NotCovered(ProviderError):
    pass


class SymbolUnknown(ProviderError):
    pass


class BadRequest(ProviderError):
    pass


class AuthFailed(ProviderError):
    pass


class Transient(ProviderError):
    pass


class Budget(Protocol):
    """The credits that a provider gives us. One is used when a call is sent, whatever becomes of it."""

    @property
    def per_minute(self) -> int: ...

    async def reserve(self, credits: int) -> None:
        """Use credits for a call that is about to be sent. Raises RateLimited when there are not enough."""
        ...

    async def settle(self, credits: int, *, used_of_minute: int | None) -> None:
        """Say that a call has ended, and what the provider itself counts for this minute."""
        ...

    async def give_back(self, credits: int) -> None:
        """Undo a reservation: the call certainly was not sent."""
        ...

    async def exhaust(self, *, whole_day: bool) -> RateLimited:
        """Note that the provider says that nothing is left, and give the error that tells till when."""
        ...


class Provider(Protocol):
    """A source of prices. Every method may raise ProviderError."""

    @property
    def name(self) -> str: ...

    @property
    def capabilities(self) -> Capabilities: ...

    async def listings(self) -> Sequence[Listing]:
        """List what this provider brings along by itself. Empty for one that must be asked for symbols."""
        ...

    async def quotes(self, instruments: Sequence[Instrument]) -> Mapping[Instrument, Quote | ProviderError]:
        """Give the newest price of each, at most `batch_size` of them; one bad instrument does not spoil the others."""
        ...

    async def bars(self, instrument: Instrument, interval: Interval, start: datetime, end: datetime) -> Sequence[Bar]:
        """Give the bars that begin in [start, end), oldest first."""
        ...

    async def close(self) -> None: ...


class Connection(Protocol):
    """An open connection that prices come over."""

    async def gather(self, seconds: float) -> Sequence[Quote]:
        """Give what comes within so long, in the order in which it came. Raises ProviderError when it broke."""
        ...


class PushProvider(Protocol):
    """A provider that pushes prices of what was subscribed. `feed`: the polled provider that prices the same stocks."""

    @property
    def name(self) -> str: ...

    @property
    def feed(self) -> str: ...

    @property
    def max_lag(self) -> timedelta: ...

    def connect(self, instruments: Sequence[Instrument]) -> AbstractAsyncContextManager[Connection]:
        """Open a connection and subscribe. Raises ProviderError."""
        ...


@dataclass(frozen=True, slots=True)
class Played:
    """What a step of a stream brought. At most one quote per instrument; of a candle told twice, the later counts."""

    quotes: Sequence[Quote] = ()
    bars: Sequence[Bar] = ()


class StreamProvider(Provider, Protocol):
    """A provider that brings prices by itself, in steps: what it brought is stored before it goes on."""

    @property
    def source_key(self) -> str:
        """Name what is played: another key means that stored positions and candles are of another stream."""
        ...

    @property
    def position(self) -> str:
        """Tell where the stream stands; opaque to all but the provider."""
        ...

    def resume(self, position: str) -> None:
        """Go on where a stream of the same `source_key` stood."""
        ...

    def watch(self, instruments: frozenset[Instrument]) -> None:
        """Say whose every move is wanted; of all others a price now and then will do."""
        ...

    async def play(self, elapsed: timedelta) -> Played:
        """Move on by this much of our time and give what happened in it."""
        ...
