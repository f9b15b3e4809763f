"""Rules by date."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.dated_rules import DatedRule, DatedRules, NoRule, rule_at

FIRST = date(2020, 1, 1)
DAYS = st.dates(FIRST, FIRST + timedelta(days=400))


@st.composite
def rules(draw: st.DrawFn) -> list[DatedRule[int]]:
    starts = draw(st.lists(DAYS, unique=True, min_size=1, max_size=8))
    ends = [
        draw(st.none() | st.integers(1, 200).map(lambda days, start=start: start + timedelta(days))) for start in starts
    ]
    return [DatedRule(number, start, end) for number, (start, end) in enumerate(zip(starts, ends, strict=True))]


@given(rules(), DAYS)
def test_the_latest_rule_that_has_begun_holds_unless_it_has_ended(history: list[DatedRule[int]], day: date) -> None:
    begun = [rule for rule in history if rule.valid_from <= day]
    latest = max(begun, key=lambda rule: rule.valid_from, default=None)
    expected = latest if latest is not None and (latest.valid_to is None or day < latest.valid_to) else None
    assert DatedRules(history).find(day) == expected


def test_the_first_day_counts_and_the_last_does_not() -> None:
    rule = DatedRule("old", date(2026, 1, 1), date(2026, 8, 3))
    assert rule_at([rule], date(2026, 1, 1)) == "old"
    assert rule_at([rule], date(2026, 8, 2)) == "old"
    with pytest.raises(NoRule):
        rule_at([rule], date(2026, 8, 3))


def test_changes_are_listed_in_order() -> None:
    history = DatedRules([DatedRule(n, date(2026, n, 1)) for n in (3, 1, 2)])
    assert [rule.value for rule in history.changes_between(date(2026, 1, 1), date(2026, 3, 1))] == [2, 3]


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot end"):
        DatedRule(1, date(2026, 1, 1), date(2026, 1, 1))
    with pytest.raises(ValueError, match="same day"):
        DatedRules([DatedRule(1, date(2026, 1, 1)), DatedRule(2, date(2026, 1, 1))])
