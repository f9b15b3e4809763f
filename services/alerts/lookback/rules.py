"""Runs a condition over recorded bars, by the same steps as live. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from libs.common.clock import to_ms
from libs.common.money import to_e4
from libs.contracts.alerts import Condition as Side
from libs.contracts.market import Candle, Tick
from libs.quant.expr import OWN, Bar, Bars, parse
from services.alerts.conditions.rules import (
    Edge,
    Frequency,
    Operator,
    Place,
    Point,
    Rule,
    State,
    Step,
    Terms,
    step_truth,
)
from services.alerts.conditions.track import Track, Watched


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that the condition would have told: `boundary_e4` is the price that had to be reached."""

    at_ms: int
    edge: Edge
    price_e4: int
    boundary_e4: int | None


def replay_expression(expression: str, terms: Terms, bars: Sequence[Candle], interval_ms: int) -> list[Mark]:
    """List when an expression would have fired at the closes of these bars."""
    if terms.frequency is Frequency.ONCE:
        terms = replace(terms, frequency=Frequency.EVERY_TIME)
    terms = replace(terms, expires_ms=None, snoozed_ms=None)
    state, marks = State(-1, -1), []
    for bar, holds in truths(expression, bars, interval_ms):
        at_ms = to_ms(bar.at) + interval_ms
        state, edge, _gate = step_truth(terms, state, Place(at_ms, at_ms, 0), holds)
        if edge is not None:
            marks.append(Mark(at_ms, edge, to_e4(bar.close), None))
    return marks


def truths(expression: str, bars: Sequence[Candle], interval_ms: int) -> list[tuple[Candle, bool | None]]:
    """Tell at each of these bars whether an expression held; None while it was not known."""
    if not bars:
        return []
    columns = [
        Bar(
            to_ms(bar.at),
            float(bar.open),
            float(bar.high),
            float(bar.low),
            float(bar.close),
            math.nan if bar.volume is None else float(bar.volume),
        )
        for bar in bars
    ]
    values = parse(expression).vector({OWN: Bars.of(columns, interval_ms)}).tolist()
    return [(bar, None if value < 0 else bool(value)) for bar, value in zip(bars, values, strict=True)]


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


def bar_ticks(instrument: str, bars: Sequence[Candle], interval_ms: int) -> list[Tick]:
    """Say bars as prices: each of its low, high and close, known at the bar's end."""
    ticks = []
    for bar in bars:
        start_ms = to_ms(bar.at)
        end_ms = start_ms + interval_ms - 1
        low, high, close = to_e4(bar.low), to_e4(bar.high), to_e4(bar.close)
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

    track = Track(instrument, told)
    armed_ms = to_ms(bars[0].at)
    track.add(Watched(0, 1, rule, terms, State(armed_ms, armed_ms, to_e4(bars[0].open))))
    for tick in bar_ticks(instrument, bars, interval_ms):
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

    track = Track(instrument, told)
    alert = Watched(0, 1, rule, terms, State(armed_ms, armed_ms, base_e4), always=True)
    track.add(alert)
    for tick in bar_ticks(instrument, bars, interval_ms):
        if tick.span_start_ms > at_ms:
            break
        track.see(tick)
    return last
