"""The path of a price inside a recorded bar: made up between four true values, and said to be so.

A bar tells open, high, low and close, not the way between them. The path here passes through all four: a rising bar
goes open, low, high, close, a falling one open, high, low, close (the usual reading of a bar without its trades).
Between them it wanders like a Brownian bridge and never leaves [low, high]. The same bar gives the same path at every
run: a replay can be stopped anywhere and taken up again.
"""

from __future__ import annotations

from hashlib import blake2b

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]

POINTS_PER_MINUTE = 4
"""Points of a path per recorded minute: the fewest that can show open, high, low and close of a one-minute bar."""

_ROUGHNESS = 0.18  # standard deviation of the wandering, as a part of the bar's range
_PENNY_E4 = 10_000  # below a price of 1.00 a tick of a cent would be too coarse


def seed_of(instrument: str, bar_start_ms: int) -> int:
    """Make the seed of a bar's path: stable over runs and machines."""
    return int.from_bytes(blake2b(f"{instrument}|{bar_start_ms}".encode(), digest_size=8).digest(), "big")


def path(open_e4: int, high_e4: int, low_e4: int, close_e4: int, *, points: int, tick_e4: int, seed: int) -> IntArray:
    """Walk through a bar.

    points: the length of the walk, at least 4. tick_e4: the step to which prices between the four are rounded.
    Returns shape (points,), starting at open, ending at close, touching high and low, never outside them.
    """
    if points < 4:
        raise ValueError("A path needs 4 points to show open, high, low and close.")
    rising = close_e4 >= open_e4
    first, second = (low_e4, high_e4) if rising else (high_e4, low_e4)
    # PCG64 by name: its stream is fixed, while `default_rng` may name another generator one day.
    random = np.random.Generator(np.random.PCG64(seed))
    at_first, at_second = _turning_points(points, random)
    corners = np.array([0, at_first, at_second, points - 1])
    values = np.array([open_e4, first, second, close_e4], dtype=np.float64)
    steps = np.arange(points)
    line = np.interp(steps, corners, values)
    walk = np.cumsum(random.standard_normal(points)) * (_ROUGHNESS * (high_e4 - low_e4) / np.sqrt(points))
    wander = walk - np.interp(steps, corners, walk[corners])  # zero at the corners: a bridge over each leg
    tick = tick_e4 if low_e4 >= _PENNY_E4 else 1
    prices = np.rint((line + wander) / tick) * tick
    result: IntArray = np.clip(prices, low_e4, high_e4).astype(np.int64)
    result[corners] = values.astype(np.int64)  # exact, whatever the tick is
    return result


def _turning_points(points: int, random: np.random.Generator) -> tuple[int, int]:
    """Choose where the two extremes lie: in order, and away from open and close."""
    if points == 4:
        return 1, 2
    third = points // 3
    first = 1 + int(random.integers(0, max(1, third)))
    second = first + 1 + int(random.integers(0, max(1, points - 2 - first)))
    return first, min(second, points - 2)
