"""How far a backtest may be believed: sweeps, walk-forward, chance, over-fitting, looking ahead (docs/metrics.md)."""

from libs.quant.analysis.chance import (
    LEVELS,
    MonteCarlo,
    bootstrap_p,
    deflated_sharpe,
    expected_best,
    monte_carlo,
    overfit_probability,
    probabilistic_sharpe,
    reality_check,
)
from libs.quant.analysis.doubts import Doubt, Overfit, of_run, of_sweep, of_walk
from libs.quant.analysis.foresight import Difference, Fault, Foresight, Seen, beginnings, look_ahead
from libs.quant.analysis.sweeps import Axis, HeatMap, Point, Sweep, SweepError, combinations, sweep
from libs.quant.analysis.walks import Step, WalkForward, Window, walk_forward, windows

__all__ = [
    "LEVELS", "Axis", "Difference", "Doubt", "Fault", "Foresight", "HeatMap", "MonteCarlo", "Overfit", "Point", "Seen",
    "Step", "Sweep", "SweepError", "WalkForward", "Window", "beginnings", "bootstrap_p", "combinations",
    "deflated_sharpe", "expected_best", "look_ahead", "monte_carlo", "of_run", "of_sweep", "of_walk",
    "overfit_probability", "probabilistic_sharpe", "reality_check", "sweep", "walk_forward", "windows",
]  # fmt: skip
