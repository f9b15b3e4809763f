"""The steps of the compiled loops: what a fill costs, how much is bought, and where levels lie."""

from __future__ import annotations

import math

from libs.quant.bars import Floats
from libs.quant.charges import table
from libs.quant.compiled import compiled
from libs.quant.strategy import levels

NO_SLIPPAGE, BPS, TICKS, SHARE = 0, 1, 2, 3
# Why an order is refused.
NO_CASH, TOO_SMALL, NO_VOLUME, TOO_MANY, GONE = 1, 2, 3, 4, 5

level = compiled()(levels.level)
touched = compiled()(levels.touched)
fill_cost = compiled()(table.fill_cost)


@compiled()
def slipped(price: float, buys: bool, kind: int, amount: float, share: float, tick: float) -> float:
    """Return the price of a market order: worse by basis points, by ticks, or by `amount` x (share of volume)^2.

    Rounded to the tick, against the trader.
    """
    if kind == 0:
        return price
    away = 1.0 if buys else -1.0
    if kind == 1:
        price += away * price * amount / 10_000.0
    elif kind == 2:
        price += away * amount * tick
    else:
        price += away * price * amount * share * share
    if tick > 0.0:
        price = (math.ceil(price / tick - 1e-9) if buys else math.floor(price / tick + 1e-9)) * tick
    return max(price, 0.0)


@compiled()
def wanted(kind: int, amount: float, equity: float, price: float, stop: float, scale: float) -> float:
    """Return how many units a size asks for; units are counted in today's shares, `scale` of which were one then."""
    if kind == 0:
        return amount / 100.0 * equity / price
    if kind == 1:
        return amount / price
    if kind == 2:
        return amount * scale
    return amount / 100.0 * equity / max(abs(price - stop), 1e-9 * price)  # a coarse tick may leave no distance


@compiled()
def whole(units: float, step: float) -> float:
    """Round down to whole lots; a step of 0 lets any part of a unit be traded."""
    return math.floor(units / step + 1e-9) * step if step > 0.0 else units


@compiled()
def cost_of(terms: Floats, units: float, price: float, scale: float) -> float:
    """Return what a fill costs; charges by unit count the units that there were then."""
    return fill_cost(terms, units / scale, price * scale)


@compiled()
def affordable(
    units: float, price: float, free: float, terms: Floats, scale: float, step: float, partial: bool
) -> float:
    """Return the units that free cash pays for with their costs: all, with `partial` fewer, or 0.

    Fewer than a billionth of what was wanted are 0: so little cash is what rounding left.
    """
    need = units * price + cost_of(terms, units, price, scale)
    if need <= free * (1.0 + 1e-12):
        return units
    if not partial or free <= 0.0:
        return 0.0
    least = units * 1e-9
    for _ in range(50):  # costs have caps and fixed parts, so the first proportion need not fit
        units = whole(units * (free / need), step)
        need = units * price + cost_of(terms, units, price, scale)
        if need <= free * (1.0 + 1e-12) or units <= 0.0:
            return units if units > least else 0.0
    return whole(units * (1.0 - 1e-9) - step, step)
