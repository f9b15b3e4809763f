"""The smallest valid plans."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from libs.common.money import Money
from libs.contracts.billing import Limits
from services.billing.plans.rules import Plan, PlanBook, PlanCode

NEW_PRICES = date(2026, 8, 1)
"""The day from which BASIC has a second version."""


def make_plan(code: PlanCode, *, version: int = 1, price: int = 0, valid_from: date = date(2026, 1, 1)) -> Plan:
    limits = Limits(
        active_alerts=version,
        signals_per_day=0,
        strategies=0,
        ai_studio_minutes_per_month=0,
        custom_indicators=False,
        live_trading=False,
        api_keys=0,
        api_calls_per_minute=0,
        socket_symbols=10,
        socket_ticks_per_second=1,
        channels=("email",),
    )
    return Plan(code, version, code.title(), Money(Decimal(price), "INR"), limits, ("value",), None, valid_from)


BOOK = PlanBook(
    [
        make_plan(PlanCode.ELITE, price=19_999),
        make_plan(PlanCode.UNPAID),
        make_plan(PlanCode.BASIC, price=999),
        make_plan(PlanCode.BASIC, version=2, price=1_199, valid_from=NEW_PRICES),
        make_plan(PlanCode.PRO, price=4_999),
    ]
)
