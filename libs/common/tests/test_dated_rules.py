"""Rules by date."""

from __future__ import annotations

from datetime import date

import pytest

from libs.common.dated_rules import DatedRule, NoRule, rule_at

RATES = [
    DatedRule(12, date(2024, 1, 1)),
    DatedRule(18, date(2025, 4, 1)),
    DatedRule(5, date(2025, 10, 1), date(2025, 10, 31)),
]


@pytest.mark.parametrize(
    ("day", "rate"),
    [
        (date(2024, 1, 1), 12),
        (date(2025, 3, 31), 12),
        (date(2025, 4, 1), 18),
        (date(2025, 10, 31), 5),
        (date(2025, 11, 1), 18),
    ],
)
def test_the_rule_that_began_last_counts(day: date, rate: int) -> None:
    assert rule_at(reversed(RATES), day) == rate


def test_before_the_first_rule_there_is_none() -> None:
    with pytest.raises(NoRule, match="2023-12-31"):
        rule_at(RATES, date(2023, 12, 31))


def test_a_rule_cannot_end_before_it_begins() -> None:
    with pytest.raises(ValueError, match="cannot end"):
        DatedRule(1, date(2025, 1, 2), date(2025, 1, 1))
