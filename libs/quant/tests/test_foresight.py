"""Strategies that see the future are found, honest ones are not accused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pytest

from libs.quant.analysis import Fault, Seen, beginnings, look_ahead
from libs.quant.analysis.doubts import of_run
from libs.quant.bars import Bars
from libs.quant.expr import OWN, parse
from libs.quant.metrics import summary
from libs.quant.tests.bars import recorded, walk
from libs.quant.tests.test_metrics import account

BARS = {"NSE:A": walk(1, 500), "NSE:B": walk(2, 400)}


def rule(text: str, bars: Mapping[str, Bars]) -> Iterable[Seen]:
    for symbol, series in bars.items():
        told = parse(text).vector({OWN: series})
        for index in np.flatnonzero(told == 1).tolist():
            yield Seen(int(series.closes_ms[index]), symbol, "enter")


@pytest.mark.parametrize(
    "text",
    [
        "crossover(ema(close, 5), ema(close, 20))",
        "close > prev(highest(high, 20), 1)",
        "rsi(14) < 30 and bullish_engulfing",
        "volume > 3 * sma(volume, 20)",
    ],
)
def test_the_language_never_looks_ahead(text: str) -> None:
    told = look_ahead(lambda bars: rule(text, bars), BARS, cuts=40)
    assert told.honest
    assert told.cuts >= 20


def test_a_centred_average_looks_ahead() -> None:
    def centred(bars: Mapping[str, Bars]) -> Iterable[Seen]:
        for symbol, series in bars.items():
            smooth = np.convolve(series.close, np.ones(11) / 11, mode="same")
            for index in np.flatnonzero(smooth > series.close * 1.002).tolist():
                yield Seen(int(series.closes_ms[index]), symbol, "enter")

    told = look_ahead(centred, BARS, cuts=40)
    assert not told.honest
    assert {each.fault for each in told.differences} <= {Fault.LOOKS_AHEAD, Fault.REPAINTS}
    # Only what lies within five bars of the cut can differ.
    assert all(each.known_ms - each.decision.at_ms <= 5 * 60_000 for each in told.differences)


def test_a_day_that_knows_its_own_high_looks_ahead() -> None:
    def at_the_days_high(bars: Mapping[str, Bars]) -> Iterable[Seen]:
        for symbol, series in bars.items():
            day = series.at_ms // 86_400_000
            for index in range(len(series)):
                if series.high[index] >= series.high[day == day[index]].max():
                    yield Seen(int(series.closes_ms[index]), symbol, "sell")

    told = look_ahead(at_the_days_high, {"NSE:A": walk(1, 500)}, cuts=40)
    assert Fault.REPAINTS in {each.fault for each in told.differences}
    run = of_run(account(1), [], summary(account(1), [], None, 252), told)
    assert run[0].code == "repaints"
    assert "cannot be believed" in run[0].message


def test_pivots_that_are_known_late_are_honest_when_dated_late_and_not_when_dated_early() -> None:
    def pivots(dated: int) -> object:
        def decide(bars: Mapping[str, Bars]) -> Iterable[Seen]:
            for symbol, series in bars.items():
                for index in range(3, len(series) - 3):
                    if series.low[index] == series.low[index - 3 : index + 4].min():
                        yield Seen(int(series.closes_ms[index + dated]), symbol, "enter")

        return decide

    assert look_ahead(pivots(3), BARS).honest  # type: ignore[arg-type]
    assert not look_ahead(pivots(0), BARS).honest  # type: ignore[arg-type]


def test_an_average_that_asks_for_too_little_history_remembers_its_beginning() -> None:
    bars = {"US:IBM": recorded("IBM")}

    def above(bars: Mapping[str, Bars]) -> Iterable[Seen]:
        return rule("close > ema(close, 100)", bars)

    hasty = beginnings(above, bars, 100)
    assert {each.fault for each in hasty.differences} == {Fault.REMEMBERS_ITS_BEGINNING}
    assert beginnings(above, bars, parse("close > ema(close, 100)").history[OWN]).honest
    assert beginnings(above, bars, 5_000).cuts == 0


def test_nothing_to_look_at_is_honest() -> None:
    assert look_ahead(lambda bars: (), {}).honest
    assert look_ahead(lambda bars: (), BARS).decisions == 0
    assert beginnings(lambda bars: (), {}, 10).honest
