"""The two forms of an expression say the same, bar by bar."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from libs.quant.bars import Bar, Bars
from libs.quant.expr import OWN, Evaluator, Expr, ExprError, Input, MissingBars, StateError, parse, steps, vector
from libs.quant.tests import expressions
from libs.quant.tests.bars import walk


def read(text: str) -> Expr | None:
    """Parse a drawn text; None for those that read no price."""
    try:
        return parse(text)
    except ExprError as error:
        if error.code != "no_series":
            raise
        return None


def by_steps(expression: Expr, bars: dict[Input, Bars], restart: int = -1) -> list[float | bool | None]:
    """Evaluate bar by bar; `peek` must tell the same beforehand, and a restart in the middle must change nothing."""
    evaluator, answers = expression.incremental(), []
    for place, step in enumerate(steps(bars)):
        if place == restart:
            evaluator = Evaluator.restore(evaluator.state())
        told = evaluator.peek(step)
        answer = evaluator.update(step)
        assert told == answer
        if OWN in step:
            answers.append(answer)
    return answers


def assert_same(expression: Expr, column: np.ndarray, answers: list[float | bool | None]) -> None:
    """Compare a column with answers: conditions exactly, numbers to 1e-9."""
    if expression.kind == "boolean":
        assert column.tolist() == [-1 if answer is None else int(answer) for answer in answers]
    else:
        told = np.array([np.nan if answer is None else answer for answer in answers])
        np.testing.assert_allclose(told, column, rtol=1e-9, atol=1e-7)


@settings(max_examples=400, deadline=None)
@given(expressions.texts(), expressions.inputs())
def test_vector_and_incremental_form_agree_at_every_bar(text: str, bars: dict[Input, Bars]) -> None:
    expression = read(text)
    if expression is None:
        return
    answers = by_steps(expression, bars, restart=len(bars[OWN]) // 2)
    assert_same(expression, expression.vector(bars), answers)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vector, "LONG", 1)
        assert_same(expression, expression.vector(bars), answers)


@settings(max_examples=200, deadline=None)
@given(expressions.texts(), expressions.inputs())
def test_columns_that_it_does_not_read_may_be_unknown(text: str, bars: dict[Input, Bars]) -> None:
    expression = read(text)
    if expression is None:
        return
    unread = dict.fromkeys(
        {"open", "high", "low", "close", "volume"} - expression.columns, np.full(len(bars[OWN]), np.nan)
    )
    fewer = {**bars, OWN: replace(bars[OWN], **unread)}
    np.testing.assert_array_equal(expression.vector(fewer), expression.vector(bars))


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("close > sma(close, 20) and rsi(14) < 70", "close"),
        ("volume > sma(volume, 5) or open < highest(3)", "high open volume"),
        ("crossover(macd, macd_signal)", "close"),
        ("atr(14) > 1", "close high low open volume"),
        ("hl2 > 3", "close high low open volume"),
        ('close > at("NSE:TCS", close)', "close high low open volume"),
    ],
)
def test_which_columns_it_reads(text: str, columns: str) -> None:
    assert sorted(parse(text).columns) == columns.split()


@settings(max_examples=150, deadline=None)
@given(expressions.texts(), expressions.inputs())
def test_what_comes_later_changes_no_answer(text: str, bars: dict[Input, Bars]) -> None:
    expression = read(text)
    if expression is None:
        return
    whole, cut = expression.vector(bars), max(len(bars[OWN]) // 2, 1)
    until = bars[OWN].closes_ms[cut - 1]
    early = {source: columns.where(columns.closes_ms <= until) for source, columns in bars.items()}
    assert_same(expression, whole[:cut], by_steps(expression, early))


@settings(max_examples=300, deadline=None)
@given(expressions.texts())
def test_canonical_text_reads_as_the_same_expression(text: str) -> None:
    expression = read(text)
    if expression is not None:
        assert parse(str(expression)) == expression
        assert str(parse(str(expression))) == str(expression)
        assert "{" not in expression.words()


@settings(max_examples=150, deadline=None)
@given(expressions.texts())
def test_no_value_comes_later_than_the_warm_up_says(text: str) -> None:
    expression = read(text)
    if expression is None or expression.kind == "number":
        return  # a number may be unknown for good: 1 / 0
    bars = {OWN: walk(3, 200, flat=0.0), expressions.OTHER: walk(4, 200, flat=0.0)}
    unknown = np.flatnonzero(expression.vector(bars)[max(expression.warmups.values()) :] == -1)
    if not any(text in str(expression) for text in ("/", "percent", "vwap", "support", "resistance")):
        assert not len(unknown)


def test_unknown_is_neither_true_nor_false() -> None:
    bars = {OWN: walk(1, 4)}
    assert parse("sma(close, 3) > 0").vector(bars).tolist() == [-1, -1, 1, 1]
    assert parse("not sma(close, 3) > 0").vector(bars).tolist() == [-1, -1, 0, 0]
    assert parse("sma(close, 3) > 0 and close < 0").vector(bars).tolist() == [0, 0, 0, 0]
    assert parse("sma(close, 3) > 0 or close > 0").vector(bars).tolist() == [1, 1, 1, 1]


def test_rounding_makes_no_crossing() -> None:
    # 0.1 + 0.2 is not 0.3 to a computer; it is to a person who set the alert.
    bars = {OWN: Bars.of([Bar(i, 0.3, 0.3, 0.3, 0.3, 1) for i in range(6)])}
    texts = "close < 0.1 + 0.2", "close != 0.1 + 0.2", "crossing(sma(close, 3), close)", "change(wma(close, 3)) > 0"
    for text in texts:
        assert 1 not in parse(text).vector(bars).tolist(), text


def test_a_day_is_seen_only_after_it_has_closed() -> None:
    day = 86_400_000
    days = Bars.of([Bar(i * day, 1, 1, 1, float(i), 1) for i in range(3)], day)
    hours = Bars.of([Bar(i * 3_600_000, 1, 1, 1, 1, 1) for i in range(50)], 3_600_000)
    seen = parse('at("1d", close)').vector({OWN: hours, Input(None, "1d"): days})
    assert np.isnan(seen[:23]).all()
    assert seen[23:47].tolist() == [0.0] * 24
    assert seen[47:].tolist() == [1.0] * 3


def test_bars_that_are_not_given_are_named() -> None:
    with pytest.raises(MissingBars, match="NSE:TCS"):
        parse('at("NSE:TCS", close) > close').vector({OWN: walk(1, 3)})


@pytest.mark.parametrize(
    "state",
    [
        b"", b"[]", b"{}", b"\xff", b'{"v":1}', b'{"v":1,"of":"close >"}', b'{"v":2,"of":"close > 1"}',
        b'{"v":1,"of":"close > 1","values":[],"machines":[]}',
        b'{"v":1,"of":"sma(close, 2)","values":[1,"x"],"machines":[null,[0,[]]]}',
        b'{"v":1,"of":"sma(close, 2)","values":[1,2],"machines":[null,[0,[1,2,3]]]}',
        b'{"v":1,"of":"sma(close, 2)","values":[1,2],"machines":[7,[0,[1]]]}',
    ],
)  # fmt: skip
def test_a_damaged_state_is_refused(state: bytes) -> None:
    with pytest.raises(StateError):
        Evaluator.restore(state)
