"""What expressions read: closed bars and headlines of stocks, by their full names. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, TypeAlias

import numpy as np

from libs.common.clock import to_ms
from libs.common.hours import Hours
from libs.common.money import to_e4
from libs.contracts.market import Candle, CandleClosed
from libs.contracts.news import NewsPublished
from libs.quant.expr import NEWS, SPANS_MS, Bar, Bars, Expr, Input, parse

REPLAY_LAG_MS = 3_600_000
"""A bar that closed so much later than its time is one of a replay: it counts when it closed."""

MOST_BARS = 5_000
MOST_HEADLINES = 1_000


class Closed(NamedTuple):
    """A closed bar. `end_ms` is its end in market time, `place_ms` when it counts as having closed."""

    bar: Bar
    end_ms: int
    place_ms: int
    close_e4: int


HoursOf: TypeAlias = Callable[[str], Hours]

Past: TypeAlias = Mapping[Input, Sequence[Closed]]
"""Closed bars by the full names of their inputs, oldest first."""


def read_candle(candle: Candle | CandleClosed, interval: str, hours: Hours) -> Closed:
    """Read a candle of market."""
    at_ms = to_ms(candle.at)
    end_ms = hours.end_of(at_ms, SPANS_MS[interval])
    closed_ms = to_ms(candle.closed_at) if isinstance(candle, CandleClosed) else end_ms
    volume = math.nan if candle.volume is None else float(candle.volume)
    bar = Bar(at_ms, float(candle.open), float(candle.high), float(candle.low), float(candle.close), volume)
    place_ms = closed_ms if closed_ms - end_ms > REPLAY_LAG_MS else end_ms
    return Closed(bar, end_ms, place_ms, to_e4(candle.close))


def resolved(own: Input, expression: Expr) -> dict[Input, Input]:
    """Give the inputs of an expression, as it names them, with their full names."""
    return {
        source: Input(source.instrument or own.instrument, source.interval or own.interval)
        for source in expression.inputs
    }


def full_history(own: Input, expression: str) -> dict[Input, int]:
    """Tell how many bars of each input an expression asks for, by full names."""
    parsed, needs = parse(expression), {own: 1}
    for source, full in resolved(own, parsed).items():
        needs[full] = max(needs.get(full, 1), parsed.history[source])
    return needs


def columns(past: Past, names: Mapping[Input, Input]) -> dict[Input, Bars]:
    """Write closed bars as columns, under the names that an expression has for them."""
    made = {}
    for name, full in names.items():
        bars = past.get(full, ())
        rows = np.array([closed.bar[1:] for closed in bars], np.float64).reshape(len(bars), 5).T
        at = np.array([closed.bar.at_ms for closed in bars], np.int64)
        ends = np.array([closed.end_ms for closed in bars], np.int64)
        o, h, low, c, v = rows
        made[name] = Bars(at, o, h, low, c, v, SPANS_MS.get(full.interval or "", 1), ends)
    return made


def bars_needed(source: Input, own: Input, history: int, looked_at: int) -> int:
    """Tell how many bars of an input to load, for an expression to be known at so many of its own bars."""
    if source.interval == NEWS:
        return min(MOST_HEADLINES, history + looked_at)
    finer = SPANS_MS[own.interval or ""] // SPANS_MS[source.interval or ""]
    return min(MOST_BARS, history + looked_at * max(1, finer))


def read_headline(news: NewsPublished, known_at: datetime) -> Closed:
    """Read a headline that is told. known_at: when it was told, where it does not say when it came."""
    [closed] = as_bars([(news.received_at or known_at, news.published_at, news.score)])
    return closed


def as_bars(headlines: Iterable[tuple[datetime, datetime, float]]) -> list[Closed]:
    """Write headlines (arrival, publication, score), in the order in which they came, as bars of rising times.

    Of those that came in one instant the first counts, as it does where they are heard one by one.
    """
    made: list[Closed] = []
    for received_at, published_at, score in headlines:
        at_ms = to_ms(received_at)
        bar = Bar(at_ms, to_ms(published_at) / 60_000, score, score, score, 1.0)
        if made and made[-1].end_ms >= at_ms:
            continue
        made.append(Closed(bar, at_ms, at_ms, 0))
    return made
