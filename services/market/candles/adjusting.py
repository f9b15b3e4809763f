"""By what a price of the past is multiplied so that it compares with today's. Pure.

A split multiplies what was before it by old shares / new shares; a dividend by (close - amount) / close with the close
before its ex-day, as who held the share then got the amount besides. Both as traded and as paid at their time.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from services.market.splits.rules import Split


@dataclass(frozen=True, slots=True)
class Paid:
    """A dividend: without it from `effective_at` on. `close` is the price before, as it was traded."""

    effective_at: datetime
    amount: Decimal
    close: Decimal

    @property
    def factor(self) -> Fraction:
        """What prices before are multiplied by; 1 where the dividend is no part of the price, so that it is no dividend
        of this share."""
        if not 0 < self.amount < self.close:
            return Fraction(1)
        return Fraction(self.close - self.amount) / Fraction(self.close)


class Adjustment:
    """What splits and dividends do to prices and volumes, looked up by instant."""

    def __init__(self, splits: Iterable[Split] = (), dividends: Iterable[Paid] = ()) -> None:
        parted = [(split.effective_at, Fraction(split.old_shares, split.new_shares)) for split in splits]
        self._prices = _Steps([*parted, *((paid.effective_at, paid.factor) for paid in dividends)])
        self._volumes = _Steps(parted)

    def of_prices(self, at: datetime) -> Fraction:
        """Give by what a price of that time is multiplied."""
        return self._prices.before(at)

    def of_volumes(self, at: datetime) -> Fraction:
        """Give by what a volume of that time is divided: splits alone change how many shares there are."""
        return self._volumes.before(at)


class _Steps:
    """The product of all factors that take effect after an instant."""

    def __init__(self, factors: Iterable[tuple[datetime, Fraction]]) -> None:
        ordered = sorted(factors, key=lambda one: one[0])
        self._instants = [at for at, _ in ordered]
        self._products = [Fraction(1)]
        for _, factor in reversed(ordered):
            self._products.append(self._products[-1] * factor)
        self._products.reverse()

    def before(self, at: datetime) -> Fraction:
        return self._products[bisect_right(self._instants, at)]


AS_TRADED = Adjustment()
"""Changes nothing."""
