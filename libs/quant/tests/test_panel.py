"""A panel says of many instruments what the bar-by-bar form says of each."""

from __future__ import annotations

import numpy as np
import pytest
import talib
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from libs.quant.bars import Bars
from libs.quant.expr import OWN, SERIES, Expr, ExprError, StateError, parse
from libs.quant.panel import NotCompiled, Panel
from libs.quant.tests import expressions
from libs.quant.tests.bars import walk

FIELDS = ("open", "high", "low", "close", "volume")
_numbers = st.sampled_from(
    [
        *SERIES, "atr(3)", "macd(2, 4)", "macd_hist(close, 2, 4, 2)", "cci(3)", "adx(2)", "mfi(3)", "obv",
        "stoch_k(3, 2)", "vwap", "session_open", "session_high", "session_low",
    ]
)  # fmt: skip
_periods = st.integers(2, 5).map(str)
_series = (
    "sma",
    "ema",
    "wma",
    "rma",
    "rsi",
    "stdev",
    "roc",
    "highest",
    "lowest",
    "prev",
    "change",
    "percent_change",
    "bb_upper",
)


def _deeper(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.tuples(st.sampled_from(_series), inner, _periods).map(lambda t: f"{t[0]}({t[1]}, {t[2]})"),
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/"]), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        st.tuples(st.sampled_from(["min", "max"]), inner, inner).map(lambda t: f"{t[0]}({t[1]}, {t[2]})"),
        st.tuples(st.sampled_from(["abs", "round", "-"]), inner).map(lambda t: f"{t[0]}({t[1]})"),
    )


def _conditions(numbers: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    signs = st.sampled_from(["<", "<=", ">", ">=", "==", "!="])
    plain = st.one_of(
        st.tuples(numbers, signs, st.one_of(numbers, st.just("100"))).map(lambda t: f"{t[0]} {t[1]} {t[2]}"),
        st.tuples(st.sampled_from(["crossover", "crossunder"]), numbers, numbers).map(
            lambda t: f"{t[0]}({t[1]}, {t[2]})"
        ),
        st.tuples(st.sampled_from(["rising", "falling"]), numbers, _periods).map(lambda t: f"{t[0]}({t[1]}, {t[2]})"),
    )
    joined = st.tuples(plain, st.sampled_from(["and", "or"]), plain).map(lambda t: f"({t[0]}) {t[1]} not ({t[2]})")
    return st.one_of(plain, joined, st.tuples(joined, _periods).map(lambda t: f"within({t[0]}, {t[1]})"))


_texts = st.one_of(_deeper(_deeper(_numbers)), _conditions(_deeper(_numbers)))


def table(every: list[Bars], places: list[int]) -> np.ndarray:
    return np.array(
        [[getattr(bars, name)[place] for bars, place in zip(every, places, strict=True)] for name in FIELDS]
    )


def assert_same(panel: Panel, evaluators: list[list[object]]) -> None:
    for expression, told, row in zip(panel.expressions, panel.values, evaluators, strict=True):
        if expression.kind == "boolean":
            assert told.tolist() == [-1 if value is None else int(bool(value)) for value in row], str(expression)
        else:
            right = np.array([np.nan if value is None else value for value in row], np.float64)
            np.testing.assert_allclose(told, right, rtol=1e-9, atol=1e-9, err_msg=str(expression))


def read(text: str) -> Expr | None:
    try:
        return parse(text)
    except ExprError:  # a number where a series is wanted
        return None


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(_texts, min_size=1, max_size=4), st.lists(expressions.bars(most=40), min_size=3, max_size=3), st.data())
def test_a_panel_says_what_each_instrument_says_by_itself(
    texts: list[str], every: list[Bars], data: st.DataObject
) -> None:
    held = [one for one in map(read, texts) if one is not None]
    if not held:
        return
    panel = Panel(held, len(every))
    evaluators = [[one.incremental() for _ in every] for one in held]
    places = [0] * len(every)
    draw = np.random.default_rng(data.draw(st.integers(0, 999)))
    often = data.draw(st.sampled_from([0.6, 1.0]))
    for turn in range(60):
        closed = np.array([place < len(bars) for place, bars in zip(places, every, strict=True)])
        closed &= draw.random(len(every)) < often
        now = [min(place, len(bars) - 1) for place, bars in zip(places, every, strict=True)]
        at_ms = np.array([bars.at_ms[place] for bars, place in zip(every, now, strict=True)])
        panel.update(table(every, now), closed, at_ms)
        for one in evaluators:
            for s in np.flatnonzero(closed).tolist():
                one[s].update({OWN: every[s].bar(places[s])})
        places = [place + int(moved) for place, moved in zip(places, closed, strict=True)]
        assert_same(panel, [[alone.value for alone in one] for one in evaluators])
        if turn == 20:
            panel = Panel.restore(panel.state())
            assert [str(one) for one in panel.expressions] == [str(one) for one in held]


def test_its_numbers_are_those_of_talib_at_every_bar() -> None:
    every = [walk(seed, 120, flat=0.0) for seed in range(5)]
    texts = (
        "sma(20)", "ema(20)", "rsi(14)", "macd", "bb_upper(20, 2)", "atr(14)", "wma(20)", "stoch_k(14, 3)",
        "stoch_d(14, 3, 3)", "cci(20)", "adx(14)", "mfi(14)", "obv",
    )  # fmt: skip
    panel, told = Panel([parse(text) for text in texts], len(every)), []
    for at in range(120):
        panel.update(table(every, [at] * len(every)))
        told.append(panel.values)
    for s, bars in enumerate(every):
        close = bars.close
        right = (
            talib.SMA(close, 20), talib.EMA(close, 20), talib.RSI(close, 14), talib.MACD(close, 12, 26, 1)[0],
            talib.BBANDS(close, 20, 2.0, 2.0)[0], talib.ATR(bars.high, bars.low, close, 14),
            talib.WMA(close, 20), talib.SMA(talib.STOCHF(bars.high, bars.low, close, 14, 1)[0], 3),
            talib.STOCH(bars.high, bars.low, close, 14, 3, 0, 3, 0)[1],
            talib.CCI(bars.high, bars.low, close, 20), talib.ADX(bars.high, bars.low, close, 14),
            talib.MFI(bars.high, bars.low, close, bars.volume, 14), talib.OBV(close, bars.volume),
        )  # fmt: skip
        for k, column in enumerate(right):
            np.testing.assert_allclose([row[k, s] for row in told], column, rtol=1e-9, atol=1e-9)


def test_the_newest_bar_of_histories_of_any_length_is_that_of_the_columns() -> None:
    none = walk(0, 1)
    every = [none.where(none.close < 0), *(walk(seed, length) for seed, length in enumerate((1, 30, 200)))]
    held = [parse(text) for text in ("crossover(ema(5), ema(9)) or rsi(4) < 40", "close / sma(10)", "vwap")]
    panel = Panel.newest(held, every)
    for one, told in zip(held, panel.values, strict=True):
        unknown = -1.0 if one.kind == "boolean" else np.nan
        right = [float(one.vector({OWN: bars})[-1]) if len(bars) else unknown for bars in every]
        np.testing.assert_allclose(told, right, rtol=1e-9)
    assert panel.plots(0)["rsi(close, 4)"][3] == pytest.approx(talib.RSI(every[3].close, 4)[-1])


@pytest.mark.parametrize(
    "text", ['at("NSE:TCS", close) > 1', "hammer", "double_bottom", "time_india > 900", "close > support"]
)
def test_what_has_no_compiled_form_is_told(text: str) -> None:
    with pytest.raises(NotCompiled):
        Panel([parse(text)], 2)


def test_a_session_needs_the_times_of_the_bars() -> None:
    bars, panel = walk(1, 3), Panel([parse("session_high")], 1)
    with pytest.raises(ValueError, match="times"):
        panel.update(table([bars], [0]))
    for place, at_ms in enumerate((0, 60_000, 86_400_000)):
        panel.update(table([bars], [place]), at_ms=at_ms)
        told = [bars.high[0], max(bars.high[:2]), bars.high[2]]
        assert panel.values[0, 0] == told[place]


@pytest.mark.parametrize(
    "saved",
    [b"", b"{}", b"[]\n", b'{"v":1,"of":["close >"],"instruments":1}\n', b'{"v":1,"of":["sma(3)"],"instruments":2}\n'],
)
def test_a_damaged_state_is_refused(saved: bytes) -> None:
    with pytest.raises(StateError):
        Panel.restore(saved)
