"""Formulas over returns, each the one that its source states. Nothing is guarded here: see `summary.py`.

`returns`: shape (n,), simple returns per period as fractions (0.01 is 1 %), oldest first, no NaN.
`periods_per_year`: how many of these periods make a year (252 for trading days). A formula without an answer (nothing
to divide by, too few values) gives NaN.
"""

from __future__ import annotations

import math

import numpy as np

from libs.quant.bars import NAN, Floats, Longs

# A spread of returns below this is rounding: the account did not move.
STILL = 1e-15


def simple_returns(equity: Floats) -> Floats:
    """Give the n - 1 returns between n values of an account."""
    return np.asarray(equity[1:] / equity[:-1] - 1.0)


def total_return(returns: Floats) -> float:
    """Compound all returns."""
    return float(np.prod(1.0 + returns)) - 1.0 if len(returns) else NAN


def annual_growth(returns: Floats, periods_per_year: float) -> float:
    """Compound annual growth rate: (1 + total)^(periods per year / n) - 1 (GIPS 2020, annualised return)."""
    if not len(returns):
        return NAN
    return _power(1.0 + total_return(returns), periods_per_year / len(returns)) - 1.0


def annual_volatility(returns: Floats, periods_per_year: float) -> float:
    """Sample standard deviation (n - 1), times the root of the periods of a year (Hull, 10th ed., 15.4)."""
    return _deviation(returns) * math.sqrt(periods_per_year)


def sharpe(returns: Floats, periods_per_year: float, risk_free: float = 0.0) -> float:
    """Mean excess return over its sample deviation, annualised (Sharpe 1994, The Sharpe Ratio).

    risk_free: per period.
    """
    excess = returns - risk_free
    spread = _deviation(excess)
    return float(excess.mean()) / spread * math.sqrt(periods_per_year) if spread > STILL else NAN


def downside_deviation(returns: Floats, periods_per_year: float, required: float = 0.0) -> float:
    """Root of the mean square of what falls short of `required` per period, over all periods, annualised.

    Sortino and Price 1994, Performance Measurement in a Downside Risk Framework.
    """
    if not len(returns):
        return NAN
    short = np.minimum(returns - required, 0.0)
    return math.sqrt(float(np.mean(short * short))) * math.sqrt(periods_per_year)


def sortino(returns: Floats, periods_per_year: float, required: float = 0.0) -> float:
    """Mean return above `required`, annualised, over the downside deviation (Sortino and Price 1994)."""
    risk = downside_deviation(returns, periods_per_year, required)
    return float((returns - required).mean()) * periods_per_year / risk if risk > STILL and len(returns) > 1 else NAN


def omega(returns: Floats, threshold: float = 0.0) -> float:
    """Sum of gains above the threshold over the sum of what falls short (Keating and Shadwick 2002)."""
    excess = returns - threshold
    losses = -float(excess[excess < 0].sum())
    return float(excess[excess > 0].sum()) / losses if losses > 0 and len(returns) > 1 else NAN


def drawdowns(equity: Floats) -> Floats:
    """Give how far each value lies below the highest one until then: 0 to -1 (Magdon-Ismail and Atiya 2004)."""
    return np.asarray(equity / np.maximum.accumulate(equity) - 1.0)


def calmar(returns: Floats, equity: Floats, periods_per_year: float) -> float:
    """Annual growth over the deepest drawdown (Young 1991, Calmar Ratio: A Smoother Tool)."""
    deepest = -float(drawdowns(equity).min()) if len(equity) else 0.0
    return annual_growth(returns, periods_per_year) / deepest if deepest > 0 else NAN


def value_at_risk(returns: Floats, confidence: float = 0.95) -> float:
    """Historical value at risk of one period: the loss at the quantile, positive (Jorion 2006, ch. 5).

    The quantile lies between two returns where its rank does (Hyndman and Fan 1996, type 7).
    """
    return -float(np.quantile(returns, 1.0 - confidence)) if len(returns) else NAN


def expected_shortfall(returns: Floats, confidence: float = 0.95) -> float:
    """Mean of the worst returns, up to and with the one at rank (n - 1)(1 - confidence), as a loss.

    Acerbi and Tasche 2002, On the coherence of expected shortfall.
    """
    if not len(returns):
        return NAN
    rank = int((len(returns) - 1) * (1.0 - confidence))
    return -float(np.partition(returns, rank)[: rank + 1].mean())


def tail_ratio(returns: Floats) -> float:
    """Size of the 95th percentile over the size of the 5th (pyfolio, tail_ratio)."""
    if not len(returns):
        return NAN
    low = abs(float(np.quantile(returns, 0.05)))
    return abs(float(np.quantile(returns, 0.95))) / low if low > 0 else NAN


def stability(returns: Floats) -> float:
    """R squared of a straight line through the logarithm of the growing account (pyfolio, stability_of_timeseries)."""
    if len(returns) < 2 or float(returns.min()) <= -1.0:
        return NAN
    grown = np.cumsum(np.log1p(returns))
    time = np.arange(len(grown), dtype=np.float64)
    time -= time.mean()
    grown = grown - grown.mean()
    spread = float(time @ time) * float(grown @ grown)
    return float(time @ grown) ** 2 / spread if spread > 0 else NAN


def beta(returns: Floats, benchmark: Floats) -> float:
    """Covariance with the benchmark over the benchmark's variance (CAPM; Sharpe 1964)."""
    if len(returns) < 2:
        return NAN
    centred = benchmark - benchmark.mean()
    variance = float(centred @ centred)
    return float(centred @ returns) / variance if variance / len(returns) > 1e-30 else NAN


def alpha(returns: Floats, benchmark: Floats, periods_per_year: float, risk_free: float = 0.0) -> float:
    """Mean return that beta does not explain, compounded over a year (Jensen 1968). risk_free: per period."""
    slope = beta(returns, benchmark)
    unexplained = float(((returns - risk_free) - slope * (benchmark - risk_free)).mean())
    return _power(1.0 + unexplained, periods_per_year) - 1.0


def information_ratio(returns: Floats, benchmark: Floats, periods_per_year: float) -> float:
    """Mean difference to the benchmark over its sample deviation, annualised (Goodwin 1998)."""
    return sharpe(returns - benchmark, periods_per_year)


def period_ends(at_ms: Longs, zone_minutes: int = 0) -> Longs:
    """Give the index of each calendar day's last bar. zone_minutes: how far the place's clocks are ahead of UTC."""
    days = (at_ms + zone_minutes * 60_000) // 86_400_000
    return np.flatnonzero(np.concatenate((days[1:] != days[:-1], [True]))) if len(at_ms) else np.empty(0, np.int64)


def _deviation(values: Floats) -> float:
    return float(np.std(values, ddof=1)) if len(values) > 1 else NAN


def _power(base: float, exponent: float) -> float:
    """Raise a number that is not negative; what is too large for a float is infinite."""
    if base < 0:
        return NAN
    try:
        return float(base**exponent)
    except OverflowError:
        return math.inf
