"""Money and prices: Decimal always, a currency beside it, rounded once and by name."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from typing import Self

E4 = 10_000
"""Hot loops hold prices as integers of 1/10,000; such names end in `_e4`."""

MAX_PRICE = Decimal("99999999999999.9999")
"""What numeric(18,4) holds."""

_SIGNS = {"USD": "$", "INR": "₹", "EUR": "€", "GBP": "£"}


class CurrencyMismatch(ValueError):
    """Two amounts of different currencies met."""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount of one currency. Adding another currency raises CurrencyMismatch."""

    amount: Decimal
    currency: str

    def __add__(self, other: Self) -> Money:
        self._must_match(other)
        return Money(self.amount + other.amount, self.currency)

    def __sub__(self, other: Self) -> Money:
        self._must_match(other)
        return Money(self.amount - other.amount, self.currency)

    def __mul__(self, factor: int | Decimal) -> Money:
        return Money(self.amount * factor, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def _must_match(self, other: Money) -> None:
        if self.currency != other.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency} do not add up without a rate.")


def to_e4(price: Decimal) -> int:
    """Turn a price into an integer of 1/10,000. Raises ValueError when it has more than 4 decimals."""
    scaled = price * E4
    number = int(scaled)
    if number != scaled:
        raise ValueError("A price has at most 4 decimals.")
    return number


def from_e4(price_e4: int) -> Decimal:
    """Turn an integer of 1/10,000 into a Decimal with no needless zeros below two places."""
    return plain(Decimal(price_e4).scaleb(-4))


def plain(price: Decimal) -> Decimal:
    """Give a price two decimals, or up to four where it has them: 230 -> 230.00, 0.0525 -> 0.0525."""
    cents = price.quantize(Decimal("0.01"), rounding=ROUND_HALF_EVEN)
    if cents == price:
        return cents
    return price.quantize(Decimal("0.0001"), rounding=ROUND_HALF_EVEN).normalize()


def to_tick(price: Decimal, tick: Decimal) -> Decimal:
    """Round a price to the nearest tick, halves away from zero."""
    return (price / tick).quantize(Decimal(1), rounding=ROUND_HALF_UP) * tick


def to_paise(amount: Decimal) -> int:
    """Round an amount to whole hundredths, halves away from zero: what payment providers take."""
    return int((amount * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def shown(price: Decimal, currency: str) -> str:
    """Write a price for a person: `$232.50`, `₹1,23,456.00`. Indian grouping for INR, Western for the rest."""
    text = f"{plain(price.copy_abs()):f}"
    whole, _, decimals = text.partition(".")
    sign = "-" if price < 0 else ""
    return f"{sign}{_SIGNS.get(currency, currency + ' ')}{_grouped(whole, lakh=currency == 'INR')}.{decimals}"


def _grouped(digits: str, *, lakh: bool) -> str:
    if len(digits) <= 3:
        return digits
    head, tail = digits[:-3], digits[-3:]
    step = 2 if lakh else 3
    parts = [tail]
    while head:
        parts.append(head[-step:])
        head = head[:-step]
    return ",".join(reversed(parts))
