"""The figures of a run, each with a value or the reason why it has none.

A figure is withheld where it would be read as more than it is: too few values, nothing to divide by, an account that
was wiped out, a yearly rate of a few days, or a number that no account has ever shown, which means a fault in data or
rules (`Limits`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from libs.quant.bars import LARGEST, Floats, Longs
from libs.quant.metrics import returns as formulas
from libs.quant.metrics.figures import FIGURES, Figure
from libs.quant.metrics.trades import ClosedTrade, of_trades


@dataclass(frozen=True, slots=True)
class Limits:
    """From where on a figure is believed, and up to where."""

    fewest_returns: int = 20
    """Below, a deviation, a quantile or a slope says nothing."""
    shortest_years: float = 1 / 12
    """Below, a yearly rate would repeat a few days many times."""
    largest_growth: float = 10.0
    """A growth a year of more than 1,000 % is not believed."""
    largest_ratio: float = 20.0
    """A Sharpe, Sortino, Calmar or information ratio beyond is not believed."""
    largest_return: float = 1e6


DEFAULT = Limits()
# Less than this, and less than this part of what there was, is nothing: a return from there has no meaning.
_NOTHING = 1e-9
# Positions of a hundred times the account, and an account that is turned over every few minutes.
_MOST_EXPOSURE, _MOST_TURNOVER = 100.0, 100_000.0
# Costs of a hundred times the profit before them: there was hardly any.
_MOST_SHARE = 100.0


class BadAccount(ValueError):
    """These columns cannot be those of an account."""


def summary(
    equity: Floats,
    trades: Sequence[ClosedTrade],
    benchmark: Floats | None,
    periods_per_year: float,
    *,
    at_ms: Longs | None = None,
    zone_minutes: int = 0,
    invested: Floats | None = None,
    refused: int = 0,
    limits: Limits = DEFAULT,
) -> dict[str, Figure]:
    """Compute every figure of `FIGURES`, in its order.

    equity: shape (n,), the account's value at each bar's close, beginning with the capital before the first fill.
    benchmark: shape (n,), its price or value at the same bars, or None. at_ms: shape (n,), the bars' times. invested:
    shape (n,), the sum of the sizes of all positions at each close, in money, never negative.
    periods_per_year: of the returns that the ratios are made of. Those are the bars', but where bars are shorter than a
    day and `at_ms` is given they are the days', so give the trading days of a year then: returns of minutes hang
    together and cannot be scaled to a year. zone_minutes: how far the place's clocks are ahead of UTC, for days.
    Drawdowns are of all bars. Raises BadAccount for columns of different lengths, fewer than one bar, or NaN.
    """
    equity = np.ascontiguousarray(equity, np.float64)
    for name, column in (("benchmark", benchmark), ("at_ms", at_ms), ("invested", invested)):
        if column is not None and np.shape(column) != equity.shape:
            raise BadAccount(f"{name} has the shape {np.shape(column)}, the equity {equity.shape}.")
    if equity.ndim != 1 or not len(equity) or not (np.abs(equity) <= LARGEST).all():
        raise BadAccount("The equity must be one column of finite numbers, at least one.")
    if benchmark is not None and not (np.abs(benchmark) <= LARGEST).all():
        raise BadAccount("The benchmark must be finite numbers.")
    if not periods_per_year > 0:
        raise BadAccount(f"A year cannot have {periods_per_year} periods.")
    ends = formulas.period_ends(at_ms, zone_minutes) if at_ms is not None else None
    days = len(ends) if ends is not None else None
    # The first value is the capital before the first day, so that the first day has a return too.
    kept = np.union1d([0], ends) if ends is not None and len(ends) < len(equity) else np.arange(len(equity))
    run = _Run(equity, equity[kept], periods_per_year, limits)
    figures = (
        run.growth()
        | _days(equity, ends)
        | run.risk()
        | run.drawdown(at_ms)
        | run.against(None if benchmark is None else np.asarray(benchmark, np.float64)[kept])
        | of_trades(trades, refused, days)
        | _account(equity, invested)
    )
    figures["turnover"] = run.turnover(figures["volume"])
    figures["costs_share"] = _share(figures["costs"], figures["profit"])
    return {name: figures[name] for name in FIGURES}


class _Run:
    """An account, and what must hold before a figure of it is believed."""

    def __init__(self, equity: Floats, sampled: Floats, periods_per_year: float, limits: Limits) -> None:
        self._equity, self._sampled, self._year, self._limits = equity, sampled, periods_per_year, limits
        self._gone = self._wiped_out()
        self._returns = formulas.simple_returns(sampled) if self._gone is None else np.empty(0)
        self._few = self._too_few()

    def growth(self) -> dict[str, Figure]:
        first, last = float(self._equity[0]), float(self._equity[-1])
        if first <= _NOTHING:
            total = Figure.without("The account began without money: there is nothing to divide by.")
        else:
            total = Figure.believed(last / first - 1.0, self._limits.largest_return, "total return")
        years = len(self._returns) / self._year
        if self._gone:
            cagr = Figure.without(self._gone)
        elif years < self._limits.shortest_years:
            cagr = Figure.without(
                f"{len(self._returns)} periods are {years * 365:.0f} days: too short for a rate of a year."
            )
        else:
            value = formulas.annual_growth(self._returns, self._year)
            cagr = Figure.believed(value, self._limits.largest_growth, "growth a year")
        return {"total_return": total, "profit": Figure(last - first), "cagr": cagr}

    def risk(self) -> dict[str, Figure]:
        returns, year, most = self._returns, self._year, self._limits.largest_ratio
        still = "The account's value never changed." if self._few is None and not returns.any() else None
        no_loss = "No period lost money: there is nothing to divide by."
        reasons = (self._gone, self._few, still)
        cagr = self.growth()["cagr"]
        found = {
            "annual_volatility": self._figure(reasons[:2], formulas.annual_volatility(returns, year), "volatility"),
            "sharpe": self._figure(reasons, formulas.sharpe(returns, year), "Sharpe ratio", most),
            "sortino": self._figure(reasons, formulas.sortino(returns, year), "Sortino ratio", most, undefined=no_loss),
            "omega": self._figure(reasons, formulas.omega(returns), "Omega ratio", 1e3, undefined=no_loss),
            "value_at_risk": self._figure(reasons, formulas.value_at_risk(returns), "value at risk"),
            "expected_shortfall": self._figure(reasons, formulas.expected_shortfall(returns), "expected shortfall"),
            "tail_ratio": self._figure(
                reasons, formulas.tail_ratio(returns), "tail ratio", 1e3, undefined="The 5 % quantile of returns is 0."
            ),
            "stability": self._figure(reasons, formulas.stability(returns), "stability"),
        }
        deepest = -float(formulas.drawdowns(self._equity).min()) if self._gone is None else 0.0
        found["calmar"] = (
            Figure.without(cagr.why_not or "")
            if cagr.value is None
            else Figure.without("The account never fell: there is nothing to divide by.")
            if deepest <= 0
            else Figure.believed(cagr.value / deepest, most, "Calmar ratio")
        )
        return found

    def drawdown(self, at_ms: Longs | None) -> dict[str, Figure]:
        names = (
            "max_drawdown", "max_drawdown_amount", "drawdown_high", "drawdown_low", "drawdown_begins",
            "drawdown_bottoms", "drawdown_recovers", "longest_drawdown", "under_water",
        )  # fmt: skip
        if self._gone:
            return dict.fromkeys(names, Figure.without(self._gone))
        equity = self._equity
        depth = formulas.drawdowns(equity)
        below = depth < 0
        found = {
            "max_drawdown": Figure(-float(depth.min())),
            "longest_drawdown": Figure(float(_longest(below))),
            "under_water": Figure(float(below.mean())),
        }
        if not below.any():
            return dict.fromkeys(names, Figure.without("The account never fell.")) | found
        low = int(depth.argmin())
        high = int(equity[: low + 1].argmax())
        later = np.flatnonzero(equity[low:] >= equity[high])
        found |= {
            "max_drawdown_amount": Figure(float(equity[high] - equity[low])),
            "drawdown_high": Figure(float(equity[high])),
            "drawdown_low": Figure(float(equity[low])),
        }
        if at_ms is None:
            return dict.fromkeys(names, Figure.without("The bars' times are not known.")) | found
        found |= {
            "drawdown_begins": Figure(float(at_ms[high])),
            "drawdown_bottoms": Figure(float(at_ms[low])),
            "drawdown_recovers": Figure(float(at_ms[low + int(later[0])]))
            if len(later)
            else Figure.without("The account had not recovered at the last bar."),
        }
        return found

    def against(self, benchmark: Floats | None) -> dict[str, Figure]:
        names = ("benchmark_return", "excess_return", "beta", "alpha", "information_ratio")
        if benchmark is None:
            return dict.fromkeys(names, Figure.without("No benchmark was chosen."))
        if _spent(benchmark).any():
            return dict.fromkeys(names, Figure.without("The benchmark fell to 0 or below: its returns are not known."))
        market = float(benchmark[-1] / benchmark[0]) - 1.0
        found = {"benchmark_return": Figure(market)}
        total = self.growth()["total_return"]
        found["excess_return"] = (
            Figure.without(total.why_not or "") if total.value is None else Figure(total.value - market)
        )
        reasons = (self._gone, self._few)
        if any(reasons):
            return found | {name: self._figure(reasons, math.nan, name) for name in names[2:]}
        theirs = formulas.simple_returns(benchmark)
        flat = "The benchmark did not move: there is nothing to compare with."
        slope = formulas.beta(self._returns, theirs)
        growth = self._limits.largest_growth
        return found | {
            "beta": self._figure(reasons, slope, "beta", 100.0, undefined=flat),
            "alpha": self._figure(
                reasons, formulas.alpha(self._returns, theirs, self._year), "alpha", growth, undefined=flat
            ),
            "information_ratio": self._figure(
                reasons,
                formulas.information_ratio(self._returns, theirs, self._year),
                "information ratio",
                self._limits.largest_ratio,
                undefined="The account moved exactly as the benchmark.",
            ),
        }

    def turnover(self, volume: Figure) -> Figure:
        years = len(self._returns) / self._year
        if self._gone:
            return Figure.without(self._gone)
        if years < self._limits.shortest_years:
            return Figure.without(f"{len(self._returns)} periods are too short for a rate of a year.")
        turned = (volume.value or 0.0) / 2 / float(self._equity.mean()) / years
        return Figure.believed(turned, _MOST_TURNOVER, "turnover a year")

    def _figure(
        self,
        reasons: Sequence[str | None],
        value: float,
        name: str,
        most: float = math.inf,
        *,
        undefined: str = "The returns do not differ: there is nothing to divide by.",
    ) -> Figure:
        for reason in reasons:
            if reason is not None:
                return Figure.without(reason)
        return Figure.without(undefined) if math.isnan(value) else Figure.believed(value, most, name)

    def _wiped_out(self) -> str | None:
        gone = np.flatnonzero(_spent(self._equity))
        if not len(gone):
            return None
        return f"The account was wiped out: its value was {self._equity[gone[0]]:.2f} at bar {gone[0] + 1}."

    def _too_few(self) -> str | None:
        needed = self._limits.fewest_returns
        if len(self._returns) >= needed:
            return None
        return f"{len(self._returns)} returns are too few: this takes at least {needed}."


def _days(equity: Floats, ends: Longs | None) -> dict[str, Figure]:
    names = ("best_day", "worst_day", "win_days", "draw_days", "lose_days")
    if ends is None:
        return dict.fromkeys(names, Figure.without("The bars' times are not known."))
    closes = np.concatenate((equity[:1], equity[ends]))
    if _spent(closes).any():
        return dict.fromkeys(names, Figure.without("The account was wiped out."))
    daily = formulas.simple_returns(closes)
    # Rounding of a position's value is no gain: a part in 10^12 of the account.
    won, lost = daily > 1e-12, daily < -1e-12
    return {
        "best_day": Figure(float(daily.max())),
        "worst_day": Figure(float(daily.min())),
        "win_days": Figure(float(won.sum())),
        "draw_days": Figure(float(len(daily) - won.sum() - lost.sum())),
        "lose_days": Figure(float(lost.sum())),
    }


def _account(equity: Floats, invested: Floats | None) -> dict[str, Figure]:
    found = {
        "start_balance": Figure(float(equity[0])),
        "end_balance": Figure(float(equity[-1])),
        "min_balance": Figure(float(equity.min())),
        "max_balance": Figure(float(equity.max())),
    }
    if invested is None:
        unknown = Figure.without("The sizes of the positions are not known.")
        return found | {"exposure": unknown, "max_exposure": unknown}
    found["exposure"] = Figure(float((invested > 0).mean()))
    found["max_exposure"] = (
        Figure.believed(float((invested / equity).max()), _MOST_EXPOSURE, "gross exposure")
        if not _spent(equity).any()
        else Figure.without("The account was wiped out.")
    )
    return found


def _share(costs: Figure, profit: Figure) -> Figure:
    if costs.value is None or profit.value is None:
        return Figure.without(costs.why_not or profit.why_not or "")
    before = profit.value + costs.value
    if costs.value == 0:
        return Figure(0.0)
    if before <= 0:
        return Figure.without("Before its costs there was no profit either.")
    return Figure.believed(costs.value / before, _MOST_SHARE, "share of the costs")


def _spent(values: Floats) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.asarray(values <= _NOTHING * np.maximum(np.maximum.accumulate(values), 1.0))


def _longest(hits: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> int:
    edges = np.flatnonzero(np.diff(np.concatenate(([False], hits, [False])).astype(np.int8)))
    return int((edges[1::2] - edges[::2]).max()) if len(edges) else 0
