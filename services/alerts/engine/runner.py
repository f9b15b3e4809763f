"""The engine of this process: stands by, leads, reads ticks and changes, and lets what is reached fire.

    alerts.events -> matcher (arm, disarm)          market.ticks.N -> matcher -> lanes -> drains -> database

One engine leads, by a session lock of the database; the others stand by. That is for economy, not for correctness: two
at once would find the same alerts, and the database lets each fire once.

Starting to lead: first the place in our own events is fixed, then the database is read, then both streams are followed,
the ticks from where the last leader had settled everything. So nothing falls between; what comes twice does no harm.
Lanes and drains live on when the lead is lost, so that what was reached fires as soon as the database is back.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Mapping

import asyncpg
from redis.asyncio import Redis
from redis.exceptions import RedisError

from libs.common import telemetry
from libs.common.db import DRIVER_ERRORS, Database
from libs.common.errors import StoreUnavailable
from libs.common.events.envelope import ENTRY_FIELD, Envelope, stream_of
from libs.common.events.streams import EntryId
from libs.common.events.tail import Tail
from libs.common.http import ServiceClient
from libs.common.logging import get_logger
from libs.contracts.alerts import AlertCreated, AlertDeleted, AlertState, AlertStatus, AlertUpdated
from libs.contracts.market import TICK_FIELD, CandleClosed, decode_ticks, tick_stream
from services.alerts.conditions import tables as conditions
from services.alerts.conditions.evaluator import Evaluator
from services.alerts.conditions.track import Mark
from services.alerts.engine import tables
from services.alerts.engine.drain import Drain
from services.alerts.engine.matcher import Matcher
from services.alerts.engine.progress import Laps, Positions
from services.alerts.engine.queue import Lanes
from services.alerts.engine.service import Firings

log = get_logger(__name__)

LOCK_NAME = "alerts engine"
STANDBY_S = 0.5
LAP_S = 1.0
PAUSE_S = 0.5
ANSWER_TIMEOUT_S = 5.0
FIRST_LOOK_BACK_MS = 60_000
"""How far back the first leader of all reads the ticks, having no position to go on from."""

OVERLAP_MS = 10_000
"""How much of what was settled is read again: an alert may have been committed before a tick and not have reached the
index of the engine that saw it."""

MARK_LAPS = 5
"""Every how many laps the marks of the conditions are taken: that much of the ticks is read again after a crash."""

MARKED = "conditions/"
"""Before a stream's name: the position at which the stored marks of the conditions were taken."""

THRESHOLD = "threshold"

BREATH_S = 0.005
"""How long ticks are matched at a stretch before others on this loop have their turn."""

_CHANGES = tuple(f'"{kind.type}"'.encode() for kind in (AlertCreated, AlertUpdated, AlertDeleted))

_CANDLE = f'"{CandleClosed.type}"'.encode()

_leads = telemetry.gauge("sharewise_alert_engine_active", "1 in the process whose engine leads.")
_indexed = telemetry.gauge("sharewise_alerts_indexed", "Active alerts in the index.")
_queued = telemetry.gauge("sharewise_alerts_reached_waiting", "Reached alerts that wait for the database.")
_ticks = telemetry.counter("sharewise_alert_ticks_total", "Ticks looked at.")


class Engine:
    """Runs until cancelled, through the loss of either store. `partitions`: how many tick streams there are."""

    def __init__(
        self, db: Database, redis: Redis, *, partitions: int, chunk: int, market: ServiceClient | None = None
    ) -> None:
        self._market = market
        self._db = db
        self._redis = redis
        self._tick_streams = [tick_stream(partition) for partition in range(partitions)]
        self._chunk = chunk
        self._begin()
        self.ready = asyncio.Event()
        """Set while this engine leads and follows the streams."""

    @property
    def indexed(self) -> int:
        """Say how many alerts are in the index."""
        return len(self._matcher)

    async def run(self) -> None:
        # Whatever an earlier run held is still active in the database, and its ticks are still behind the position.
        self._begin()
        async with asyncio.TaskGroup() as tasks:
            for drain in self._drains:
                tasks.create_task(drain.run())
            tasks.create_task(self._conditions.run())
            tasks.create_task(self._lead_again_and_again())

    def _begin(self) -> None:
        self._queue = Lanes()
        self._laps = Laps()
        self._matcher = Matcher(self._queue, self._laps)
        firings = Firings(self._db)
        few = Drain(self._queue.few, self._laps, self._matcher, firings, chunk=self._chunk)
        many = Drain(self._queue.many, self._laps, self._matcher, firings, chunk=self._chunk, gives_way_to=few)
        self._drains = (few, many)
        self._conditions = Evaluator(self._db, self._laps, self._matcher.missed, chunk=self._chunk, market=self._market)
        self._seen: dict[str, str] = {}

    async def _lead_again_and_again(self) -> None:
        while True:
            try:
                await self._stand_by_then_lead()
            except* (RedisError, OSError, StoreUnavailable, *DRIVER_ERRORS) as errors:
                log.warning("engine_interrupted", errors=[repr(error) for error in errors.exceptions])
            finally:
                self.ready.clear()
                _leads.set(0)
            await asyncio.sleep(PAUSE_S)

    async def _stand_by_then_lead(self) -> None:
        connection = await self._db.connect(name="engine")
        try:
            while True:
                if await connection.fetchval(_TRY_LOCK, LOCK_NAME, timeout=ANSWER_TIMEOUT_S):
                    await self._lead(connection)
                await asyncio.sleep(STANDBY_S)
        finally:
            # Cut, not closed: a server that hangs would keep us, and the lock goes with the connection either way.
            connection.terminate()

    async def _lead(self, connection: asyncpg.Connection) -> None:
        changes = Tail(self._redis, stream_of(self._db.schema))
        candles = Tail(self._redis, stream_of("market"))
        await changes.start()
        await candles.start()
        async with self._db.transaction() as tx:
            driver = await tx.driver()
            positions = await tables.read_positions(driver)
            self._matcher.load(await tables.read_snapshot(driver))
            await self._conditions.load(driver)
        self._seen = {}
        log.info("engine_leads", alerts=len(self._matcher), conditions=len(self._conditions), positions=positions)
        _leads.set(1)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._follow_changes(changes))
            tasks.create_task(self._follow_candles(candles))
            for stream in self._tick_streams:
                tasks.create_task(self._follow_ticks(Tail(self._redis, stream, from_id=self._start(positions, stream))))
            tasks.create_task(self._keep_position())
            tasks.create_task(self._keep_lead(connection))
            self.ready.set()

    def _start(self, positions: Positions, stream: str) -> str:
        """Say behind which entry to begin with the ticks, some of them once more: see `OVERLAP_MS`.

        The marks of conditions may be older than the position; their ticks are read from where they stand.
        """
        position, marked = positions.get(stream), positions.get(MARKED + stream)
        if position is None:
            return str(EntryId(max(0, self._db.clock.now_ms() - FIRST_LOOK_BACK_MS), 0))
        start_ms = EntryId.parse(position).ms - OVERLAP_MS
        if marked is not None:
            start_ms = min(start_ms, EntryId.parse(marked).ms - 1)
        return str(EntryId(max(0, start_ms), 0))

    async def _follow_changes(self, tail: Tail) -> None:
        async for _, entries in tail.follow():
            for entry_id, fields in entries:
                raw = fields.get(ENTRY_FIELD, b"")
                if not any(kind in raw for kind in _CHANGES):
                    continue  # firings and mails, thousands of them at times: not even read
                try:
                    self._hear(Envelope.from_json(raw))
                except ValueError as error:  # BadEnvelope or pydantic's: our own consumer buries the entry
                    log.error("engine_cannot_read_event", entry_id=entry_id, error=type(error).__name__)

    async def _follow_candles(self, tail: Tail) -> None:
        async for _, entries in tail.follow():
            for entry_id, fields in entries:
                raw = fields.get(ENTRY_FIELD, b"")
                if _CANDLE not in raw:
                    continue
                try:
                    envelope = Envelope.from_json(raw)
                    if envelope.type == CandleClosed.type:
                        self._conditions.hear_candle(CandleClosed.model_validate(envelope.data))
                except ValueError as error:
                    log.error("engine_cannot_read_candle", entry_id=entry_id, error=type(error).__name__)

    def _hear(self, envelope: Envelope) -> None:
        if envelope.type == AlertCreated.type:
            self._arm(AlertCreated.model_validate(envelope.data).alert)
        elif envelope.type == AlertUpdated.type:
            updated = AlertUpdated.model_validate(envelope.data)
            if updated.previous is not None and updated.previous.alert_type == THRESHOLD:
                self._matcher.disarm(updated.previous)
            self._arm(updated.alert)
        elif envelope.type == AlertDeleted.type:
            self._disarm(AlertDeleted.model_validate(envelope.data).alert)

    def _arm(self, alert: AlertState) -> None:
        if alert.alert_type != THRESHOLD:
            self._conditions.hear(alert)
        elif alert.status is AlertStatus.ACTIVE:
            self._matcher.arm(alert)

    def _disarm(self, alert: AlertState) -> None:
        if alert.alert_type == THRESHOLD:
            self._matcher.disarm(alert)
        else:
            self._conditions.forget(alert)

    async def _follow_ticks(self, tail: Tail) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        async for stream, entries in tail.follow():
            for entry_id, fields in entries:
                try:
                    ticks = decode_ticks(fields[TICK_FIELD])
                except (KeyError, TypeError, ValueError) as error:
                    log.error("engine_cannot_read_ticks", entry_id=entry_id, error=repr(error))
                    continue
                self._matcher.see(ticks)
                self._conditions.see(ticks)
                self._seen[stream] = entry_id.decode()
                _ticks.inc(len(ticks))
                if loop.time() - began > BREATH_S:
                    await asyncio.sleep(0)
                    began = loop.time()

    async def _keep_position(self) -> None:
        """Store, each second, up to where everything is settled, so that the next leader goes on behind it."""
        unsaved: Positions | None = None
        marks: dict[int, Mapping[str, Mark]] = {}
        marked: dict[str, str] = {}
        for lap in itertools.count(1):
            await asyncio.sleep(LAP_S)
            self._conditions.close_due(self._db.clock.now_ms())
            _indexed.set(len(self._matcher))
            _queued.set(len(self._queue))
            if lap % MARK_LAPS == 0:
                marks[lap] = self._conditions.take_marks()
                marked = {MARKED + stream: entry_id for stream, entry_id in self._seen.items()} | {MARKED: str(lap)}
            self._laps.close({**self._seen, **marked})
            unsaved = self._laps.settled() or unsaved
            if unsaved:
                with contextlib.suppress(StoreUnavailable):  # the lead's own connection tells of an outage
                    # Marks go with the position at which they were taken, and not before everything up to it is stored.
                    due = [taken for taken in marks if taken <= int(unsaved.get(MARKED, 0))]
                    async with self._db.transaction() as tx:
                        driver = await tx.driver()
                        positions = {stream: entry_id for stream, entry_id in unsaved.items() if stream != MARKED}
                        await tables.save_positions(driver, positions, self._db.clock.now())
                        for taken in due:
                            await conditions.save_marks(driver, marks[taken], self._db.clock.now())
                    for taken in due:
                        del marks[taken]
                    unsaved = None

    async def _keep_lead(self, connection: asyncpg.Connection) -> None:
        """Raise once the connection that holds the lock is gone, or does not answer."""
        while True:
            await connection.fetchval("SELECT 1", timeout=ANSWER_TIMEOUT_S)
            await asyncio.sleep(LAP_S)


_TRY_LOCK = "SELECT pg_try_advisory_lock(hashtextextended($1, 0))"
