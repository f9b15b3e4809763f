"""Where stops and targets lie: plain arithmetic that the follower and the backtest's compiled loop share."""

from __future__ import annotations

import math

from libs.quant.bars import SAME

NONE, STOP, TARGET, TRAILING = 0, 1, 2, 3


def level(price: float, away: float, part: float, times: float, atr: float, tick: float) -> float:
    """Return the price that lies `part` of `price` plus `times` average true ranges from it; NaN where both are 0.

    `away` is 1 for above, -1 for below. A level is rounded to the nearest `tick`, if there is one.
    """
    if part == 0.0 and times == 0.0:
        return math.nan
    width = part * price
    if times != 0.0:
        width += times * atr
    found = price + away * width
    return math.floor(found / tick + 0.5) * tick if tick > 0.0 else found


def touched(
    side: float, opened: float, high: float, low: float, stop: float, target: float, trail: float, at_open: bool
) -> tuple[int, float]:
    """Tell which level a bar meets and at what price: (NONE | STOP | TARGET | TRAILING, price).

    `side` is 1 for a long position, -1 for a short one; a level that is NaN is never met. With `at_open` the position
    was held when the bar began. Then a bar that opens beyond a level meets it at the open, a stop at a worse price and
    a target at a better one. Inside the bar the order of prices is not known, so a stop is met before a target.
    A level counts as met within `SAME` of it, so that rounding does not decide.
    """
    closer, name = stop, STOP
    if trail == trail and not (side * (stop - trail) >= 0.0):  # also where there is no stop
        closer, name = trail, TRAILING
    near = SAME * abs(closer)
    far = SAME * abs(target)
    if at_open:
        if side * (opened - closer) <= near:
            return name, opened
        if side * (target - opened) <= far:
            return TARGET, opened
    worst, best = (low, high) if side > 0.0 else (high, low)
    if side * (worst - closer) <= near:
        return name, closer
    if side * (target - best) <= far:
        return TARGET, target
    return NONE, math.nan
