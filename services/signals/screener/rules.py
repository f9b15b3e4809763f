"""What a screen is, and which instruments it finds. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from libs.common.clock import from_ms
from libs.quant.expr import OWN, Bars, Expr, Input
from services.signals.jobs.rules import Status

LONGEST_AGO = timedelta(days=7)
"""What has not traded for so long before the day that is asked about is not found: it was no longer there."""

MOST_MATCHES = 500
MOST_VALUES = 10


@dataclass(frozen=True, slots=True)
class Screen:
    """A scan that a person asked for. `expression` is as written, `meaning` written out in full.

    `day`: the past day on whose last bar it is judged; None: on the newest bar. `instruments`: only these; else all, of
    `exchange` if it is named. `done` of `total` were looked at; `unknown` of them have too few bars, or none lately.
    """

    id: UUID
    user_id: UUID
    expression: str
    meaning: str
    words: str
    interval: str
    day: date | None
    exchange: str | None
    instruments: tuple[str, ...] | None
    status: Status
    reason: str | None
    done: int
    total: int
    matched: int
    unknown: int
    created_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class Match:
    """An instrument for which the expression held at a bar. `values`: the numbers that the expression looks at."""

    instrument: str
    at: datetime
    close: float
    change: float | None
    values: Mapping[str, float | None]


def judge(
    names: Sequence[str], expression: Expr, every: Sequence[Mapping[Input, Bars]], since: datetime | None
) -> list[Match | bool | None]:
    """Say of each instrument whether an expression holds at its newest bar: the match, False, or None if not known.

    since: a newest bar that closed before does not count.
    """
    lasts = _together(expression, every) or [_alone(expression, bars) for bars in every]
    return [_judged(*one, since) for one in zip(names, every, lasts, strict=True)]


_Last = tuple[int, Mapping[str, float | None]]


def _together(expression: Expr, every: Sequence[Mapping[Input, Bars]]) -> list[_Last] | None:
    """Evaluate all instruments at once; None where an expression has no such form."""
    # The compiler that stands behind it is large: who never scans does without.
    from libs.quant.panel import NotCompiled, Panel

    try:
        panel = Panel.newest([expression], [bars[OWN] for bars in every])
    except NotCompiled:
        return None
    columns = {text: column.tolist() for text, column in panel.plots(0).items()}
    return [
        (int(holds), {text: _number(column[place]) for text, column in columns.items()})
        for place, holds in enumerate(panel.values[0].tolist())
    ]


def _alone(expression: Expr, bars: Mapping[Input, Bars]) -> _Last:
    if not len(bars[OWN]):
        return -1, {}
    holds = int(expression.vector(bars)[-1])
    plots = expression.plots if holds == 1 else ()
    return holds, {str(node): _number(float(Expr(node).vector(bars)[-1])) for node in plots}


def _judged(instrument: str, bars: Mapping[Input, Bars], last: _Last, since: datetime | None) -> Match | bool | None:
    own, (holds, numbers) = bars[OWN], last
    if holds < 0 or not len(own) or (since is not None and from_ms(int(own.closes_ms[-1])) < since):
        return None
    if not holds:
        return False
    close = float(own.close[-1])
    before = float(own.close[-2]) if len(own) > 1 else 0.0
    change = None if before <= 0 else close / before - 1
    return Match(instrument, from_ms(int(own.at_ms[-1])), close, change, dict(list(numbers.items())[:MOST_VALUES]))


def _number(value: float) -> float | None:
    return None if value != value else value
