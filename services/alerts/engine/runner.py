"""The engine of this process: takes its share of the alerts, reads their ticks, and lets what is reached fire.

    alerts.events ─► share of the instrument (arm, disarm)    market.ticks.N ─► share N ─► lanes ─► drains ─► database

The alerts are partitioned as the tick streams are. Each partition is held by one engine, by a lease (`leases.py`).
Every living engine holds its fair share and takes over what nobody holds any more. That is for economy, not for
correctness: two at once would find the same alerts, and the database lets each fire once.

Taking a partition: first its share hears of changes, then the database is read, then its ticks are followed from where
the last holder had settled everything. So nothing falls between; what comes twice does no harm. Lanes and drains live
on when leases are lost, so that what was reached fires as soon as the database is back.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from redis.asyncio import Redis
from redis.exceptions import RedisError

from libs.common import telemetry
from libs.common.db import DRIVER_ERRORS, Database
from libs.common.errors import StoreUnavailable
from libs.common.events.envelope import ENTRY_FIELD, Envelope, stream_of, type_of
from libs.common.events.tail import Tail
from libs.common.http import ServiceClient
from libs.common.logging import get_logger
from libs.contracts.alerts import AlertCreated, AlertDeleted, AlertState, AlertUpdated
from libs.contracts.market import CandleClosed, Tick, tick_partition
from libs.contracts.news import NewsPublished
from services.alerts.conditions import tables as conditions
from services.alerts.conditions.drain import ChangeDrain
from services.alerts.conditions.service import Changes
from services.alerts.conditions.tables import Owned
from services.alerts.engine import tables
from services.alerts.engine.drain import Drain
from services.alerts.engine.leases import Leases, Look
from services.alerts.engine.progress import Laps, Positions
from services.alerts.engine.queue import Lanes
from services.alerts.engine.service import Firings
from services.alerts.engine.share import AlertChange, Share, Stored

log = get_logger(__name__)

LOOK_S = 0.5
"""How often an engine looks who holds what; with the lease, how long a dead one's alerts wait to be read."""

LAP_S = 1.0
PASSED_OVER_S = 0.02
PAUSE_S = 0.5

COLLECTED_EVERY = (100_000, 50, 100)
"""Thresholds of Python's collector: hardly anything here is a ring, and at its own (700, 10, 10) it took a fifth of the
time of an engine that catches up."""

_CHANGES: dict[str, type[AlertChange]] = {kind.type: kind for kind in (AlertCreated, AlertUpdated, AlertDeleted)}
_CANDLE = f'"{CandleClosed.type}"'.encode()
_NEWS = f'"{NewsPublished.type}"'.encode()

_held = telemetry.gauge("sharewise_alert_engine_partitions", "Partitions of the alerts that this process holds.")
_indexed = telemetry.gauge("sharewise_alerts_indexed", "Active alerts in the index.")
_queued = telemetry.gauge("sharewise_alerts_reached_waiting", "Reached alerts that wait for the database.")


class Engine:
    """Runs until cancelled, through the loss of either store. `partitions`: how many tick streams there are.

    lease_s: after so long a silence of an engine the others take its alerts.
    """

    def __init__(
        self,
        db: Database,
        redis: Redis,
        *,
        partitions: int,
        chunk: int,
        lease_s: float = 3.0,
        market: ServiceClient | None = None,
    ) -> None:
        self._market = market
        self._db = db
        self._redis = redis
        self._partitions = partitions
        self._chunk = chunk
        self._lease_s = lease_s
        self._begin()
        self.ready = asyncio.Event()
        """Set while this engine holds alerts and follows the ticks of all that it holds."""

    @property
    def held(self) -> frozenset[int]:
        """Say which partitions this engine holds."""
        return frozenset(self._shares)

    @property
    def reading(self) -> frozenset[int]:
        """Say of which partitions this engine has everything in memory."""
        return frozenset(self._running)

    def see_own(self, owner: UUID, numbers: Sequence[int], tick: Tick, laps: Laps) -> None:
        """Look at a price of a person's own, for these alerts with conditions, in a partition that is read.

        laps: wait for what it changes to be stored.
        """
        share = self._share_of(tick.instrument)
        if share is not None:
            share.see_own(owner, numbers, tick, laps)

    @property
    def indexed(self) -> int:
        """Say how many plain thresholds are in the index."""
        return sum(len(share.matcher) for share in self._shares.values())

    @property
    def watched(self) -> int:
        """Say how many alerts with conditions are watched."""
        return sum(len(share.conditions) for share in self._shares.values())

    async def run(self) -> None:
        # Whatever an earlier run held is still active in the database, and its ticks are still behind the position.
        self._begin()
        async with asyncio.TaskGroup() as tasks:
            for drain in (*self._drains, self._changes):
                tasks.create_task(drain.run())
            tasks.create_task(self._take_part_again_and_again())

    def _begin(self) -> None:
        self._shares: dict[int, Share] = {}
        self._running: dict[int, asyncio.Task[None]] = {}
        self._queue = Lanes()
        firings = Firings(self._db)
        few = Drain(self._queue.few, firings, self._rearm, chunk=self._chunk)
        many = Drain(self._queue.many, firings, self._rearm, chunk=self._chunk, gives_way_to=few)
        self._drains = (few, many)
        self._changes = ChangeDrain(Changes(self._db), self._hear_stored, chunk=self._chunk)

    async def _take_part_again_and_again(self) -> None:
        while True:
            try:
                await self._take_part()
            except* (RedisError, OSError, StoreUnavailable, *DRIVER_ERRORS) as errors:
                log.warning("engine_interrupted", errors=[repr(error) for error in errors.exceptions])
            await asyncio.sleep(PAUSE_S)

    async def _take_part(self) -> None:
        changes = Tail(self._redis, stream_of(self._db.schema))
        candles = Tail(self._redis, stream_of("market"))
        await changes.start()
        await candles.start()
        leases = await Leases.open(self._db, partitions=self._partitions, lease_s=self._lease_s)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._follow_changes(changes))
                tasks.create_task(self._follow_candles(candles))
                tasks.create_task(self._keep_progress(leases))
                await self._keep_fair_share(leases, tasks)
        finally:
            leases.close()
            for share in self._shares.values():
                share.forget()
            self._shares.clear()
            self._running.clear()
            self._tell_what_is_held()

    async def _keep_fair_share(self, leases: Leases, tasks: asyncio.TaskGroup) -> None:
        while True:
            look = await leases.look()
            await self._give(leases, len(self._shares) - look.fair)
            await self._take(leases, look, tasks)
            await asyncio.sleep(LOOK_S)

    async def _give(self, leases: Leases, surplus: int) -> None:
        """Let go of so many partitions, of those that are at work."""
        for partition in list(self._running)[: max(0, surplus)]:
            share = self._shares.pop(partition)
            running = self._running.pop(partition)
            running.cancel()
            await asyncio.wait([running])
            share.forget()
            await leases.give(partition)
            log.info("engine_gave", partition=partition)
            self._tell_what_is_held()

    async def _take(self, leases: Leases, look: Look, tasks: asyncio.TaskGroup) -> None:
        wanted = look.fair - len(self._shares)
        if wanted <= 0 or not look.free:
            return
        taken = await leases.take(look.free, wanted)
        for partition in taken:
            self._shares[partition] = Share(
                partition, self._db, self._redis, self._queue, self._changes, market=self._market
            )
        if taken:
            self._tell_what_is_held()
            tasks.create_task(self._load(taken, tasks))

    async def _load(self, partitions: Iterable[int], tasks: asyncio.TaskGroup) -> None:
        """Read shares from the database, and set them to work. They hear of changes already."""
        stored = {partition: Stored() for partition in partitions}
        # What is made here stays: the collector would look at millions of objects again and again, and stop the rest.
        gc.disable()
        try:
            positions = await self._read_stored(stored)
            for partition, found in stored.items():
                share = self._shares[partition]
                share.load(found, positions)
                self._running[partition] = tasks.create_task(share.run())
                log.info("engine_took", partition=partition, alerts=len(share), position=positions.get(share.stream))
                self._tell_what_is_held()
                await asyncio.sleep(0)
        finally:
            gc.freeze()
            gc.set_threshold(*COLLECTED_EVERY)
            gc.enable()

    async def _read_stored(self, stored: Mapping[int, Stored]) -> Positions:
        async with self._db.transaction() as tx:
            driver = await tx.driver()
            positions = await tables.read_positions(driver)
            known = await tables.read_instruments(driver)
            homes = {name: tick_partition(name, self._partitions) for name in known.values()}
            known = {number: name for number, name in known.items() if homes[name] in stored}
            snapshot = await tables.read_snapshot(driver, known)
            for partition, piece in snapshot.cut(self._partitions).items():
                stored[partition].snapshot = piece
            for snoozed in await tables.read_snoozed(driver, list(known)):
                stored[homes[snoozed.instrument]].snoozed.append(snoozed.state())
            async for alert in conditions.read_active(driver, list(known)):
                stored[homes[alert.instrument]].conditions.append(alert)
            for name, mark in (await conditions.read_marks(driver, list(known.values()))).items():
                stored[homes[name]].marks[name] = mark
        return positions

    def _tell_what_is_held(self) -> None:
        _held.set(len(self._running))
        if self._shares and len(self._running) == len(self._shares):
            self.ready.set()
        else:
            self.ready.clear()

    def _share_of(self, instrument: str) -> Share | None:
        return self._shares.get(tick_partition(instrument, self._partitions))

    def _rearm(self, alert: AlertState) -> None:
        share = self._share_of(alert.instrument)
        if share is not None:
            share.matcher.arm(alert)

    def _hear_stored(self, alert: Owned) -> None:
        share = self._share_of(alert.instrument)
        if share is not None:
            share.conditions.hear_stored(alert)

    async def _follow_changes(self, tail: Tail) -> None:
        async for _, entries in tail.follow():
            changes = [entry for entry in entries if type_of(entry[1].get(ENTRY_FIELD, b"")) in _CHANGES]
            if not changes:
                # Firings and notices, thousands of them at times: they are taken in larger pieces, and not even read.
                # A change that waits here for a moment is found by the ticks of that moment (`recents.py`).
                await asyncio.sleep(PASSED_OVER_S)
            for entry_id, fields in changes:
                raw = fields[ENTRY_FIELD]
                try:
                    envelope = Envelope.from_json(raw)
                    change = _CHANGES[envelope.type].model_validate(envelope.data)
                except ValueError as error:  # BadEnvelope or pydantic's: our own consumer buries the entry
                    log.error("engine_cannot_read_event", entry_id=entry_id, error=type(error).__name__)
                    continue
                previous = change.previous if isinstance(change, AlertUpdated) else None
                if previous is not None and previous.instrument != change.alert.instrument:
                    # A stock with a new name: its alerts may be another share's now.
                    left = self._share_of(previous.instrument)
                    if left is not None:
                        left.hear(AlertDeleted(alert=previous))
                share = self._share_of(change.alert.instrument)
                if share is not None:
                    share.hear(change)

    async def _follow_candles(self, tail: Tail) -> None:
        async for _, entries in tail.follow():
            for entry_id, fields in entries:
                raw = fields.get(ENTRY_FIELD, b"")
                if _CANDLE not in raw and _NEWS not in raw:
                    continue
                try:
                    envelope = Envelope.from_json(raw)
                    if envelope.type == CandleClosed.type:
                        self._hear_candle(CandleClosed.model_validate(envelope.data))
                    elif envelope.type == NewsPublished.type:
                        self._hear_news(NewsPublished.model_validate(envelope.data), envelope.time)
                except ValueError as error:
                    log.error("engine_cannot_read_candle", entry_id=entry_id, error=type(error).__name__)

    def _hear_candle(self, candle: CandleClosed) -> None:
        for share in self._shares.values():
            share.conditions.hear_candle(candle)

    def _hear_news(self, news: NewsPublished, told_at: datetime) -> None:
        for share in self._shares.values():
            share.conditions.hear_news(news, told_at)

    async def _keep_progress(self, leases: Leases) -> None:
        """Store, each second, up to where everything is settled, so that the next holder goes on behind it."""
        for _ in itertools.count():
            await asyncio.sleep(LAP_S)
            _indexed.set(self.indexed)
            _queued.set(len(self._queue) + len(self._changes))
            for partition in self._running:
                self._shares[partition].end_lap()
            async with leases.writing() as driver:
                # Asked within, so that none of them is given away between.
                moved = {
                    share: unsaved
                    for partition in self._running
                    if (unsaved := (share := self._shares[partition]).unsaved()) is not None
                }
                now = self._db.clock.now()
                for unsaved in moved.values():
                    await tables.save_positions(driver, unsaved.positions, now)
                    await conditions.save_marks(driver, unsaved.marks, now)
            for share in moved:
                share.saved()
