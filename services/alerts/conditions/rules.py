"""What a condition means: one pure step per price. Everything that evaluates (live, preview, explain) takes this step.

A price reaches a condition as a `Point`. `step` says what the point makes of an alert: nothing, `fired` or `cleared`.
`quiet` says between which prices nothing can happen, so that most prices need not be looked at (see `room.py`).
Prices and amounts are integers of 1/10,000, percents integers of 1/10,000 of a percent, times Unix ms.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import NamedTuple

from libs.common.hours import Hours
from services.alerts.conditions.operators import (
    CHANNEL,
    LASTING,
    LEVEL,
    PERIODIC,
    RUNNING,
    UPWARD,
    Base,
    Frequency,
    Operator,
)

MINUTE_MS = 60_000
DAY_MS = 86_400_000
FOREVER_MS = 2**62

HUNDRED_PERCENT = 100 * 10_000


class Edge(StrEnum):
    FIRED = "fired"
    CLEARED = "cleared"


class Gate(StrEnum):
    """Why a condition that holds does not fire."""

    EXPIRED = "expired"
    SNOOZED = "snoozed"
    OUT_OF_HOURS = "out_of_hours"
    NOT_REARMED = "not_rearmed"
    COOLING_DOWN = "cooling_down"
    PERIOD_HAD_ONE = "period_had_one"


O = Operator  # noqa: E741

ALWAYS = Hours()


@dataclass(frozen=True, slots=True)
class Rule:
    """The condition. Which members are set goes with the operator: value; low and high; amount, percent and window."""

    operator: Operator
    value_e4: int = 0
    low_e4: int = 0
    high_e4: int = 0
    amount_e4: int = 0
    percent_e4: int = 0
    window_ms: int = 0
    base: Base = Base.OPEN


@dataclass(frozen=True, slots=True)
class Terms:
    """When a condition that holds may fire.

    `band_e4`: how far the price must go back before it may fire again. `cool_down_ms`: how long after a firing none
    follows. `interval_ms`: the bar of the two frequencies per bar. `hours`: when its exchange trades.
    """

    frequency: Frequency = Frequency.ONCE
    interval_ms: int = MINUTE_MS
    cool_down_ms: int = 0
    band_e4: int = 0
    hours_only: bool = False
    expires_ms: int | None = None
    snoozed_ms: int | None = None
    hours: Hours = field(default=ALWAYS, compare=False)

    @property
    def on_close(self) -> bool:
        return self.frequency is Frequency.ONCE_PER_BAR_CLOSE


class Place(NamedTuple):
    """Where a point stands in the order of an instrument's points: its tick, and its place in the tick's path."""

    at_ms: int
    received_ms: int
    step: int


NOTHING_SEEN = Place(-1, -1, -1)


@dataclass(frozen=True, slots=True)
class State:
    """What an alert remembers. `since_ms`: from where on prices are in its window, and `base_e4` the price before: the
    one at which it was armed, or its last move fired.

    Of an expression `base_e4` is the close at which it fired.

    `rearmed` is false after a firing until the price has gone back. `seen`: its last change, so that points up to
    there, read again after a restart, change nothing.
    """

    armed_ms: int
    since_ms: int
    base_e4: int | None = None
    rearmed: bool = True
    last_fired_ms: int | None = None
    seen: Place = NOTHING_SEEN


class Point(NamedTuple):
    """A price that counts from `since_ms` on: of an extreme the beginning of its span, else the instant itself.

    `low_e4` and `high_e4`: the extremes that the alert counts from, this point among them. `from_e4`: the day's open or
    the previous close, None while it is not known.
    """

    place: Place
    since_ms: int
    price_e4: int
    previous_e4: int | None = None
    low_e4: int = 0
    high_e4: int = 0
    from_e4: int | None = None


class Reached(NamedTuple):
    """The price that had to be reached, and from which side."""

    boundary_e4: int
    upward: bool


class Step(NamedTuple):
    """What a point makes of an alert. `held`: the condition held; `gate` says why it did not fire then."""

    state: State
    edge: Edge | None
    held: Reached | None
    gate: Gate | None


def step(rule: Rule, terms: Terms, state: State, point: Point) -> Step:
    """Say what a point makes of an alert. Points come in their order; those before it was armed count for nothing."""
    if point.since_ms < state.armed_ms or point.place <= state.seen:
        return Step(state, None, None, None)
    held = reached(rule, point)
    if not state.rearmed and held is None and has_gone_back(rule, terms.band_e4, point):
        state = replace(state, rearmed=True, seen=point.place)
        return Step(state, Edge.CLEARED, None, None)
    if held is None:
        return Step(state, None, None, None)
    gate = gate_of(terms, state, point.place.at_ms)
    if gate is not None:
        return Step(state, None, held, gate)
    at_ms = point.place.at_ms
    state = replace(state, rearmed=rearms_at_once(rule, terms), last_fired_ms=at_ms, seen=point.place)
    if rule.operator in RUNNING:
        state = replace(state, since_ms=at_ms + 1, base_e4=point.price_e4)
    return Step(state, Edge.FIRED, held, None)


def step_truth(
    terms: Terms, state: State, place: Place, close_e4: int, holds: bool | None
) -> tuple[State, Edge | None, Gate | None]:
    """Say what the truth of an expression at the close of a bar makes of an alert; None: it is not known.

    With a re-arm band it may fire again once it has ceased to hold and the close is so far from that of the firing.
    """
    if place.at_ms <= state.armed_ms or place <= state.seen or holds is None:
        return state, None, None
    if not holds:
        near = state.base_e4 is not None and abs(close_e4 - state.base_e4) < terms.band_e4
        if state.rearmed or near:
            return state, None, None
        return replace(state, rearmed=True, seen=place), Edge.CLEARED, None
    gate = gate_of(terms, state, place.at_ms)
    if gate is not None:
        return state, None, gate
    state = replace(state, rearmed=False, base_e4=close_e4, last_fired_ms=place.at_ms, seen=place)
    return state, Edge.FIRED, None


def reached(rule: Rule, point: Point) -> Reached | None:
    """Say whether a point meets the condition. To reach a level counts as crossing it; greater and less are strict."""
    price, previous, op = point.price_e4, point.previous_e4, rule.operator
    if op in LEVEL:
        level = rule.value_e4
        if op is O.GREATER:
            return Reached(level, True) if price > level else None
        if op is O.LESS:
            return Reached(level, False) if price < level else None
        if previous is None:
            return None
        if op is not O.CROSSING_DOWN and previous < level <= price:
            return Reached(level, True)
        if op is not O.CROSSING_UP and previous > level >= price:
            return Reached(level, False)
        return None
    if op in CHANNEL:
        return _channel(rule, price, previous)
    if op in RUNNING:
        boundary = moving_boundary(rule, point.low_e4, point.high_e4)
        upward = op in UPWARD
        return Reached(boundary, upward) if (price >= boundary if upward else price <= boundary) else None
    if point.from_e4 is None:
        return None
    boundary = change_boundary(rule, point.from_e4)
    upward = op in UPWARD
    return Reached(boundary, upward) if (price >= boundary if upward else price <= boundary) else None


def is_met(rule: Rule, price_e4: int) -> bool:
    """Say whether a price by itself meets a condition that lasts; one that happens at an instant is not met yet."""
    point = Point(Place(0, 0, 0), 0, price_e4)
    return rule.operator in LASTING and reached(rule, point) is not None


def has_gone_back(rule: Rule, band_e4: int, point: Point) -> bool:
    """Say whether the price has gone back far enough for another firing; asked only while the condition is not met."""
    price, op = point.price_e4, rule.operator
    if op in LEVEL:
        level = rule.value_e4
        if op is O.CROSSING:
            return abs(price - level) >= band_e4
        if op in (O.CROSSING_UP, O.GREATER):
            return price <= level - band_e4 if band_e4 or op is O.GREATER else price < level
        return price >= level + band_e4 if band_e4 or op is O.LESS else price > level
    if op in (O.ENTERING_CHANNEL, O.INSIDE_CHANNEL):
        return price < rule.low_e4 - band_e4 or price > rule.high_e4 + band_e4
    if op in CHANNEL:
        return rule.low_e4 + band_e4 <= price <= rule.high_e4 - band_e4
    if op in RUNNING or point.from_e4 is None:
        return True
    boundary = change_boundary(rule, point.from_e4)
    return price <= boundary - band_e4 if op in UPWARD else price >= boundary + band_e4


def gate_of(terms: Terms, state: State, at_ms: int) -> Gate | None:
    """Say what keeps a condition that holds from firing at an instant; None when it fires."""
    if terms.expires_ms is not None and at_ms >= terms.expires_ms:
        return Gate.EXPIRED
    if terms.snoozed_ms is not None and at_ms < terms.snoozed_ms:
        return Gate.SNOOZED
    if terms.hours_only and not terms.hours.is_open(at_ms):
        return Gate.OUT_OF_HOURS
    last, frequency = state.last_fired_ms, terms.frequency
    if frequency in PERIODIC and last is not None and _period_end(terms, last) == _period_end(terms, at_ms):
        return Gate.PERIOD_HAD_ONE
    if not state.rearmed and (frequency not in PERIODIC or terms.band_e4):
        return Gate.NOT_REARMED
    if last is not None and at_ms - last < terms.cool_down_ms:
        return Gate.COOLING_DOWN
    return None


def rearms_at_once(rule: Rule, terms: Terms) -> bool:
    """Say whether a firing leaves the alert armed: a move's window begins anew, and a crossing is over at once."""
    return rule.operator in RUNNING or (rule.operator is O.CROSSING and terms.band_e4 == 0)


class Quiet(NamedTuple):
    """Between which prices (both exclusive), and before which instant, no later point changes anything."""

    below_e4: int
    above_e4: int
    until_ms: int = FOREVER_MS


def quiet(rule: Rule, terms: Terms, state: State, point: Point) -> Quiet | None:
    """Say between which prices no later point changes anything, after this point; None when any may.

    For a move the bounds stand for its extremes of now: older prices that leave its window only widen them.
    """
    price, op = point.price_e4, rule.operator
    if op in RUNNING:
        boundary = moving_boundary(rule, point.low_e4, point.high_e4)
        return Quiet(point.low_e4, boundary) if op in UPWARD else Quiet(boundary, point.high_e4)
    levels: tuple[int, ...]
    band = terms.band_e4
    if op in LEVEL:
        levels = (rule.value_e4 - band, rule.value_e4, rule.value_e4 + band)
    elif op in CHANNEL:
        low, high = rule.low_e4, rule.high_e4
        levels = (low - band, low, low + band, high - band, high, high + band)
    elif point.from_e4 is None:
        return None
    else:
        boundary = change_boundary(rule, point.from_e4)
        levels = (boundary - band, boundary, boundary + band)
    until_ms = FOREVER_MS
    if op in LASTING and reached(rule, point) is not None and (state.rearmed or terms.frequency in PERIODIC):
        waits_ms = waits_until(terms, state, point.place.at_ms)
        if waits_ms is None:
            return None
        until_ms = waits_ms
    if not state.rearmed and has_gone_back(rule, band, point):
        return None  # it crossed on the way back: the next point arms it again
    if price in levels:
        return None
    below = max((level for level in levels if level < price), default=-(2**62))
    above = min((level for level in levels if level > price), default=2**62)
    return Quiet(below, above, until_ms)


def waits_until(terms: Terms, state: State, at_ms: int) -> int | None:
    """Say before when a condition that goes on holding cannot fire; None when it may at any point.

    A minute on at most: what is known of the hours may change.
    """
    latest_ms = at_ms + MINUTE_MS
    gate = gate_of(terms, state, at_ms)
    if gate is None or gate is Gate.OUT_OF_HOURS:
        return None
    if gate is Gate.PERIOD_HAD_ONE:
        return min(latest_ms, _period_end(terms, at_ms))
    if gate is Gate.COOLING_DOWN and state.last_fired_ms is not None:
        return min(latest_ms, state.last_fired_ms + terms.cool_down_ms)
    return latest_ms if terms.snoozed_ms is None else min(latest_ms, max(at_ms + 1, terms.snoozed_ms))


def moving_boundary(rule: Rule, low_e4: int, high_e4: int) -> int:
    """Say where the price must be for a move from these extremes."""
    match rule.operator:
        case O.MOVING_UP | O.TRAILING_UP:
            return low_e4 + rule.amount_e4
        case O.MOVING_DOWN | O.TRAILING_DOWN:
            return high_e4 - rule.amount_e4
        case O.MOVING_UP_PERCENT | O.TRAILING_UP_PERCENT:
            return low_e4 + _share(low_e4, rule.percent_e4)
        case _:
            return high_e4 - _share(high_e4, rule.percent_e4)


def change_boundary(rule: Rule, from_e4: int) -> int:
    """Say where the price must be for a change in percent from the day's open or the previous close."""
    share = _share(from_e4, rule.percent_e4)
    return from_e4 + share if rule.operator in UPWARD else from_e4 - share


def path(previous_e4: int | None, low_e4: int, high_e4: int, price_e4: int) -> tuple[int, ...]:
    """Order the prices that a span went through: the shortest way over its low and its high to its last price.

    Which extreme came first is not known; the shortest way makes no crossing up that did not surely happen.
    """
    previous_e4 = price_e4 if previous_e4 is None else previous_e4
    low_first = abs(previous_e4 - low_e4) + abs(high_e4 - price_e4)
    high_first = abs(previous_e4 - high_e4) + abs(price_e4 - low_e4)
    way = (low_e4, high_e4) if low_first <= high_first else (high_e4, low_e4)
    prices = [price for price in way if price != price_e4]
    return (*prices, price_e4)


def day_of(at_ms: int) -> int:
    """Number the trading day of an instant: the UTC day, in which a session of India or of New York lies whole."""
    return at_ms // DAY_MS


def _channel(rule: Rule, price: int, previous: int | None) -> Reached | None:
    low, high, op = rule.low_e4, rule.high_e4, rule.operator
    inside = low <= price <= high
    if op in (O.INSIDE_CHANNEL, O.ENTERING_CHANNEL):
        if not inside:
            return None
        if op is O.INSIDE_CHANNEL:
            return Reached(low, True)
        if previous is None or low <= previous <= high:
            return None
        return Reached(low, True) if previous < low else Reached(high, False)
    if inside or (op is O.EXITING_CHANNEL and (previous is None or not low <= previous <= high)):
        return None
    return Reached(high, True) if price > high else Reached(low, False)


def _period_end(terms: Terms, at_ms: int) -> int:
    if terms.frequency is Frequency.ONCE_PER_MINUTE:
        return (at_ms // MINUTE_MS + 1) * MINUTE_MS
    if terms.frequency is Frequency.ONCE_PER_DAY:
        return (day_of(at_ms) + 1) * DAY_MS
    return terms.hours.bar(at_ms, terms.interval_ms)[1]


def _share(price_e4: int, percent_e4: int) -> int:
    """Take a percentage of a price, rounded up, so that the boundary is never short of it."""
    return -(-price_e4 * percent_e4 // HUNDRED_PERCENT)
