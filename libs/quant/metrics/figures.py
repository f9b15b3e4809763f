"""The figures of a report: what each is called, counted in, computed by, and taken from."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Unit(StrEnum):
    """How a figure is counted. `PERCENT` is a fraction (0.01 is 1 %); `INSTANT` is milliseconds since 1970, UTC."""

    PERCENT = "percent"
    RATIO = "ratio"
    MONEY = "money"
    BARS = "bars"
    DAYS = "days"
    COUNT = "count"
    INSTANT = "instant"


class Group(StrEnum):
    """Where a report shows a figure."""

    RETURN = "return"
    RISK = "risk"
    BENCHMARK = "benchmark"
    ACCOUNT = "account"
    TRADES = "trades"


@dataclass(frozen=True, slots=True)
class Definition:
    """What a figure is. `source`: where its formula is stated."""

    label: str
    unit: Unit
    group: Group
    formula: str
    source: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure, or why there is none. `of`: whose it is, such as the symbol of the best trade.

    Exactly one of `value` and `why_not` is given, and a value is always finite.
    """

    value: float | None
    why_not: str | None = None
    of: str | None = None

    def __post_init__(self) -> None:
        if (self.value is None) == (self.why_not is None):
            raise ValueError("A figure has either a value or a reason why it has none.")
        if self.value is not None and not math.isfinite(self.value):
            raise ValueError(f"A figure is finite, not {self.value}.")

    @classmethod
    def without(cls, why_not: str) -> Figure:
        """Make a figure that has no value."""
        return cls(None, why_not)

    @classmethod
    def believed(cls, value: float, most: float, name: str, of: str | None = None) -> Figure:
        """Make a figure, but not of a value whose size is beyond `most`, nor of one that is not finite."""
        if math.isfinite(value) and abs(value) <= most:
            return cls(value, of=of)
        return cls.without(
            f"A {name} of {value:.3g} is beyond what an account can show (limit {most:g}): look for a fault in prices, "
            "an unadjusted split, or a rule that sees the future."
        )


_R, _K, _B, _A, _T = Group.RETURN, Group.RISK, Group.BENCHMARK, Group.ACCOUNT, Group.TRADES
_FREQTRADE = "Freqtrade, backtesting report"
_VECTORBT = "vectorbt, portfolio stats"
_LEAN = "Lean, cash dividends of unadjusted prices"


def _d(label: str, unit: Unit, group: Group, formula: str, source: str) -> Definition:
    return Definition(label, unit, group, formula, source)


FIGURES: Mapping[str, Definition] = {
    "total_return": _d("Total return", Unit.PERCENT, _R, "last equity / first equity - 1", "GIPS 2020"),
    "profit": _d("Profit", Unit.MONEY, _R, "last equity - first equity", _FREQTRADE),
    "cagr": _d("Growth a year (CAGR)", Unit.PERCENT, _R, "(1 + total return)^(periods a year / n) - 1", "GIPS 2020"),
    "best_day": _d("Best day", Unit.PERCENT, _R, "largest return between the ends of two days", _FREQTRADE),
    "worst_day": _d("Worst day", Unit.PERCENT, _R, "smallest return between the ends of two days", _FREQTRADE),
    "win_days": _d("Days with a gain", Unit.DAYS, _R, "days with a return above 0", _FREQTRADE),
    "draw_days": _d("Days without change", Unit.DAYS, _R, "days with a return of 0", _FREQTRADE),
    "lose_days": _d("Days with a loss", Unit.DAYS, _R, "days with a return below 0", _FREQTRADE),
    "annual_volatility": _d(
        "Volatility a year", Unit.PERCENT, _K, "sample deviation of returns x root of periods a year", "Hull, 15.4"
    ),
    "sharpe": _d(
        "Sharpe ratio", Unit.RATIO, _K, "mean return / sample deviation x root of periods a year", "Sharpe 1994"
    ),
    "sortino": _d(
        "Sortino ratio", Unit.RATIO, _K, "mean return x periods a year / downside deviation a year",
        "Sortino, Price 1994"
    ),
    "calmar": _d("Calmar ratio", Unit.RATIO, _K, "growth a year / deepest drawdown", "Young 1991"),
    "omega": _d("Omega ratio", Unit.RATIO, _K, "sum of gains / sum of losses", "Keating, Shadwick 2002"),
    "max_drawdown": _d(
        "Deepest drawdown", Unit.PERCENT, _K, "largest 1 - equity / highest equity until then",
        "Magdon-Ismail, Atiya 2004"
    ),
    "max_drawdown_amount": _d(
        "Deepest drawdown, amount", Unit.MONEY, _K, "peak - trough of the deepest drawdown", _FREQTRADE
    ),
    "drawdown_high": _d("Equity at its peak", Unit.MONEY, _K, "equity before the deepest drawdown", _FREQTRADE),
    "drawdown_low": _d("Equity at its trough", Unit.MONEY, _K, "equity at the deepest point", _FREQTRADE),
    "drawdown_begins": _d("Drawdown begins", Unit.INSTANT, _K, "bar of that peak", _FREQTRADE),
    "drawdown_bottoms": _d("Drawdown is deepest", Unit.INSTANT, _K, "bar of that trough", _FREQTRADE),
    "drawdown_recovers": _d("Drawdown ends", Unit.INSTANT, _K, "first bar at or above that peak", _FREQTRADE),
    "longest_drawdown": _d(
        "Longest time under water", Unit.BARS, _K, "most bars in a row below an earlier equity", _VECTORBT
    ),
    "under_water": _d("Time under water", Unit.PERCENT, _K, "bars below an earlier equity / bars", _FREQTRADE),
    "value_at_risk": _d(
        "Value at risk (95 %, one period)", Unit.PERCENT, _K, "loss at the 5 % quantile of returns, type 7",
        "Jorion 2006"
    ),
    "expected_shortfall": _d(
        "Expected shortfall (95 %)", Unit.PERCENT, _K, "mean of the worst 5 % of returns, as a loss",
        "Acerbi, Tasche 2002"
    ),
    "tail_ratio": _d("Tail ratio", Unit.RATIO, _K, "|95 % quantile| / |5 % quantile| of returns", "pyfolio"),
    "stability": _d("Stability", Unit.RATIO, _K, "R squared of log equity against time", "pyfolio"),
    "benchmark_return": _d("Market change", Unit.PERCENT, _B, "last benchmark / first - 1", _FREQTRADE),
    "excess_return": _d("Above the market", Unit.PERCENT, _B, "total return - market change", _VECTORBT),
    "beta": _d("Beta", Unit.RATIO, _B, "covariance with the benchmark / its variance", "Sharpe 1964"),
    "alpha": _d(
        "Alpha a year", Unit.PERCENT, _B, "(1 + mean(return - beta x benchmark))^(periods a year) - 1", "Jensen 1968"
    ),
    "information_ratio": _d(
        "Information ratio", Unit.RATIO, _B, "mean difference / its sample deviation x root of periods a year",
        "Goodwin 1998",
    ),
    "start_balance": _d("Equity at the start", Unit.MONEY, _A, "first equity", _FREQTRADE),
    "end_balance": _d("Equity at the end", Unit.MONEY, _A, "last equity", _FREQTRADE),
    "min_balance": _d("Lowest equity", Unit.MONEY, _A, "smallest equity", _FREQTRADE),
    "max_balance": _d("Highest equity", Unit.MONEY, _A, "largest equity", _FREQTRADE),
    "exposure": _d("Time in the market", Unit.PERCENT, _A, "bars with an open position / bars", _VECTORBT),
    "max_exposure": _d(
        "Largest gross exposure", Unit.PERCENT, _A, "largest sum of position sizes / equity", _VECTORBT
    ),
    "turnover": _d(
        "Turnover a year", Unit.RATIO, _A, "half of what was bought and sold / mean equity / years",
        "SEC Form N-1A, 13, with the mean of both sides"
    ),
    "volume": _d("Traded volume", Unit.MONEY, _A, "sum of units x price of all fills", _FREQTRADE),
    "costs": _d("Costs", Unit.MONEY, _A, "sum of all charges and fees", _VECTORBT),
    "costs_share": _d(
        "Costs' share of the profit before them", Unit.PERCENT, _A, "costs / (profit + costs)", "by definition"
    ),
    "dividends": _d(
        "Dividends", Unit.MONEY, _A, "what came in on what was held, less what short positions owed", _LEAN
    ),
    "trades": _d("Trades", Unit.COUNT, _T, "closed round trips", _FREQTRADE),
    "trades_per_day": _d("Trades a day", Unit.RATIO, _T, "trades / calendar days with bars", _FREQTRADE),
    "refused": _d(
        "Refused entries", Unit.COUNT, _T,
        "entries that the rules wanted and the account refused", _FREQTRADE
    ),
    "win_rate": _d("Won trades", Unit.PERCENT, _T, "trades with a profit / trades", _FREQTRADE),
    "draw_trades": _d("Trades without profit or loss", Unit.COUNT, _T, "trades with a profit of 0", _FREQTRADE),
    "profit_factor": _d("Profit factor", Unit.RATIO, _T, "sum of profits / sum of losses", "Schwager 1984"),
    "expectancy": _d("Expectancy", Unit.MONEY, _T, "mean profit of a trade", "Tharp 1999"),
    "expectancy_ratio": _d(
        "Expectancy per unit risked", Unit.RATIO, _T, "mean profit of a trade / mean loss of the lost ones",
        "Tharp 1999"
    ),
    "system_quality": _d(
        "System quality number", Unit.RATIO, _T, "root of n x mean profit / sample deviation of profits", "Tharp 2008"
    ),
    "average_trade": _d("Average trade", Unit.PERCENT, _T, "mean of profit / stake", _FREQTRADE),
    "average_stake": _d("Average stake", Unit.MONEY, _T, "mean of units x entry price", _FREQTRADE),
    "best_trade": _d("Best trade", Unit.PERCENT, _T, "largest profit / stake", _FREQTRADE),
    "worst_trade": _d("Worst trade", Unit.PERCENT, _T, "smallest profit / stake", _FREQTRADE),
    "best_symbol": _d("Best instrument", Unit.MONEY, _T, "largest sum of profits of one instrument", _FREQTRADE),
    "worst_symbol": _d("Worst instrument", Unit.MONEY, _T, "smallest sum of profits of one instrument", _FREQTRADE),
    "holding_winners": _d("Time held, won trades", Unit.BARS, _T, "mean bars of trades with a profit", _FREQTRADE),
    "holding_losers": _d("Time held, lost trades", Unit.BARS, _T, "mean bars of trades with a loss", _FREQTRADE),
    "longest_wins": _d("Most wins in a row", Unit.COUNT, _T, "in the order of exits", _FREQTRADE),
    "longest_losses": _d("Most losses in a row", Unit.COUNT, _T, "in the order of exits", _FREQTRADE),
    "open_profit": _d(
        "Profit still open", Unit.MONEY, _T, "profit of positions that were open at the last bar", _VECTORBT
    ),
}  # fmt: skip
"""Every figure of `summary`, in the order of a report."""
