"""What a signal means for one person: how much to take, and what the plan and the capital say of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from enum import StrEnum

from libs.quant.strategy import Size, SizeKind


class Verdict(StrEnum):
    """What stands in the way of a signal, for one person. Of several the first counts."""

    OK = "ok"
    OVER_PLAN = "over_plan"
    """The plan's signals of the day are used up: the signal is kept, its prices are shown with a higher plan."""
    LATE = "late"
    """It was made when it could no longer be entered, since bars came late."""
    OVER_POSITIONS = "over_positions"
    """The strategy holds as many positions as it allows itself."""
    NO_CAPITAL = "no_capital"
    """Nobody said how much capital there is."""
    TOO_SMALL = "too_small"
    """The capital does not buy one unit."""


class CapitalOf(StrEnum):
    """Whose word the capital is."""

    ACCOUNT = "account"
    STATED = "stated"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Risk:
    """What a person has to trade with. `open_positions`: of this strategy."""

    capital: Decimal | None
    capital_of: CapitalOf
    open_positions: int


@dataclass(frozen=True, slots=True)
class Sized:
    """How much to take. `invested` and `at_risk` in the instrument's currency; `at_risk` is None without a stop."""

    units: int | None
    invested: Decimal | None
    at_risk: Decimal | None


def sized(size: Size, capital: Decimal | None, entry: Decimal, stop: Decimal | None) -> Sized:
    """Turn a strategy's size into whole units at a price, never for more than the capital."""
    if capital is None and size.kind is not SizeKind.UNITS:
        return Sized(None, None, None)
    amount, per_unit = size.amount, None if stop is None else abs(entry - stop)
    match size.kind:
        case SizeKind.UNITS:
            wanted = amount
        case SizeKind.CASH:
            wanted = amount / entry
        case SizeKind.PERCENT:
            wanted = (capital or Decimal(0)) * amount / 100 / entry
        case SizeKind.RISK:
            wanted = (capital or Decimal(0)) * amount / 100 / per_unit if per_unit else Decimal(0)
    if capital is not None:
        wanted = min(wanted, capital / entry)
    units = int(wanted.to_integral_value(rounding=ROUND_FLOOR))
    return Sized(units, units * entry, None if per_unit is None else units * per_unit)


def judge(*, told_today: int, per_day: int | None, late: bool, risk: Risk, most: int, found: Sized) -> Verdict:
    """Say what stands in the way. per_day: the plan's signals a day, None for no limit. most: positions at once."""
    if per_day is not None and told_today >= per_day:
        return Verdict.OVER_PLAN
    if late:
        return Verdict.LATE
    if risk.open_positions >= most:
        return Verdict.OVER_POSITIONS
    if found.units is None:
        return Verdict.NO_CAPITAL
    return Verdict.OK if found.units > 0 else Verdict.TOO_SMALL


def tells(verdict: Verdict) -> bool:
    """Say whether a person is told: what a plan does not hold or what is too late is only kept."""
    return verdict not in (Verdict.OVER_PLAN, Verdict.LATE)


def day_of(now: datetime) -> tuple[datetime, datetime]:
    """Give the day that a plan's signals are counted in: UTC, from its begin up to its end."""
    begins = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return begins, begins + timedelta(days=1)
