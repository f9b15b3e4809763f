"""Runs a condition over recorded bars, by the same steps as live. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from libs.common.clock import to_ms
from libs.common.hours import Hours
from libs.common.money import to_e4
from libs.contracts.alerts import Condition as Side
from libs.contracts.market import Candle, Tick
from libs.quant.expr import OWN, Expr, Input, parse
from services.alerts.conditions.inputs import Closed, Past, columns, resolved
from services.alerts.conditions.operators import Frequency, Operator
from services.alerts.conditions.rules import Edge, Gate, Place, Point, Rule, State, Step, Terms, day_of, step_truth
from services.alerts.conditions.track import Track, Watched

MOST_CLAUSES = 20


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that the condition would have told: `boundary_e4` is the price that had to be reached."""

    at_ms: int
    edge: Edge
    price_e4: int
    boundary_e4: int | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the close of one of an expression's own bars made of an alert. `holds` is None while it is not known."""

    closed: Closed
    holds: bool | None
    edge: Edge | None
    gate: Gate | None


@dataclass(frozen=True, slots=True)
class Clause:
    """One of the conditions that an expression joins, at a bar: if it held, and the numbers that it compares."""

    words: str
    holds: bool | None
    values: tuple[tuple[str, float | None], ...]


def judge(expression: str, terms: Terms, state: State, own: Input, past: Past) -> list[Verdict]:
    """Tell what each of an expression's own bars made of an alert, by the step that is taken live."""
    verdicts: list[Verdict] = []
    for closed, value in zip(past[own], _column(parse(expression), own, past), strict=True):
        holds = None if value < 0 else bool(value)
        place = Place(closed.place_ms, closed.place_ms, 0)
        state, edge, gate = step_truth(terms, state, place, closed.close_e4, holds)
        verdicts.append(Verdict(closed, holds, edge, gate))
    return verdicts


def replay_expression(expression: str, terms: Terms, own: Input, past: Past) -> list[Mark]:
    """List when an expression would have fired at the closes of its own bars."""
    if terms.frequency is Frequency.ONCE:
        terms = replace(terms, frequency=Frequency.EVERY_TIME)
    terms = replace(terms, expires_ms=None, snoozed_ms=None)
    return [
        Mark(verdict.closed.end_ms, verdict.edge, verdict.closed.close_e4, None)
        for verdict in judge(expression, terms, State(-1, -1), own, past)
        if verdict.edge is not None
    ]


def clauses(expression: str, own: Input, past: Past) -> list[Clause]:
    """Take an expression apart at the newest of its own bars."""
    found = []
    for clause in parse(expression).clauses()[:MOST_CLAUSES]:
        value = _column(clause, own, past)[-1]
        sides = [(side.words(), _column(side, own, past)[-1]) for side in clause.sides()]
        values = tuple((words, None if number != number else float(number)) for words, number in sides)
        found.append(Clause(clause.words(), None if value < 0 else bool(value), values))
    return found


def _column(part: Expr, own: Input, past: Past) -> list[float]:
    names = {OWN: own, **resolved(own, part)}
    values: list[float] = part.vector(columns(past, names)).tolist()
    return values


@dataclass(frozen=True, slots=True)
class Look:
    """How an alert stood when a price was looked at: the price, the one before, and what the step made of it."""

    point: Point
    step: Step
    state: State


def threshold_rule(side: Side, threshold: Decimal) -> Rule:
    """Say a plain threshold as a rule: reaching counts, and greater and less are strict."""
    level = to_e4(threshold)
    if side is Side.ABOVE:
        return Rule(Operator.GREATER, value_e4=level - 1)
    return Rule(Operator.LESS, value_e4=level + 1)


def bar_ticks(instrument: str, bars: Sequence[Candle], interval_ms: int, hours: Hours) -> list[Tick]:
    """Say bars as prices: a day's open, and of each bar its low, high and close, known at the bar's end."""
    ticks, day = list[Tick](), -1
    for bar in bars:
        start_ms = to_ms(bar.at)
        end_ms = hours.end_of(start_ms, interval_ms) - 1
        low, high, close = to_e4(bar.low), to_e4(bar.high), to_e4(bar.close)
        if day_of(start_ms) != day:
            day, first = day_of(start_ms), to_e4(bar.open)
            ticks.append(
                Tick(instrument, first, first, first, start_ms, start_ms, start_ms, False, "history", None, None)
            )
        ticks.append(Tick(instrument, close, low, high, start_ms, end_ms, end_ms, False, "history", None, None))
    return ticks


def replay(instrument: str, rule: Rule, terms: Terms, bars: Sequence[Candle], interval_ms: int) -> list[Mark]:
    """List when a condition would have fired over these bars, had it been set before them.

    What fires once is shown as often as it would have happened: the first is the one that it would have told.
    """
    if not bars:
        return []
    if terms.frequency is Frequency.ONCE:
        terms = replace(terms, frequency=Frequency.EVERY_TIME)
    terms = replace(terms, expires_ms=None, snoozed_ms=None)
    marks: list[Mark] = []

    def told(_track: Track, _alert: Watched, point: Point, step: Step) -> None:
        if step.edge is not None:
            boundary = None if step.held is None else step.held.boundary_e4
            marks.append(Mark(point.place.at_ms, step.edge, point.price_e4, boundary))

    track = Track(instrument, told, hours=terms.hours)
    armed_ms = to_ms(bars[0].at)
    track.add(Watched(0, 1, rule, terms, State(armed_ms, armed_ms, to_e4(bars[0].open))))
    for tick in bar_ticks(instrument, bars, interval_ms, terms.hours):
        track.see(tick)
    return marks


def explain(
    instrument: str,
    rule: Rule,
    terms: Terms,
    bars: Sequence[Candle],
    interval_ms: int,
    *,
    armed_ms: int,
    base_e4: int | None,
    at_ms: int,
) -> Look | None:
    """Tell how an alert stood at an instant, by the bars since it was armed; None when no price had come by then."""
    last: Look | None = None

    def told(_track: Track, alert: Watched, point: Point, step: Step) -> None:
        nonlocal last
        if last is None or last.step.edge is None or last.point.place.at_ms != point.place.at_ms:
            last = Look(point, step, alert.state)

    track = Track(instrument, told, hours=terms.hours)
    alert = Watched(0, 1, rule, terms, State(armed_ms, armed_ms, base_e4), always=True)
    track.add(alert)
    for tick in bar_ticks(instrument, bars, interval_ms, terms.hours):
        if tick.span_start_ms > at_ms:
            break
        track.see(tick)
    return last
