"""What is for sale today."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from libs.common.db import Database
from services.billing.plans import tables
from services.billing.plans.rules import Plan, PlanCode, billing_day
from services.billing.taxes import service as taxes


@dataclass(frozen=True, slots=True)
class PriceList:
    """The plans, cheapest first, the tax that comes on top, and what everybody has without paying."""

    plans: list[Plan]
    free_allowance: Plan
    gst_percent: Decimal


class Plans:
    """The use cases. One object per process."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def price_list(self) -> PriceList:
        """Give what somebody who subscribes now would get."""
        today = billing_day(self._db.clock.now())
        async with self._db.read() as session:
            plans = await tables.load_plans(session)
            return PriceList(
                plans=plans.sold(today),
                free_allowance=plans.in_force(PlanCode.UNPAID, today),
                gst_percent=await taxes.gst_percent(session, today),
            )
