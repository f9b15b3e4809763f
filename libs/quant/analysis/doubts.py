"""What a reader of a backtest should know before believing it, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from libs.quant.analysis.chance import deflated_sharpe, overfit_probability, reality_check
from libs.quant.analysis.foresight import Foresight
from libs.quant.analysis.sweeps import Sweep
from libs.quant.analysis.walks import WalkForward
from libs.quant.bars import Floats
from libs.quant.metrics import ClosedTrade, Figure

FEWEST_TRADES = 30
LARGEST_SHARE = 0.5
LARGEST_STEP = 0.25
CONFIDENCE = 0.95
OVERFIT = 0.25
"""From this probability on a sweep is called over-fitted; tries without an edge show about 0.5."""
EFFICIENCY = 0.5


@dataclass(frozen=True, slots=True)
class Doubt:
    """A warning. `code` names it for programs."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Overfit:
    """What a sweep says of its best combination.

    `deflated`: confidence that it has an edge after so many tries; `probability`: of over-fitting; `p_value`: chance
    of such a best among tries without an edge. None where the returns do not suffice.
    """

    tries: int
    deflated: float | None
    probability: float | None
    p_value: float | None
    doubts: tuple[Doubt, ...]


def of_run(
    equity: Floats, trades: Sequence[ClosedTrade], figures: Mapping[str, Figure], foresight: Foresight | None = None
) -> list[Doubt]:
    """Warn of one run. equity: shape (n,), as in `summary`, which made the figures."""
    found: list[Doubt] = []
    if foresight is not None and not foresight.honest:
        first = foresight.differences[0]
        found.append(
            Doubt(
                str(first.fault),
                f"The decision {first.decision.what} for {first.decision.symbol} changes with bars that came later "
                f"({len(foresight.differences)} found in {foresight.cuts} checks): the figures cannot be believed.",
            )
        )
    if len(trades) < FEWEST_TRADES:
        found.append(
            Doubt("few_trades", f"{len(trades)} trades are few: below {FEWEST_TRADES} the averages are mostly chance.")
        )
    gains = sorted((trade.pnl for trade in trades if trade.pnl > 0), reverse=True)
    if len(gains) > 1 and gains[0] > LARGEST_SHARE * sum(gains):
        part = gains[0] / sum(gains)
        found.append(Doubt("one_trade", f"One trade made {part:.0%} of all profits: without it there is little left."))
    whole = equity[equity > 0]
    steps = np.abs(np.diff(equity)) / np.maximum(equity[:-1], 1e-9) if len(whole) == len(equity) > 1 else np.empty(0)
    if len(steps) and steps.max() > LARGEST_STEP:
        where = int(steps.argmax()) + 1
        found.append(
            Doubt(
                "large_step",
                f"The account moved by {steps.max():.0%} in one bar ({where + 1} of {len(equity)}): look for an "
                "unadjusted split or a bad price.",
            )
        )
    costs, profit = figures["costs"].value, figures["profit"].value
    if trades and costs == 0:
        found.append(Doubt("no_costs", "No costs were charged: a real account would have paid them."))
    if costs and profit is not None and profit > 0 and costs > profit:
        found.append(Doubt("costs", f"Costs of {costs:,.2f} are more than what was left of the profit, {profit:,.2f}."))
    return found


def of_sweep(table: Sweep, metric: str, returns: Floats, *, seed: int = 0) -> Overfit:
    """Warn of a sweep whose best combination owes its score to the search.

    returns: shape (n, k), the returns of every combination over the same periods, in the table's order (zeros for a
    combination that made no sense).
    """
    best = table.best(metric)
    tries = int((~np.isnan(table.scores[metric])).sum())
    if best is None or tries < 2 or len(returns) < 3:
        return Overfit(tries, None, None, None, ())
    spread = np.std(returns, axis=0, ddof=1)
    sharpes = np.where(spread > 1e-15, returns.mean(axis=0) / np.maximum(spread, 1e-15), np.nan)
    deflated = _known(deflated_sharpe(returns[:, best.index], sharpes))
    probability = _known(overfit_probability(returns))
    p_value = _known(reality_check(returns, runs=500, seed=seed))
    found: list[Doubt] = []
    if deflated is not None and deflated < CONFIDENCE:
        found.append(
            Doubt(
                "deflated_sharpe",
                f"After {tries} tries the confidence that the best one has an edge is {deflated:.0%}, below "
                f"{CONFIDENCE:.0%}: the luckiest of as many tries without one would look alike.",
            )
        )
    if probability is not None and probability > OVERFIT:
        found.append(
            Doubt(
                "overfit",
                f"What is best in one half of the time falls below the median of the other half in {probability:.0%} "
                "of the splits: the sweep fits noise.",
            )
        )
    around = table.around(metric, best.index)
    if around == around and best.value > 0 and around < 0.5 * best.value:
        found.append(
            Doubt(
                "lonely_best",
                f"The best combination scores {best.value:.3g}, its neighbours {around:.3g}: a small change of the "
                "parameters takes most of it away.",
            )
        )
    return Overfit(tries, deflated, probability, p_value, tuple(found))


def of_walk(walk: WalkForward) -> list[Doubt]:
    """Warn where what was chosen did not hold on the bars that followed."""
    if walk.efficiency is None:
        return [Doubt("no_edge", "No stretch had a positive score to choose by.")] if walk.steps else []
    if walk.efficiency >= EFFICIENCY:
        return []
    return [
        Doubt(
            "walk_forward",
            f"Out of sample the choices kept {walk.efficiency:.0%} of their score, below {EFFICIENCY:.0%}: they do not "
            "carry over to bars that they were not chosen on.",
        )
    ]


def _known(value: float) -> float | None:
    return value if value == value else None
