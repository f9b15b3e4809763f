"""The feed of the frames that the broker service hands on: read, decode, judge, store, publish, go on.

A step is one transaction: the place on the stream, the prices for all with their candles, the own prices. What could
not be stored is kept in hand and stored later, so that no trade counts as told before it was.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from redis.asyncio import Redis

from libs.common import telemetry
from libs.common.db import Database
from libs.common.errors import StoreUnavailable
from libs.common.instruments import Instrument
from libs.common.logging import get_logger
from libs.common.money import to_e4
from libs.common.redis import RedisAway
from libs.contracts.ingest import INGEST_STREAM, BadFrame, FeedFrame, FeedVendor, decode_frame
from services.market.feed.gate import Gate, Passed
from services.market.feed.publisher import OwnTickPublisher, TickPublisher
from services.market.feed.pushed import Judged, PushedPrices, PushOptions, joined
from services.market.feed.source import FeedLease, LeaseLost
from services.market.feed_keys import service as feed_keys
from services.market.feed_keys.service import Meant
from services.market.ingest.rules import Connections
from services.market.own_prices import tables as own_prices
from services.market.prices import tables as prices
from services.market.prices.tables import Priced
from services.market.providers import registry
from services.market.providers.port import FeedPrice, Quote
from services.market.sources.service import Sources

log = get_logger(__name__)

INGEST = "ingest"
_FRAMES = 200
_BLOCK_MS = 500
_OWNERS = 1_000
_PAUSE_S = 1.0
_TELL_WELL_EVERY = timedelta(seconds=30)
_CLOCK_SKEW_MS = 60_000

_frames = telemetry.counter("sharewise_ingest_frames_total", "Frames of brokers' feeds.", ["vendor", "outcome"])
_unknown = telemetry.counter("sharewise_ingest_unknown_keys_total", "Prices of keys that no list told.", ["vendor"])


_Decoded = tuple[FeedFrame, Sequence[FeedPrice]]


@dataclass(frozen=True, slots=True)
class IngestOptions:
    """shared: whether a connection without an owner may price for everybody (decisions 30)."""

    shared: bool
    push: PushOptions


@dataclass(frozen=True, slots=True)
class _Own:
    owner: UUID
    gate: Gate
    passed: Sequence[Passed]
    priced: Sequence[Priced]


@dataclass(frozen=True, slots=True)
class _Step:
    position: str
    shared: Mapping[FeedVendor, Judged]
    own: Sequence[_Own]


class IngestFeed:
    """Runs for as long as it has the lease of this feed, which is not that of the feed for all."""

    def __init__(
        self,
        db: Database,
        redis: Redis,
        publisher: TickPublisher,
        own_publisher: OwnTickPublisher,
        lease: FeedLease,
        sources: Sources,
        options: IngestOptions,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._db = db
        self._redis = redis
        self._publisher = publisher
        self._own_publisher = own_publisher
        self._lease = lease
        self._sources = sources
        self._options = options
        self._sleep = sleep
        self._connections = Connections()
        self._shared = {vendor: PushedPrices(vendor, options.push) for vendor in FeedVendor}
        self._gates: OrderedDict[tuple[UUID, FeedVendor], Gate] = OrderedDict()
        self._position = "0-0"
        self._waiting: _Step | None = None
        self._told_well: dict[str, datetime] = {}
        self._idle_until = datetime.min.replace(tzinfo=UTC)

    async def run(self) -> None:
        """Feed until cancelled; stand by while another process does."""
        while True:
            try:
                if await self.begin():
                    while True:
                        await self.step()
            except LeaseLost:
                log.warning("ingest_lease_lost")
            except (StoreUnavailable, *RedisAway) as error:
                log.warning("ingest_paused", error=str(error))
            await self._sleep(_PAUSE_S)

    async def begin(self) -> bool:
        """Take the lease and go to where the feed stands. False while another process feeds."""
        held = await self._lease.take()
        if held is None:
            return False
        if held.position and held.position != self._position:
            # Another process was here meanwhile: what we have in hand is told.
            self._position, self._waiting, self._connections = held.position, None, Connections()
        return True

    async def step(self) -> int:
        """Take in what waits on the stream. Returns how many prices were stored.

        Raises StoreUnavailable, LeaseLost or a RedisError; the next call then goes on where this one stood.
        """
        if self._waiting is None:
            entries = await self._redis.xread({INGEST_STREAM: self._position}, count=_FRAMES, block=_BLOCK_MS)
            if not entries and self._db.clock.now() < self._idle_until:
                return 0
            self._waiting = await self._judge(entries[0][1] if entries else [])
        step = self._waiting
        async with self._db.transaction() as tx:
            await self._lease.renew(tx.session, source_key=INGEST_STREAM, position=step.position)
            replaced = {vendor: await self._shared[vendor].write(tx, judged) for vendor, judged in step.shared.items()}
            priced = _newest(step.own)
            stored = await own_prices.write(await tx.driver(), priced)
        self._position, self._waiting = step.position, None
        # Without frames a step keeps the lease and closes candles that are over: not at every look.
        self._idle_until = self._db.clock.now() + self._lease.length / 3
        for own in step.own:
            own.gate.settle(own.passed)
        for vendor, judged in step.shared.items():
            self._shared[vendor].settle(judged, self._db.clock.now())
            await self._publisher.publish(replaced[vendor])
        mine = [(owner, price) for owner, price in priced if (owner, price.instrument_id) in stored]
        await self._own_publisher.publish(mine)
        for vendor, judged in step.shared.items():
            if judged.passed:
                await self._tell_well(vendor)
        return sum(map(len, replaced.values())) + len(mine)

    async def _judge(self, entries: Sequence[tuple[bytes, Mapping[bytes, bytes]]]) -> _Step:
        position = entries[-1][0].decode() if entries else self._position
        frames = [frame for _, fields in entries if (frame := self._read(fields)) is not None]
        decoded = [(frame, read) for frame in frames if (read := _decoded(frame)) is not None]
        meanings = await self._meanings(decoded)
        ids = {meant.instrument: meant.id for known in meanings.values() for meant in known.values()}
        # All that may fail comes before the trades are counted: a step that is tried again counts them once.
        await self._learn(decoded, meanings)
        for_all: dict[FeedVendor, list[Quote]] = {vendor: [] for vendor in FeedVendor} if self._options.shared else {}
        by_owner: dict[tuple[UUID, FeedVendor], list[Quote]] = {}
        for frame, read in decoded:
            trades = self._connections.trades_of(frame.connection)
            known = meanings[frame.vendor]
            for price in read:
                meant = known.get(price.key)
                if meant is None:
                    _unknown.labels(frame.vendor).inc()
                    continue
                quote = trades.quote(price, meant.instrument, frame.received_ms)
                if quote is None:
                    continue
                if frame.owner is None:
                    for_all[frame.vendor].append(quote)
                else:
                    by_owner.setdefault((frame.owner, frame.vendor), []).append(quote)
        shared = {vendor: self._shared[vendor].judge(quotes, ids) for vendor, quotes in for_all.items()}
        own = [self._judge_own(owner, vendor, quotes, ids) for (owner, vendor), quotes in by_owner.items()]
        return _Step(position, shared, own)

    def _read(self, fields: Mapping[bytes, bytes]) -> FeedFrame | None:
        try:
            frame = decode_frame(fields)
        except BadFrame as error:
            _frames.labels("unknown", "unreadable").inc()
            log.warning("ingest_entry_unreadable", reason=str(error))
            return None
        if frame.owner is None and not self._options.shared:
            _frames.labels(frame.vendor, "unlicensed").inc()
            return None
        if frame.received_ms > self._db.clock.now_ms() + _CLOCK_SKEW_MS:
            _frames.labels(frame.vendor, "from_the_future").inc()
            return None
        return frame

    async def _meanings(self, decoded: Sequence[_Decoded]) -> Mapping[FeedVendor, Mapping[str, Meant]]:
        keys: dict[FeedVendor, set[str]] = {}
        for frame, read in decoded:
            keys.setdefault(frame.vendor, set()).update(price.key for price in read)
        if not keys:
            return {}
        async with self._db.read() as session:
            return {vendor: await feed_keys.meanings(session, vendor, known) for vendor, known in keys.items()}

    async def _learn(self, decoded: Sequence[_Decoded], meanings: Mapping[FeedVendor, Mapping[str, Meant]]) -> None:
        """Let the gates know the prices from before our start, so that a jump over it is seen."""
        new: dict[FeedVendor, dict[Instrument, int]] = {}
        for frame, read in decoded:
            if frame.owner is None:
                gate, known = self._shared[frame.vendor].gate, meanings[frame.vendor]
                meant = [known[price.key] for price in read if price.key in known]
                unknown = {one.instrument: one.id for one in meant if not gate.knows(one.instrument)}
                new.setdefault(frame.vendor, {}).update(unknown)
        numbers = {number for listed in new.values() for number in listed.values()}
        if not numbers:
            return
        async with self._db.read() as session:
            stored = await prices.list_newest(session, numbers)
        for vendor, listed in new.items():
            before = {one: to_e4(stored[number]) for one, number in listed.items() if number in stored}
            self._shared[vendor].gate.learn(before)

    def _judge_own(
        self, owner: UUID, vendor: FeedVendor, quotes: Sequence[Quote], ids: Mapping[Instrument, int]
    ) -> _Own:
        """Judge as for all, but tell nobody else: what does not pass is counted, and that is all."""
        gate = self._gates.pop((owner, vendor), None)
        if gate is None:
            gate = Gate(f"own_{vendor}", self._options.push.max_lag, self._options.push.gaps, is_stream=True)
        self._gates[owner, vendor] = gate
        if len(self._gates) > _OWNERS:
            self._gates.popitem(last=False)
        passed = gate.judge(joined(quotes)).passed
        priced = [Priced(ids[one.quote.instrument], one.quote, vendor, one.stale) for one in passed]
        return _Own(owner, gate, passed, priced)

    async def _tell_well(self, vendor: FeedVendor) -> None:
        now = self._db.clock.now()
        if now - self._told_well.get(vendor, datetime.min.replace(tzinfo=UTC)) >= _TELL_WELL_EVERY:
            self._told_well[vendor] = now
            await self._sources.note_success(vendor)


def _newest(own: Sequence[_Own]) -> list[tuple[UUID, Priced]]:
    """Give one price per person and instrument: a person may have connections at two brokers."""
    newest: dict[tuple[UUID, int], Priced] = {}
    for one in own:
        for price in one.priced:
            before = newest.get((one.owner, price.instrument_id))
            if before is None or before.quote.at_ms < price.quote.at_ms:
                newest[one.owner, price.instrument_id] = price
    return [(owner, price) for (owner, _), price in newest.items()]


def _decoded(frame: FeedFrame) -> Sequence[FeedPrice] | None:
    try:
        read = registry.decode_frame(frame.vendor, frame.frame)
    except BadFrame as error:
        _frames.labels(frame.vendor, "bad").inc()
        log.warning("ingest_frame_bad", vendor=frame.vendor, reason=str(error), bytes=len(frame.frame))
        return None
    _frames.labels(frame.vendor, "read").inc()
    return read
