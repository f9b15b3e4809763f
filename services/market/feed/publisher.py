"""Put ticks on their streams, and lose no extreme while Redis is away."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from redis.asyncio import Redis
from redis.exceptions import RedisError

from libs.common import telemetry
from libs.common.logging import get_logger
from libs.contracts.ingest import OWNER_FIELD, own_tick_stream
from libs.contracts.market import TICK_FIELD, Tick, encode_ticks, tick_partition, tick_stream
from services.market.prices.tables import Priced

log = get_logger(__name__)

_TICKS_PER_ENTRY = 500

_published = telemetry.counter("sharewise_ticks_published_total", "Ticks put on the streams.")
_held_back = telemetry.gauge("sharewise_ticks_held_back", "Instruments whose ticks wait for Redis to come back.")


class TickPublisher:
    """Writes batches of ticks, one stream per partition. Streams are trimmed by length: a newer price replaces an
    older.

    What could not be written is joined to the instrument's next tick: its span then begins earlier and holds the lost
    low and high, so that a threshold that was touched meanwhile is still seen to be touched.
    """

    def __init__(self, redis: Redis, *, partitions: int, max_entries: int) -> None:
        self._redis = redis
        self._partitions = partitions
        self._max_entries = max_entries
        self._unsent: dict[str, Tick] = {}

    async def publish(self, prices: Iterable[Priced]) -> None:
        """Publish prices in their order. Never fails: while Redis is away they wait."""
        ticks = [tick_of(price) for price in prices]
        if self._unsent:
            ticks = self._joined(ticks)
        if not ticks:
            return
        by_partition: dict[int, list[Tick]] = defaultdict(list)
        for tick in ticks:
            by_partition[tick_partition(tick.instrument, self._partitions)].append(tick)
        try:
            # Not a transaction: partitions may live on different nodes of a cluster.
            async with self._redis.pipeline(transaction=False) as pipe:
                for partition, batch in by_partition.items():
                    for start in range(0, len(batch), _TICKS_PER_ENTRY):
                        entry = {TICK_FIELD: encode_ticks(batch[start : start + _TICKS_PER_ENTRY])}
                        pipe.xadd(tick_stream(partition), entry, maxlen=self._max_entries, approximate=True)  # type: ignore[arg-type]
                await pipe.execute()
        except (RedisError, OSError) as error:
            if not self._unsent:
                log.warning("ticks_held_back", error=repr(error))
            self._unsent = {tick.instrument: tick for tick in ticks}
        else:
            if self._unsent:
                log.info("ticks_flow_again", instruments=len(self._unsent))
            self._unsent = {}
            _published.inc(len(ticks))
        _held_back.set(len(self._unsent))

    def _joined(self, ticks: list[Tick]) -> list[Tick]:
        """Join what waits to what is new, and keep what has nothing new to wait for."""
        fresh = {tick.instrument: _join(self._unsent.get(tick.instrument), tick) for tick in ticks}
        return list({**self._unsent, **fresh}.values())


class OwnTickPublisher:
    """Writes ticks of people's own connections, one person an entry. What could not be written waits as above."""

    def __init__(self, redis: Redis, *, partitions: int, max_entries: int) -> None:
        self._redis = redis
        self._partitions = partitions
        self._max_entries = max_entries
        self._unsent: dict[tuple[UUID, str], Tick] = {}

    async def publish(self, prices: Iterable[tuple[UUID, Priced]]) -> None:
        """Publish prices with their owners. Never fails."""
        waiting = dict(self._unsent)
        for owner, price in prices:
            tick = tick_of(price)
            waiting[owner, tick.instrument] = _join(self._unsent.get((owner, tick.instrument)), tick)
        if not waiting:
            return
        entries: dict[tuple[int, UUID], list[Tick]] = defaultdict(list)
        for (owner, instrument), tick in waiting.items():
            entries[tick_partition(instrument, self._partitions), owner].append(tick)
        try:
            async with self._redis.pipeline(transaction=False) as pipe:
                for (partition, owner), ticks in entries.items():
                    for start in range(0, len(ticks), _TICKS_PER_ENTRY):
                        batch = encode_ticks(ticks[start : start + _TICKS_PER_ENTRY])
                        entry = {TICK_FIELD: batch, OWNER_FIELD: owner.bytes}
                        pipe.xadd(own_tick_stream(partition), entry, maxlen=self._max_entries, approximate=True)  # type: ignore[arg-type]
                await pipe.execute()
        except (RedisError, OSError) as error:
            log.warning("own_ticks_held_back", ticks=len(waiting), error=repr(error))
            self._unsent = waiting
        else:
            self._unsent = {}


def _join(earlier: Tick | None, tick: Tick) -> Tick:
    # A stale price fires nothing, so it adds nothing to a span that may.
    if earlier is None or earlier.stale != tick.stale:
        return tick
    return tick._replace(
        low_e4=min(earlier.low_e4, tick.low_e4),
        high_e4=max(earlier.high_e4, tick.high_e4),
        span_start_ms=min(earlier.span_start_ms, tick.span_start_ms),
    )


def tick_of(price: Priced) -> Tick:
    """Write a price in the form of the tick streams."""
    quote = price.quote
    return Tick(
        instrument=str(quote.instrument),
        price_e4=quote.price_e4,
        low_e4=quote.low_e4,
        high_e4=quote.high_e4,
        span_start_ms=quote.span_start_ms,
        at_ms=quote.at_ms,
        received_ms=quote.received_ms,
        stale=price.stale,
        source=price.source,
        previous_close_e4=quote.previous_close_e4,
        recorded_ms=quote.recorded_ms,
    )
