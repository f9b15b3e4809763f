"""TA-Lib's candlestick patterns, known at the close of their last bar."""

from __future__ import annotations

import numpy as np
import pytest
import talib

from libs.quant.bars import Bar, Bars
from libs.quant.expr import FUNCTIONS, OWN, parse
from libs.quant.indicators import StateError
from libs.quant.patterns import PATTERNS, Candles
from libs.quant.tests.bars import candles


def test_all_of_talibs_patterns_are_there() -> None:
    assert sorted(p.talib for p in PATTERNS.values()) == sorted(talib.get_function_groups()["Pattern Recognition"])
    both = sum(p.points == "both" for p in PATTERNS.values())
    names = [name for name in FUNCTIONS if name.removeprefix("bullish_").removeprefix("bearish_") in PATTERNS]
    assert len(names) == len(PATTERNS) + both


@pytest.mark.parametrize("name", PATTERNS)
def test_bar_by_bar_equals_talib_over_all_bars(name: str) -> None:
    pattern, bars = PATTERNS[name], candles(1, 700)
    right = getattr(talib, pattern.talib)(*(np.rint(c * 1e4) for c in (bars.open, bars.high, bars.low, bars.close)))
    one = Candles(pattern)
    told = np.array([one.update(bars.bar(i)) for i in range(len(bars))])
    assert np.isnan(told[: one.lookback]).all()
    assert told[one.lookback :].tolist() == right[one.lookback :].tolist()
    np.testing.assert_array_equal(told, Candles(pattern).over(bars))
    signs = {np.sign(value) for value in told[one.lookback :]} - {0.0}
    assert signs <= {"both": {1.0, -1.0}, "down": {-1.0}}.get(pattern.points, {1.0})


def test_an_engulfing_bar_by_its_definition() -> None:
    bars = candles(2, 800)
    red, green = bars.close < bars.open, bars.close > bars.open
    told = parse("bullish_engulfing").vector({OWN: bars})
    for i in np.flatnonzero(told == 1):
        assert red[i - 1]
        assert green[i]
        assert bars.open[i] <= bars.close[i - 1]
        assert bars.close[i] >= bars.open[i - 1]
    assert (told == 1).sum() > 5
    assert not ((parse("bearish_engulfing").vector({OWN: bars}) == 1) & (told == 1)).any()


def test_a_doji_opens_where_it_closes() -> None:
    wide = [Bar(i, 100, 102, 99, 101.5, 1) for i in range(10)]
    # At most a tenth of the average height, which is 3.
    two = [Bar(10, 100, 102, 99, 100.3, 1), Bar(11, 100, 102, 99, 100.31, 1)]
    told = parse("doji").vector({OWN: Bars.of([*wide, *two])})
    assert told.tolist() == [-1] * 10 + [1, 0]
    assert parse("doji or bullish_harami").words() == "A doji has formed or a bullish harami has formed"


def test_a_stored_window_must_be_whole() -> None:
    saved = Candles(PATTERNS["doji"]).state()
    saved[0] = [1.0]
    with pytest.raises(StateError, match="different lengths"):
        Candles(PATTERNS["doji"]).restore(saved)
