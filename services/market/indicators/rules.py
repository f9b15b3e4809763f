"""From candles to the columns of indicators. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import numpy as np

from libs.quant.expr import OWN, SPANS_MS, Bars, Expr, ExprError, Limits, parse

LIMITS = Limits(characters=300, nodes=60, history=1_000)

# Averages that never forget are settled after this many bars to what a chart can show.
MOST_HISTORY = 2_500


@dataclass(frozen=True, slots=True)
class Quote:
    """One candle as the formulas read it."""

    at: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: int | None


@dataclass(frozen=True, slots=True)
class Column:
    """One indicator: a number, or for a condition a truth, at each candle; None while it is unknown."""

    expression: Expr
    values: list[float | bool | None]


def read(text: str) -> Expr:
    """Read an indicator of the stock's own candles. Raises ExprError."""
    expression = parse(text, LIMITS)
    if expression.inputs != {OWN}:
        raise ExprError("other_bars", "Here an indicator reads the stock's own candles: leave `at` out.", 1)
    return expression


def history(expressions: Iterable[Expr]) -> int:
    """Tell how many candles before the first that is shown are to be loaded."""
    return min(max((expression.history[OWN] for expression in expressions), default=0), MOST_HISTORY)


def columns(expressions: Sequence[Expr], candles: Sequence[Quote], interval: str, shown: int) -> list[Column]:
    """Evaluate expressions over candles, oldest first. Returns the values at the last `shown` of them."""
    bars = bars_of(candles, interval)
    return [Column(e, _values(e, bars)[len(candles) - shown :]) for e in expressions]


def bars_of(candles: Sequence[Quote], interval: str) -> Bars:
    """Return candles, oldest first, as columns."""
    figures = np.array([[c.open, c.high, c.low, c.close] for c in candles], dtype=np.float64).reshape(-1, 4)
    opened, high, low, close = figures.T
    at_ms = np.array([int(c.at.timestamp() * 1_000) for c in candles], dtype=np.int64)
    volume = np.array([np.nan if c.volume is None else c.volume for c in candles], dtype=np.float64)
    return Bars(at_ms, opened, high, low, close, volume, SPANS_MS[interval])


def _values(expression: Expr, bars: Bars) -> list[float | bool | None]:
    column = expression.vector({OWN: bars})
    if expression.kind == "boolean":
        return [None if truth < 0 else truth == 1 for truth in column.tolist()]
    # What is below a millionth is no figure of a price any more.
    return [None if value != value else round(value, 6) for value in column.tolist()]
