"""The track of an instrument: what its ticks say, and the alerts that a price may concern.

Of each alert the *quiet* span is kept: prices within it change nothing until its time comes. The ends of all quiet
spans of an instrument stand in heaps, so that a price which leaves none costs three comparisons however many alerts
there are, and one that does costs a logarithm per alert it concerns. Moves within a window share one pair of monotone
queues per window.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from libs.common.hours import Hours
from libs.contracts.market import Tick
from services.alerts.conditions import operators, rules
from services.alerts.conditions.extremes import Extremes
from services.alerts.conditions.operators import Base
from services.alerts.conditions.rules import Place, Point, Rule, State, Terms

FEW = 64
"""Below so many old spans it is not worth looking for them."""

TICKS = 0
"""The lane of single prices; the others are named by the length of their bars in ms."""

CLOSE_GRACE_MS = 30_000
"""How long after its end a bar is closed when no later price closes it."""

Mark = Mapping[str, Any]
"""A track as JSON values."""


@dataclass(slots=True)
class Watched:
    """An alert under evaluation. `seq` counts its stored changes; `began`: a price that counts for it has come.

    `trail`: of a rule that trails the lowest and highest price since it was armed or fired last. `always`: look at it
    at every price, which explaining needs.
    """

    number: int
    version: int
    rule: Rule
    terms: Terms
    state: State
    seq: int = 0
    began: bool = False
    token: int = 0
    trail: tuple[int, int] | None = None
    always: bool = False


class BarSoFar(NamedTuple):
    """The running bar of an interval. `last_ms`: its newest price's time. `end_ms`: when it is over."""

    start_ms: int
    open_e4: int
    high_e4: int
    low_e4: int
    close_e4: int
    last_ms: int
    end_ms: int = 0


class DayKnown(NamedTuple):
    """How a day began: what a change on the day counts from."""

    day: int
    open_e4: int
    previous_close_e4: int | None


Told = Callable[[Watched, Point, rules.Step], None]
"""Hears of each look at an alert, whatever it came to."""


class Lane:
    """The points of one kind of an instrument (single prices, or closes of bars) and the alerts that follow them."""

    def __init__(self, mark: Mark | None = None) -> None:
        mark = mark or {}
        self.previous_e4: int | None = mark.get("previous")
        self._since_ms: int = mark.get("since", -1)
        self.windows = {int(length): Extremes(int(length), *both) for length, both in mark.get("windows", {}).items()}
        self._trails: Mapping[str, Sequence[int]] = mark.get("trails", {})
        self.alerts: dict[int, Watched] = {}
        self._above: list[tuple[int, int, int]] = []
        self._below: list[tuple[int, int, int]] = []
        self._later: list[tuple[int, int, int]] = []
        self._eager: set[int] = set()
        self._changes: set[int] = set()
        self._tokens = 0

    def add(self, alert: Watched) -> None:
        self.alerts[alert.number] = alert
        alert.began = alert.began or self._since_ms >= alert.state.armed_ms
        self._eager.add(alert.number)
        if alert.rule.operator in operators.CHANGE:
            self._changes.add(alert.number)
        if alert.rule.operator in operators.MOVING:
            self.windows.setdefault(alert.rule.window_ms, Extremes(alert.rule.window_ms))
        # What was marked before the alert's last change counts no more: it begins anew with each firing.
        match self._trails.get(str(alert.number)):
            case [alert.version, alert.seq, low, high] if alert.trail is None:
                alert.trail = (low, high)

    def remove(self, number: int) -> Watched | None:
        self._eager.discard(number)
        self._changes.discard(number)
        return self.alerts.pop(number, None)

    def look_again_at_changes(self) -> None:
        """Have alerts on a change since the open or the close looked at again: what they count from has changed."""
        self._eager |= self._changes

    def feed(self, place: Place, since_ms: int, price_e4: int, bases: Mapping[Base, int | None], told: Told) -> None:
        """Take the next point, and tell what it makes of the alerts."""
        for window in self.windows.values():
            window.add(since_ms, price_e4)
        if (
            self._eager
            or (self._above and self._above[0][0] <= price_e4)
            or (self._below and -self._below[0][0] >= price_e4)
            or (self._later and self._later[0][0] <= place.at_ms)
        ):
            for number in sorted(self._woken(price_e4, place.at_ms)):
                self._look(self.alerts[number], place, since_ms, price_e4, bases, told)
        self.previous_e4, self._since_ms = price_e4, since_ms

    def mark(self) -> Mark:
        return {
            "previous": self.previous_e4,
            "since": self._since_ms,
            "windows": {str(length): window.mark() for length, window in self.windows.items()},
            "trails": {
                str(alert.number): [alert.version, alert.seq, *alert.trail]
                for alert in self.alerts.values()
                if alert.trail is not None
            },
        }

    def _woken(self, price_e4: int, at_ms: int) -> set[int]:
        woken, self._eager = self._eager, set()
        for heap, end in ((self._above, price_e4), (self._below, -price_e4), (self._later, at_ms)):
            while heap and heap[0][0] <= end:
                _, token, number = heapq.heappop(heap)
                alert = self.alerts.get(number)
                if alert is not None and alert.token == token:
                    woken.add(number)
        return woken & self.alerts.keys()

    def _look(
        self, alert: Watched, place: Place, since_ms: int, price_e4: int, bases: Mapping[Base, int | None], told: Told
    ) -> None:
        rule, state = alert.rule, alert.state
        if since_ms < state.armed_ms:
            self._eager.add(alert.number)
            return
        previous_e4 = self.previous_e4 if alert.began else state.base_e4
        alert.began = True
        if place <= state.seen:
            self._eager.add(alert.number)
            return
        low = high = 0
        if rule.operator in operators.MOVING:
            begin_ms = place.at_ms - rule.window_ms
            low, high = self.windows[rule.window_ms].since(max(state.since_ms, begin_ms), price_e4)
            if state.since_ms > begin_ms and state.base_e4 is not None:
                low, high = min(low, state.base_e4), max(high, state.base_e4)
        elif rule.operator in operators.TRAILING:
            begin = price_e4 if state.base_e4 is None else state.base_e4
            low, high = alert.trail or (begin, begin)
            low, high = alert.trail = (min(low, price_e4), max(high, price_e4))
        point = Point(place, since_ms, price_e4, previous_e4, low, high, bases[rule.base])
        found = rules.step(rule, alert.terms, state, point)
        if found.edge is not None:
            alert.state = found.state
            if found.edge is rules.Edge.FIRED and rule.operator in operators.RUNNING:
                point = point._replace(low_e4=price_e4, high_e4=price_e4)
                alert.trail = None if alert.trail is None else (price_e4, price_e4)
        told(alert, point, found)
        span = rules.quiet(rule, alert.terms, alert.state, point)
        alert.token = self._tokens = self._tokens + 1
        if span is None or alert.always:
            self._eager.add(alert.number)
        else:
            heapq.heappush(self._below, (-span.below_e4, alert.token, alert.number))
            heapq.heappush(self._above, (span.above_e4, alert.token, alert.number))
            if span.until_ms < rules.FOREVER_MS:
                heapq.heappush(self._later, (span.until_ms, alert.token, alert.number))
            if len(self._above) > 4 * len(self.alerts) + FEW:
                self._forget_old_spans()

    def _forget_old_spans(self) -> None:
        """Drop the ends of spans that are no alert's any more: of one that is often looked at they would pile up."""
        current = {alert.token for alert in self.alerts.values()}
        for heap in (self._above, self._below, self._later):
            heap[:] = [entry for entry in heap if entry[1] in current]
            heapq.heapify(heap)


class Track:
    """What the ticks of one instrument say, and the lanes of its alerts."""

    def __init__(
        self,
        instrument: str,
        told: Callable[[Track, Watched, Point, rules.Step], None],
        mark: Mark | None = None,
        *,
        hours: Hours = rules.ALWAYS,
    ) -> None:
        mark = mark or {}
        self.instrument = instrument
        self.hours = hours
        self._told = told
        self._last = tuple(mark.get("last", (-1, -1)))
        self._price_e4: int | None = mark.get("price")
        self._day: int | None = mark.get("day")
        self._bases: dict[Base, int | None] = {Base(base): price for base, price in mark.get("bases", {}).items()}
        for base in Base:
            self._bases.setdefault(base, None)
        self.bars = {int(interval): BarSoFar(*bar) for interval, bar in mark.get("bars", {}).items()}
        self._lanes = {int(interval): Lane(lane) for interval, lane in mark.get("lanes", {}).items()}
        self._lanes.setdefault(TICKS, Lane())
        self._intervals: set[int] = {interval for interval in self._lanes if interval != TICKS} | self.bars.keys()
        self._alike: dict[Terms, Terms] = {}
        self.tick: Tick | None = None

    @property
    def last_ms(self) -> int:
        return int(self._last[0])

    def __len__(self) -> int:
        return sum(len(lane.alerts) for lane in self._lanes.values())

    def alerts(self) -> Iterator[Watched]:
        for lane in self._lanes.values():
            yield from lane.alerts.values()

    def add(self, alert: Watched) -> None:
        alert.terms = self._in_hours(alert.terms)
        interval = alert.terms.interval_ms if alert.terms.on_close else TICKS
        self._intervals.add(alert.terms.interval_ms)
        self._lanes.setdefault(interval, Lane()).add(alert)

    def adopt(self, alert: Watched, other: Track) -> None:
        """Take over an alert that another track has looked at, with the window that it began there."""
        self.add(alert)
        if alert.rule.operator in operators.MOVING:
            interval = alert.terms.interval_ms if alert.terms.on_close else TICKS
            mine, its = self._lanes[interval].windows, other._lanes[interval].windows
            if alert.rule.window_ms in its and mine[alert.rule.window_ms].mark() == [[], []]:
                mine[alert.rule.window_ms] = its[alert.rule.window_ms]

    def remove(self, number: int) -> Watched | None:
        return next((found for lane in self._lanes.values() if (found := lane.remove(number)) is not None), None)

    def find(self, number: int) -> Watched | None:
        return next((lane.alerts[number] for lane in self._lanes.values() if number in lane.alerts), None)

    def look_again_at(self, alert: Watched) -> None:
        """Have an alert looked at again at the next point: its terms have changed."""
        alert.terms = self._in_hours(alert.terms)
        for lane in self._lanes.values():
            if alert.number in lane.alerts:
                lane.add(alert)

    def _in_hours(self, terms: Terms) -> Terms:
        # Alike terms are one object: of a million alerts most are alike.
        alike = self._alike.get(terms)
        if alike is None:
            alike = self._alike[terms] = replace(terms, hours=self.hours)
        return alike

    def know_day(self, known: DayKnown) -> None:
        """Take note of a day of which this track has not seen the beginning."""
        if self._day is not None and self._day > known.day:
            return
        self._day, self._bases[Base.OPEN] = known.day, known.open_e4
        if known.previous_close_e4 is not None:
            self._bases[Base.PREVIOUS_CLOSE] = known.previous_close_e4
        self._look_again()

    def see(self, tick: Tick) -> None:
        """Take a tick. One that is stale, comes again, or is older than the last says nothing new."""
        order = (tick.at_ms, tick.received_ms)
        if tick.stale or order <= self._last:
            return
        self.tick = tick
        counts = tick.span_start_ms >= self.last_ms and tick.span_start_ms <= tick.at_ms
        self._turn(tick)
        low, high = (tick.low_e4, tick.high_e4) if counts else (tick.price_e4, tick.price_e4)
        prices = rules.path(self._price_e4, low, high, tick.price_e4)
        self._last, self._price_e4 = order, tick.price_e4
        lane, newest = self._lanes[TICKS], len(prices) - 1
        for index, price in enumerate(prices):
            self._grow_bars(tick.at_ms, price)
            since_ms = tick.at_ms if index == newest else tick.span_start_ms
            lane.feed(Place(*order, index), since_ms, price, self._bases, self._hear)

    def close_due(self, now_ms: int) -> None:
        """Close bars that ended a while ago."""
        for interval in self._intervals:
            bar = self.bars.get(interval)
            if bar is not None and bar.end_ms + CLOSE_GRACE_MS <= now_ms:
                self._close(interval, bar)

    def mark(self) -> Mark:
        return {
            "last": list(self._last),
            "price": self._price_e4,
            "day": self._day,
            "bases": {base.value: price for base, price in self._bases.items()},
            "bars": {str(interval): list(bar) for interval, bar in self.bars.items()},
            "lanes": {str(interval): lane.mark() for interval, lane in self._lanes.items()},
        }

    def _turn(self, tick: Tick) -> None:
        """Close the bars, and the day, that this tick comes after."""
        for interval in self._intervals:
            bar = self.bars.get(interval)
            if bar is not None and tick.at_ms >= bar.end_ms:
                self._close(interval, bar)
        bases = self._bases
        if self._day != rules.day_of(tick.at_ms):
            # Of a source that tells no previous close it is the last price of the day before.
            bases[Base.PREVIOUS_CLOSE] = self._price_e4
            self._day, bases[Base.OPEN] = rules.day_of(tick.at_ms), tick.price_e4
            self._look_again()
        if tick.previous_close_e4 is not None and tick.previous_close_e4 != bases[Base.PREVIOUS_CLOSE]:
            bases[Base.PREVIOUS_CLOSE] = tick.previous_close_e4
            self._look_again()

    def _look_again(self) -> None:
        for lane in self._lanes.values():
            lane.look_again_at_changes()

    def _grow_bars(self, at_ms: int, price: int) -> None:
        for interval in self._intervals:
            bar = self.bars.get(interval)
            if bar is None:
                start_ms, end_ms = self.hours.bar(at_ms, interval)
                self.bars[interval] = BarSoFar(start_ms, price, price, price, price, at_ms, end_ms)
                continue
            start_ms, open_e4, high_e4, low_e4, _, _, end_ms = bar
            high_e4 = price if price > high_e4 else high_e4
            low_e4 = price if price < low_e4 else low_e4
            self.bars[interval] = BarSoFar(start_ms, open_e4, high_e4, low_e4, price, at_ms, end_ms)

    def _close(self, interval: int, bar: BarSoFar) -> None:
        if interval in self._lanes:
            place = Place(bar.end_ms, bar.end_ms, 0)
            self._lanes[interval].feed(place, bar.last_ms, bar.close_e4, self._bases, self._hear)
        del self.bars[interval]

    def _hear(self, alert: Watched, point: Point, found: rules.Step) -> None:
        self._told(self, alert, point, found)
