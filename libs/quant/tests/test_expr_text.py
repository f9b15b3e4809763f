"""Reading an expression: what is meant, and what is wrong with it."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.quant.expr import FUNCTIONS, OWN, SERIES, ExprError, Input, Limits, parse, signature


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("RSI(14) < 70 AND Close>open", "rsi(close, 14) < 70 and close > open"),
        ("rsi", "rsi(close, 14)"),
        ("volume > 3*sma(volume,20)", "volume > 3 * sma(volume, 20)"),
        ("close-(open-low)-1", "close - (open - low) - 1"),
        ("(close > 1 or close < 0) and not (open > 1 and open < 2)",) * 2,
        ("macd_hist > 0", "macd_hist(close, 12, 26, 9) > 0"),
        ("change(5) > -2", "change(close, 5) > -2"),
        ("highest(20)", "highest(high, 20)"),
        ('close > AT("nse:tcs", "1D", close)', 'close > at("NSE:TCS", "1d", close)'),
        ("at('1d', close)", 'at("1d", close)'),
        ("vwap()", "vwap"),
        ("1e3 < close\n  or close < .5", "1000 < close or close < 0.5"),
    ],
)
def test_one_meaning_has_one_text(text: str, canonical: str) -> None:
    assert str(parse(text)) == canonical
    assert parse(canonical) == parse(text)


@pytest.mark.parametrize(
    ("text", "code", "column"),
    [
        ("", "syntax", 1),
        ("close >", "syntax", 8),
        ("close > > 1", "syntax", 9),
        ("1 < close < 3", "syntax", 11),
        ("close = 3", "syntax", 7),
        ("close[1] > 2", "syntax", 6),
        ("close; drop", "syntax", 6),
        ("__import__('os')", "unknown_name", 1),
        ("close > smaa(close, 5)", "unknown_name", 9),
        ("sma(close, 2.5) > 1", "bad_period", 12),
        ("sma(close, 0) > 1", "bad_period", 12),
        ("sma(close, open) > 1", "bad_period", 12),
        ("sma(close, 2001) > 1", "bad_period", 12),
        ("rsi(close, 1) > 1", "bad_period", 12),
        ("macd(26, 12) > 0", "bad_period", 1),
        ("bb_upper(20, 0)", "bad_number", 14),
        ("close > 1e300", "bad_number", 9),
        ("sma > 1", "wrong_count", 1),
        ("rsi(close, 14, 3)", "wrong_count", 1),
        ("close(1)", "wrong_count", 1),
        ("close and open > 1", "wrong_kind", 1),
        ("close > (open > 1)", "wrong_kind", 15),
        ("sma(close > 1, 5)", "wrong_kind", 11),
        ("not close", "wrong_kind", 5),
        ("1 > 2", "no_series", 1),
        ('at("NSE TCS:", close)', "bad_instrument", 4),
        ('at("2h", close)', "bad_interval", 4),
        ('at("1d", at("1h", close))', "nested_at", 10),
        ("at(close)", "wrong_count", 1),
        ('sma("1d", 5)', "wrong_kind", 5),
        ('"1d"', "syntax", 1),
        ("sma(sma(sma(close, 2000), 2000), 2000)", "too_much_history", 1),
        ("close > " + "-" * 300 + "open", "too_deep", 109),
        ("close" + " + close" * 101, "too_many_nodes", 807),
        ("close" + " " * 2_000, "too_long", 1),
    ],
)
def test_a_mistake_is_named_with_its_column(text: str, code: str, column: int) -> None:
    with pytest.raises(ExprError) as raised:
        parse(text)
    assert (raised.value.code, raised.value.column) == (code, column)
    assert raised.value.message[-1] in ".?"


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("rsi(14) < and", 11, "A number is missing between `<` and `and`."),
        ("close > 1 and", 14, "A condition is missing after `and`."),
        ("OR close > 1", 1, "A condition is missing before `OR`."),
        ("not", 4, "A condition is missing after `not`."),
        ("close + > 1", 9, "A number is missing between `+` and `>`."),
        ("rsi(close,", 11, "A value is missing after `,`."),
        ("rsi(, 14) > 1", 5, "A value is missing between `(` and `,`."),
        ("(close > sma(close, 5)", 23, "The bracket that opens at column 1 is not closed."),
        ("close > 1)", 10, "No bracket is open that this `)` would close."),
        ("close > 1,000", 10, "A comma stands only between the arguments of a function; write 1,000 as `1000`."),
        ("close 100", 7, "An operator, such as `>` or `and`, is missing between `close` and `100`."),
        ("rsi 14 < 30", 5, "`rsi` is called as `rsi(source = close, period = 14)`."),
        ("close => 1", 7, "`=` has no meaning here. Write `>=`."),
        ("open < close < high", 14, "Comparisons cannot be chained: write `a < b and b < c`."),
    ],
)
def test_what_is_half_written_is_told_by_what_is_missing(text: str, column: int, message: str) -> None:
    with pytest.raises(ExprError) as raised:
        parse(text)
    assert (raised.value.code, raised.value.column, raised.value.message) == ("syntax", column, message)


def test_a_near_miss_is_offered() -> None:
    with pytest.raises(ExprError, match="Did you mean `crossover`"):
        parse("crossovr(close, open)")


def test_brackets_cost_no_depth() -> None:
    assert str(parse("(" * 900 + "close" + ")" * 900)) == "close"


def test_limits_are_the_callers() -> None:
    text = "close > open and high > low"
    assert parse(text, Limits(nodes=7))
    small = {"too_many_nodes": Limits(nodes=6), "too_deep": Limits(depth=2), "too_long": Limits(characters=9)}
    for code, limits in small.items():
        with pytest.raises(ExprError) as raised:
            parse(text, limits)
        assert raised.value.code == code
    with pytest.raises(ExprError) as raised:
        parse('at("1d", close) > at("1h", close)', Limits(inputs=1))
    assert raised.value.code == "too_many_inputs"


def assert_read_or_refused(text: str) -> None:
    """Parse; what is refused must be refused with a column of the text."""
    error = None
    try:
        parse(text)
    except ExprError as raised:
        error = raised
    assert error is None or (error.code and 1 <= error.column <= len(text) + 1)


@settings(max_examples=500, deadline=None)
@given(st.text(max_size=60) | st.text("closevrima()<>=!+-*/.,0123456789 \"':andotw[]", max_size=120))
def test_any_text_is_read_or_refused(text: str) -> None:
    assert_read_or_refused(text)


def test_shuffled_words_of_the_language_are_read_or_refused() -> None:
    draw = random.Random(5)
    words = [
        *FUNCTIONS,
        *SERIES,
        "and",
        "or",
        "not",
        "(",
        ")",
        ",",
        "<",
        ">=",
        "+",
        "-",
        "/",
        "14",
        "2.5",
        '"1d"',
        "at",
    ]
    for _ in range(4_000):
        text = " ".join(draw.choices(words, k=draw.randint(1, 40)))
        assert_read_or_refused(text)


def test_it_tells_what_it_reads_and_how_much() -> None:
    expression = parse('crossover(sma(close, 20), at("NSE:NIFTY", "1d", ema(10))) and prev(close, 5) > 0')
    daily = Input("NSE:NIFTY", "1d")
    assert expression.kind == "boolean"
    assert expression.inputs == {OWN, daily}
    assert expression.warmup == 20
    assert expression.warmups == {OWN: 20, daily: 9}
    assert expression.history == {OWN: 21, daily: 122}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "crossover(ema(20), ema(50)) and rsi(14) < 70",
            "The 20-bar exponential average of the close crosses above the 50-bar exponential average of the close "
            "and the 14-bar RSI of the close is below 70",
        ),
        ("close >= 2990", "The close is at or above 2,990"),
        (
            "(close > 1 or open > 1) and not high > 2",
            "(the close is above 1 or the open is above 1) and the high is not above 2",
        ),
        ("volume > 3 * sma(volume, 20)", "The volume is above (3 times the 20-bar average of the volume)"),
        ('prev(close) < at("NSE:TCS", "1d", close)', "The close 1 bar ago is below the close of NSE:TCS on daily bars"),
    ],
)
def test_plain_words(text: str, said: str) -> None:
    assert parse(text).words() == said


def test_words_of_another_language_are_refused() -> None:
    with pytest.raises(ValueError, match="`hi`"):
        parse("close").words("hi")


def test_every_function_says_how_it_is_called() -> None:
    assert signature("bb_upper") == "bb_upper(source = close, period = 20, width = 2)"
    assert all(signature(name).startswith(name) for name in FUNCTIONS)
