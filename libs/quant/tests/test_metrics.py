"""Figures of a run against empyrical-reloaded, against hand-made cases, and where they are withheld."""

from __future__ import annotations

import json
import math
import warnings
from dataclasses import dataclass
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.quant.bars import Floats
from libs.quant.metrics import FIGURES, BadAccount, ClosedTrade, Figure, monthly, summary
from libs.quant.metrics import returns as formulas
from libs.quant.tests.bars import recorded

DAY_MS = 86_400_000


@dataclass(frozen=True)
class Trade:
    symbol: str = "NSE:TCS"
    side: str = "long"
    units: float = 10.0
    entry_ms: int = 0
    entry_price: float = 100.0
    exit_ms: int = DAY_MS
    exit_price: float = 110.0
    reason: str = "rule"
    costs: float = 1.0
    pnl: float = 99.0
    bars: int = 1
    mae: float = 0.0
    mfe: float = 0.1
    dividends: float = 0.0


@pytest.fixture(scope="module")
def empyrical() -> ModuleType:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns on import
        import empyrical
    return empyrical  # type: ignore[no-any-return]


def account(seed: int, length: int = 600) -> Floats:
    draw = np.random.default_rng(seed)
    return np.asarray(100_000 * np.cumprod(np.concatenate(([1.0], 1 + draw.normal(0.0004, 0.01, length)))))


SERIES = {
    "a quiet walk": account(1),
    "a wild walk": account(2, 300) * np.linspace(1, 1.4, 301),
    "a falling one": account(3, 90)[::-1].copy(),
    "AAPL": recorded("AAPL").close,
    "IBM": recorded("IBM").close[-700:],
}


@pytest.mark.parametrize("name", SERIES)
@pytest.mark.parametrize("year", [252, 365])
def test_every_ratio_is_empyricals(empyrical: ModuleType, name: str, year: int) -> None:
    equity = SERIES[name]
    market = recorded("MSFT").close[-len(equity) :]
    told = summary(equity, [], market, year)
    r, m = equity[1:] / equity[:-1] - 1, market[1:] / market[:-1] - 1
    right = {
        "total_return": empyrical.cum_returns_final(r),
        "cagr": empyrical.annual_return(r, annualization=year),
        "annual_volatility": empyrical.annual_volatility(r, annualization=year),
        "sharpe": empyrical.sharpe_ratio(r, annualization=year),
        "sortino": empyrical.sortino_ratio(r, annualization=year),
        "calmar": empyrical.calmar_ratio(r, annualization=year),
        "omega": empyrical.omega_ratio(r),
        "max_drawdown": -empyrical.max_drawdown(r),
        "value_at_risk": -empyrical.value_at_risk(r),
        "expected_shortfall": -empyrical.conditional_value_at_risk(r),
        "tail_ratio": empyrical.tail_ratio(r),
        "stability": empyrical.stability_of_timeseries(r),
        "beta": empyrical.beta(r, m),
        "alpha": empyrical.alpha(r, m, annualization=year),
        "information_ratio": empyrical.excess_sharpe(r, m) * math.sqrt(year),
        "benchmark_return": empyrical.cum_returns_final(m),
    }
    assert {key: told[key].value for key in right} == pytest.approx(right, rel=1e-9, abs=1e-12)


def test_every_figure_is_defined_and_has_a_value_or_a_reason() -> None:
    bars = recorded("IBM")
    full = summary(bars.close, [Trade(), Trade(pnl=-5.0)], bars.open, 252, at_ms=bars.at_ms, invested=bars.close * 0.5)
    assert list(full) == list(FIGURES)
    assert [name for name, figure in full.items() if figure.value is None] == []
    bare = summary(np.array([100.0]), [], None, 252)
    assert list(bare) == list(FIGURES)
    assert all((figure.value is None) != (figure.why_not is None) for figure in bare.values())


def test_drawdown_is_told_with_its_bars() -> None:
    equity = np.array([100, 120, 90, 60, 100, 121, 110, 130, 129], float)
    told = summary(equity, [], None, 252, at_ms=np.arange(9) * DAY_MS)
    assert told["max_drawdown"].value == pytest.approx(0.5)
    assert told["max_drawdown_amount"].value == 60
    assert (told["drawdown_high"].value, told["drawdown_low"].value) == (120, 60)
    places = ("drawdown_begins", "drawdown_bottoms", "drawdown_recovers")
    assert [told[name].value for name in places] == [1 * DAY_MS, 3 * DAY_MS, 5 * DAY_MS]
    assert told["longest_drawdown"].value == 3
    assert told["under_water"].value == pytest.approx(5 / 9)
    under = summary(equity[:4], [], None, 252, at_ms=np.arange(4) * DAY_MS)
    assert "had not recovered" in (under["drawdown_recovers"].why_not or "")
    rising = summary(np.arange(100.0, 139.0), [], None, 252, at_ms=np.arange(39) * DAY_MS)
    assert rising["max_drawdown"] == Figure(0.0)
    assert "never fell" in (rising["calmar"].why_not or "")
    assert "No period lost" in (rising["omega"].why_not or "")


def test_trades_by_hand() -> None:
    trades: list[ClosedTrade] = [
        Trade("A", pnl=100, exit_ms=1, bars=2, costs=2),
        Trade("A", pnl=50, exit_ms=2, bars=4, dividends=7.5),
        Trade("B", pnl=-30, exit_ms=3, bars=6, exit_price=97),
        Trade("B", "short", pnl=-20, exit_ms=5, bars=2, exit_price=102),
        Trade("B", pnl=0, exit_ms=4, exit_price=100, reason="open"),
    ]
    told = summary(account(4), trades, None, 252, refused=3)
    value = {name: figure.value for name, figure in told.items()}
    assert value["trades"] == 5
    assert value["win_rate"] == pytest.approx(0.4)
    assert value["profit_factor"] == pytest.approx(150 / 50)
    assert value["expectancy"] == pytest.approx(20)
    assert value["expectancy_ratio"] == pytest.approx(20 / 25)
    assert value["draw_trades"] == 1
    assert (value["longest_wins"], value["longest_losses"]) == (2, 1)  # the one without profit stands between
    assert (value["holding_winners"], value["holding_losers"]) == (3, 4)
    assert (told["best_symbol"].of, value["best_symbol"]) == ("A", 150)
    assert (told["worst_symbol"].of, value["worst_symbol"]) == ("B", -50)
    assert (told["best_trade"].of, value["best_trade"]) == ("A", pytest.approx(0.1))
    assert value["volume"] == pytest.approx(5 * 1000 + 1100 + 1100 + 970 + 1020 + 1000)
    assert (value["costs"], value["dividends"]) == (6, 7.5)
    assert value["refused"] == 3
    assert value["open_profit"] == 0
    profits = np.array([100, 50, -30, -20, 0])
    assert value["system_quality"] == pytest.approx(math.sqrt(5) * 20 / profits.std(ddof=1))


def test_minutes_are_rolled_into_days_before_they_are_scaled_to_a_year() -> None:
    days, each = 60, 75
    draw = np.random.default_rng(5)
    equity = 1e5 * np.cumprod(1 + draw.normal(0, 0.001, days * each))
    at = (np.arange(days)[:, None] * DAY_MS + 13_500_000 + np.arange(each) * 300_000).ravel()
    told = summary(equity, [], None, 252, at_ms=at, zone_minutes=330)
    closes = np.concatenate((equity[:1], equity[each - 1 :: each]))
    assert told["sharpe"].value == pytest.approx(formulas.sharpe(formulas.simple_returns(closes), 252))
    assert told["max_drawdown"].value == pytest.approx(-float(formulas.drawdowns(equity).min()))
    assert sum(told[name].value or 0 for name in ("win_days", "draw_days", "lose_days")) == days


@pytest.mark.parametrize(
    ("equity", "withheld", "word"),
    [
        (np.linspace(1, 1.2, 10), ["cagr", "calmar"], "too short"),
        (np.linspace(1, 1.2, 10), ["sharpe", "value_at_risk"], "too few"),
        (np.full(300, 5.0), ["sharpe", "sortino", "omega"], "never changed"),
        (np.array([100.0, 50, -1, 20] + [30.0] * 40), ["cagr", "sharpe", "max_drawdown", "turnover"], "wiped out"),
        (np.geomspace(1, 1e17, 300), ["total_return", "cagr"], "beyond what an account can show"),
        (np.cumprod(1 + np.tile([0.02, 0.021], 150)), ["sharpe"], "beyond what an account can show"),
        (account(6), ["beta", "alpha", "benchmark_return"], "No benchmark"),
        (account(6), ["win_rate", "best_symbol"], "no trade"),
        (account(6), ["best_day"], "times are not known"),
    ],
)
def test_what_would_mislead_is_withheld_with_its_reason(equity: Floats, withheld: list[str], word: str) -> None:
    told = summary(equity, [], None, 252)
    for name in withheld:
        assert told[name].value is None
        assert word in (told[name].why_not or ""), name


def test_trades_that_cannot_be_are_withheld() -> None:
    trades: list[ClosedTrade] = [Trade(pnl=5e6), Trade(pnl=-0.01)]
    told = summary(account(6), trades, None, 252, invested=account(6) * 500)
    for name in ("best_trade", "average_trade", "profit_factor", "max_exposure"):
        assert "beyond what an account can show" in (told[name].why_not or ""), name
    assert told["worst_trade"].value == pytest.approx(-1e-5)


def test_a_flat_benchmark_has_no_beta() -> None:
    told = summary(account(7), [], np.full(601, 10.0), 252)
    assert "did not move" in (told["beta"].why_not or "")
    assert "did not move" in (told["alpha"].why_not or "")
    assert told["benchmark_return"] == Figure(0.0)
    same = summary(account(7), [], account(7), 252)
    assert same["beta"].value == pytest.approx(1)
    assert "exactly as" in (same["information_ratio"].why_not or "")


@pytest.mark.parametrize(
    ("equity", "more"),
    [
        (np.array([]), {}),
        (np.array([1.0, math.nan]), {}),
        (np.ones((2, 2)), {}),
        (np.ones(3), {"at_ms": np.arange(2)}),
        (np.ones(3), {"benchmark": np.ones(2)}),
        (np.ones(3), {"benchmark": np.array([1, math.inf, 1])}),
        (np.ones(3), {"periods_per_year": 0.0}),
    ],
)
def test_what_is_no_account_is_refused(equity: Floats, more: dict[str, object]) -> None:
    with pytest.raises(BadAccount):
        summary(equity, [], **({"benchmark": None, "periods_per_year": 252} | more))  # type: ignore[arg-type]


def test_a_figure_is_a_finite_value_or_a_reason() -> None:
    for value, reason in ((None, None), (1.0, "but"), (math.inf, None), (math.nan, None)):
        with pytest.raises(ValueError, match="figure"):
            Figure(value, reason)


numbers = st.floats(-1e9, 1e9, allow_nan=False, width=64)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(numbers | st.floats(0.5, 2), min_size=1, max_size=60),
    st.lists(st.tuples(numbers, st.floats(0, 1e6), st.floats(0, 1e6), st.integers(0, 50)), max_size=10),
    st.booleans(),
    st.booleans(),
)
def test_no_account_ever_makes_an_impossible_figure(
    equity: list[float], rows: list[tuple[float, float, float, int]], timed: bool, compared: bool
) -> None:
    trades = [Trade(pnl=pnl, units=units, entry_price=price, bars=bars) for pnl, units, price, bars in rows]
    column = np.array(equity)
    at = np.arange(len(column)) * 3_600_000 if timed else None
    told = summary(column, trades, column[::-1].copy() if compared else None, 252, at_ms=at, invested=np.abs(column))
    json.dumps({name: figure.value for name, figure in told.items()}, allow_nan=False)
    for name in ("win_rate", "exposure", "under_water", "stability"):
        assert 0 <= (told[name].value or 0) <= 1 + 1e-12
    for name in ("best_trade", "worst_trade", "average_trade", "profit_factor", "expectancy_ratio", "system_quality"):
        assert abs(told[name].value or 0) <= 1_000
    assert abs(told["max_exposure"].value or 0) <= 100
    assert abs(told["cagr"].value or 0) <= 10
    assert abs(told["sharpe"].value or 0) <= 20


def test_months_compound_to_their_years() -> None:
    bars = recorded("AAPL")
    years = monthly(bars.at_ms, bars.close)
    assert [year.year for year in years] == list(range(2000, 2014))
    for year in years:
        grown = np.prod([1 + month for month in year.months if month is not None])
        assert grown - 1 == pytest.approx(year.total)
    total = np.prod([1 + year.total for year in years]) - 1
    assert total == pytest.approx(bars.close[-1] / bars.close[0] - 1)
    assert years[0].months[:2] == (None, None)  # the data begin in March
    # Midnight in India is still the month before in London.
    at = np.array([1_704_067_200_000 - 5 * 3_600_000, 1_704_067_200_000])
    assert len(monthly(at, np.array([1.0, 2.0]))) == 2
    (only,) = monthly(at, np.array([1.0, 2.0]), 330)
    assert (only.year, only.months[0], only.total) == (2024, 1.0, 1.0)
    assert monthly(np.empty(0, np.int64), np.empty(0)) == []
    assert [year.year for year in monthly(bars.at_ms, np.where(bars.at_ms > bars.at_ms[600], 0.0, 1.0))] == [
        2000, 2001, 2002,
    ]  # fmt: skip
