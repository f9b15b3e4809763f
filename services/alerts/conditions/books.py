"""Expressions at the close of bars: each distinct text is computed once per bar, however many alerts ask for it. Pure.

An expression's own numbers need no store: they are computed again from market's candles when an alert is put in. What
an alert remembers is stored with each of its changes; bars that closed since then are looked at once more, which
changes nothing where the first look changed nothing, and makes up for bars that closed while no engine ran.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple

from libs.common.clock import from_ms, to_ms
from libs.common.money import to_e4
from libs.contracts.market import Candle, CandleClosed, Tick
from libs.quant.expr import OWN, Bar, Bars, Evaluator, parse
from services.alerts.conditions import words
from services.alerts.conditions.room import Change
from services.alerts.conditions.rules import Edge, Frequency, Place, step_truth
from services.alerts.conditions.track import Watched

KEPT = 8
"""How many of its newest bars a book keeps for texts that come while they close."""

REPLAY_LAG_MS = int(timedelta(hours=1).total_seconds() * 1_000)
"""A bar that closed so much later than its time is one of a replay: it counts when it closed."""


class Closed(NamedTuple):
    """A closed bar. `end_ms` is its end in market time, `place_ms` when it counts as having closed."""

    bar: Bar
    end_ms: int
    place_ms: int
    close_e4: int


@dataclass(slots=True)
class Text:
    """One expression with those who wait for it."""

    live: Evaluator
    alerts: dict[int, Watched] = field(default_factory=dict)


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


class Book:
    """The closed bars of one instrument and interval, and the expressions over them."""

    def __init__(self, instrument: str, interval_ms: int) -> None:
        self.instrument = instrument
        self._interval_ms = interval_ms
        self._texts: dict[str, Text] = {}
        self._newest: deque[Closed] = deque(maxlen=KEPT)

    def __len__(self) -> int:
        return sum(len(text.alerts) for text in self._texts.values())

    def add(self, expression: str, alert: Watched, past: Sequence[Candle]) -> list[Change]:
        """Put an alert in. `past`: market's complete candles, oldest first. Returns what they make of it."""
        bars = [self.read(candle) for candle in past]
        if bars:
            bars += [bar for bar in self._newest if bar.end_ms > bars[-1].end_ms]
        parsed = parse(expression)
        changes: list[Change] = []
        due = [bar for bar in bars if bar.end_ms > max(alert.state.armed_ms, alert.state.seen.at_ms)]
        if due:
            values = parsed.vector({OWN: Bars.of([bar.bar for bar in bars], self._interval_ms)})
            for bar, value in list(zip(bars, values.tolist(), strict=True))[-len(due) :]:
                changes += self._look(alert, bar, None if value < 0 else bool(value))
                if changes and alert.terms.frequency is Frequency.ONCE:
                    break
        text = self._texts.get(str(parsed))
        if text is None:
            text = self._texts[str(parsed)] = Text(parsed.incremental())
            for bar in bars:
                text.live.update({OWN: bar.bar})
        if not (changes and alert.terms.frequency is Frequency.ONCE):
            text.alerts[alert.number] = alert
        for bar in bars[-KEPT:]:
            if not self._newest or bar.end_ms > self._newest[-1].end_ms:
                self._newest.append(bar)
        return changes

    def find(self, number: int) -> Watched | None:
        return next((text.alerts[number] for text in self._texts.values() if number in text.alerts), None)

    def remove(self, number: int) -> None:
        """Take an alert out; an expression that nobody waits for is forgotten."""
        for name, text in list(self._texts.items()):
            if text.alerts.pop(number, None) is not None and not text.alerts:
                del self._texts[name]

    def close(self, bar: Closed) -> list[Change]:
        """Take the next closed bar. One that comes again, corrected or not, is passed over."""
        if self._newest and bar.end_ms <= self._newest[-1].end_ms:
            return []
        self._newest.append(bar)
        changes: list[Change] = []
        for text in list(self._texts.values()):
            value = text.live.update({OWN: bar.bar})
            for alert in list(text.alerts.values()):
                changes += self._look(alert, bar, None if value is None else bool(value), text.live)
        return changes

    def read(self, candle: Candle | CandleClosed) -> Closed:
        """Read a candle of market."""
        at_ms = to_ms(candle.at)
        end_ms = at_ms + self._interval_ms
        closed_ms = to_ms(candle.closed_at) if isinstance(candle, CandleClosed) else end_ms
        volume = math.nan if candle.volume is None else float(candle.volume)
        bar = Bar(at_ms, float(candle.open), float(candle.high), float(candle.low), float(candle.close), volume)
        place_ms = closed_ms if closed_ms - end_ms > REPLAY_LAG_MS else end_ms
        return Closed(bar, end_ms, place_ms, to_e4(candle.close))

    def _look(self, alert: Watched, bar: Closed, holds: bool | None, live: Evaluator | None = None) -> list[Change]:
        """Take a closed bar. live: the expression as it stands after this bar, where it does."""
        place = Place(bar.place_ms, bar.place_ms, 0)
        state, edge, _gate = step_truth(alert.terms, alert.state, place, holds)
        if edge is None:
            return []
        alert.state = state
        close = bar.close_e4
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
            said_of(bar.bar, {} if live is None else live.plots),
        )
        alert.seq += 1
        if edge is Edge.FIRED and alert.terms.frequency is Frequency.ONCE:
            self.remove(alert.number)
        return [change]
