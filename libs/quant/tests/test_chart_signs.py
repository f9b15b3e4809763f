"""Levels and volume patterns: told by their definitions, causal, and the same in both forms."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest

from libs.quant.bars import Bar, Bars
from libs.quant.expr import OWN, parse
from libs.quant.indicators import StateError
from libs.quant.patterns import SHAPES, SIGNS, Found, Nearest, find, sign
from libs.quant.tests import planted_signs
from libs.quant.tests.bars import recorded
from libs.quant.tests.measures import of_signs
from libs.quant.tests.planted import random_walk

DAY = 86_400_000
TRADED = (1_500.0, 2_000.0, 2_500.0, 1_800.0, 2_200.0)  # turns about 2,000


def bars_of(closes: list[float], volumes: list[float] | None = None, spread: float = 0.5) -> Bars:
    volumes = volumes or [TRADED[i % 5] for i in range(len(closes))]
    rows = zip(closes, volumes, strict=True)
    return Bars.of([Bar(i * DAY, c, c + spread, c - spread, c, v) for i, (c, v) in enumerate(rows)], DAY)


def legs(*corners: float, bars: int = 12) -> list[float]:
    """Give closes along straight legs of so many bars."""
    return [float(c) for a, b in pairwise(corners) for c in np.linspace(a, b, bars + 1)[:-1]]


def signs_of(bars: Bars) -> list[Found]:
    return [found for found in find(bars) if found.name in SIGNS]


def test_a_level_of_three_touches_breaks_once() -> None:
    closes = legs(100, 110, 102, 110.1, 103, 109.9, 104, 116, 112, 118)
    breaks = [found for found in signs_of(bars_of(closes)) if "break" in found.name]
    (broken,) = breaks
    assert broken.name == "resistance_breakout"
    assert len(broken.points) == 3
    assert broken.line[0].price == broken.line[1].price == pytest.approx(110.1, abs=0.01)
    assert broken.close > 110.1
    assert broken.stop == 104.0
    assert broken.target == pytest.approx(110.1 * 110.1 / 102, rel=1e-4)
    mirrored = bars_of([200 - close for close in closes])
    assert [found.name for found in signs_of(mirrored) if "break" in found.name] == ["support_breakdown"]


@pytest.mark.parametrize(
    "closes",
    [
        legs(100, 110, 102, 110, 104, 116),  # two touches
        legs(100, 110, 102, 107, 103, 113, 104, 116),  # of different heights
        legs(100, 110, 102, 110.1, 103, 109.9, 104, 110.2),  # no break
    ],
)
def test_what_is_no_level_does_not_break(closes: list[float]) -> None:
    assert [found for found in signs_of(bars_of(closes)) if found.name == "resistance_breakout"] == []


def test_a_level_is_a_number_while_it_is_known() -> None:
    closes = legs(100, 110, 102, 110.1, 103, 109.9, 104, 116, 112, 118)
    bars = bars_of(closes)
    known = {touches: parse(f"resistance({touches})").vector({OWN: bars}) for touches in (1, 2, 3, 4)}
    [broken] = [found for found in signs_of(bars) if found.name == "resistance_breakout"]
    at = int(bars.at_ms.searchsorted(broken.at_ms))
    assert broken.line[0].price == pytest.approx(known[3][at], abs=0.01)
    assert known[3][at] == known[2][at] == known[1][at] == 110.1, "a close, not what its logarithm comes to"
    assert np.isnan(known[4]).all()
    # One touch is the last high, from the bar on at which the price has come back from it; three need the third.
    assert np.isnan(known[1][:12]).all()
    turned = int(np.flatnonzero(known[1] == 110.0)[0])
    assert 12 < turned < 24
    assert np.isnan(known[3][: 5 * 12]).all()
    # Gone through, it stays until the price has turned anew: at 116.
    assert known[1][7 * 12] == 110.1
    assert known[1][-1] == 116.0
    above = parse("close > resistance(3)").vector({OWN: bars}) == 1
    assert bars.at_ms[above][0] <= broken.at_ms
    mirrored = bars_of([200 - close for close in closes])
    told = parse("support(3)").vector({OWN: mirrored})
    assert told[at] == pytest.approx(89.9)


@pytest.mark.parametrize("text", ["support", "resistance(2)", "resistance(3)"])
def test_a_level_bar_by_bar_is_that_over_columns_after_any_restart(text: str) -> None:
    bars, expression = recorded("MSFT"), parse(text)
    live, told = expression.incremental(), []
    for place in range(800):
        if place % 97 == 96:
            saved = live.state()
            assert len(saved) < 4_000, "of 150 bars it keeps the turning points"
            live = type(live).restore(saved)
        step = {OWN: bars.bar(place)}
        peeked = live.peek(step)
        told.append(live.update(step))
        assert told[-1] == peeked
    column = expression.vector({OWN: bars.where(bars.at_ms < bars.at_ms[800])})
    assert [None if number != number else number for number in column.tolist()] == told
    assert sum(number is not None for number in told) > 10


@pytest.mark.parametrize(
    "saved",
    [[], [1, 2, 3, 4, 5], [1, 0.0, [], [[[3, 1.0]], 1, 0.0, 0, 0.0, 0], []], [1, 0.0, [0.0] * 21, None, []]],
)
def test_a_damaged_level_is_refused(saved: list[object]) -> None:
    with pytest.raises(StateError):
        Nearest(1, 1).restore(saved)


def falling(volume: float, close_at: float) -> Bars:
    """Give a quiet market, a fall, and a wide last bar with some volume that closes at some part of its range."""
    closes = [100.0 + 0.3 * (i % 2) for i in range(55)] + [100.0 - i for i in range(1, 9)]
    bars = [bars_of(closes).bar(i) for i in range(len(closes))]
    low = 86.0
    bars.append(Bar(len(bars) * DAY, 91.0, 92.0, low, low + 6.0 * close_at, volume))
    return Bars.of(bars, DAY)


def test_a_selling_climax_needs_volume_and_a_close_back_from_the_low() -> None:
    (climax,) = signs_of(falling(9_000.0, 0.8))
    assert (climax.name, climax.points_to, climax.stop) == ("selling_climax", "up", 86.0)
    assert climax.target > climax.close
    assert signs_of(falling(4_000.0, 0.8)) == []
    assert signs_of(falling(9_000.0, 0.2)) == []


def test_volume_dries_up_once() -> None:
    volumes = [TRADED[i % 5] for i in range(70)] + [500.0] * 12
    found = signs_of(bars_of([100.0 + 0.3 * (i % 2) for i in range(82)], volumes))
    assert [(one.name, one.points_to) for one in found] == [("volume_dry_up", "")]
    assert 70 * DAY < found[0].at_ms <= 75 * DAY


def divergence(rally_volume: float) -> Bars:
    """Give a low, a rally with some volume, and a lower low with little."""
    closes = legs(100, 101, 100, 101, 100, 90, 95, 88, 93)
    volumes = [TRADED[i % 5] for i in range(61)] + [rally_volume] * 12 + [300.0] * 23
    return bars_of(closes, volumes)


def test_a_lower_low_on_a_higher_volume_balance_diverges() -> None:
    (found,) = [one for one in signs_of(divergence(3_000.0)) if "obv" in one.name]
    assert found.name == "bullish_obv_divergence"
    assert found.points[0].price > found.points[1].price == found.stop
    assert found.at_ms > found.points[1].at_ms  # known only when the price has turned
    assert [one for one in signs_of(divergence(300.0)) if one.name == "bullish_obv_divergence"] == []


def test_closes_at_the_high_of_a_still_market_accumulate() -> None:
    rows = [Bar(i * DAY, 100.0, 101.0, 99.0, 100.8 if i % 4 else 100.2, TRADED[i % 5]) for i in range(60)]
    assert [found.name for found in signs_of(Bars.of(rows, DAY))] == ["accumulation"]
    falling_in = [bar._replace(close=200.0 - bar.close) for bar in rows]
    assert [found.name for found in signs_of(Bars.of(falling_in, DAY))] == ["distribution"]


def test_planted_signs_are_told_and_near_misses_are_not() -> None:
    score = of_signs(planted_signs.cases(7, 6))  # docs/patterns.md has the figures of the whole set
    assert score.windows == 120
    assert score.precision() >= 0.85
    assert score.recall() >= 0.85


def test_signs_are_rare_in_random_walks() -> None:
    found = [one.name for seed in range(2) for one in find(random_walk(seed, 3_000))]
    for name in SIGNS:
        assert found.count(name) <= 12, name


@pytest.mark.parametrize("name", SIGNS)
def test_both_forms_agree_through_peeks_and_restarts(name: str) -> None:
    bars = recorded("AAPL")
    bars = bars.where(np.arange(len(bars)) < 700)
    one, answers = sign(name), []
    for place in range(len(bars)):
        if place % 101 == 0:
            saved = json.loads(json.dumps(one.state(), allow_nan=False))
            one = sign(name)
            one.restore(saved)
        peeked = one.peek(bars.bar(place)) if place % 7 == 0 else None
        answers.append(one.update(bars.bar(place)))
        if peeked is not None:
            np.testing.assert_array_equal(peeked, answers[-1])
    np.testing.assert_array_equal(answers, sign(name).over(bars))
    told = [bars.bar(place).at_ms for place in np.flatnonzero(parse(name).vector({OWN: bars}) == 1)]
    lookback = bars.at_ms[sign(name).lookback]
    assert told == [found.at_ms for found in find(bars) if found.name == name and found.at_ms >= lookback]
    with pytest.raises(StateError):
        sign(name).restore([saved[0], saved[1], "x"])


def test_nothing_is_taken_back() -> None:
    bars, whole = recorded("MSFT"), find(recorded("MSFT"))
    assert {found.name for found in whole} & set(SHAPES)
    for cut in (400, 1_100, 2_300):
        early = bars.where(np.arange(len(bars)) < cut)
        assert find(early) == [found for found in whole if found.at_ms <= early.at_ms[-1]]


def test_bars_without_volume_have_levels_but_no_volume_patterns() -> None:
    bars = recorded("IBM")
    bare = Bars(bars.at_ms, bars.open, bars.high, bars.low, bars.close, np.full(len(bars), np.nan))
    names = {found.name for found in find(bare)}
    assert "resistance_breakout" in names
    assert not {name for name in names if name in SIGNS and abs(SIGNS[name].code) > 8}
