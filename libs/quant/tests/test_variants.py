"""The figures of many variants are those of one backtest after another."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.quant.backtest import Setup, Slippage, SlippageKind, run, run_variants
from libs.quant.backtest.means import lines
from libs.quant.bars import DAY_MS, Bar, Bars
from libs.quant.expr import OWN, parse
from libs.quant.expr.vector import Columns
from libs.quant.strategy import Fill, Reason, Rules
from libs.quant.tests import expressions, strategies
from libs.quant.tests.bars import recorded
from libs.quant.tests.test_backtest import costing, setups, sizes


def one_by_one(variants: list[Rules], bars: Bars, setup: Setup) -> list[tuple[float, ...]]:
    told = []
    for rules in variants:
        result = run(rules, {"A": bars}, setup)
        wins = sum(trade.pnl > 0 for trade in result.trades if trade.reason is not Reason.OPEN)
        costs = sum(trade.costs for trade in result.trades)
        told.append((result.final, result.drawdown.max(), len(result.trades), wins, costs))
    return told


def swept(variants: list[Rules], bars: Bars, setup: Setup, threads: int = 1) -> list[tuple[float, ...]]:
    found = run_variants(variants, "A", bars, setup, threads=threads)
    return list(zip(found.final, found.drawdown, found.trades, found.wins, found.costs, strict=True))


@settings(max_examples=300, deadline=None)
@given(st.lists(strategies.documents(sizes), min_size=1, max_size=3), expressions.bars(), setups(), st.integers(0, 9))
def test_a_variant_does_what_it_does_alone(
    documents: list[dict[str, object]], bars: Bars, setup: Setup, warm: int
) -> None:
    given_setup = {**setup.__dict__, "costs": costing(0.001, 1.0), "from_ms": int(bars.at_ms[min(warm, len(bars) - 1)])}
    variants = [Rules.read({**d, "stop": d["stop"] or {"percent": "1"}}) for d in documents]
    setup = Setup(**given_setup)
    assert swept(variants, bars, setup) == [pytest.approx(row, abs=1e-6) for row in one_by_one(variants, bars, setup)]


@pytest.mark.parametrize("fill", list(Fill))
@pytest.mark.parametrize("turned", [False, True])
def test_crossings_of_averages_are_those_of_the_language(fill: Fill, turned: bool) -> None:
    over, under = (
        ("crossunder({1}, {0})", "crossover({1}, {0})") if turned else ("crossover({0}, {1})", "crossunder({0}, {1})")
    )
    variants = [
        Rules.read(
            {
                "interval": "1d", "side": "long", "entry": over.format(f"sma({fast})", f"ema({slow})"),
                "exit": under.format(f"sma({fast})", f"ema({slow})"), "stop": {"percent": "4"},
            }
        )
        for fast, slow in itertools.product((3, 10), (20, 50))
    ]  # fmt: skip
    setup = Setup(fill=fill, costs=costing(0.001), slippage=Slippage(SlippageKind.BPS, 5))
    days = recorded("IBM")
    alone = one_by_one(variants, days, setup)
    assert min(row[2] for row in alone) > 20
    assert swept(variants, days, setup, threads=2) == [pytest.approx(row, rel=1e-9) for row in alone]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 30), st.integers(1, 30)), min_size=1, max_size=6),
    st.lists(st.integers(95, 105), min_size=1, max_size=80),
    st.sampled_from(list(Fill)),
    st.sampled_from([{}, {"stop": {"percent": "2"}}, {"target": {"percent": "2"}, "max_bars": 4}]),
)
def test_averages_that_meet_without_crossing_are_told_apart(
    pairs: list[tuple[int, int]], closes: list[int], fill: Fill, levels: dict[str, object]
) -> None:
    bars = Bars.of([Bar(day * DAY_MS, at, at + 1.0, at - 1.0, at, 1.0) for day, at in enumerate(map(float, closes))])
    variants = [
        Rules.read(
            {
                "interval": "1d", "side": "long", "entry": f"crossover(sma({fast}), sma({slow}))",
                "exit": f"crossunder(sma({fast}), sma({slow}))", **levels,
            }
        )
        for fast, slow in pairs
    ]  # fmt: skip
    setup = Setup(fill=fill, costs=costing(0.001, 1.0))
    assert swept(variants, bars, setup) == [pytest.approx(row, rel=1e-9) for row in one_by_one(variants, bars, setup)]


@pytest.mark.parametrize("length", [1, 7, 40, 500])
def test_averages_of_many_periods_are_those_of_each(length: int) -> None:
    bars = recorded("MSFT").where(np.arange(len(recorded("MSFT"))) < length)
    texts = [f"sma({of}, {period})" for of in ("close", "high - low") for period in (1, 2, 3, 5, 8, 13, 60, 200, 501)]
    nodes = [parse(text).node for text in [*texts, "ema(9)"]]
    columns = Columns({OWN: bars})
    for node, row in zip(nodes, lines(nodes, columns, length), strict=True):
        np.testing.assert_allclose(row, columns.of(node), rtol=1e-14, err_msg=str(node))


def test_no_variant_is_refused() -> None:
    with pytest.raises(ValueError, match="variant"):
        run_variants([], "A", recorded("IBM"))
