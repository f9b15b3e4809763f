"""After a split an expression says of the adjusted bars what it said of the old ones."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings

from libs.quant.bars import Bars
from libs.quant.expr import FUNCTIONS, Undecided, parse, rescaled
from libs.quant.expr.catalogue import SERIES
from libs.quant.tests.expressions import inputs, texts

QUARTER = Fraction(1, 4)


def moved(text: str, *, own: bool = True) -> str:
    return str(rescaled(parse(text), QUARTER, own=own, instrument="NSE:OTHER"))


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("close > 2990 and rsi(14) < 70", "close > 747.5 and rsi(close, 14) < 70"),
        ("crossover(close, 100)", "crossover(close, 25)"),
        ("inside(hl2, 100, 50 + 70)", "inside(hl2, 25, 12.5 + 17.5)"),
        ("close > sma(20) + 5", "close > sma(close, 20) + 1.25"),
        ("close > 2 * sma(20) and change(close) > 8", "close > 2 * sma(close, 20) and change(close, 1) > 2"),
        ("volume > 1000 or obv > 7", "volume > 4000 or obv > 28"),
        ("close * volume > 5000", "close * volume > 5000"),
        ("(close - open) / open > 0.02 and atr(14) > 2", "(close - open) / open > 0.02 and atr(14) > 0.5"),
        ("max(close, 8) > bb_upper(close, 20, 2)", "max(close, 2) > bb_upper(close, 20, 2)"),
        ("not macd() > 0", "not macd(close, 12, 26) > 0"),
        ("news_score > 0.5 and time_india >= 1445 and hammer", "news_score > 0.5 and time_india >= 1445 and hammer"),
        ('close > 8 and at("NSE:TCS", close > 8)', 'close > 2 and at("NSE:TCS", close > 8)'),
        ("close > resistance(2) and support < 8", "close > resistance(2) and support(1) < 2"),
        ("close > -8", "close > -2"),
        ("close > abs(8)", "close > abs(8) * 0.25"),
    ],
)
def test_what_is_compared_with_a_price_moves_with_it(text: str, after: str) -> None:
    assert moved(text) == after
    assert str(parse(after)) == after


def test_the_split_of_another_stock_moves_what_is_compared_with_that_one() -> None:
    text = 'close > 8 and at("NSE:OTHER", close) > 8 and close / at("NSE:OTHER", close) > 2'
    assert moved(text, own=False) == ('close > 8 and at("NSE:OTHER", close) > 2 and close / at("NSE:OTHER", close) > 8')


@pytest.mark.parametrize("text", ["round(close) > 8", "close > rsi(14)", "close + volume > 8", "close * close > close"])
def test_what_does_not_go_together_is_undecided(text: str) -> None:
    with pytest.raises(Undecided):
        moved(text)


def test_every_name_of_the_language_is_decided() -> None:
    known = {name: _call(name) for name in FUNCTIONS} | dict.fromkeys(SERIES, "")
    for name, text in known.items():
        kind = "boolean" if name in FUNCTIONS and FUNCTIONS[name].kind == "boolean" else "number"
        if name == "round":
            continue  # of a price it is not
        moved(f"{text or name} > 1" if kind == "number" else text)


@settings(max_examples=60)
@given(texts(), inputs())
def test_it_says_of_adjusted_bars_what_it_said_before(text: str, bars: dict[object, Bars]) -> None:
    try:
        before = parse(text)
        before = before if before.kind == "boolean" else parse(f"({text}) > 100.05")
        after = rescaled(before, QUARTER, own=True, instrument="NSE:OTHER")
    except ValueError:
        return  # it asks for too much, or nobody can decide it: both are said
    adjusted = {name: _adjusted(columns) for name, columns in bars.items()}
    assert after.vector(adjusted).tolist() == before.vector(bars).tolist()  # type: ignore[arg-type]


def _adjusted(bars: Bars) -> Bars:
    prices = (column / 4 for column in (bars.open, bars.high, bars.low, bars.close))
    return Bars(bars.at_ms, *prices, bars.volume * 4, bars.span_ms)


def _call(name: str) -> str:
    given = {"number": "close", "boolean": "close > 1", "period": "5", "factor": "2"}
    parameters = FUNCTIONS[name].parameters
    arguments = ["3" if name.startswith("macd") and one.name == "fast" else given[one.kind] for one in parameters]
    return f"{name}({', '.join(arguments)})" if arguments else name
