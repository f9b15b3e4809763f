"""The reports of a sweep and of a walk-forward: the strategy with many values of its numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np

from libs.quant.analysis import Axis as ScaledAxis
from libs.quant.analysis import Sweep, walk_forward, windows
from libs.quant.analysis import of_sweep as overfit_of
from libs.quant.analysis import of_walk as doubts_of_walk
from libs.quant.backtest import Result, Trade
from libs.quant.bars import Floats
from libs.quant.metrics import summary
from libs.quant.strategy import RulesError
from services.signals.backtests import rules
from services.signals.backtests.reports import Progress, curve_of, daily_returns, figures_of, head_of
from services.signals.backtests.rules import Axis
from services.signals.backtests.trial import TRADING_DAYS, Trial, Unfit

SHOWN = ("sharpe", "sortino", "calmar", "cagr", "total_return", "profit_factor", "max_drawdown", "win_rate", "trades")
TOLD_EVERY = 20
TRAIN_PARTS = 2
"""The stretch that is learned from is so many times as long as the one that is tried."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A point of the search, and its run; None where no strategy can have these numbers."""

    point: tuple[Decimal, ...]
    result: Result | None


def of_sweep(trial: Trial, progress: Progress) -> dict[str, Any]:
    """Make the report of a sweep."""
    axes = _axes(trial)
    points, returns = list[dict[str, Any]](), list[Floats]()
    for candidate in _candidates(trial, axes, progress, 0.9):
        figures: dict[str, float | None] = dict.fromkeys(SHOWN)
        result = candidate.result
        if result is not None:
            found = trial.figures(result)
            figures = {name: found[name].value for name in SHOWN}
        daily = np.zeros(0) if result is None else daily_returns(result.at_ms, result.equity, trial.zone_minutes)
        returns.append(daily)
        points.append({"values": _values(axes, candidate.point), "figures": figures})
    progress(0.92, "checking")
    objective = trial.parameters["objective"]
    best = _best(points, objective)
    doubt = overfit_of(_table(axes, points, objective), objective, _side_by_side(returns))
    return {
        **head_of(trial),
        "axes": [{"name": axis.name, "values": [float(value) for value in axis.values]} for axis in axes],
        "objective": objective,
        "points": points,
        "best": best,
        "deflated_sharpe": {
            "value": doubt.deflated,
            "why_not": None if doubt.deflated is not None else "there are too few days or too few different points.",
        },
        "overfit_probability": doubt.probability,
        "p_value": doubt.p_value,
        "warnings": [{"code": one.code, "words": one.message} for one in doubt.doubts],
    }


def of_walk(trial: Trial, progress: Progress) -> dict[str, Any]:
    """Make the report of a walk-forward: each stretch is tried with what was best in the stretch before it.

    All points run once over the whole time; a stretch is judged by its part of the equity, so that a position that
    reaches over a border counts on both sides by its own share.
    """
    axes, objective = _axes(trial), trial.parameters["objective"]
    runs = [one for one in _candidates(trial, axes, progress, 0.6) if one.result is not None]
    if not runs:
        raise Unfit("No strategy can have these numbers.")
    results = [one.result for one in runs if one.result is not None]
    at_ms = results[0].at_ms
    folds = trial.parameters["folds"]
    test = len(at_ms) // (folds + TRAIN_PARTS)
    stretches = windows(len(at_ms), test * TRAIN_PARTS, test, anchored=trial.parameters["anchored"]) if test else []
    if not stretches:
        raise Unfit(f"{len(at_ms)} bars are too few for {folds} stretches.")

    def score(candidate: int, first: int, last: int) -> float:
        return _score(trial, results[candidate], objective, first, last)

    def scores(first: int, last: int) -> Floats:
        return np.array([score(candidate, first, last) for candidate in range(len(results))])

    progress(0.65, "measuring")
    walk = walk_forward(stretches, scores, lambda one, first, last: _finite(score(one, first, last)))
    shown, growth = list[dict[str, Any]](), [np.ones(1)]
    instants = [int(at_ms[walk.steps[0].window.test_from])] if walk.steps else []
    for step in walk.steps:
        first, last = step.window.test_from, step.window.test_to
        # From the close before the stretch on, so that its first bar counts.
        part = results[step.chosen].equity[first - 1 : last]
        growth.append(growth[-1][-1] * part[1:] / part[0])
        instants += at_ms[first:last].tolist()
        shown.append(
            {
                "values": {
                    "from": trial.instants(int(at_ms[first]))[:10],
                    "to": trial.instants(int(at_ms[last - 1]))[:10],
                    **_values(axes, runs[step.chosen].point),
                },
                "figures": {
                    "in_sample_objective": step.in_sample,
                    "out_sample_objective": step.out_of_sample,
                    "out_sample_total_return": _finite(float(part[-1] / part[0] - 1)),
                },
            }
        )
    equity = np.concatenate(growth) * trial.setup.cash
    times = np.array(instants, np.int64)
    figures = summary(equity, (), None, TRADING_DAYS, at_ms=times, zone_minutes=trial.zone_minutes)
    return {
        **head_of(trial),
        "objective": objective,
        "axes": [{"name": axis.name, "values": [float(value) for value in axis.values]} for axis in axes],
        "folds": shown,
        "skipped": walk.skipped,
        "efficiency": walk.efficiency,
        "held": walk.held,
        "figures": [one for one in figures_of(figures) if one["group"] in ("return", "risk")],
        "curve": curve_of(times, equity, None) if walk.steps else None,
        "warnings": [{"code": one.code, "words": one.message} for one in doubts_of_walk(walk)],
    }


def _axes(trial: Trial) -> list[Axis]:
    return [Axis.read(stored) for stored in trial.parameters["axes"]]


def _candidates(trial: Trial, axes: Sequence[Axis], progress: Progress, share: float) -> Iterator[Candidate]:
    points = rules.points(axes)
    for place, point in enumerate(points):
        if place % TOLD_EVERY == 0:
            progress(share * place / len(points), "running")
        try:
            result = trial.run(rules.at_point(trial.document, axes, point))
        except RulesError:
            result = None
        yield Candidate(point, result)


def _values(axes: Sequence[Axis], point: Sequence[Decimal]) -> dict[str, float]:
    return {axis.name: float(value) for axis, value in zip(axes, point, strict=True)}


def _best(points: Sequence[Mapping[str, Any]], objective: str) -> int | None:
    scored = [(point["figures"][objective], -place) for place, point in enumerate(points)]
    known = [one for one in scored if one[0] is not None]
    return -max(known)[1] if known else None


def _table(axes: Sequence[Axis], points: Sequence[Mapping[str, Any]], objective: str) -> Sweep:
    column = [point["figures"][objective] for point in points]
    scores = np.array([math.nan if value is None else value for value in column])
    scaled = tuple(ScaledAxis(axis.name, tuple(float(value) for value in axis.values)) for axis in axes)
    return Sweep(scaled, {objective: scores})


def _side_by_side(returns: Sequence[Floats]) -> Floats:
    """Lay daily returns out as columns; zeros for a point that had no run or broke."""
    length = max((len(column) for column in returns), default=0)
    table = np.zeros((length, len(returns)))
    for place, column in enumerate(returns):
        if len(column) == length:
            table[:, place] = np.where(np.isfinite(column), column, 0.0)
    return table


def _score(trial: Trial, result: Result, objective: str, first: int, last: int) -> float:
    begin = max(0, first - 1)
    equity, times = result.equity[begin:last], result.at_ms[begin:last]
    trades: tuple[Trade, ...] = ()
    if objective == "profit_factor":
        trades = tuple(one for one in result.trades if times[0] < one.exit_ms <= times[-1])
    found = summary(equity, trades, None, TRADING_DAYS, at_ms=times, zone_minutes=trial.zone_minutes)
    value = found[objective].value
    return math.nan if value is None else value


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
