"""Plans: which version counts, and what comes above it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from libs.common.money import Money
from services.billing.plans.rules import PlanCode, UnknownPlan, billing_day
from services.billing.tests.factories import BOOK, NEW_PRICES


def test_a_new_version_counts_from_its_day_on_and_the_old_one_stays_readable() -> None:
    assert BOOK.in_force(PlanCode.BASIC, date(2026, 7, 31)).version == 1
    assert BOOK.in_force(PlanCode.BASIC, NEW_PRICES).version == 2
    assert BOOK.version(PlanCode.BASIC, 1).price_monthly == Money(Decimal(999), "INR")


def test_the_free_allowance_is_not_sold() -> None:
    assert [(plan.code, plan.version) for plan in BOOK.sold(NEW_PRICES)] == [("BASIC", 2), ("PRO", 1), ("ELITE", 1)]


def test_the_upgrade_is_the_next_dearer_plan() -> None:
    ladder = [BOOK.upgrade_from(code, NEW_PRICES) for code in PlanCode]
    assert ladder == ["BASIC", "PRO", "ELITE", None]


def test_a_plan_that_is_not_in_force_yet_is_unknown() -> None:
    with pytest.raises(UnknownPlan):
        BOOK.in_force(PlanCode.PRO, date(2025, 12, 31))
    with pytest.raises(UnknownPlan):
        BOOK.version(PlanCode.PRO, 7)


def test_the_billing_day_begins_at_midnight_in_india() -> None:
    assert billing_day(datetime(2026, 7, 31, 18, 29, tzinfo=UTC)) == date(2026, 7, 31)
    assert billing_day(datetime(2026, 7, 31, 18, 30, tzinfo=UTC)) == date(2026, 8, 1)
