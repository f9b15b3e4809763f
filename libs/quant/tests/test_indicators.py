"""Every indicator: TA-Lib's numbers, and the same bar by bar."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import talib

from libs.quant import indicators as ind
from libs.quant.bars import Bars, Floats
from libs.quant.expr import OWN, parse, vector
from libs.quant.tests.bars import recorded, walk

PERIODS = (2, 3, 5, 11, 14, 27, 60)
OF_SERIES: dict[str, tuple[Callable[[int], ind.OfSeries], Callable[[Floats, int], Floats]]] = {
    "sma": (ind.Sma, talib.SMA),
    "ema": (ind.Ema, talib.EMA),
    "wma": (ind.Wma, talib.WMA),
    "rsi": (ind.Rsi, talib.RSI),
    "stdev": (ind.Stdev, talib.STDDEV),
    "highest": (ind.Highest, talib.MAX),
    "lowest": (ind.Lowest, talib.MIN),
    "roc": (ind.Roc, talib.ROC),
}
OF_BARS: dict[str, tuple[Callable[[int], ind.OfBars], Callable[[Bars, int], Floats]]] = {
    "atr": (ind.Atr, lambda b, n: talib.ATR(b.high, b.low, b.close, n)),
    "adx": (ind.Adx, lambda b, n: talib.ADX(b.high, b.low, b.close, n)),
    "cci": (ind.Cci, lambda b, n: talib.CCI(b.high, b.low, b.close, n)),
    "mfi": (ind.Mfi, lambda b, n: talib.MFI(b.high, b.low, b.close, b.volume, n)),
    "fast_k": (ind.FastK, lambda b, n: talib.STOCHF(b.high, b.low, b.close, n, 1)[0]),
    "obv": (lambda n: ind.Obv(), lambda b, n: talib.OBV(b.close, b.volume)),
}


def same(told: Floats, right: Floats) -> None:
    np.testing.assert_allclose(told, right, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", OF_SERIES)
def test_series_indicators_equal_talib_in_both_forms(name: str) -> None:
    make, right = OF_SERIES[name]
    for seed, period in enumerate(PERIODS):
        close = walk(seed, 900).close
        same(make(period).over(close), right(close, period))
        indicator = make(period)
        same(np.array([indicator.update(x) for x in close.tolist()]), right(close, period))
        assert int(np.isnan(right(close, period)).sum()) == make(period).lookback


@pytest.mark.parametrize("name", OF_BARS)
def test_bar_indicators_equal_talib_in_both_forms(name: str) -> None:
    make, right = OF_BARS[name]
    for seed, period in enumerate(PERIODS):
        bars = walk(seed, 900)
        same(make(period).over(bars), right(bars, period))
        indicator = make(period)
        same(np.array([indicator.update(bars.bar(i)) for i in range(len(bars))]), right(bars, period))
        assert int(np.isnan(right(bars, period)).sum()) == make(period).lookback


@pytest.mark.parametrize("symbol", ["AAPL", "GOOG", "IBM", "MSFT"])
def test_on_recorded_days_both_forms_equal_talib(symbol: str) -> None:
    bars = recorded(symbol)
    rows = [bars.bar(i) for i in range(len(bars))]
    assert len(rows) > 2_000
    for make, right in OF_SERIES.values():
        series = make(14)
        same(series.over(bars.close), right(bars.close, 14))
        same(np.array([series.update(bar.close) for bar in rows]), right(bars.close, 14))
    for make_of_bars, right_of_bars in OF_BARS.values():
        of_bars = make_of_bars(14)
        same(of_bars.over(bars), right_of_bars(bars, 14))
        same(np.array([of_bars.update(bar) for bar in rows]), right_of_bars(bars, 14))


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("macd", lambda b: talib.MACD(b.close, 12, 26, 1)[0]),
        ("macd_signal", lambda b: talib.MACD(b.close, 12, 26, 9)[1]),
        ("macd_hist", lambda b: talib.MACD(b.close, 12, 26, 9)[2]),
        ("bb_upper(20, 2.5)", lambda b: talib.BBANDS(b.close, 20, 2.5, 2.5)[0]),
        ("bb_middle(20)", lambda b: talib.BBANDS(b.close, 20)[1]),
        ("bb_lower(20)", lambda b: talib.BBANDS(b.close, 20, 2.0, 2.0)[2]),
        ("stoch_k(14, 3)", lambda b: talib.STOCH(b.high, b.low, b.close, 14, 3, 0, 1, 0)[0]),
        ("stoch_d(14, 3, 5)", lambda b: talib.STOCH(b.high, b.low, b.close, 14, 3, 0, 5, 0)[1]),
        ("change(7)", lambda b: talib.MOM(b.close, 7)),
        ("percent_change(7)", lambda b: talib.ROC(b.close, 7)),
        ("stdev(20)", lambda b: talib.STDDEV(b.close, 20)),
        ("hlc3", lambda b: talib.TYPPRICE(b.high, b.low, b.close)),
    ],
)
def test_what_is_made_of_parts_equals_talib(
    text: str, right: Callable[[Bars], Floats], monkeypatch: pytest.MonkeyPatch
) -> None:
    bars = walk(8, 2_900)  # more than a block of the compiled forms
    same(parse(text).vector({OWN: bars}), right(bars))
    monkeypatch.setattr(vector, "LONG", 1)
    told, evaluator = parse(text).vector({OWN: bars}), parse(text).incremental()
    same(told, right(bars))
    slowly = [evaluator.update({OWN: bars.bar(i)}) for i in range(len(bars))]
    np.testing.assert_allclose(told, [np.nan if one is None else one for one in slowly], rtol=1e-12, atol=1e-12)


def test_wilders_average_is_what_rsi_and_atr_run_on() -> None:
    bars = walk(9, 400)
    ranges = talib.TRANGE(bars.high, bars.low, bars.close)
    for period in PERIODS:
        same(ind.Rma(period).over(ranges), talib.ATR(bars.high, bars.low, bars.close, period))
        rma = ind.Rma(period)
        same(np.array([rma.update(x) for x in ranges.tolist()]), ind.Rma(period).over(ranges))


def test_the_vwap_begins_anew_with_each_session() -> None:
    bars = walk(2, 3_000)
    days = bars.at_ms // 86_400_000
    told, vwap = ind.Vwap().over(bars), ind.Vwap()
    same(np.array([vwap.update(bars.bar(i)) for i in range(len(bars))]), told)
    typical = (bars.high + bars.low + bars.close) / 3
    for i in range(0, len(bars), 97):
        today = (days == days[i]) & (np.arange(len(bars)) <= i)
        assert told[i] == pytest.approx(np.average(typical[today], weights=bars.volume[today]), rel=1e-9)


@pytest.mark.parametrize("make", [ind.SessionOpen, ind.SessionHigh, ind.SessionLow])
def test_what_a_session_has_shown(make: Callable[[], ind.OfBars]) -> None:
    bars = walk(3, 3_000)
    days = bars.at_ms // 86_400_000
    told, indicator = make().over(bars), make()
    same(np.array([indicator.update(bars.bar(i)) for i in range(len(bars))]), told)
    for i in range(0, len(bars), 97):
        today = (days == days[i]) & (np.arange(len(bars)) <= i)
        right = {"SessionOpen": bars.open[today][0], "SessionHigh": bars.high[today].max()}
        assert told[i] == right.get(make.__name__, bars.low[today].min())


def test_an_unknown_value_is_passed_over() -> None:
    close = walk(4, 200).close
    holes = close.copy()
    holes[::7] = np.nan
    told = ind.Ema(5).over(holes)
    assert np.isnan(told[::7]).all()
    same(told[~np.isnan(holes)], talib.EMA(close[~np.isnan(holes)].copy(), 5))


def test_equal_prices_have_no_deviation() -> None:
    close = np.concatenate([[1_000_000.05, 3.1, 2.7], np.full(50, 100.05)])
    stdev = ind.Stdev(5)
    assert [stdev.update(x) for x in close.tolist()][7:] == [0.0] * 46
    assert (ind.Stdev(5).over(close)[7:] == 0.0).all()


@pytest.mark.parametrize("make", [*(make for make, _ in OF_SERIES.values()), ind.Rma])
def test_a_stored_state_goes_on_where_it_was(make: Callable[[int], ind.OfSeries]) -> None:
    close = walk(5, 120).close.tolist()
    for cut in (0, 1, 5, 40):
        whole, first, second = make(9), make(9), make(9)
        for x in close[:cut]:
            whole.update(x)
            first.update(x)
        second.restore(first.state())
        same(np.array([whole.update(x) for x in close[cut:]]), np.array([second.update(x) for x in close[cut:]]))


def test_a_foreign_state_is_refused() -> None:
    for saved in (None, [], [1.0], ["x", []], [0.0, "ring"], [0.0, [1.0] * 99], [True, []]):
        with pytest.raises(ind.StateError):
            ind.Sma(5).restore(saved)
    for saved in (None, [1, [2.0], []], [1, [2.0], [1]], ["1", [], []]):
        with pytest.raises(ind.StateError):
            ind.Highest(5).restore(saved)
