"""Recorded days, random alerts of every kind, eight evaluators that die and are replaced: what is told is what a slow
evaluation of each alert alone tells, each change once."""

from __future__ import annotations

import csv
import gzip
import os
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from importlib import resources
from pathlib import Path
from typing import Any

import orjson
import pytest

from libs.common.clock import from_ms
from libs.common.hours import Hours
from libs.common.money import from_e4, to_e4
from libs.contracts.market import Candle, Tick
from libs.quant.expr import SPANS_MS, Input, parse
from services.alerts.conditions import codec
from services.alerts.conditions.books import Book
from services.alerts.conditions.inputs import Closed, as_bars, read_candle, resolved
from services.alerts.conditions.operators import Base, Frequency, Operator
from services.alerts.conditions.room import Change, Room
from services.alerts.conditions.rules import Edge, Rule, State, Terms
from services.alerts.conditions.track import Mark, Watched
from services.alerts.tests import slow_conditions, slow_expressions
from services.alerts.tests.slow_expressions import Day, Heard

EVALUATORS = 8
DAY_MS = 86_400_000


@dataclass
class World:
    """What happens, in its order: ticks, and bars and headlines as they become known."""

    exchange: str
    interval: str
    events: list[Tick | tuple[Input, Closed]] = field(default_factory=list)
    days: dict[str, list[Day]] = field(default_factory=lambda: defaultdict(list))
    news: dict[str, list[Heard]] = field(default_factory=lambda: defaultdict(list))
    started: int = 0

    @property
    def hours(self) -> Hours:
        return Hours(self.exchange)

    def ticks_of(self, instrument: str) -> list[Tick]:
        return [event for event in self.events if isinstance(event, Tick) and event.instrument == instrument]

    def past(self, names: Sequence[Input], until: int) -> dict[Input, list[Closed]]:
        """What has become known of these inputs before an event, as market would have it."""
        found: dict[Input, dict[int, Closed]] = {name: {} for name in names}
        for event in self.events[:until]:
            if not isinstance(event, Tick) and event[0] in found:
                found[event[0]].setdefault(event[1].end_ms, event[1])
        return {name: [bars[end] for end in sorted(bars)] for name, bars in found.items()}


@dataclass
class Wish:
    """A random alert, as the slow evaluation reads it."""

    instrument: str
    rule: dict[str, Any]
    terms: dict[str, Any]
    armed: int
    base: int | None
    text: str | None = None

    def watched(self, number: int) -> Watched:
        rule, terms = self.rule, self.terms
        return Watched(
            number,
            1,
            Rule(
                Operator(rule["operator"]),
                rule["value"],
                rule["low"],
                rule["high"],
                rule["amount"],
                rule["percent"],
                rule["window"],
                Base(rule["base"]),
            ),
            Terms(
                Frequency(terms["frequency"]),
                terms["interval"],
                terms["cool_down"],
                terms["band"],
                expires_ms=terms["expires"],
            ),
            State(self.armed, self.armed, self.base),
        )


class Store:
    """The database: takes a change that was made from the stored state, and no other."""

    def __init__(self, wishes: Sequence[Wish]) -> None:
        self.wishes = wishes
        self.states = {number: wish.watched(number).state for number, wish in enumerate(wishes)}
        self.told: dict[int, list[tuple[str, int, int]]] = {number: [] for number in range(len(wishes))}
        self.marks: dict[str, tuple[Mark, int]] = {}

    def active(self, instrument: str) -> list[Watched]:
        return [
            self.stored(number)
            for number, wish in enumerate(self.wishes)
            if wish.instrument == instrument and not self.finished(number)
        ]

    def stored(self, number: int) -> Watched:
        watched = self.wishes[number].watched(number)
        watched.state, watched.seq = self.states[number], len(self.told[number])
        return watched

    def finished(self, number: int) -> bool:
        return self.wishes[number].terms["frequency"] == "once" and bool(self.told[number])

    def take(self, change: Change) -> bool:
        """Store a change, or find that it is stored just so. Says no to one that was made from another state."""
        told, entry = self.told[change.number], (change.edge.value, change.at_ms, change.price_e4)
        if change.seq < len(told):
            return told[change.seq] == entry
        if change.seq > len(told) or self.finished(change.number):
            return False
        told.append(entry)
        self.states[change.number] = codec.state_of(orjson.loads(codec.dumped(change.state)))
        return True


class Evaluator:
    """What one engine holds of one stock. What it has not stored dies with it."""

    def __init__(self, world: World, store: Store, instrument: str, now: int) -> None:
        self._world, self._store, self.instrument = world, store, instrument
        self._waiting: list[Change] = []
        self._room = Room(self._waiting.append, lambda _: world.hours)
        mark, position = store.marks.get(instrument, (None, 0))
        alerts = store.active(instrument)
        wishes = store.wishes
        prices = [(instrument, alert) for alert in alerts if wishes[alert.number].text is None]
        self._room.load(prices, {} if mark is None else {instrument: mark})
        self._mark = mark
        for event in world.events[position:now]:
            self._see(event)
        self._book = Book(instrument, world.interval, lambda _: world.hours)
        for alert in alerts:
            text = wishes[alert.number].text
            if text is not None:
                names = list(resolved(self._book.own, parse(text)).values())
                past = world.past([self._book.own, *names], now)
                self._waiting += self._book.add(text, alert, past, self._clock(now))
        self._now = now

    def run(self, now: int) -> None:
        for place in range(self._now, now):
            event = self._world.events[place]
            if isinstance(event, Tick):
                self._see(event)
            elif event[0] in self._book.inputs:
                self._waiting += self._book.hear(*event, self._clock(place))
        self._now = now

    def store(self) -> None:
        """Store what was found, then how far that was."""
        waiting = list(self._waiting)
        self._waiting.clear()
        for change in waiting:
            if not self._store.take(change):
                self._hear_stored(change.number)
        self._mark = orjson.loads(orjson.dumps(self._room.take_marks())).get(self.instrument, self._mark)
        if self._mark is not None and not self._waiting:
            self._store.marks[self.instrument] = (self._mark, self._now)

    def finish(self) -> None:
        self._waiting += self._book.settle(2**62)
        self.store()

    def _see(self, event: Tick | tuple[Input, Closed]) -> None:
        if isinstance(event, Tick) and event.instrument == self.instrument:
            self._room.see([event])

    def _hear_stored(self, number: int) -> None:
        stored = self._store.stored(number)
        known = self._book.find(number)
        if known is not None:
            known.state, known.seq = stored.state, stored.seq
        elif self._store.wishes[number].text is None and not self._store.finished(number):
            self._room.arm(self.instrument, stored, [], stored=True)

    def _clock(self, place: int) -> int:
        """The time at an event: what becomes known does so a moment after it is over."""
        event = self._world.events[min(place, len(self._world.events) - 1)]
        return (event.received_ms if isinstance(event, Tick) else event[1].place_ms) + 1_000


def play(world: World, wishes: Sequence[Wish], draw: random.Random) -> Store:
    """Play the days to eight evaluators that share the stocks, and lose one every now and then."""
    store = Store(wishes)
    instruments = sorted({wish.instrument for wish in wishes})
    holders = {name: (draw.randrange(EVALUATORS), Evaluator(world, store, name, world.started)) for name in instruments}
    ghosts: list[Evaluator] = []
    now = world.started
    while now < len(world.events):
        now = min(len(world.events), now + draw.randint(1, 60))
        for _, evaluator in holders.values():
            evaluator.run(now)
        for evaluator in [*ghosts, *(each for _, each in holders.values())]:
            if draw.random() < 0.3:
                evaluator.run(now)
                evaluator.store()
        if draw.random() < 0.15:
            ghosts = ghosts[-2:] if draw.random() < 0.5 else []
        if draw.random() < 0.2:
            # One evaluator is gone, or only thought to be: others take what it held.
            dead, is_ghost = draw.randrange(EVALUATORS), draw.random() < 0.4
            for name, (holder, evaluator) in holders.items():
                if holder == dead:
                    ghosts += [evaluator] if is_ghost else []
                    heir = draw.choice([other for other in range(EVALUATORS) if other != dead])
                    holders[name] = (heir, Evaluator(world, store, name, now))
    for _, evaluator in holders.values():
        evaluator.finish()
    return store


def expected(world: World, wish: Wish) -> list[tuple]:
    """What a slow evaluation of one alert alone tells."""
    if wish.text is None:
        return slow_conditions.evaluate(wish.rule, wish.terms, wish.armed, wish.base, world.ticks_of(wish.instrument))
    [(other, truth)] = [
        (name, texts[wish.text])
        for name in world.days
        if name != wish.instrument and wish.text in (texts := slow_expressions.texts(name))
    ][:1]
    news = world.news[wish.instrument]
    return slow_expressions.evaluate(
        truth, wish.terms, wish.armed, world.days[wish.instrument], {other: world.days[other]}, news
    )


def wishes_for(world: World, draw: random.Random, count: int) -> list[Wish]:
    """Draw alerts of every operator and every text, around the prices that come."""
    made: list[Wish] = []
    names = sorted(world.days)
    kinds = [*(operator.value for operator in Operator), *range(len(slow_expressions.texts("")))]
    for number in range(count):
        kind, instrument = kinds[number % len(kinds)], draw.choice(names)
        seen = [tick.price_e4 for tick in world.ticks_of(instrument)]
        level, step = draw.choice(seen), max(seen) // 100
        low = level - draw.randint(1, 4) * step
        high = low + draw.randint(2, 6) * step
        band = draw.choice([0, 0, step // 2, step])
        if kind in {"exiting_channel", "outside_channel"}:
            band = min(band, (high - low) // 2)
        times = [tick.at_ms for tick in world.ticks_of(instrument)]
        text = None
        if isinstance(kind, int):
            text = list(slow_expressions.texts(draw.choice([name for name in names if name != instrument])))[kind]
        made.append(
            Wish(
                instrument,
                {
                    "operator": "less" if isinstance(kind, int) else kind,
                    "value": level,
                    "low": low,
                    "high": high,
                    "amount": draw.randint(1, 4) * step,
                    "percent": draw.choice([5_000, 10_000, 25_000]),
                    "window": draw.choice([600_000, 3_600_000, DAY_MS]),
                    "base": draw.choice(["open", "previous_close"]),
                },
                {
                    "frequency": draw.choice([frequency.value for frequency in Frequency]),
                    "interval": SPANS_MS[world.interval] if text is not None else draw.choice([60_000, 300_000]),
                    "cool_down": draw.choice([0, 0, 600_000, DAY_MS]),
                    "band": band,
                    "expires": draw.choice([None, None, None, draw.choice(times)]),
                },
                armed=draw.choice([times[0] - 1, draw.choice(times[: len(times) // 2])]),
                base=draw.choice([None, level]),
                text=text,
            )
        )
    return made


def build(exchange: str, interval: str, bars: dict[str, list[Candle]], draw: random.Random) -> World:
    """Make a world of recorded bars: their prices as ticks, themselves once they are over, headlines, and disorder."""
    world = World(exchange, interval)
    hours, length = world.hours, SPANS_MS[interval]
    timed: list[tuple[int, int, Tick | tuple[Input, Closed]]] = []
    for instrument, candles in bars.items():
        received = 0
        for candle in candles:
            closed = read_candle(candle, interval, hours)
            o, h, low, c = (to_e4(price) for price in (candle.open, candle.high, candle.low, candle.close))
            span = closed.end_ms - closed.bar.at_ms
            for share, price, ends in (
                (1, o, (o, o)),
                (60, (h + low) // 2, (low, h)),
                (99, c, (min(c, low), max(c, h))),
            ):
                at, received = closed.bar.at_ms + span * share // 100, received + 1
                begins = at if ends == (price, price) else closed.bar.at_ms + span * (share // 2 + 1) // 100
                stale = draw.random() < 0.02
                tick = Tick(instrument, price, *ends, begins, at, at + received % 7, stale, "recorded", None, None)
                timed.append((at, 0, tick))
            world.days[instrument].append(
                Day(
                    closed.bar.at_ms,
                    closed.end_ms,
                    *(Fraction(x) for x in (candle.open, candle.high, candle.low, candle.close)),
                    Fraction(candle.volume or 0),
                )
            )
            timed.append((closed.end_ms, 2 + draw.randrange(3), (Input(instrument, interval), closed)))
            if draw.random() < 0.1:
                came, published = closed.end_ms - length // 2, closed.end_ms - length // 2 - draw.randint(0, DAY_MS)
                score = draw.choice([-9, -2, 3, 8])
                world.news[instrument].append(Heard(came, published, Fraction(score, 10)))
                [bar] = as_bars([(from_ms(came), from_ms(published), score / 10)])
                timed.append((came, 1, (Input(instrument, "news"), bar)))
    timed.sort(key=lambda one: one[:2])
    world.events = [event for _, _, event in timed]
    for _ in range(len(world.events) // 20):  # again, or out of order
        place = draw.randrange(len(world.events))
        if isinstance(world.events[place], Tick) or draw.random() < 0.5:
            later = min(len(world.events), place + draw.randint(1, 30))
            world.events.insert(later, world.events[place])
    return world


def shipped(days: int) -> dict[str, list[Candle]]:
    """The daily bars of three US stocks that a package ships, at the hours of their sessions."""
    packed = resources.files("bokeh_sampledata").joinpath("_data/stocks.csv.gz").read_bytes()
    bars: dict[str, list[Candle]] = defaultdict(list)
    for row in csv.DictReader(gzip.decompress(packed).decode().splitlines()):
        day = datetime.fromisoformat(row["Date"]).replace(hour=18, tzinfo=UTC)
        if row["Ticker"] in {"AAPL", "GOOG", "IBM"} and day.year == 2010:
            at_ms = Hours("NASDAQ")._day(int(day.timestamp() * 1_000))[2].opens_ms
            prices = {
                name: from_e4(to_e4(Decimal(row[name.capitalize()]))) for name in ("open", "high", "low", "close")
            }
            bars[f"NASDAQ:{row['Ticker']}"].append(
                Candle(at=from_ms(at_ms), volume=int(float(row["Volume"])), **prices)
            )
    return {name: sorted(found, key=lambda bar: bar.at)[:days] for name, found in bars.items()}


def check(world: World, draw: random.Random, alerts: int) -> int:
    wishes = wishes_for(world, draw, alerts)
    store = play(world, wishes, draw)
    for number, wish in enumerate(wishes):
        assert store.told[number] == expected(world, wish), wish
    return sum(edge == Edge.FIRED.value for told in store.told.values() for edge, _, _ in told)


@pytest.mark.parametrize("seed", range(4))
def test_eight_evaluators_tell_what_a_slow_evaluation_tells(seed: int) -> None:
    draw = random.Random(seed)
    assert check(build("NASDAQ", "1d", shipped(120), draw), draw, 62) > 100


@pytest.mark.data
@pytest.mark.skipif("SHAREWISE_DATA" not in os.environ, reason="SHAREWISE_DATA names no folder")
@pytest.mark.parametrize("day", ["2021-05-28", "2021-06-02"])
def test_eight_evaluators_on_recorded_minutes(day: str) -> None:
    import pyarrow.parquet

    path = Path(os.environ["SHAREWISE_DATA"]) / "market" / "nse_1min_2021-03-26_2021-06-04.parquet"
    names = {"RELIANCE", "TCS", "INFY"}
    bars: dict[str, list[Candle]] = defaultdict(list)
    for row in pyarrow.parquet.read_table(path).to_pylist():
        if row["symbol"] in names and str(row["ts"].date()) == day:
            prices = {name: from_e4(round(row[name] * 10_000)) for name in ("open", "high", "low", "close")}
            bars[f"NSE:{row['symbol']}"].append(
                Candle(at=row["ts"].astimezone(UTC), volume=int(row["volume"] or 0), **prices)
            )
    assert set(bars) == {f"NSE:{name}" for name in names}
    draw = random.Random(day)
    assert check(build("NSE", "1m", bars, draw), draw, 62) > 100
