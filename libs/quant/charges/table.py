"""Charges as columns of numbers, for loops over many fills.

A fill of `units` at `price` costs, with the turnover T = units x price and the seven terms of its day and side:

    LINEAR T + TAX min(RATE T, CAP) + FIXED + min(PER_UNIT units, UNIT_CAP)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from libs.quant.bars import DAY_MS, Floats
from libs.quant.charges.bill import Rates, first_days, rates_on
from libs.quant.charges.rates import Side

Days = npt.NDArray[np.datetime64]

BUY, SELL = 0, 1
LINEAR, RATE, CAP, TAX, FIXED, PER_UNIT, UNIT_CAP = range(7)
TERMS = 7


@dataclass(frozen=True, slots=True, eq=False)
class CostTable:
    """`terms`: float64 of the shape (k, 2, 7): price lists, sides (`BUY`, `SELL`), terms as named in this module.

    `row`: int32 per bar, which price list holds there. `estimated`: of some bar a rate is not known for certain.
    """

    terms: Floats
    row: npt.NDArray[np.int32]
    estimated: bool = False

    @classmethod
    def flat(cls, rate: float, bars: int) -> CostTable:
        """Make a table that takes one fraction of the turnover on both sides, over so many bars."""
        terms = np.zeros((1, 2, TERMS))
        terms[:, :, LINEAR] = rate
        return cls(terms, np.zeros(bars, np.int32))


def cost_table(segment: str, exchange: str, broker: str, days: Sequence[date] | Days) -> CostTable:
    """Make the table of one segment, exchange and broker.

    days: the trading day of each bar in the exchange's place, in any order. Raises UnknownCharges as `charges` does.
    """
    column = np.asarray(days, "datetime64[D]")
    if not len(column):
        return CostTable(np.zeros((1, 2, TERMS)), np.zeros(0, np.int32))
    first, last = column.min().item(), column.max().item()
    changes = [day for day in first_days(segment, exchange) if first < day <= last]
    lists = [rates_on(segment, exchange, broker, day) for day in (first, *changes)]
    terms = np.array([[_terms(rates, side) for side in (Side.BUY, Side.SELL)] for rates in lists], dtype=np.float64)
    row = np.searchsorted(np.array(changes, "datetime64[D]"), column, side="right").astype(np.int32)
    return CostTable(terms, row, any(rates.estimated for rates in lists))


def trading_days(at_ms: npt.NDArray[np.int64], offset_minutes: int) -> Days:
    """Give the calendar day of each instant (milliseconds since 1970, UTC) where clocks are so far ahead of UTC.

    One offset serves because no exchange here trades around its own midnight.
    """
    return ((at_ms + offset_minutes * 60_000) // DAY_MS).astype("datetime64[D]")


def fill_cost(terms: Floats, units: float, price: float) -> float:
    """Give the cost of one fill. `terms`: the seven of its day and side. Plain arithmetic, fit for numba."""
    turnover = units * price
    brokerage = min(terms[1] * turnover, terms[2])
    return float(terms[0] * turnover + terms[3] * brokerage + terms[4] + min(terms[5] * units, terms[6]))


def fill_costs(terms: Floats, units: Floats, prices: Floats) -> Floats:
    """Give the costs of n fills. `terms`: shape (n, 7)."""
    turnover = units * prices
    brokerage = np.minimum(terms[:, RATE] * turnover, terms[:, CAP])
    per_unit = np.minimum(terms[:, PER_UNIT] * units, terms[:, UNIT_CAP])
    return np.asarray(terms[:, LINEAR] * turnover + terms[:, TAX] * brokerage + terms[:, FIXED] + per_unit)


def _terms(rates: Rates, side: Side) -> list[float]:
    taxed = (rates.exchange_fee + rates.regulator_fee.of(side)) * (1 + rates.service_tax)
    sold = side is Side.SELL
    return [
        float(rates.transaction_tax.of(side) + rates.stamp_duty.of(side) + taxed),
        float(rates.brokerage.rate),
        float(rates.brokerage.most),
        float(1 + rates.service_tax),
        float(rates.brokerage.flat * (1 + rates.service_tax) + (rates.brokerage.per_sale if sold else 0)),
        float(rates.activity_fee.amount) if sold else 0.0,
        float(rates.activity_fee.most) if sold else 0.0,
    ]
