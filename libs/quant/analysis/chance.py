"""What chance alone would have shown: the order of trades, resampled returns, and the best of many tries.

All draws come from a seed, so that a rerun tells the same.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from libs.quant.bars import NAN, Floats, Longs

_NORMAL = NormalDist()
_EULER = 0.5772156649015329
# So many numbers are held at once.
_AT_ONCE = 2_000_000
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True, slots=True)
class MonteCarlo:
    """What other orders of the same trades would have shown.

    `final` and `drawdown`: quantiles at `LEVELS` of the final equity and of the deepest drawdown (a positive fraction);
    `bands`: per level the equity after each trade of `places`; `ruin`: the share of runs that ever fell to the ruin
    level; `loss`: the share that ended below the capital; `deeper`: the share with a drawdown deeper than the real one.
    """

    runs: int
    final: tuple[float, ...]
    drawdown: tuple[float, ...]
    places: tuple[int, ...]
    bands: tuple[tuple[float, ...], ...]
    ruin: float
    loss: float
    deeper: float
    real_drawdown: float


def monte_carlo(
    pnl: Sequence[float] | Floats,
    capital: float,
    *,
    runs: int = 1_000,
    seed: int = 0,
    resample: bool = False,
    ruin: float = 0.5,
    points: int = 100,
) -> MonteCarlo | None:
    """Shuffle the order of trades, or draw as many of them with replacement (`resample`).

    pnl: the profits in the order of exits, in money; each counts as the fraction of the equity before it, so the
    shuffled account grows and shrinks as a real one. None for fewer than two trades or an account that lost all.
    ruin: part of the capital at which one would stop. Raises ValueError for a capital or runs that are not above 0.
    """
    if capital <= 0 or runs < 1:
        raise ValueError(f"{runs} runs with a capital of {capital} cannot be made.")
    profits = np.asarray(pnl, np.float64)
    before = capital + np.concatenate(([0.0], np.cumsum(profits)[:-1]))
    if len(profits) < 2 or (before <= 0).any() or before[-1] + profits[-1] <= 0:
        return None
    growth = 1.0 + profits / before
    draw, count = np.random.default_rng(seed), len(growth)
    places = np.unique(np.linspace(0, count - 1, min(points, count)).astype(np.int64))
    final, deepest, kept = np.empty(runs), np.empty(runs), np.empty((runs, len(places)))
    lowest = np.empty(runs)
    for first in range(0, runs, max(1, _AT_ONCE // count)):
        last = min(runs, first + max(1, _AT_ONCE // count))
        if resample:
            order = draw.integers(0, count, (last - first, count))
        else:
            order = draw.permuted(np.tile(np.arange(count), (last - first, 1)), axis=1)
        equity = np.asarray(capital * np.cumprod(growth[order], axis=1), np.float64)
        final[first:last], kept[first:last] = equity[:, -1], equity[:, places]
        lowest[first:last], deepest[first:last] = equity.min(axis=1), _deepest(equity, capital)
    real = float(_deepest(np.asarray(capital * np.cumprod(growth)[None, :], np.float64), capital)[0])
    return MonteCarlo(
        runs,
        tuple(np.quantile(final, LEVELS).tolist()),
        tuple(np.quantile(deepest, LEVELS).tolist()),
        tuple(places.tolist()),
        tuple(tuple(row) for row in np.quantile(kept, LEVELS, axis=0).tolist()),
        float((lowest <= ruin * capital).mean()),
        float((final < capital).mean()),
        float((deepest > real + 1e-12).mean()),
        real,
    )


def bootstrap_p(returns: Floats, *, runs: int = 2_000, seed: int = 0, block: float | None = None) -> float:
    """Give the chance that returns without an edge would show a mean this high or higher.

    The stationary bootstrap (Politis and Romano 1994) of the returns less their mean: blocks of random length keep what
    hangs together. returns: shape (n,), of one period each. block: mean length, the cube root of n by default. The
    answer is (1 + runs at or above) / (1 + runs), so never 0; NaN for fewer than two returns.
    """
    if len(returns) < 2:
        return NAN
    return reality_check(returns[:, None], runs=runs, seed=seed, block=block)


def reality_check(returns: Floats, *, runs: int = 1_000, seed: int = 0, block: float | None = None) -> float:
    """Give the chance that the best of k tries without an edge would show a mean this high or higher.

    White 2000, A Reality Check for Data Snooping. returns: shape (n, k), of k tries over the same n periods.
    """
    length = len(returns)
    if length < 2 or not returns.size:
        return NAN
    mean = returns.mean(axis=0)
    centred = returns - mean
    draw = np.random.default_rng(seed)
    above = 0
    for first in range(0, runs, max(1, _AT_ONCE // length)):
        size = min(runs - first, max(1, _AT_ONCE // length))
        index = _stationary(draw, size, length, block or length ** (1 / 3))
        offsets = np.arange(size)[:, None] * length
        weights = np.bincount((index + offsets).ravel(), minlength=size * length).reshape(size, length) / length
        above += int(((weights @ centred).max(axis=1) >= mean.max() - 1e-15).sum())
    return (1 + above) / (1 + runs)


def probabilistic_sharpe(returns: Floats, against: float = 0.0) -> float:
    """Give the confidence that the true Sharpe ratio of a period is above `against`.

    Bailey and López de Prado 2012, The Sharpe Ratio Efficient Frontier, eq. 11: skewness and kurtosis count. NaN where
    the returns do not differ or are fewer than three.
    """
    length = len(returns)
    spread = float(np.std(returns, ddof=1)) if length > 2 else 0.0
    if spread <= 1e-15:
        return NAN
    ratio = float(returns.mean()) / spread
    normed = (returns - returns.mean()) / float(np.std(returns))
    skew, kurtosis = float(np.mean(normed**3)), float(np.mean(normed**4))
    variance = 1.0 - skew * ratio + (kurtosis - 1.0) / 4.0 * ratio * ratio
    return _NORMAL.cdf((ratio - against) * math.sqrt(length - 1) / math.sqrt(variance)) if variance > 0 else NAN


def expected_best(sharpes: Floats) -> float:
    """Give the Sharpe ratio that the best of so many tries without an edge would show (Bailey, López de Prado 2014)."""
    count = len(sharpes)
    if count < 2:
        return 0.0
    first = _NORMAL.inv_cdf(1.0 - 1.0 / count)
    second = _NORMAL.inv_cdf(1.0 - 1.0 / (count * math.e))
    return float(np.std(sharpes, ddof=1)) * ((1.0 - _EULER) * first + _EULER * second)


def deflated_sharpe(returns: Floats, sharpes: Floats) -> float:
    """Give the confidence that a chosen try has an edge, after so many tries.

    Bailey and López de Prado 2014, The Deflated Sharpe Ratio, eq. 2: the probabilistic Sharpe ratio against that of the
    luckiest of as many tries. returns: shape (n,), of the chosen one; sharpes: shape (k,), those of all tries for one
    period (not a year).
    """
    return probabilistic_sharpe(returns, expected_best(sharpes[~np.isnan(sharpes)]))


def overfit_probability(returns: Floats, parts: int = 10) -> float:
    """Give how often the best try of one half of the time is below the median in the other half.

    Bailey, Borwein, López de Prado and Zhu 2015, The Probability of Backtest Overfitting: combinatorially symmetric
    cross-validation over `parts` (even) stretches, judged by the Sharpe ratio. returns: shape (n, k). NaN for fewer
    than two tries or fewer than two periods a part. Of tries without an edge it is about 0.5.
    """
    length, tries = returns.shape
    if tries < 2 or length < 2 * parts:
        return NAN
    cut = returns[: length - length % parts].reshape(parts, -1, tries)
    sums, squares, size = cut.sum(axis=1), (cut * cut).sum(axis=1), cut.shape[1] * (parts // 2)
    below = halves = 0
    for half in itertools.combinations(range(parts), parts // 2):
        inside = np.isin(np.arange(parts), half)
        chosen = int(_sharpes(sums[inside].sum(axis=0), squares[inside].sum(axis=0), size).argmax())
        outside = _sharpes(sums[~inside].sum(axis=0), squares[~inside].sum(axis=0), size)
        # The rank among k, the middle of equals, as a part of k + 1.
        rank = 0.5 + float((outside < outside[chosen]).sum()) + 0.5 * float((outside == outside[chosen]).sum())
        below += rank / (tries + 1) <= 0.5
        halves += 1
    return below / halves


def _sharpes(sums: Floats, squares: Floats, size: int) -> Floats:
    mean = sums / size
    spread = np.sqrt(np.maximum(squares / size - mean * mean, 0.0))
    return np.asarray(np.where(spread > 1e-15, mean / np.maximum(spread, 1e-15), 0.0))


def _stationary(draw: np.random.Generator, runs: int, length: int, block: float) -> Longs:
    """Draw indices of the stationary bootstrap, shape (runs, length): blocks begin anywhere and wrap around."""
    begins = draw.random((runs, length)) < 1.0 / max(block, 1.0)
    begins[:, 0] = True
    starts = draw.integers(0, length, (runs, length))
    place = np.arange(length)
    since = np.maximum.accumulate(np.where(begins, place, 0), axis=1)
    return np.asarray((np.take_along_axis(starts, since, axis=1) + place - since) % length)


def _deepest(equity: Floats, capital: float) -> Floats:
    peak = np.maximum(np.maximum.accumulate(equity, axis=1), capital)
    return np.asarray((1.0 - equity / peak).max(axis=1))
