"""Names of one's own mean what was written for them, wherever they stand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.quant.expr import ExprError, Limits, check_name, names_in, parse, parse_with

DEFINED = {
    "trend": "ema(close, 20) - ema(close, 50)",
    "strong": "trend > 0 and rsi(14) > 55",
    "loud": "volume > 2 * sma(volume, 20)",
}


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("trend > 1", "(ema(close, 20) - ema(close, 50)) > 1"),
        ("2 * trend > 1", "2 * (ema(close, 20) - ema(close, 50)) > 1"),
        ("STRONG or loud", "((ema(close, 20) - ema(close, 50)) > 0 and rsi(14) > 55) or volume > 2 * sma(volume, 20)"),
        ('at("NSE:TCS", trend) > 0', 'at("NSE:TCS", ema(close, 20) - ema(close, 50)) > 0'),
        ("close > 1e3", "close > 1000"),
    ],
)
def test_a_name_is_its_expression(text: str, same: str) -> None:
    assert parse_with(text, DEFINED) == parse(same)


def test_quoted_text_is_no_name() -> None:
    text = 'at("NSE:TREND", close) > trend'
    assert names_in(text, DEFINED) == ("trend",)
    assert '"NSE:TREND"' in str(parse_with(text, DEFINED))


@pytest.mark.parametrize(
    ("text", "code", "column"),
    [
        ("trend > sma(20", "syntax", 15),
        ("loud and nothing > 1", "unknown_name", 10),
        ("close > 1 and not trend", "wrong_kind", 19),
        ("trend(5) > 1", "syntax", 6),
        ("trend + loud > 1", "wrong_kind", 9),
    ],
)
def test_a_mistake_is_shown_where_it_was_written(text: str, code: str, column: int) -> None:
    with pytest.raises(ExprError) as caught:
        parse_with(text, DEFINED)
    assert (caught.value.code, caught.value.column) == (code, column)


def test_a_name_that_means_itself_is_refused() -> None:
    circle = {"a": "b + 1", "b": "c * 2", "c": "close - a"}
    with pytest.raises(ExprError) as caught:
        parse_with("a > 1", circle)
    assert caught.value.code == "cycle"
    assert parse_with("close > 1", circle) == parse("close > 1")


def test_names_of_names_do_not_outgrow_the_limits() -> None:
    bomb = {"a0": "close", **{f"a{n}": " + ".join([f"a{n - 1}"] * 10) for n in range(1, 12)}}
    with pytest.raises(ExprError) as caught:
        parse_with("a11 > 1", bomb)
    assert caught.value.code == "too_long"
    with pytest.raises(ExprError) as caught:
        parse_with("a2 > 1", bomb, Limits(nodes=20))
    assert caught.value.code == "too_many_nodes"


@pytest.mark.parametrize("name", ["rsi", "close", "at", "and", "9lives", "Trend", "a-b", "x" * 31, ""])
def test_what_cannot_be_a_name(name: str) -> None:
    with pytest.raises(ExprError):
        check_name(name)


def test_what_can_be_a_name() -> None:
    check_name("my_trend2")


@given(
    text=st.text("abcd +-*/(),.0123456789<>=\"'_:\n", max_size=60),
    defined=st.dictionaries(st.sampled_from("abcd"), st.text("abcd +(1)<close", max_size=20), max_size=4),
)
def test_whatever_is_written_is_read_or_refused_at_a_column_of_it(text: str, defined: dict[str, str]) -> None:
    column = 1
    try:
        parse_with(text, defined)
    except ExprError as error:
        column = error.column
    assert 1 <= column <= len(text) + 1
