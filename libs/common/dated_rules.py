"""Rules that change by date: charges, limits, session times, thresholds are rows with `valid_from`, never constants."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

T = TypeVar("T")


class NoRule(LookupError):
    """No rule was in force on that day."""


@dataclass(frozen=True, slots=True)
class DatedRule(Generic[T]):
    """A value that holds from a day on, that day included, up to but not including `valid_to`; None is without end.

    The day is the trading or calendar day of the place whose rule it is, not the UTC day.
    """

    value: T
    valid_from: date
    valid_to: date | None = None

    def __post_init__(self) -> None:
        if self.valid_to is not None and self.valid_to <= self.valid_from:
            raise ValueError(f"A rule from {self.valid_from} cannot end on {self.valid_to}.")

    def holds_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


class DatedRules(Generic[T]):
    """The history of one rule. A later rule ends the one before it, unless that ended earlier by its own `valid_to`."""

    def __init__(self, rules: Iterable[DatedRule[T]]) -> None:
        """Raises ValueError when two rules begin on one day."""
        self._rules = sorted(rules, key=lambda rule: rule.valid_from)
        self._starts = [rule.valid_from for rule in self._rules]
        if len(set(self._starts)) != len(self._starts):
            raise ValueError("Two rules begin on the same day: which one holds?")

    def find(self, day: date) -> DatedRule[T] | None:
        """Give the rule in force on a day, or None."""
        index = bisect_right(self._starts, day) - 1
        if index < 0 or not self._rules[index].holds_on(day):
            return None
        return self._rules[index]

    def on(self, day: date) -> T:
        """Give the value in force on a day. Raises NoRule."""
        rule = self.find(day)
        if rule is None:
            raise NoRule(f"No rule was in force on {day}.")
        return rule.value

    def changes_between(self, first: date, last: date) -> list[DatedRule[T]]:
        """List the rules that begin after `first` and not after `last`, in order."""
        return self._rules[bisect_right(self._starts, first) : bisect_right(self._starts, last)]


def rule_at(rules: Iterable[DatedRule[T]], day: date) -> T:
    """Give the value in force on a day, of rules in any order. Raises NoRule."""
    return DatedRules(rules).on(day)
