"""The price list, for everybody."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from fastapi import Depends, Response
from pydantic import BaseModel, Field, PlainSerializer

from libs.common.errors import StoreUnavailable
from libs.common.money import plain
from libs.common.web import PUBLIC, Router, of_app, problems
from libs.contracts.base import Price
from libs.contracts.billing import Limits, Tier
from services.billing.plans.rules import Plan
from services.billing.plans.service import Plans, PriceList
from services.billing.subscriptions.rules import TRIAL

router = Router(tags=["billing"])

Percent = Annotated[Decimal, PlainSerializer(lambda percent: f"{percent.normalize():f}", return_type=str)]
"""A rate in percent, as a string without needless zeros: `18`, `2.5`."""

_CACHE = "public, max-age=60"


class AllowanceOut(BaseModel):
    """What a plan gives. A limit of null means no limit, 0 means none."""

    limits: Limits
    portfolio: tuple[str, ...] = Field(examples=[("value", "pnl")])
    support_answer_hours: int | None = Field(description="An answer within this time; null: none is promised.")


class PlanOut(AllowanceOut):
    """One plan. Prices exclude GST."""

    code: Tier
    version: int
    name: str = Field(examples=["Basic"])
    price_monthly: Price = Field(examples=["999.00"])
    currency: str = Field(examples=["INR"])
    gst_percent: Percent = Field(examples=["18"])

    @classmethod
    def of(cls, plan: Plan, gst_percent: Decimal) -> PlanOut:
        return cls(
            **_allowance(plan),
            code=Tier(plan.code),
            version=plan.version,
            name=plan.name,
            price_monthly=plain(plan.price_monthly.amount),
            currency=plan.price_monthly.currency,
            gst_percent=gst_percent,
        )


class PriceListOut(BaseModel):
    """The plans, cheapest first. A new account starts with the trial; after it the free allowance counts."""

    items: list[PlanOut]
    next_cursor: str | None
    trial_plan: Tier
    trial_days: int = Field(examples=[14])
    free_allowance: AllowanceOut

    @classmethod
    def of(cls, prices: PriceList) -> PriceListOut:
        return cls(
            items=[PlanOut.of(plan, prices.gst_percent) for plan in prices.plans],
            next_cursor=None,
            trial_plan=Tier.BASIC,
            trial_days=TRIAL.days,
            free_allowance=AllowanceOut(**_allowance(prices.free_allowance)),
        )


@router.get("/api/plans/", dependencies=[PUBLIC], summary="List the plans", responses=problems(StoreUnavailable))
async def list_plans(response: Response, plans: Annotated[Plans, Depends(of_app("plans"))]) -> PriceListOut:
    """List the plans with their prices and limits. Prices exclude GST; the rate stands beside them."""
    response.headers["Cache-Control"] = _CACHE
    return PriceListOut.of(await plans.price_list())


def _allowance(plan: Plan) -> dict[str, object]:
    return {
        "limits": plan.limits,
        "portfolio": plan.portfolio,
        "support_answer_hours": plan.support_answer_hours,
    }
