"""The plans' table. Rows are written by migrations and never changed once in force."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, select
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Text

from libs.common.money import Money
from libs.contracts.billing import Limits
from services.billing.plans.rules import Plan, PlanBook, PlanCode
from services.billing.schema import Base


class PlanRow(Base):
    """One version of a plan. `limits` has the members of `libs.contracts.billing.Limits`."""

    __tablename__ = "plans"
    __table_args__ = (
        CheckConstraint("price_monthly >= 0", name="price_not_negative"),
        CheckConstraint("version > 0", name="version_positive"),
    )

    code: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    price_monthly: Mapped[Decimal]
    currency: Mapped[str]
    limits: Mapped[dict[str, Any]] = mapped_column(JSONB)
    portfolio: Mapped[list[str]] = mapped_column(ARRAY(Text))
    support_answer_hours: Mapped[int | None]
    valid_from: Mapped[date]


async def load_plans(session: AsyncSession) -> PlanBook:
    """Load every version of every plan: a few dozen rows at most."""
    rows = await session.scalars(select(PlanRow))
    return PlanBook(_plan(row) for row in rows)


def _plan(row: PlanRow) -> Plan:
    return Plan(
        code=PlanCode(row.code),
        version=row.version,
        name=row.name,
        price_monthly=Money(row.price_monthly, row.currency),
        limits=Limits.model_validate(row.limits),
        portfolio=tuple(row.portfolio),
        support_answer_hours=row.support_answer_hours,
        valid_from=row.valid_from,
    )
