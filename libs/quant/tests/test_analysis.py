"""Sweeps, walk-forward, chance and over-fitting."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.quant.analysis import (
    LEVELS,
    Axis,
    Sweep,
    SweepError,
    bootstrap_p,
    deflated_sharpe,
    expected_best,
    monte_carlo,
    of_run,
    of_sweep,
    of_walk,
    overfit_probability,
    probabilistic_sharpe,
    reality_check,
    sweep,
    walk_forward,
    windows,
)
from libs.quant.bars import Floats
from libs.quant.metrics import summary
from libs.quant.tests.test_metrics import Trade, account

FAST, SLOW, STOP = Axis("fast", (5, 10, 20)), Axis("slow", (10, 50)), Axis("stop", (1, 2, 3))


def test_a_sweep_is_a_table_and_a_heat_map_its_medians() -> None:
    def run(p: object) -> dict[str, float | None] | None:
        assert isinstance(p, dict)
        if p["fast"] >= p["slow"]:
            return None
        return {"score": p["fast"] * 100 + p["slow"] + p["stop"], "other": None}

    table = sweep([FAST, SLOW, STOP], run)
    assert table.size == 18
    assert table.combinations()[0] == {"fast": 5, "slow": 10, "stop": 1}
    assert table.combinations()[-1] == {"fast": 20, "slow": 50, "stop": 3}
    best = table.best("score")
    assert best is not None
    assert (best.parameters, best.value) == ({"fast": 20, "slow": 50, "stop": 3}, 2053)
    assert table.best("other") is None
    heat = table.heat("score", "fast", "slow")
    assert (heat.x, heat.y) == (FAST, SLOW)
    assert heat.cells == ((512, None, None), (552, 1052, 2052))
    turned = table.heat("score", "slow", "fast")
    assert turned.cells == tuple(zip(*heat.cells, strict=True))
    # Its neighbours: fast 10, slow 10 (no score), stop 2.
    assert table.around("score", best.index) == pytest.approx((1053 + 2052) / 2)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Axis("a", ()),
        lambda: Axis("a", (2, 1)),
        lambda: Axis("a", (1, 1)),
        lambda: Sweep((FAST, FAST), {}),
        lambda: Sweep((FAST,), {"score": np.zeros(4)}),
        lambda: sweep([FAST, SLOW], lambda _: {}, most=5),
        lambda: Sweep((FAST, SLOW), {"score": np.zeros(6)}).heat("score", "fast", "fast"),
        lambda: Sweep((FAST, SLOW), {"score": np.zeros(6)}).heat("score", "fast", "stop"),
    ],
)
def test_what_makes_no_sweep_is_refused(wrong: object) -> None:
    assert callable(wrong)
    with pytest.raises(SweepError):
        wrong()


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 500), st.integers(1, 100), st.integers(1, 60), st.integers(0, 20), st.booleans())
def test_no_window_judges_a_bar_that_it_chose_on_or_judges_one_twice(
    length: int, train: int, test: int, gap: int, anchored: bool
) -> None:
    made = windows(length, train, test, gap=gap, anchored=anchored)
    judged: list[int] = []
    for window in made:
        assert window.train_to - window.train_from >= train
        assert window.train_to + gap == window.test_from
        assert window.test_to - window.test_from == test
        assert window.test_to <= length
        judged += range(window.test_from, window.test_to)
    assert len(judged) == len(set(judged))
    assert bool(made) == (length >= train + gap + test)
    if made and not anchored:
        assert length - made[-1].test_to < test


def test_a_walk_chooses_inside_and_judges_outside() -> None:
    drift = np.array([[0.1] * 50 + [0.0] * 50, [0.04] * 100])

    def over(first: int, last: int) -> Floats:
        return np.asarray(drift[:, first:last].mean(axis=1))

    walk = walk_forward(windows(100, 20, 10), over, lambda chosen, a, b: float(drift[chosen, a:b].mean()))
    assert [step.chosen for step in walk.steps] == [0] * 5 + [1] * 3
    assert [step.out_of_sample for step in walk.steps][2:4] == pytest.approx([0.1, 0.0])
    outside = [step.out_of_sample or 0.0 for step in walk.steps]
    assert walk.efficiency == pytest.approx(sum(outside) / sum(step.in_sample for step in walk.steps))
    assert walk.held == pytest.approx(sum(score > 0 for score in outside) / len(outside))
    assert of_walk(walk) == []
    none = walk_forward(windows(100, 20, 10), lambda a, b: np.array([math.nan]), lambda c, a, b: 1.0)
    assert (none.steps, none.skipped, none.efficiency, none.held) == ((), 8, None, None)
    faded = walk_forward(windows(100, 20, 10), lambda a, b: np.ones(1), lambda c, a, b: 0.1)
    assert [doubt.code for doubt in of_walk(faded)] == ["walk_forward"]
    with pytest.raises(ValueError, match="cannot be made"):
        windows(10, 0, 1)


def test_shuffled_trades_end_alike_and_fall_differently() -> None:
    pnl = np.random.default_rng(1).normal(50, 400, 200)
    told = monte_carlo(pnl, 100_000, runs=400, seed=3)
    assert told == monte_carlo(pnl, 100_000, runs=400, seed=3)
    assert told is not None
    assert told.final == pytest.approx([100_000 + pnl.sum()] * len(LEVELS))
    assert list(told.drawdown) == sorted(told.drawdown)
    assert 0 < told.drawdown[0] < told.drawdown[-1] < 0.5
    assert (told.loss, told.ruin) == (0, 0)
    assert 0 < told.deeper < 1
    assert len(told.bands) == len(LEVELS)
    assert all(len(band) == len(told.places) == 100 for band in told.bands)
    drawn = monte_carlo(pnl, 100_000, runs=400, seed=3, resample=True)
    assert drawn is not None
    assert drawn.final[0] < drawn.final[2] < drawn.final[4]
    mean = float(np.prod(1 + pnl / (100_000 + np.concatenate(([0], np.cumsum(pnl)[:-1]))))) * 100_000
    assert drawn.final[2] == pytest.approx(mean, rel=0.02)


def test_what_cannot_be_shuffled_says_so() -> None:
    assert monte_carlo([5.0], 100) is None
    assert monte_carlo([-60.0, -60.0], 100) is None
    with pytest.raises(ValueError, match="cannot be made"):
        monte_carlo([1.0, 2.0], 0)


def test_the_drawdown_of_an_order_is_its_own() -> None:
    # All orders of two trades: the loss first falls 50 %, the gain first 50 % from a higher peak.
    told = monte_carlo([100.0, -100.0], 100, runs=50, seed=1)
    assert told is not None
    assert told.real_drawdown == pytest.approx(0.5)
    assert told.drawdown == pytest.approx([0.5] * 5)


def test_chance_explains_noise_and_not_an_edge() -> None:
    noise = [bootstrap_p(np.random.default_rng(seed).normal(0, 0.01, 400), runs=300, seed=seed) for seed in range(40)]
    # Without an edge p is spread evenly.
    assert 0.35 < float(np.mean(noise)) < 0.65
    assert sum(p < 0.1 for p in noise) <= 9
    edge = np.random.default_rng(1).normal(0.002, 0.01, 400)
    assert bootstrap_p(edge, runs=300) < 0.01
    assert bootstrap_p(-edge, runs=300) > 0.99
    assert math.isnan(bootstrap_p(np.zeros(1)))
    assert bootstrap_p(edge, runs=300, seed=5) == bootstrap_p(edge, runs=300, seed=5)


def test_the_bootstrap_is_the_permutations_normal_one_where_returns_are_independent() -> None:
    returns = np.random.default_rng(8).normal(0.0005, 0.01, 1_000)
    z = returns.mean() / returns.std(ddof=1) * math.sqrt(1_000)
    assert bootstrap_p(returns, runs=4_000, block=1) == pytest.approx(0.5 * math.erfc(z / math.sqrt(2)), abs=0.03)


def test_the_best_of_many_is_worth_less_than_one() -> None:
    draw = np.random.default_rng(2)
    noise = draw.normal(0, 0.01, (500, 100))
    best = noise[:, noise.mean(axis=0).argmax()]
    assert bootstrap_p(best, runs=300) < 0.05
    assert reality_check(noise, runs=300) > 0.1
    edge = noise.copy()
    edge[:, 7] += 0.004
    assert reality_check(edge, runs=300) < 0.02


def test_the_sharpe_confidence_of_normal_returns_is_that_of_their_t() -> None:
    returns = np.random.default_rng(3).normal(0.001, 0.01, 2_000)
    ratio = returns.mean() / returns.std(ddof=1)
    right = 0.5 * math.erfc(-ratio * math.sqrt(1_999) / math.sqrt(1 + ratio**2 / 2) / math.sqrt(2))
    assert probabilistic_sharpe(returns) == pytest.approx(right, abs=2e-3)
    assert math.isnan(probabilistic_sharpe(np.full(10, 0.1)))


def test_the_published_example_of_the_deflated_sharpe_ratio() -> None:
    # Bailey and López de Prado 2014: 100 tries whose yearly ratios vary by 1/2, 250 days a year: SR0 is 0.1132 a day.
    spread = math.sqrt(0.5 / 250)
    sharpes = np.array([-1.0, 1.0] * 50)
    sharpes *= spread / sharpes.std(ddof=1)
    assert expected_best(sharpes) == pytest.approx(0.1132, abs=5e-5)
    assert expected_best(np.array([1.0])) == 0


def test_the_expected_best_is_what_noise_shows() -> None:
    best = [np.random.default_rng(seed).normal(0, 1, 50).max() for seed in range(400)]
    sharpes = np.random.default_rng(0).normal(0, 1, 50)
    assert expected_best(sharpes / sharpes.std(ddof=1)) == pytest.approx(float(np.mean(best)), rel=0.05)


def noise_and_edge(seed: int, edge: float) -> tuple[Sweep, Floats]:
    """Make a sweep of 60 combinations over two years; those around the middle have an edge, falling off."""
    draw = np.random.default_rng(seed)
    x, y = np.meshgrid(np.arange(10), np.arange(6), indexing="ij")
    strength = np.exp(-((x - 5) ** 2 + (y - 3) ** 2) / 8).ravel()
    returns = draw.normal(0, 0.01, (500, 60)) + edge * strength
    axes = (Axis("a", tuple(range(10))), Axis("b", tuple(range(6))))
    return Sweep(axes, {"sharpe": returns.mean(axis=0) / returns.std(axis=0)}), returns


def test_a_sweep_of_noise_is_called_over_fitted_and_one_with_an_edge_is_not() -> None:
    noisy, honest = 0, 0
    for seed in range(20):
        table, returns = noise_and_edge(seed, 0.0)
        noisy += bool(
            {"overfit", "deflated_sharpe"} & {doubt.code for doubt in of_sweep(table, "sharpe", returns).doubts}
        )
        table, returns = noise_and_edge(seed, 0.004)
        honest += of_sweep(table, "sharpe", returns).doubts == ()
    assert noisy == 20
    assert honest >= 19


def test_the_probability_of_overfitting_is_a_half_for_noise_and_little_for_an_edge() -> None:
    told = [overfit_probability(noise_and_edge(seed, 0.0)[1]) for seed in range(20)]
    assert 0.4 < float(np.mean(told)) < 0.6
    assert overfit_probability(noise_and_edge(1, 0.004)[1]) < 0.02
    assert math.isnan(overfit_probability(np.zeros((500, 1))))
    table, returns = noise_and_edge(1, 0.0)
    few = of_sweep(table, "sharpe", returns[:2])
    assert (few.deflated, few.probability, few.doubts) == (None, None, ())
    sharpes = returns.mean(axis=0) / returns.std(axis=0, ddof=1)
    assert deflated_sharpe(returns[:, 0], sharpes) < probabilistic_sharpe(returns[:, 0])


def test_a_run_is_doubted_for_what_a_reader_should_know() -> None:
    equity = account(1)

    def codes(trades: list[Trade], column: Floats = equity) -> set[str]:
        return {doubt.code for doubt in of_run(column, trades, summary(column, trades, None, 252))}

    assert codes([Trade(pnl=10.0 + n) for n in range(40)]) == set()
    assert codes([Trade()]) == {"few_trades"}
    assert codes([Trade(pnl=1000.0)] + [Trade(pnl=1.0)] * 40) == {"one_trade"}
    assert codes([Trade(pnl=10.0 + n, costs=0.0) for n in range(40)]) == {"no_costs"}
    rich = np.concatenate((equity, equity[-1:] * 2.5))
    assert codes([Trade(pnl=10.0 + n) for n in range(40)], rich) == {"large_step"}
    split = np.concatenate((equity, equity * 0.6))
    assert codes([Trade(pnl=10.0 + n) for n in range(40)], split) == {"large_step"}
    poor = np.linspace(100_000, 100_010, 400)
    assert codes([Trade(pnl=10.0 + n) for n in range(40)], poor) == {"costs"}
