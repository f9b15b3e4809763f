"""One partition of the alerts, as the engine that holds its lease has it: index, conditions, ticks, and its progress.

What changes while the share is read from the database is kept and heard after it, so that nothing falls between; what
comes twice does no harm.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import numpy as np
from redis.asyncio import Redis
from redis.exceptions import RedisError

from libs.common import telemetry
from libs.common.db import Database
from libs.common.events.streams import EntryId
from libs.common.events.tail import Tail
from libs.common.http import ServiceClient
from libs.common.logging import get_logger
from libs.contracts.alerts import AlertCreated, AlertDeleted, AlertState, AlertStatus, AlertUpdated
from libs.contracts.market import TICK_FIELD, Tick, decode_ticks, tick_stream
from services.alerts.conditions.drain import ChangeDrain
from services.alerts.conditions.evaluator import Evaluator
from services.alerts.conditions.room import Change
from services.alerts.conditions.tables import Loaded
from services.alerts.conditions.track import Mark
from services.alerts.engine import rules
from services.alerts.engine.matcher import Matcher, Snapshot
from services.alerts.engine.owners import Owners, small_number
from services.alerts.engine.progress import Laps, Positions
from services.alerts.engine.queue import Lanes

log = get_logger(__name__)

AlertChange = AlertCreated | AlertUpdated | AlertDeleted

FIRST_LOOK_BACK_MS = 60_000
"""How far back the first holder of all reads the ticks, having no position to go on from."""

OVERLAP_MS = 10_000
"""How much of what was settled is read again: an alert may have been committed before a tick and not have reached the
index of the engine that saw it."""

MARK_LAPS = 5
"""Every how many laps the marks of the conditions are taken: that much of the ticks is read again after a crash."""

MARKED = "conditions/"
"""Before a stream's name: the position at which the stored marks of the conditions were taken."""

THRESHOLD = "threshold"
SIGNAL = "signal"
"""What no price decides: the worker hears of signals."""

READ_AT_ONCE = 200
"""How many entries of a tick stream are read at once; after as many as that there may be more."""

MORE_WITHIN_S = 2.0
"""What there is more comes by then."""

BREATH_S = 0.005
"""How long ticks are matched at a stretch before others on this loop have their turn."""

_ticks = telemetry.counter("sharewise_alert_ticks_total", "Ticks looked at.")
_lost = telemetry.counter("sharewise_alert_ticks_lost_total", "Times that ticks were trimmed before they were read.")


@dataclass(slots=True)
class Stored:
    """What the database holds of a share: its plain thresholds, its conditions, and how far its ticks were read."""

    snapshot: Snapshot | None = None
    snoozed: list[AlertState] = field(default_factory=list)
    conditions: list[Loaded] = field(default_factory=list)
    marks: dict[str, Mark] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unsaved:
    """Progress that wants storing: positions by stream, and the marks that belong to them."""

    positions: Positions
    marks: Mapping[str, Mark]


class Share:
    """The alerts of one partition. It hears of changes from the beginning, and looks at ticks once it is `run`.

    lanes and changes: where what is reached waits for the database, of this share and of the engine's others.
    """

    def __init__(
        self,
        partition: int,
        db: Database,
        redis: Redis,
        lanes: Lanes,
        changes: ChangeDrain,
        market: ServiceClient | None = None,
    ) -> None:
        self.partition = partition
        self.stream = tick_stream(partition)
        self._db = db
        self._redis = redis
        self._changes = changes
        self._laps = self._found_in = Laps()
        self._lap = 0
        self._owners = Owners()
        self.matcher = Matcher(lanes, self._laps, self._owners)
        self.conditions = Evaluator(db, self._put, self.matcher.missed, market=market)
        self._seen: str | None = None
        self._marked: dict[str, str] = {}
        self._marks: dict[int, Mapping[str, Mark]] = {}
        self._unsaved: Positions | None = None
        self._heard: list[AlertChange] | None = []
        self._start = "0-0"
        self._settled: str | None = None
        self._is_reading = True
        self._more_until = 0.0

    def __len__(self) -> int:
        return len(self.matcher) + len(self.conditions)

    @property
    def is_loaded(self) -> bool:
        return self._heard is None

    def load(self, stored: Stored, positions: Positions) -> None:
        """Begin with what the database holds, then hear what has changed since reading it began."""
        numbers = np.fromiter((alert.watched.number for alert in stored.conditions), np.int64)
        people = np.fromiter((small_number(alert.user_id) for alert in stored.conditions), np.int32)
        if stored.snapshot is not None:
            self.matcher.load(stored.snapshot)
            numbers = np.concatenate([stored.snapshot.refs >> rules.VERSION_BITS, numbers])
            people = np.concatenate([stored.snapshot.owners, people])
        self._owners.load(numbers, people)
        for alert in stored.snoozed:
            self._owners.note(alert.number, alert.user_id)
            self.matcher.arm(alert)
        self.conditions.load(stored.conditions, stored.marks)
        self._start, self._settled = self._start_of(positions), positions.get(self.stream)
        heard, self._heard = self._heard or [], None
        for change in heard:
            self.hear(change)

    def hear(self, change: AlertChange) -> None:
        """Hear that an alert of this share was made, changed or deleted."""
        if self._heard is not None:
            self._heard.append(change)
        elif isinstance(change, AlertDeleted):
            self._disarm(change.alert)
        else:
            self._owners.note(change.alert.number, change.alert.user_id)
            previous = change.previous if isinstance(change, AlertUpdated) else None
            if previous is not None and previous.alert_type == THRESHOLD:
                self.matcher.disarm(previous)
            self._arm(change.alert)

    def see_own(self, owner: UUID, numbers: Sequence[int], tick: Tick, laps: Laps) -> None:
        """Look at a price of a person's own, for these alerts with conditions. laps: which wait for what it changes."""
        self._found_in = laps
        try:
            self.conditions.see_own(owner, numbers, tick)
        finally:
            self._found_in = self._laps

    async def run(self) -> None:
        """Look at the ticks, from where the last holder had settled everything, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.conditions.run())
            tasks.create_task(self._look_at_the_stream())
            tasks.create_task(
                self._follow_ticks(Tail(self._redis, self.stream, from_id=self._start, batch=READ_AT_ONCE))
            )

    def end_lap(self) -> None:
        """End a stretch of about a second: what was seen in it is settled once everything that it reached is."""
        self._lap += 1
        self.conditions.close_due(self._read_up_to_ms())
        if self._seen is None:
            return
        # The shares of an engine take their marks in different laps.
        if (self._lap + self.partition) % MARK_LAPS == 0:
            self._marks[self._lap] = self.conditions.take_marks()
            self._marked = {MARKED + self.stream: self._seen, MARKED: str(self._lap)}
        self._laps.close({self.stream: self._seen, **self._marked})

    def unsaved(self) -> Unsaved | None:
        """Tell what wants storing. Marks go with the position at which they were taken, and not before everything up
        to it is stored."""
        self._unsaved = self._laps.settled() or self._unsaved
        if self._unsaved is None:
            return None
        marks: dict[str, Mark] = {}
        for taken in self._due_marks(self._unsaved):
            marks |= self._marks[taken]
        return Unsaved({name: entry for name, entry in self._unsaved.items() if name != MARKED}, marks)

    def saved(self) -> None:
        """Hear that what `unsaved` told is stored."""
        for taken in self._due_marks(self._unsaved or {}):
            del self._marks[taken]
        self._unsaved = None

    def _due_marks(self, positions: Positions) -> list[int]:
        return [taken for taken in self._marks if taken <= int(positions.get(MARKED, 0))]

    def forget(self) -> None:
        """Let go of the alerts. What is left of them are rings of objects, which nobody would look for."""
        self.conditions.load((), {})

    def _read_up_to_ms(self) -> int:
        """Say up to when all ticks have been seen: a bar is over for want of prices only where they have been read."""
        now_ms = self._db.clock.now_ms()
        if self._is_reading or time.monotonic() < self._more_until:
            return min(now_ms, EntryId.parse(self._seen or self._start).ms)
        return now_ms

    def _put(self, change: Change) -> None:
        self._changes.put(change, self._found_in.begin(1), self._owners.of_one(change.number))

    def _arm(self, alert: AlertState) -> None:
        if alert.alert_type == SIGNAL:
            return
        if alert.alert_type != THRESHOLD:
            self.conditions.hear(alert)
        elif alert.status is AlertStatus.ACTIVE:
            self.matcher.arm(alert)

    def _disarm(self, alert: AlertState) -> None:
        if alert.alert_type == THRESHOLD:
            self.matcher.disarm(alert)
        elif alert.alert_type != SIGNAL:
            self.conditions.forget(alert)

    def _start_of(self, positions: Positions) -> str:
        """Say behind which entry to begin with the ticks, some of them once more: see `OVERLAP_MS`.

        The marks of conditions may be older than the position; their ticks are read from where they stand.
        """
        position, marked = positions.get(self.stream), positions.get(MARKED + self.stream)
        if position is None:
            return str(EntryId(max(0, self._db.clock.now_ms() - FIRST_LOOK_BACK_MS), 0))
        start_ms = EntryId.parse(position).ms - OVERLAP_MS
        if marked is not None:
            start_ms = min(start_ms, EntryId.parse(marked).ms - 1)
        return str(EntryId(max(0, start_ms), 0))

    async def _look_at_the_stream(self) -> None:
        """See whether there is anything to read, and say it when the stream no longer reaches back to where we go on.

        The sweep makes up for plain thresholds then.
        """
        with contextlib.suppress(RedisError, OSError):
            newest = await self._redis.xrevrange(self.stream, count=1)
            if self._seen is None:
                self._is_reading = bool(newest) and EntryId.parse(newest[0][0]) > EntryId.parse(self._start)
            oldest = await self._redis.xrange(self.stream, count=1)
            if self._settled is not None and oldest and EntryId.parse(oldest[0][0]) > EntryId.parse(self._settled):
                _lost.inc()
                log.warning("engine_ticks_lost", stream=self.stream, after=self._settled, before=oldest[0][0].decode())

    async def _follow_ticks(self, tail: Tail) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        async for _, entries in tail.follow():
            self._is_reading = True
            for entry_id, fields in entries:
                try:
                    ticks = decode_ticks(fields[TICK_FIELD])
                except (KeyError, TypeError, ValueError) as error:
                    log.error("engine_cannot_read_ticks", entry_id=entry_id, error=repr(error))
                    continue
                self.matcher.see(ticks)
                self.conditions.see(ticks)
                self._seen = entry_id.decode()
                _ticks.inc(len(ticks))
                if loop.time() - began > BREATH_S:
                    await asyncio.sleep(0)
                    began = loop.time()
            self._is_reading = False
            if len(entries) == READ_AT_ONCE:
                self._more_until = time.monotonic() + MORE_WITHIN_S
