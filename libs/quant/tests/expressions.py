"""Random expressions and random bars for property tests."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from libs.quant.bars import Bars
from libs.quant.expr import FUNCTIONS, OWN, SERIES, Function, Input
from libs.quant.patterns import PATTERNS, SHAPES, SIGNS

OTHER = Input("NSE:OTHER", "5m")
# What reads the news stands outside of `at`; test_clock_and_news.py has it.
_OF_NEWS = ("news_score", "news_average", "news_age")
# A hundred names that would else crowd out all others.
_CANDLES = [name for name in FUNCTIONS if name.removeprefix("bullish_").removeprefix("bearish_") in PATTERNS]
_CHARTS = [*SHAPES, *SIGNS]
_periods = st.integers(2, 6)
_constants = st.sampled_from(["0", "1", "2.5", "70", "99.95", "100", "100.05", "-3"])


def _call(name: str, function: Function, numbers: st.SearchStrategy[str], conditions: st.SearchStrategy[str]):
    made = {"number": numbers, "boolean": conditions, "factor": st.sampled_from(["1", "2.5"])}
    arguments = [made.get(parameter.kind, _periods.map(str)) for parameter in function.parameters]
    if name.startswith("macd"):
        arguments[1:3] = [st.just("3"), st.just("5")]
    if arguments:
        first = function.parameters[0]
        if first.kind == "number" and first.default is not None:
            # A number in the place of a source would be read as the next argument.
            arguments[0] = numbers.filter(lambda text: any(c.isalpha() for c in text))
    return st.tuples(*arguments).map(lambda given: f"{name}({', '.join(given)})" if given else name)


def _deeper(inner: tuple[st.SearchStrategy[str], st.SearchStrategy[str]]):
    numbers, conditions = inner
    by_kind: dict[str, list[st.SearchStrategy[str]]] = {
        "number": [],
        "boolean": [st.sampled_from(_CANDLES), st.sampled_from(_CHARTS)],
    }
    for name, function in FUNCTIONS.items():
        if name in {*_CANDLES, *_CHARTS, *_OF_NEWS}:
            continue
        by_kind[function.kind].append(_call(name, function, numbers, conditions))
    signs = st.sampled_from(["+", "-", "*", "/"])
    orders = st.sampled_from(["<", "<=", ">", ">=", "==", "!="])
    more_numbers = st.one_of(
        numbers,
        st.tuples(numbers, signs, numbers).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        numbers.map(lambda x: f"-({x})"),
        *by_kind["number"],
    )
    more_conditions = st.one_of(
        st.tuples(numbers, orders, numbers).map(lambda t: f"{t[0]} {t[1]} {t[2]}"),
        st.tuples(conditions, st.sampled_from(["and", "or"]), conditions).map(lambda t: f"({t[0]}) {t[1]} ({t[2]})"),
        conditions.map(lambda x: f"not ({x})"),
        *by_kind["boolean"],
    )
    return more_numbers, more_conditions


def texts() -> st.SearchStrategy[str]:
    """Draw expressions over our own bars and those of OTHER, up to three levels deep."""
    numbers = st.one_of(st.sampled_from(sorted(SERIES)), _constants)
    conditions = st.tuples(st.sampled_from(sorted(SERIES)), st.sampled_from([">", "<"]), numbers).map(" ".join)
    level = (numbers, conditions)
    for _ in range(2):
        level = _deeper(level)
    numbers, conditions = level
    other = st.one_of(numbers, conditions).map(lambda text: f'at("{OTHER.instrument}", "5m", {text})')
    mixed = st.tuples(numbers, st.sampled_from([">", "<="]), numbers).map(
        lambda t: f'{t[0]} {t[1]} at("{OTHER.instrument}", "5m", {t[2]})'
    )
    return st.one_of(numbers, conditions, other, mixed)


@st.composite
def bars(draw: st.DrawFn, span_ms: int = 60_000, most: int = 60) -> Bars:
    """Draw bars on a price grid: equal prices, no volume, unknown volumes, unknown bars, gaps in time."""
    length = draw(st.integers(1, most))
    random = np.random.default_rng(draw(st.integers(0, 10_000)))
    step = draw(st.sampled_from([0.0, 0.05, 1.0]))
    moves = random.integers(-2, 3, length) * step * (random.random(length) > 0.3)
    close = np.round(100 + np.cumsum(moves), 2)
    opened = np.round(close + random.integers(-1, 2, length) * step, 2)
    high = np.maximum(opened, close) + np.round(random.integers(0, 3, length) * step, 2)
    low = np.minimum(opened, close) - np.round(random.integers(0, 3, length) * step, 2)
    volume = (random.integers(0, 3, length) * 1_000).astype(float)
    volume[random.random(length) < draw(st.sampled_from([0.0, 0.2]))] = np.nan
    gone = random.random(length) < draw(st.sampled_from([0.0, 0.1]))
    for column in (opened, high, low, close):
        column[gone] = np.nan
    first = 1_753_055_940_000 + draw(st.integers(0, 3)) * 30_000  # the day ends a few bars on
    at = first + np.cumsum(random.integers(1, 3, length)) * span_ms
    return Bars(at, opened, high, low, close, volume, span_ms)


@st.composite
def inputs(draw: st.DrawFn) -> dict[Input, Bars]:
    """Draw our bars and OTHER's."""
    return {OWN: draw(bars()), OTHER: draw(bars(300_000, 15))}
