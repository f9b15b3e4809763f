"""Chart patterns: found where they are planted, seldom elsewhere, and known when they are told."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.quant.bars import Bar, Bars
from libs.quant.expr import FUNCTIONS, OWN, Evaluator, parse
from libs.quant.indicators import StateError
from libs.quant.patterns import SHAPES, ChartShapes, Found, Patterns, find
from libs.quant.patterns.chart.shapes import Shapes
from libs.quant.patterns.chart.stored import packed
from libs.quant.patterns.chart.stream import Watch
from libs.quant.patterns.chart.window import Window
from libs.quant.patterns.chart.zigzag import Pivot, fives, threes
from libs.quant.tests.bars import recorded, walk
from libs.quant.tests.measures import ANY, Score, of_planted, of_recorded, told
from libs.quant.tests.planted import MAKERS, MIRRORED, cases, plant, random_walk, recorded_bars


def test_planted_shapes_are_told_and_near_misses_are_not() -> None:
    score = of_planted(cases(7, 8))  # docs/patterns.md has the figures of the whole set
    assert score.precision() >= 0.85
    assert score.recall() >= 0.75


def test_a_random_walk_makes_at_most_one_in_a_thousand_bars() -> None:
    assert sum(len(told(random_walk(seed, 3_000))) for seed in range(3)) <= 9


def upside_down(bars: Bars) -> Bars:
    return Bars(
        bars.at_ms, 1e4 / bars.open, 1e4 / bars.low, 1e4 / bars.high, 1e4 / bars.close, bars.volume, bars.span_ms
    )


def test_the_mirror_image_is_the_mirror_pattern() -> None:
    draw, seen = np.random.default_rng(3), 0
    other = {**MIRRORED, **{falling: rising for rising, falling in MIRRORED.items()}}
    for of in list(MAKERS) * 2:
        bars = plant(draw, of).bars
        ours, theirs = ([f for _, f in told(b)] for b in (bars, upside_down(bars)))
        assert [(f.at_ms, f.name) for f in ours] == [(f.at_ms, other[f.name]) for f in theirs]
        seen += len(ours)
    assert seen > 5


def test_a_double_bottom_says_all_that_is_needed_to_draw_and_to_trade_it() -> None:
    draw = np.random.default_rng(5)
    windows = [plant(draw, "double_bottom").bars for _ in range(4)]
    found = next(f for bars in windows for _, f in told(bars) if f.name == "double_bottom")
    top, first, middle, second = (point.price for point in found.points)
    assert found.points_to == "up"
    assert top > middle > max(first, second)
    assert [point.at_ms for point in found.points] == sorted(point.at_ms for point in found.points)
    assert found.line[0].price == found.line[1].price == middle
    assert found.line[1].at_ms == found.at_ms > found.points[-1].at_ms
    assert found.close > middle
    assert found.stop == min(first, second)
    assert found.target == pytest.approx(middle * middle / (first * second) ** 0.5, rel=1e-5)  # as far above as below
    assert 0.5 < found.confidence <= 1


@pytest.mark.parametrize("symbol", ["AAPL", "IBM"])
def test_what_comes_later_changes_nothing(symbol: str) -> None:
    bars = recorded(symbol)
    whole = told(bars, ANY)
    assert len(whole) >= 4
    for place, pattern in whole[:4]:
        early = bars.where(np.arange(len(bars)) <= place)
        assert told(early, ANY)[-1] == (place, pattern)
        before = bars.where(np.arange(len(bars)) < place)
        assert [hit for hit in whole if hit[0] < place] == told(before, ANY)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 299))
def test_the_past_alone_decides(seed: int, cut: int) -> None:
    bars, other = walk(seed, 300, flat=0.0), walk(seed + 1, 300)
    mixed = [bars.bar(i) if i < cut else other.bar(i) for i in range(300)]
    ours = [hit for hit in told(bars) if hit[0] < cut]
    assert ours == [hit for hit in told(Bars.of(mixed, bars.span_ms)) if hit[0] < cut]


def test_where_the_history_began_is_forgotten() -> None:
    bars, settle = recorded("MSFT"), ChartShapes().settle
    late = bars.where(np.arange(len(bars)) >= 700)
    assert [hit[1] for hit in told(bars, ANY) if hit[0] >= 700 + settle] == [
        hit[1] for hit in told(late, ANY) if hit[0] >= settle
    ]


def test_bar_by_bar_equals_columns_through_peeks_and_restarts() -> None:
    bars = recorded("AAPL").where(np.arange(len(recorded("AAPL"))) < 1_200)
    one, answers = ChartShapes(), []
    for place in range(len(bars)):
        bar = bars.bar(place)
        if place % 97 == 0:
            saved = json.loads(json.dumps(one.state(), allow_nan=False))
            one = ChartShapes()
            one.restore(saved)
        peeked = one.peek(bar)
        answers.append(one.update(bar))
        np.testing.assert_array_equal(peeked, answers[-1])
    np.testing.assert_array_equal(answers, ChartShapes().over(bars))
    assert {value for value in answers if value == value} >= {0.0}
    assert np.isnan(answers[: ChartShapes().lookback]).all()


def test_recorded_windows_are_labelled_by_hindsight() -> None:
    score = of_recorded(recorded_bars()[:2], clear=False)
    assert score.windows >= 60
    assert score.right.total() >= 5
    assert score.precision() >= 0.8
    assert score.recall() >= 0.6
    assert (score + Score()).right == score.right


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 40), min_size=5, max_size=13, unique=True))
def test_all_choices_of_corners_are_tried_and_no_other(steps: list[int]) -> None:
    way = [Pivot(i, 100.0 * (i % 2) + step) for i, step in enumerate(steps[: len(steps) - 1 + len(steps) % 2])]
    end = len(way) - 1

    def extreme(low: int, high: int, other: int) -> bool:
        left, right = way[low : high + 1 : 2], way[high + 1 : other + 1 : 2]
        return (
            way[high].price == max(p.price for p in way[low + 1 : other : 2])
            and way[low].price == min(p.price for p in left)
            and way[other].price == min(p.price for p in right)
        )

    pairs = {(low, high) for low in range(2, end, 2) for high in range(low + 1, end, 2) if extreme(low, high, end)}
    assert {tuple(p.bar for p in three) for three in threes(way)} == {(*pair, end) for pair in pairs}
    twice = {
        (low, high, *pair, end)
        for pair in pairs
        for low in range(2, pair[0], 2)
        for high in range(low + 1, pair[0], 2)
        if extreme(low, high, pair[0])
    }
    assert {tuple(p.bar for p in five) for five in fives(way)} == twice


def test_each_pattern_is_a_name_of_the_language() -> None:
    bars = recorded("AAPL").where(np.arange(len(recorded("AAPL"))) < 1_050)
    codes = ChartShapes().over(bars)
    for name, shape in SHAPES.items():
        column = parse(name).vector({OWN: bars})
        assert FUNCTIONS[name].kind == "boolean"
        assert np.flatnonzero(column == 1).tolist() == np.flatnonzero(codes == shape.code).tolist()
    assert (
        parse("cup_and_handle and volume > sma(volume, 50)").words().startswith("The close completes a cup and handle")
    )


def test_bars_of_unknown_prices_are_passed_over() -> None:
    bars = recorded("IBM")
    hits = find(bars)
    rows = [bars.bar(i) for i in range(len(bars))]
    holes = Bars.of([row for bar in rows for row in (bar, Bar(bar.at_ms + 1, *[float("nan")] * 5))])
    assert find(holes) == hits


def test_flat_and_impossible_prices_make_no_pattern() -> None:
    flat = Bars.of([Bar(i, 5.0, 5.0, 5.0, 5.0, 1.0) for i in range(300)], 1)
    below = Bars.of([Bar(i, -1.0, 0.0, -2.0, -1.0, 1.0) for i in range(300)], 1)
    assert find(flat) == find(below) == []


def _rows(height: int, count: int) -> np.ndarray:
    return np.ones((height, count), np.int64)


@pytest.mark.parametrize(
    "damage",
    [
        lambda s: "x", lambda s: s[:1], lambda s: [1, 2], lambda s: [s[0][:1], s[1]], lambda s: [[2, s[0][1]], s[1]],
        lambda s: [[1, "x"], s[1]], lambda s: [[1, s[0][1][:-8]], s[1]], lambda s: [[1, packed(_rows(4, 2))], s[1]],
        lambda s: [[500, packed(_rows(4, 300))], s[1]], lambda s: [[1, packed(_rows(4, 1) * 10**12)], s[1]],
        lambda s: [s[0], [s[1][0], [[1, 99]], -1, -1]], lambda s: [s[0], [s[1][0], [[1, 0, 1, 2, 3]], -1, -1]],
        lambda s: [s[0], [s[1][0], [], True, 0]], lambda s: [s[0], [[packed(_rows(2, 50)), *s[1][0][1:]], *s[1][1:]]],
        lambda s: [[0, 0.0, [], [], [], [], [], []], [[], 1, 0.0, 0, 0.0, 0], [], [-1, -1]],  # as it was once stored
    ],
)  # fmt: skip
def test_a_damaged_state_is_refused(damage) -> None:
    one = ChartShapes()
    one.update(Bar(0, 1.0, 1.0, 1.0, 1.0, 1.0))
    with pytest.raises(StateError):
        ChartShapes().restore(damage(one.state()))


def test_an_expression_with_a_pattern_goes_on_from_a_stored_state() -> None:
    bars = plant(np.random.default_rng(11), "inverse_head_and_shoulders").bars
    evaluator = parse("inverse_head_and_shoulders").incremental()
    answers = []
    for place in range(len(bars)):
        evaluator = Evaluator.restore(evaluator.state())
        answers.append(evaluator.update({OWN: bars.bar(place)}))
    told_at = [place for place, hit in told(bars) if hit.name == "inverse_head_and_shoulders"]
    assert [place for place, answer in enumerate(answers) if answer] == told_at


def test_all_patterns_together_go_on_from_a_small_state() -> None:
    draw, most, told_of = np.random.default_rng(9), 0, set[str]()
    for bars in (recorded("AAPL"), *(plant(draw, of).bars for of in MAKERS for _ in range(2))):
        ours, found = Patterns(), list[Found]()
        for place in range(len(bars)):
            if place % 5 == 0:  # where shapes wait for their break too
                text = json.dumps(ours.state(), separators=(",", ":"), allow_nan=False)
                most, ours = max(most, len(text)), Patterns.restore(json.loads(text))
            found += ours.update(bars.bar(place))
        assert found == find(bars)
        told_of |= {one.name for one in found}
    assert len(told_of & set(MAKERS)) >= 5
    assert most < 8_000
    with pytest.raises(StateError):
        Patterns.restore([ours.state()[0]])


def test_work_does_not_grow() -> None:
    watch = Watch(Window(), Shapes)
    bars = random_walk(1, 1_200)
    for place in range(len(bars)):
        watch.push(bars.bar(place))
    assert len(watch.window.closes) < 600
    assert len(watch.finders[0].zigzag.pivots) <= 40
    assert watch.window.seen == 1_200
