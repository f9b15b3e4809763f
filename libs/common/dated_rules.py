"""Rules that change by date: charges, limits, rates, session times. Rows with a first day, never constants.

The type is here; the rows live with their user (billing: GST; market: sessions; broker: charges).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

T = TypeVar("T")


class NoRule(LookupError):
    """No rule is in force on the day that was asked for."""


@dataclass(frozen=True, slots=True)
class DatedRule(Generic[T]):
    """A value in force from `valid_from` on, through `valid_to` (inclusive), or until a later rule begins."""

    value: T
    valid_from: date
    valid_to: date | None = None

    def __post_init__(self) -> None:
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise ValueError(f"A rule cannot end on {self.valid_to}, before it begins on {self.valid_from}.")

    def covers(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


def rule_at(rules: Iterable[DatedRule[T]], day: date) -> T:
    """Give the value in force on a day: of those that cover it, the one that began last. Raises NoRule."""
    in_force = [rule for rule in rules if rule.covers(day)]
    if not in_force:
        raise NoRule(f"No rule is in force on {day}.")
    return max(in_force, key=lambda rule: rule.valid_from).value
