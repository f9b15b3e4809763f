"""Prices from the tick streams to the sockets that asked for them: encoded once, and never a growing queue."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import Protocol

from gateway.sockets.quotes import quote_frame
from libs.common import telemetry
from libs.contracts.market import Tick

SLOW_BYTES = 64 * 1024
"""A socket that has this much unread gets no further prices until it has read; then it gets the newest."""

RAW_QUEUE = 2_000
"""Frames that a socket without a rate limit may have waiting before it is conflated like the others."""

_held_back = telemetry.counter("sharewise_ws_held_back_total", "Flushes skipped since the client was behind.")
_frames = telemetry.counter("sharewise_ws_frames_total", "Price frames written.")


class Outlet(Protocol):
    """Where frames go: the protocol of one socket (`gateway.server.socket`)."""

    heard_at: float

    @property
    def unread_bytes(self) -> int: ...

    def write(self, frames: bytes) -> None: ...

    def ping(self) -> None: ...

    def close(self, code: int, reason: str) -> None: ...


class PriceReader:
    """One socket's place in the hub. interval_s: between two prices of one instrument; None for every single tick.

    owner: whose own prices it hears besides those for all; None for nobody's.
    """

    __slots__ = ("due", "instruments", "interval_s", "outlet", "owner", "pending", "queue")

    def __init__(self, outlet: Outlet, interval_s: float | None, owner: str | None = None) -> None:
        self.outlet = outlet
        self.interval_s = interval_s
        self.owner = owner
        self.instruments: set[str] = set()
        self.pending: dict[str, bytes] = {}
        self.queue: list[bytes] = []
        self.due = 0.0


class PriceHub:
    """Who hears which instrument, and what each is owed.

    A batch marks instruments as changed; a flush writes each socket everything it is owed in one write. Between two
    flushes are at least `flush_s`: under load prices gather, on a quiet market a price goes out at once.
    """

    def __init__(self, *, flush_s: float, now: Callable[[], float] = time.monotonic) -> None:
        self._flush_s = flush_s
        self._now = now
        self._newest: dict[str, tuple[str, Tick]] = {}
        self._readers: dict[str, set[PriceReader]] = {}
        self._raw: dict[str, set[PriceReader]] = {}
        self._by_owner: dict[str, set[PriceReader]] = {}
        self._changed: dict[str, None] = {}
        self._owed: set[PriceReader] = set()
        self._planned: asyncio.TimerHandle | None = None
        self._flushed_at = 0.0

    def publish(self, seq: str, ticks: Iterable[Tick]) -> None:
        """Take a batch of ticks in the order in which they happened."""
        newest, changed, readers, raw = self._newest, self._changed, self._readers, self._raw
        for tick in ticks:
            instrument = tick.instrument
            newest[instrument] = (seq, tick)
            if instrument in readers:
                changed[instrument] = None
            if instrument in raw:
                frame = quote_frame(seq, tick)
                for reader in raw[instrument]:
                    reader.queue.append(frame)
                    self._owed.add(reader)
                    if len(reader.queue) > RAW_QUEUE:
                        self._conflate(reader)
        if changed or self._owed:
            self._plan(0.0)

    def publish_own(self, owner: str, seq: str, ticks: Iterable[Tick]) -> None:
        """Take ticks of a person's own connection: only sockets of that person hear them (decisions 30).

        Not over a replay, which has a clock of its own: an own price among recorded ones would be of another day.
        """
        for reader in self._by_owner.get(owner, ()):
            for tick in ticks:
                instrument = tick.instrument
                known = self._newest.get(instrument)
                if instrument not in reader.instruments or (known is not None and known[1].recorded_ms is not None):
                    continue
                if reader.interval_s is None and len(reader.queue) < RAW_QUEUE:
                    reader.queue.append(quote_frame(seq, tick))
                else:
                    reader.pending[instrument] = quote_frame(seq, tick)
                self._owed.add(reader)
        if self._owed:
            self._plan(0.0)

    def learn(self, seq: str, tick: Tick) -> None:
        """Take a price that is known from elsewhere, unless we have one: a polled instrument ticks twice an hour."""
        if tick.instrument not in self._newest:
            self.publish(seq, [tick])

    def knows(self, instrument: str) -> bool:
        return instrument in self._newest

    def subscribe(self, reader: PriceReader, instrument: str) -> None:
        """Begin to hear an instrument; its newest known price goes out at once. Safe to repeat."""
        if instrument in reader.instruments:
            return
        reader.instruments.add(instrument)
        if reader.owner is not None:
            self._by_owner.setdefault(reader.owner, set()).add(reader)
        self._table(reader).setdefault(instrument, set()).add(reader)
        known = self._newest.get(instrument)
        if known is not None:
            reader.pending[instrument] = quote_frame(*known)
            self._owed.add(reader)
            self._plan(0.0)

    def unsubscribe(self, reader: PriceReader, instrument: str) -> None:
        if instrument in reader.instruments:
            reader.instruments.discard(instrument)
            reader.pending.pop(instrument, None)
            for table in (self._readers, self._raw):
                readers = table.get(instrument)
                if readers is not None:
                    readers.discard(reader)
                    if not readers:
                        del table[instrument]

    def leave(self, reader: PriceReader) -> None:
        """Forget a socket."""
        for instrument in list(reader.instruments):
            self.unsubscribe(reader, instrument)
        self._owed.discard(reader)
        mine = self._by_owner.get(reader.owner or "")
        if mine is not None:
            mine.discard(reader)
            if not mine:
                del self._by_owner[reader.owner or ""]

    def change_rate(self, reader: PriceReader, interval_s: float | None) -> None:
        """Give a socket another plan's rate."""
        if reader.interval_s == interval_s:
            return
        instruments = list(reader.instruments)
        self.leave(reader)
        reader.interval_s = interval_s
        for instrument in instruments:
            self.subscribe(reader, instrument)

    def _table(self, reader: PriceReader) -> dict[str, set[PriceReader]]:
        return self._raw if reader.interval_s is None else self._readers

    def _conflate(self, reader: PriceReader) -> None:
        """Give up a reader's single ticks for the newest of each instrument."""
        _held_back.inc()
        reader.queue.clear()
        for instrument in reader.instruments:
            known = self._newest.get(instrument)
            if known is not None:
                reader.pending[instrument] = quote_frame(*known)

    def _plan(self, wait_s: float) -> None:
        if self._planned is None:
            wait_s = max(wait_s, self._flushed_at + self._flush_s - self._now())
            self._planned = asyncio.get_running_loop().call_later(max(0.0, wait_s), self.flush)

    def flush(self) -> None:
        """Write to every socket what it is owed, save those that are behind or had theirs less than an interval ago."""
        self._planned = None
        now = self._flushed_at = self._now()
        owed = self._owed
        changed, self._changed = self._changed, {}
        for instrument in changed:
            readers = self._readers.get(instrument)
            if readers:
                frame = quote_frame(*self._newest[instrument])
                for reader in readers:
                    if not reader.pending:
                        owed.add(reader)
                    reader.pending[instrument] = frame
        waiting: set[PriceReader] = set()
        written = 0
        for reader in owed:
            if reader.due > now:
                waiting.add(reader)
            elif reader.outlet.unread_bytes > SLOW_BYTES:
                _held_back.inc()
                waiting.add(reader)
            else:
                pending = reader.pending
                written += len(pending) + len(reader.queue)
                reader.outlet.write(b"".join((*pending.values(), *reader.queue)))
                pending.clear()
                reader.queue.clear()
                reader.due = now + (reader.interval_s or 0.0)
        self._owed = waiting
        _frames.inc(written)
        if waiting:
            self._plan(self._flush_s)
