"""Ticks in, candidates out: the index, the names of its slots, and the ticks that an alert may have missed."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from libs.common.clock import to_ms
from libs.common.money import to_e4
from libs.contracts.alerts import AlertState, Condition
from libs.contracts.market import Tick, tick_partition
from services.alerts.engine import rules
from services.alerts.engine.index import Hit, Int64s, ThresholdIndex
from services.alerts.engine.owners import Int32s, Owners
from services.alerts.engine.progress import Laps
from services.alerts.engine.queue import Lanes, Reached
from services.alerts.engine.recents import RecentTicks

FEW = 12
"""Below so many ticks one by one is cheaper than the fixed cost of a vector compare."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Active plain thresholds, as columns of one length. `places` index into `instruments`."""

    instruments: list[str]
    places: Int64s
    above: np.typing.NDArray[np.bool_]
    thresholds_e4: Int64s
    refs: Int64s
    owners: Int32s

    def cut(self, partitions: int) -> dict[int, Snapshot]:
        """Cut it into the alerts of each partition of the tick streams."""
        homes = np.fromiter(
            (tick_partition(instrument, partitions) for instrument in self.instruments),
            np.int64,
            len(self.instruments),
        )
        pieces = {}
        for partition in np.unique(homes).tolist():
            own = np.flatnonzero(homes == partition)
            places = np.zeros(len(homes), np.int64)
            places[own] = np.arange(len(own))
            of_it = homes[self.places] == partition
            pieces[partition] = Snapshot(
                instruments=[self.instruments[place] for place in own.tolist()],
                places=places[self.places[of_it]],
                above=self.above[of_it],
                thresholds_e4=self.thresholds_e4[of_it],
                refs=self.refs[of_it],
                owners=self.owners[of_it],
            )
        return pieces


class Matcher:
    """Knows the active plain thresholds of a share, and queues what a tick reaches.

    A candidate is no firing yet: the database decides. So an entry too many (an alert that fired or was edited
    elsewhere) does no harm, and one that was refused but is still active comes back by `arm`.
    """

    def __init__(self, queue: Lanes, laps: Laps, owners: Owners) -> None:
        self._queue = queue
        self._laps = laps
        self._index = ThresholdIndex()
        self._slots: dict[str, int] = {}
        self._owners = owners
        self._recents = RecentTicks()
        self._asleep: dict[int, AlertState] = {}
        self._wakes: dict[str, list[tuple[int, int]]] = {}
        """When which sleepers of an instrument wake, the next one first; some may be no sleepers any more."""

    def __len__(self) -> int:
        return len(self._index) + len(self._asleep)

    def load(self, snapshot: Snapshot) -> None:
        """Start over from what the database holds. Recent ticks are kept: the snapshot may be older than they are."""
        self._slots = {instrument: slot for slot, instrument in enumerate(snapshot.instruments)}
        self._asleep, self._wakes = {}, {}
        self._index = ThresholdIndex(len(self._slots))
        self._index.load(snapshot.places, snapshot.above, snapshot.thresholds_e4, snapshot.refs)

    def arm(self, alert: AlertState) -> None:
        """Put an active alert in. When a price that counts for it has come and reaches it, it is a candidate at once.

        A snoozed one sleeps until a tick is of its end or later: ticks that are read again, or late after a stop, wake
        it as they would have then.
        """
        assert alert.condition is not None, "a plain threshold"
        assert alert.threshold_price is not None, "a plain threshold"
        ref = rules.pack_ref(alert.number, alert.version)
        condition, threshold_e4 = alert.condition, to_e4(alert.threshold_price)
        armed_at_ms = to_ms(rules.counts_from(alert.armed_at, alert.snoozed_until))
        for tick in self._recents.since(alert.instrument, armed_at_ms):
            if rules.firing_price(condition, threshold_e4, armed_at_ms, tick) is not None:
                self._put(tick, [ref])
                return
        if armed_at_ms > to_ms(alert.armed_at):
            self._asleep[ref] = alert
            heapq.heappush(self._wakes.setdefault(alert.instrument, []), (armed_at_ms, ref))
            return
        self._index.add(self._slot_of(alert.instrument), condition is Condition.ABOVE, threshold_e4, ref)

    def disarm(self, alert: AlertState) -> None:
        """Take this version of an alert out, if it is in."""
        ref = rules.pack_ref(alert.number, alert.version)
        self._asleep.pop(ref, None)
        slot = self._slots.get(alert.instrument)
        if slot is not None and alert.threshold_price is not None:
            self._index.remove(slot, alert.condition is Condition.ABOVE, to_e4(alert.threshold_price), ref)

    def missed(self, instrument: str, at_ms: int) -> Sequence[Tick]:
        """List the newest ticks of an instrument from that instant on, oldest first."""
        return self._recents.since(instrument, at_ms)

    def see(self, ticks: Sequence[Tick]) -> None:
        """Look at ticks as they arrive, and queue what they reach."""
        watched: list[Tick] = []
        places: list[int] = []
        for tick in ticks:
            if tick.stale:
                continue
            self._recents.note(tick)
            if tick.instrument in self._wakes:
                self._wake(tick)
            slot = self._slots.get(tick.instrument)
            if slot is not None:
                watched.append(tick)
                places.append(slot)
        if len(watched) < FEW:
            for tick, slot in zip(watched, places, strict=True):
                self._queue_hits([tick], self._index.match(slot, tick.low_e4, tick.high_e4))
            return
        lows = np.fromiter((tick.low_e4 for tick in watched), np.int64, len(watched))
        highs = np.fromiter((tick.high_e4 for tick in watched), np.int64, len(watched))
        self._queue_hits(watched, self._index.batch(np.array(places), lows, highs))

    def _wake(self, tick: Tick) -> None:
        wakes = self._wakes[tick.instrument]
        while wakes and wakes[0][0] <= tick.at_ms:
            alert = self._asleep.pop(heapq.heappop(wakes)[1], None)
            if alert is not None and alert.condition is not None and alert.threshold_price is not None:
                above, ref = alert.condition is Condition.ABOVE, rules.pack_ref(alert.number, alert.version)
                self._index.add(self._slot_of(alert.instrument), above, to_e4(alert.threshold_price), ref)
        if not wakes:
            del self._wakes[tick.instrument]

    def _queue_hits(self, ticks: Sequence[Tick], hits: Sequence[Hit]) -> None:
        for place, _, refs in hits:
            self._put(ticks[place], refs)

    def _put(self, tick: Tick, refs: list[int]) -> None:
        numbers = np.fromiter(refs, np.int64, len(refs)) >> rules.VERSION_BITS
        self._queue.put(Reached(tick, refs, self._laps.begin(len(refs)), self._owners.of(numbers)))

    def _slot_of(self, instrument: str) -> int:
        slot = self._slots.get(instrument)
        if slot is None:
            slot = self._slots[instrument] = len(self._slots)
            self._index.grow(len(self._slots))
        return slot
