"""What a split does to the prices before it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

_PLACES = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Split:
    """`old_shares` became `new_shares` before the market opened at `effective_at` (5 for 1: old 1, new 5)."""

    effective_at: datetime
    old_shares: int
    new_shares: int


def adjust_price(price: Decimal, factor: Fraction) -> Decimal:
    """Multiply a price, rounded once to four decimals."""
    if factor == 1:
        return price
    exact = price * factor.numerator / factor.denominator
    return exact.quantize(_PLACES, rounding=ROUND_HALF_EVEN)


def adjust_volume(volume: int | None, factor: Fraction) -> int | None:
    """Divide a volume by what prices are multiplied by: the same money changed hands."""
    return None if volume is None else round(volume / factor)
