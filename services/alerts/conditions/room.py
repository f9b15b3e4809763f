"""Every alert with a condition, evaluated as prices come, instrument by instrument.

What depends on the ticks alone (last price, day's open, windows, running bars) is the `Track` of an instrument. Tracks
are stored with the place in the tick streams up to which they have read (`Mark`), so that after a restart reading on
from there gives the same results; what an alert itself remembers is stored with each of its changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from libs.common.hours import Hours
from libs.contracts.market import Tick
from services.alerts.conditions.operators import Frequency
from services.alerts.conditions.rules import ALWAYS, Edge, Point, Reached, State, Step
from services.alerts.conditions.track import BarSoFar, DayKnown, Mark, Track, Watched

NOTHING_SAID: Mapping[str, str] = {}


class Change(NamedTuple):
    """What a price made of an alert: `state` is what it is to remember, from the change `seq` to the next.

    said: what messages may name of the closed bar that made it, by placeholder.
    """

    instrument: str
    number: int
    version: int
    seq: int
    edge: Edge
    price_e4: int
    at_ms: int
    reached: Reached | None
    state: State
    bar: BarSoFar | None
    tick: Tick
    said: Mapping[str, str] = NOTHING_SAID


class Room:
    """Every alert with a condition, by instrument. `tell` gets each change as it happens.

    hours_of: gives the hours in which an instrument's exchange trades.
    """

    def __init__(self, tell: Callable[[Change], None], hours_of: Callable[[str], Hours] = lambda _: ALWAYS) -> None:
        self._tell = tell
        self._hours_of = hours_of
        self._tracks: dict[str, Track] = {}
        self._homes: dict[int, str] = {}
        self._own: dict[str, dict[UUID, Track]] = {}
        """Tracks of those whose own prices come beside those for all, by instrument and person."""
        self._owners: dict[int, UUID] = {}
        self._touched: set[str] = set()

    def __len__(self) -> int:
        return len(self._homes)

    def load(self, alerts: Iterable[tuple[str, Watched]], marks: Mapping[str, Mark]) -> None:
        """Start over from what the database holds: alerts by instrument, and how far the ticks had been read."""
        self._tracks, self._homes, self._touched = {}, {}, set()
        self._own, self._owners = {}, {}
        for instrument, alert in alerts:
            track = self._tracks.get(instrument)
            if track is None:
                track = self._tracks[instrument] = self._track(instrument, marks.get(instrument))
            track.add(alert)
            self._homes[alert.number] = instrument

    def arm(
        self,
        instrument: str,
        alert: Watched,
        missed: Sequence[Tick],
        *,
        stored: bool = False,
        day: DayKnown | None = None,
    ) -> None:
        """Put an alert in, or its newer version. `missed`: the ticks since it was armed, oldest first. `day`: how the
        day began, where a change on it is asked for.

        Of a version that is in already only the terms are taken, and the state where it is `stored` otherwise.
        """
        home = self._home_of(alert.number)
        old = None if home is None else home.find(alert.number)
        if home is not None and old is not None and old.version == alert.version:
            old.terms = alert.terms
            if stored:
                old.state, old.seq, old.trail = alert.state, alert.seq, None
            home.look_again_at(old)
            if day is not None:
                home.know_day(day)
            return
        self.disarm(alert.number)
        fresh = self._track(instrument)
        self._homes[alert.number] = instrument
        fresh.add(alert)
        if day is not None:
            fresh.know_day(day)
        if alert.seq == 0:
            for tick in missed:
                fresh.see(tick)
        if alert.number not in self._homes:
            return
        track = self._tracks.get(instrument)
        if track is None:
            self._tracks[instrument] = fresh
        else:
            track.adopt(alert, fresh)
            if day is not None:
                track.know_day(day)
        self._touched.add(instrument)

    def disarm(self, number: int) -> None:
        """Take an alert out, if it is in."""
        home = self._home_of(number)
        instrument, owner = self._homes.pop(number, None), self._owners.pop(number, None)
        if home is None or instrument is None:
            return
        home.remove(number)
        if owner is not None and not len(home):
            del self._own[instrument][owner]
            if not self._own[instrument]:
                del self._own[instrument]
        # While somebody's own track follows it, the one for all is kept as well: it is what is marked.
        if instrument not in self._own and not len(self._tracks[instrument]):
            del self._tracks[instrument]

    def see(self, ticks: Iterable[Tick]) -> None:
        """Take ticks as they arrive."""
        tracks = self._tracks
        for tick in ticks:
            track = tracks.get(tick.instrument)
            if track is not None:
                track.see(tick)
                self._touched.add(tick.instrument)
                if tick.instrument in self._own:
                    for own in list(self._own[tick.instrument].values()):
                        own.see(tick)

    def see_own(self, owner: UUID, numbers: Iterable[int], tick: Tick) -> None:
        """Take a price of a person's own connection. numbers: that person's alerts on its instrument.

        From then on they have a track of their own, which goes on from the one for all and sees its prices too. It is
        not marked: after a restart they go on from the one for all, until the next own price.
        """
        shared = self._tracks.get(tick.instrument)
        if shared is None:
            return
        own = self._own.get(tick.instrument, {}).get(owner)
        fork: Track | None = None
        for number in numbers:
            if number in self._owners:
                continue
            # A copy of what the one for all knows: nobody else's windows may see these prices.
            fork = fork or self._track(tick.instrument, shared.mark())
            alert = shared.remove(number)
            if alert is None:
                continue  # it is being read, or has just fired
            if own is None:
                own = self._own.setdefault(tick.instrument, {})[owner] = fork
            own.adopt(alert, fork)
            self._owners[number] = owner
        if own is not None:
            own.see(tick)

    def close_due(self, now_ms: int) -> None:
        """Close the bars that no later price has closed."""
        for track in list(self._all_tracks()):
            track.close_due(now_ms)
            self._touched.add(track.instrument)

    def take_marks(self) -> dict[str, Mark]:
        """Tell how far the tracks that have moved since the last time have come."""
        marks = {name: self._tracks[name].mark() for name in self._touched if name in self._tracks}
        self._touched = set()
        return marks

    def _all_tracks(self) -> Iterator[Track]:
        yield from self._tracks.values()
        for tracks in self._own.values():
            yield from tracks.values()

    def _home_of(self, number: int) -> Track | None:
        instrument, owner = self._homes.get(number, ""), self._owners.get(number)
        return self._tracks.get(instrument) if owner is None else self._own[instrument][owner]

    def _track(self, instrument: str, mark: Mark | None = None) -> Track:
        return Track(instrument, self._hear, mark, hours=self._hours_of(instrument))

    def _hear(self, track: Track, alert: Watched, point: Point, found: Step) -> None:
        if found.edge is None or track.tick is None:
            return
        change = Change(
            instrument=track.instrument,
            number=alert.number,
            version=alert.version,
            seq=alert.seq,
            edge=found.edge,
            price_e4=point.price_e4,
            at_ms=point.place.at_ms,
            reached=found.held,
            state=alert.state,
            bar=track.bars.get(alert.terms.interval_ms),
            tick=track.tick,
        )
        alert.seq += 1
        if found.edge is Edge.FIRED and alert.terms.frequency is Frequency.ONCE:
            track.remove(alert.number)  # of a track that is not ours yet, when prices were missed
            self.disarm(alert.number)
        self._tell(change)
