"""Expressions at the close of bars: each distinct indicator is computed once a bar, however many alerts read it. Pure.

An expression's own numbers need no store: they are computed again from market's candles when an alert is put in. What
an alert remembers is stored with each of its changes; bars that closed since then are looked at once more, which
changes nothing where the first look changed nothing, and makes up for bars that closed while no engine ran.

A bar of ours is judged when the bars of others that closed with it are known, or after a short wait: who waits for a
stock in which nobody trades would never hear anything.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeAlias

from libs.common.clock import from_ms
from libs.contracts.market import Tick
from libs.quant.expr import NEWS, SPANS_MS, Bar, Expr, Hub, Input, Value, parse
from services.alerts.conditions import words
from services.alerts.conditions.inputs import Closed, HoursOf, Past, columns, resolved
from services.alerts.conditions.operators import Frequency
from services.alerts.conditions.room import Change
from services.alerts.conditions.rules import ALWAYS, Edge, Place, step_truth
from services.alerts.conditions.track import Watched

KEPT = 8
"""How many of its newest bars an input keeps for texts that come while they close."""

WAIT_MS = 20_000
"""How long a bar waits for those of others that closed with it."""

MOST_AHEAD = 1_000
"""How many bars of others wait for one of ours, where nobody trades in our stock."""


Plots: TypeAlias = Callable[[], Mapping[str, float | None]]


def said_of(bar: Bar, plots: Mapping[str, float | None]) -> dict[str, str]:
    """Give what messages may name of a closed bar: its prices, and the numbers that its expression looked at."""
    said = {"open": bar.open, "high": bar.high, "low": bar.low, "volume": bar.volume}
    named = {f"plot_{place}": value for place, value in enumerate(plots.values())}
    by_text = {f'plot("{text}")': value for text, value in plots.items()}
    found = {name: value for name, value in {**said, **named, **by_text}.items() if value is not None}
    return {
        "time": words.stamped(from_ms(bar.at_ms)),
        **{name: words.number(value) for name, value in found.items() if math.isfinite(value)},
    }


class Group:
    """The expressions of one stock and interval that read the same bars of others, with those who wait for them."""

    def __init__(self, own: Input, others: frozenset[Input], hours_of: HoursOf) -> None:
        self.others = others
        self._own = own
        self._hours_of = hours_of
        self._hub: Hub[str] = Hub(own.instrument or "", own.interval or "")
        self._alerts: dict[str, dict[int, Watched]] = {}
        self._texts: dict[int, str] = {}
        self._heard: dict[Input, int] = {}
        self._fed: dict[Input, int] = {}
        self._ahead: list[tuple[Input, Closed]] = []
        self._held: deque[tuple[int, Closed]] = deque()

    def __len__(self) -> int:
        return len(self._texts)

    @property
    def waits(self) -> bool:
        return bool(self._held)

    def add(self, text: str, alert: Watched, past: Past) -> None:
        """Have an alert wait for an expression. `past`: what warms it up, if nobody waited for it yet."""
        if text not in self._alerts:
            if not self._fed:
                self._begin(past)
            known = {name: [one for one in bars if one.end_ms <= self._fed[name]] for name, bars in past.items()}
            self._hub.add(text, parse(text), columns(known, {name: name for name in known}))
            self._alerts[text] = {}
        self._alerts[text][alert.number] = alert
        self._texts[alert.number] = text

    def _begin(self, past: Past) -> None:
        """Begin behind the newest of our own bars: what closed later of others is seen by our next one."""
        ours = past[self._own][-1] if past[self._own] else None
        self._fed[self._own] = self._heard[self._own] = -1 if ours is None else ours.end_ms
        for other in self.others:
            seen = [one for one in past[other] if ours is not None and _is_before(other, one, ours)]
            self._fed[other] = self._heard[other] = seen[-1].end_ms if seen else -1
            for closed in past[other][len(seen) :]:
                self.hear(other, closed, 0)

    def find(self, number: int) -> Watched | None:
        text = self._texts.get(number)
        return None if text is None else self._alerts[text][number]

    def remove(self, number: int) -> None:
        """Take an alert out, if it is in; an expression that nobody waits for is forgotten."""
        text = self._texts.pop(number, None)
        if text is None:
            return
        del self._alerts[text][number]
        if not self._alerts[text]:
            del self._alerts[text]
            self._hub.remove(text)

    def hear(self, source: Input, closed: Closed, now_ms: int) -> None:
        """Take the next closed bar of an input. One that comes again, corrected or not, is passed over."""
        if closed.end_ms <= self._heard.get(source, -1):
            return
        self._heard[source] = closed.end_ms
        if source == self._own:
            self._held.append((now_ms, closed))
            return
        self._ahead.append((source, closed))
        if len(self._ahead) > MOST_AHEAD:
            self._feed(*self._ahead.pop(0))

    def settle(self, now_ms: int) -> Iterator[tuple[str, Watched, Closed, bool | None]]:
        """Give what each alert has to judge, bar by bar, of the bars for which nothing more is waited."""
        while self._held:
            heard_ms, ours = self._held[0]
            if now_ms - heard_ms < WAIT_MS and not all(
                is_complete(other, self._heard.get(other), ours.end_ms, self._hours_of) for other in self.others
            ):
                break
            self._held.popleft()
            due = [(source, theirs) for source, theirs in self._ahead if _is_before(source, theirs, ours)]
            self._ahead = [ahead for ahead in self._ahead if ahead not in due] if due else self._ahead
            for source, theirs in due:
                self._feed(source, theirs)
            values = self._feed(self._own, ours)
            for text, alerts in list(self._alerts.items()):
                holds = None if values[text] is None else bool(values[text])
                for alert in list(alerts.values()):
                    yield text, alert, ours, holds

    def plots(self, text: str) -> Mapping[str, float | None]:
        """Give the numbers that an expression looks at, at the bar that was judged last."""
        return self._hub.plots(text)

    def _feed(self, source: Input, closed: Closed) -> Mapping[str, Value]:
        self._fed[source] = closed.end_ms
        return self._hub.update({source: closed.bar})


class Book:
    """The closed bars of one instrument and interval, and the expressions over them.

    hours_of: gives the hours of an instrument's exchange.
    """

    def __init__(self, instrument: str, interval: str, hours_of: HoursOf = lambda _: ALWAYS) -> None:
        self.instrument = instrument
        self.own = Input(instrument, interval)
        self._hours_of = hours_of
        self._groups: dict[frozenset[Input], Group] = {}
        self._newest: dict[Input, deque[Closed]] = {self.own: deque(maxlen=KEPT)}

    def __len__(self) -> int:
        return sum(len(group) for group in self._groups.values())

    @property
    def waits(self) -> bool:
        """Whether bars wait for those of others."""
        return any(group.waits for group in self._groups.values())

    @property
    def inputs(self) -> Iterable[Input]:
        """What bars it wants, by their full names."""
        return self._newest.keys()

    def expect(self, expression: str) -> frozenset[Input]:
        """Keep the newest bars of what an expression reads from now on. Returns all that it reads, by full names."""
        names = frozenset(resolved(self.own, parse(expression)).values()) | {self.own}
        for name in names:
            self._newest.setdefault(name, deque(maxlen=KEPT))
        return names

    def add(self, expression: str, alert: Watched, past: Past, now_ms: int = 0) -> list[Change]:
        """Put an alert in. `past`: the complete bars of everything that it reads. Returns what they make of it."""
        alert.terms = replace(alert.terms, hours=self._hours_of(self.instrument))
        parsed = parse(expression)
        names = resolved(self.own, parsed)
        others = self.expect(expression) - {self.own}
        known = {name: _joined(past.get(name, ()), self._newest[name]) for name in (self.own, *others)}
        young = self._young(known, others, now_ms)
        settled = {**known, self.own: known[self.own][: len(known[self.own]) - young]}
        changes = self._look_back(parsed, names, alert, settled)
        if not (changes and changes[-1].edge is Edge.FIRED and alert.terms.frequency is Frequency.ONCE):
            group = self._groups.setdefault(others, Group(self.own, others, self._hours_of))
            group.add(str(parsed), alert, settled)
            for closed in known[self.own][len(known[self.own]) - young :]:
                group.hear(self.own, closed, now_ms)
        for name, bars in known.items():
            self._newest[name] = deque(bars[-KEPT:], KEPT)
        return changes + self.settle(now_ms)

    def find(self, number: int) -> Watched | None:
        return next((found for group in self._groups.values() if (found := group.find(number)) is not None), None)

    def remove(self, number: int) -> None:
        """Take an alert out; what nobody waits for any more is forgotten."""
        for others, group in list(self._groups.items()):
            group.remove(number)
            if not len(group):
                del self._groups[others]

    def hear(self, source: Input, closed: Closed, now_ms: int = 0) -> list[Change]:
        """Take the next closed bar of ours or of another input. Returns what it makes of the alerts."""
        kept = self._newest.get(source)
        if kept is not None and not (kept and closed.end_ms <= kept[-1].end_ms):
            kept.append(closed)
        for others, group in self._groups.items():
            if source == self.own or source in others:
                group.hear(source, closed, now_ms)
        return self.settle(now_ms)

    def settle(self, now_ms: int) -> list[Change]:
        """Judge the bars that have waited long enough."""
        changes: list[Change] = []
        for group in list(self._groups.values()):
            for text, alert, closed, holds in group.settle(now_ms):
                if group.find(alert.number) is alert:  # it may have fired for good at an earlier bar
                    changes += self._look(alert, closed, holds, partial(group.plots, text))
        return changes

    def _young(self, known: Past, others: frozenset[Input], now_ms: int) -> int:
        """Count our newest bars for which bars of others may still come."""
        last = {other: known[other][-1].end_ms if known[other] else None for other in others}
        count = 0
        for closed in reversed(known[self.own][-KEPT:]):
            complete = all(is_complete(other, end_ms, closed.end_ms, self._hours_of) for other, end_ms in last.items())
            if complete or now_ms - closed.place_ms >= WAIT_MS:
                break
            count += 1
        return count

    def _look_back(self, parsed: Expr, names: Mapping[Input, Input], alert: Watched, past: Past) -> list[Change]:
        bars, changes = past[self.own], list[Change]()
        since_ms = max(alert.state.armed_ms, alert.state.seen.at_ms)
        due = sum(closed.place_ms > since_ms for closed in bars)
        if not due:
            return []
        values = parsed.vector(columns(past, names)).tolist()
        for closed, value in list(zip(bars, values, strict=True))[-due:]:
            changes += self._look(alert, closed, None if value < 0 else bool(value), dict)
            if changes and alert.terms.frequency is Frequency.ONCE:
                break
        return changes

    def _look(self, alert: Watched, bar: Closed, holds: bool | None, plots: Plots) -> list[Change]:
        """Take a closed bar. plots: gives the numbers that the expression looks at, where they are known."""
        place = Place(bar.place_ms, bar.place_ms, 0)
        close = bar.close_e4
        state, edge, _gate = step_truth(alert.terms, alert.state, place, close, holds)
        if edge is None:
            return []
        alert.state = state
        # What a change carries of the price that made it: of a bar its close.
        tick = Tick(
            self.instrument, close, close, close, bar.place_ms, bar.place_ms, bar.place_ms, False, "candle", None, None
        )
        change = Change(
            self.instrument,
            alert.number,
            alert.version,
            alert.seq,
            edge,
            close,
            bar.place_ms,
            None,
            state,
            None,
            tick,
            said_of(bar.bar, plots()),
        )
        alert.seq += 1
        if edge is Edge.FIRED and alert.terms.frequency is Frequency.ONCE:
            self.remove(alert.number)
        return [change]


def is_complete(other: Input, newest_ms: int | None, at_ms: int, hours_of: HoursOf) -> bool:
    """Say whether every bar of another input that was over at an instant is known. newest_ms: the end of its newest."""
    if other.instrument is None or other.interval not in SPANS_MS:
        return True  # nobody knows when the next headline comes
    expected = hours_of(other.instrument).newest_end(at_ms, SPANS_MS[other.interval])
    return expected is None or (newest_ms is not None and newest_ms >= expected)


def _is_before(source: Input, theirs: Closed, ours: Closed) -> bool:
    # A headline is known from its arrival on, which in a replay has nothing to do with the time of the market.
    return theirs.place_ms <= ours.place_ms if source.interval == NEWS else theirs.end_ms <= ours.end_ms


def _joined(past: Sequence[Closed], newest: Iterable[Closed]) -> list[Closed]:
    last_ms = past[-1].end_ms if past else -1
    return [*past, *(closed for closed in newest if closed.end_ms > last_ms)]
