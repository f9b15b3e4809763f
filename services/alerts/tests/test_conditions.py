"""The conditions: what the room tells is what a slow evaluation of its own tells, restarts and disorder included."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from libs.contracts.market import Tick
from services.alerts.conditions import codec, rules
from services.alerts.conditions.operators import Base, Frequency, Operator
from services.alerts.conditions.room import Change, Room
from services.alerts.conditions.rules import Rule, State, Terms
from services.alerts.conditions.track import Watched
from services.alerts.tests.slow_conditions import evaluate

START = 20_000 * rules.DAY_MS + 10 * 3_600_000
NAME = "NSE:RELIANCE"

LEVELS = st.integers(95, 105).map(lambda price: price * 10_000)


@st.composite
def ticks(draw: st.DrawFn) -> list[Tick]:
    """Ticks around 100, some of them bars with extremes, late, repeated, stale, or of another day."""
    made: list[Tick] = []
    at = START
    for _ in range(draw(st.integers(1, 40))):
        at += draw(st.sampled_from([0, 1, 700, 20_000, 61_000, 400_000, rules.DAY_MS // 2]))
        price = draw(LEVELS)
        low, high = price, price
        span = at
        if draw(st.booleans()):
            low, high = min(price, draw(LEVELS)), max(price, draw(LEVELS))
            span = at - draw(st.sampled_from([0, 500, 60_000]))
        close = draw(st.sampled_from([None, None, 1_000_000, 990_000]))
        stale = draw(st.integers(0, 9)) == 0
        made.append(Tick(NAME, price, low, high, span, at, at + len(made), stale, "test", close, None))
    for _ in range(draw(st.integers(0, 4))):  # again, or out of order
        place = draw(st.integers(0, len(made) - 1))
        made.insert(draw(st.integers(0, len(made))), made[place])
    return made


@st.composite
def alerts(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any], int, int | None]:
    """A rule and terms, when it is armed, and the price then."""
    low = draw(st.integers(95, 103))
    rule = {
        "operator": draw(st.sampled_from([op.value for op in Operator])),
        "value": draw(LEVELS),
        "low": low * 10_000,
        "high": draw(st.integers(low + 1, 106)) * 10_000,
        "amount": draw(st.integers(1, 6)) * 10_000,
        "percent": draw(st.sampled_from([5_000, 10_000, 33_333, 50_000])),
        "window": draw(st.sampled_from([60_000, 3_600_000, rules.DAY_MS])),
        "base": draw(st.sampled_from(["open", "previous_close"])),
    }
    band = draw(st.sampled_from([0, 0, 5_000, 20_000]))
    if rule["operator"] in {"exiting_channel", "outside_channel"}:
        band = min(band, (rule["high"] - rule["low"]) // 2)
    terms = {
        "frequency": draw(st.sampled_from([frequency.value for frequency in Frequency])),
        "interval": draw(st.sampled_from([60_000, 300_000])),
        "cool_down": draw(st.sampled_from([0, 0, 30_000, 600_000])),
        "band": band,
        "expires": draw(st.sampled_from([None, None, START + rules.DAY_MS])),
    }
    return rule, terms, START + draw(st.sampled_from([-1, 0, 700, 21_000])), draw(st.none() | LEVELS)


def watched(number: int, rule: dict[str, Any], terms: dict[str, Any], armed: int, base: int | None) -> Watched:
    return Watched(
        number=number,
        version=1,
        rule=Rule(
            Operator(rule["operator"]),
            rule["value"],
            rule["low"],
            rule["high"],
            rule["amount"],
            rule["percent"],
            rule["window"],
            Base(rule["base"]),
        ),
        terms=Terms(
            Frequency(terms["frequency"]),
            terms["interval"],
            terms["cool_down"],
            terms["band"],
            expires_ms=terms["expires"],
        ),
        state=State(armed, armed, base),
    )


def told_by(changes: list[Change]) -> dict[int, list[tuple[str, int, int]]]:
    told = defaultdict(list)
    for change in changes:
        told[change.number].append((change.edge.value, change.at_ms, change.price_e4))
    return told


@settings(max_examples=120, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(alerts(), min_size=1, max_size=6), ticks())
def test_the_room_tells_what_a_slow_evaluation_tells(wishes, stream) -> None:
    changes: list[Change] = []
    room = Room(changes.append)
    room.load(((NAME, watched(number, *wish)) for number, wish in enumerate(wishes)), {})
    room.see(stream)
    told = told_by(changes)
    for number, wish in enumerate(wishes):
        assert told[number] == evaluate(*wish, stream), wish


@settings(max_examples=120, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(alerts(), min_size=1, max_size=4), ticks(), st.data())
def test_a_restart_in_the_middle_neither_misses_nor_doubles(wishes, stream, data) -> None:
    stopped = data.draw(st.integers(0, len(stream)), label="stopped after")
    marked = data.draw(st.integers(0, stopped), label="marks taken after")
    again = data.draw(st.integers(0, marked), label="read again from")
    first: list[Change] = []
    room = Room(first.append)
    room.load(((NAME, watched(number, *wish)) for number, wish in enumerate(wishes)), {})
    room.see(stream[:marked])
    marks = orjson.loads(orjson.dumps(room.take_marks()))
    room.see(stream[marked:stopped])

    second: list[Change] = []
    restarted = Room(second.append)
    left = {number: watched(number, *wish) for number, wish in enumerate(wishes)}
    for change in first:
        left[change.number].state = codec.state_of(orjson.loads(codec.dumped(change.state)))
        left[change.number].seq = change.seq + 1
        if change.edge == "fired" and wishes[change.number][1]["frequency"] == "once":
            del left[change.number]
    restarted.load(((NAME, alert) for alert in left.values()), marks)
    restarted.see(stream[again:])
    told = told_by([*first, *second])
    for number, wish in enumerate(wishes):
        assert told[number] == evaluate(*wish, stream), wish
    for change in second:
        assert change.seq == sum(1 for earlier in first if earlier.number == change.number) + [
            later for later in second if later.number == change.number
        ].index(change)


@given(alerts(), ticks())
def test_an_alert_that_is_armed_among_others_hears_of_the_prices_it_missed(wish, stream) -> None:
    changes: list[Change] = []
    room = Room(changes.append)
    late = watched(7, *wish)
    room.arm(NAME, late, [tick for tick in stream if tick.at_ms >= late.state.armed_ms and not tick.stale])
    rest = evaluate(*wish, [tick for tick in stream if tick.at_ms >= late.state.armed_ms])
    assert told_by(changes)[7] == rest


def test_a_thousand_quiet_alerts_are_not_looked_at() -> None:
    looked: list[int] = []
    room = Room(lambda change: looked.append(change.number))
    quiet = {"operator": "crossing", "low": 0, "high": 0, "amount": 0, "percent": 0, "window": 0, "base": "open"}
    terms = {"frequency": "every_time", "interval": 60_000, "cool_down": 0, "band": 0, "expires": None}
    room.load(
        ((NAME, watched(n, {**quiet, "value": 2_000_000 + n}, terms, START, 1_000_000)) for n in range(1_000)),
        {},
    )
    room.see([_tick(START, 1_000_000)])  # each is placed
    steps = 0
    step = rules.step

    def counted(*arguments: Any) -> Any:
        nonlocal steps
        steps += 1
        return step(*arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rules, "step", counted)
        room.see([_tick(START + n, 1_000_000 + n % 7) for n in range(1, 500)])
        assert steps == 0
        room.see([_tick(START + 600, 2_000_000)])
        assert steps == 1
    assert looked == [0]


def _tick(at_ms: int, price_e4: int) -> Tick:
    return Tick(NAME, price_e4, price_e4, price_e4, at_ms, at_ms, at_ms, False, "test", None, None)
