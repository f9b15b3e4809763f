"""What must hold of figures whatever the account."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.quant.metrics import FIGURES, ClosedTrade, Unit, monthly, summary
from libs.quant.metrics import returns as formulas
from libs.quant.tests.test_metrics import Trade

DAY_MS = 86_400_000
steps = st.lists(st.floats(-0.2, 0.2, allow_subnormal=False), min_size=25, max_size=80)
seeds = st.integers(0, 2**32 - 1)


def grown(moves: list[float], capital: float = 100_000.0) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.asarray(capital * np.cumprod(np.concatenate(([1.0], 1 + np.array(moves)))))


@settings(max_examples=60, deadline=None)
@given(steps, st.integers(-6, 10))
def test_a_currency_changes_no_ratio(moves: list[float], power: int) -> None:
    rate = 2.0**power  # which changes no digit
    equity, at = grown(moves), np.arange(len(moves) + 1) * DAY_MS
    one = summary(equity, [], None, 252, at_ms=at, invested=equity / 2)
    other = summary(equity * rate, [], None, 252, at_ms=at, invested=equity * rate / 2)
    for name, definition in FIGURES.items():
        right = one[name].value
        scaled = right * rate if right is not None and definition.unit is Unit.MONEY else right
        assert other[name].value == scaled, name


@settings(max_examples=100, deadline=None)
@given(steps)
def test_drawdowns_are_those_of_every_pair_of_bars(moves: list[float]) -> None:
    equity = grown(moves)
    told = summary(equity, [], None, 252)
    deepest = max(1 - later / earlier for earlier, later in itertools.combinations_with_replacement(equity.tolist(), 2))
    assert told["max_drawdown"].value == pytest.approx(deepest, abs=1e-12)
    under = [any(before > value for before in equity[:place]) for place, value in enumerate(equity)]
    longest = max((len(list(run)) for hit, run in itertools.groupby(under) if hit), default=0)
    assert told["longest_drawdown"].value == longest
    assert told["under_water"].value == pytest.approx(sum(under) / len(under))


@settings(max_examples=100, deadline=None)
@given(steps)
def test_the_shortfall_is_at_least_the_value_at_risk_and_both_lie_within_the_returns(moves: list[float]) -> None:
    returns = formulas.simple_returns(grown(moves))
    at_risk, shortfall = formulas.value_at_risk(returns), formulas.expected_shortfall(returns)
    assert -returns.max() - 1e-12 <= at_risk <= shortfall + 1e-12
    assert shortfall <= -returns.min() + 1e-12


@settings(max_examples=100, deadline=None)
@given(seeds, st.floats(-3, 3), st.floats(-0.001, 0.001))
def test_beta_and_alpha_are_what_they_were_made_of(seed: int, slope: float, gain: float) -> None:
    market = np.random.default_rng(seed).normal(0, 0.01, 200)
    returns = slope * market + gain
    assert formulas.beta(returns, market) == pytest.approx(slope, abs=1e-9)
    assert formulas.alpha(returns, market, 252) == pytest.approx((1 + gain) ** 252 - 1, abs=1e-9)


@settings(max_examples=100, deadline=None)
@given(seeds, st.integers(1, 30))
def test_trades_count_alike_in_whatever_order_they_are_given(seed: int, count: int) -> None:
    draw = np.random.default_rng(seed)
    trades: list[ClosedTrade] = [
        Trade(
            symbol="ABC"[int(draw.integers(3))],
            pnl=float(np.round(draw.normal(0, 50))),
            exit_ms=place,
            bars=int(draw.integers(9)),
        )
        for place in range(count)
    ]
    equity = grown([0.01, -0.01] * 20)
    turned: list[ClosedTrade] = [trades[place] for place in draw.permutation(count).tolist()]
    assert summary(equity, trades, None, 252) == summary(equity, turned, None, 252)
    value = {name: figure.value for name, figure in summary(equity, trades, None, 252).items()}
    won, lost = value["win_rate"] or 0.0, sum(trade.pnl < 0 for trade in trades)
    assert won * count + lost + (value["draw_trades"] or 0) == pytest.approx(count)
    assert (value["longest_wins"] or 0) <= won * count + 1e-9
    assert (value["worst_trade"] or 0) <= (value["average_trade"] or 0) <= (value["best_trade"] or 0)


@settings(max_examples=50, deadline=None)
@given(steps, st.integers(-720, 720), st.integers(1, 20))
def test_months_compound_to_the_whole(moves: list[float], zone: int, days: int) -> None:
    equity, at = grown(moves), np.arange(len(moves) + 1) * DAY_MS * days
    years = monthly(at, equity, zone)
    whole = np.prod([1 + month for year in years for month in year.months if month is not None])
    assert whole == pytest.approx(equity[-1] / equity[0])
    assert np.prod([1 + year.total for year in years]) == pytest.approx(whole)
