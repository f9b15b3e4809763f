"""Which version of a plan counts, and what comes above it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from libs.common.money import Money
from libs.contracts.billing import Limits, Tier

_SELLERS_ZONE = ZoneInfo("Asia/Kolkata")


def billing_day(at: datetime) -> date:
    """Tell the day on which something is sold: prices and taxes begin at midnight where the seller is."""
    return at.astimezone(_SELLERS_ZONE).date()


class PlanCode(StrEnum):
    """The plans. UNPAID is not sold: it holds the free allowance of an account whose trial or payment has ended."""

    UNPAID = "UNPAID"
    BASIC = "BASIC"
    PRO = "PRO"
    ELITE = "ELITE"


@dataclass(frozen=True, slots=True)
class Plan:
    """One version of a plan. Never changed once in force: who subscribed to it keeps it until moved by name.

    price_monthly excludes GST (decisions 41). support_answer_hours is None where no answer is promised.
    """

    code: PlanCode
    version: int
    name: str
    price_monthly: Money
    limits: Limits
    portfolio: tuple[str, ...]
    support_answer_hours: int | None
    valid_from: date


class UnknownPlan(LookupError):
    """No version of this plan is in force, or none has this number."""


class PlanBook:
    """All versions of all plans."""

    def __init__(self, plans: Iterable[Plan]) -> None:
        self._plans = sorted(plans, key=lambda plan: (plan.code, plan.version))

    def version(self, code: PlanCode, version: int) -> Plan:
        """Give one version of a plan. Raises UnknownPlan."""
        for plan in self._plans:
            if (plan.code, plan.version) == (code, version):
                return plan
        raise UnknownPlan(f"{code} has no version {version}.")

    def in_force(self, code: PlanCode, day: date) -> Plan:
        """Give the version of a plan that somebody who begins on this day gets. Raises UnknownPlan before the first."""
        begun = [plan for plan in self._plans if plan.code is code and plan.valid_from <= day]
        if not begun:
            raise UnknownPlan(f"{code} has no version in force on {day}.")
        return max(begun, key=lambda plan: (plan.valid_from, plan.version))

    def sold(self, day: date) -> list[Plan]:
        """List what can be bought on this day, cheapest first."""
        codes = {plan.code for plan in self._plans if plan.code is not PlanCode.UNPAID and plan.valid_from <= day}
        return sorted((self.in_force(code, day) for code in codes), key=lambda plan: plan.price_monthly.amount)

    def upgrade_from(self, code: PlanCode, day: date) -> Tier | None:
        """Name the next plan above, None at the top. From UNPAID it is the cheapest that is sold."""
        ladder = [plan.code for plan in self.sold(day)]
        above = ladder if code is PlanCode.UNPAID else ladder[ladder.index(code) + 1 :]
        return Tier(above[0]) if above else None
