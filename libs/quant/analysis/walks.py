"""Walk-forward: choose parameters on one stretch of time, judge them on the next, and move on.

Pardo 2008, The Evaluation and Optimization of Trading Strategies, ch. 11.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from libs.quant.bars import Floats


@dataclass(frozen=True, slots=True)
class Window:
    """Bars [train_from, train_to) to choose on, bars [test_from, test_to) to judge on."""

    train_from: int
    train_to: int
    test_from: int
    test_to: int


@dataclass(frozen=True, slots=True)
class Step:
    """What one window chose and what came of it. `out_of_sample` is None where the test had no score."""

    window: Window
    chosen: int
    in_sample: float
    out_of_sample: float | None


@dataclass(frozen=True, slots=True)
class WalkForward:
    """All steps, and what they say together.

    `efficiency`: mean score out of sample over mean score in sample, of the steps that have both; None where the latter
    is not above 0. `held`: the share of steps with a score above 0 out of sample. `skipped`: windows in which no
    candidate had a score.
    """

    steps: tuple[Step, ...]
    skipped: int
    efficiency: float | None
    held: float | None


def windows(length: int, train: int, test: int, *, gap: int = 0, anchored: bool = False) -> list[Window]:
    """Cut `length` bars into windows that move on by `test` bars.

    gap: bars between the two stretches that nobody sees, so that a position or an average that reaches over the border
    tells nothing. anchored: every training begins at bar 0 and grows. Raises ValueError for sizes below 1; gives no
    window where the bars do not suffice for one.
    """
    if train < 1 or test < 1 or gap < 0:
        raise ValueError(f"A walk of {train} bars to train, {gap} between and {test} to test cannot be made.")
    starts = range(0, length - train - gap - test + 1, test)
    return [
        Window(0 if anchored else start, start + train, start + train + gap, start + train + gap + test)
        for start in starts
    ]


def walk_forward(
    stretches: Sequence[Window], scores: Callable[[int, int], Floats], score: Callable[[int, int, int], float | None]
) -> WalkForward:
    """Choose in each window the candidate with the highest score, and score that one on the bars that follow.

    scores(first, last): the score of every candidate over bars [first, last), shape (k,), NaN for none.
    score(candidate, first, last): that of one, or None.
    """
    steps, skipped = [], 0
    for window in stretches:
        column = np.asarray(scores(window.train_from, window.train_to), np.float64)
        if np.isnan(column).all():
            skipped += 1
            continue
        chosen = int(np.nanargmax(column))
        told = score(chosen, window.test_from, window.test_to)
        steps.append(Step(window, chosen, float(column[chosen]), None if told is None or told != told else told))
    judged = [(step.in_sample, step.out_of_sample) for step in steps if step.out_of_sample is not None]
    inside = sum(a for a, _ in judged)
    outside = sum(b for _, b in judged)
    return WalkForward(
        tuple(steps),
        skipped,
        outside / inside if inside > 1e-12 else None,
        sum(b > 0 for _, b in judged) / len(judged) if judged else None,
    )
