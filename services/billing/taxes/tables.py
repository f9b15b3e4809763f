"""The rates of goods and services tax, each from a day on."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy import CheckConstraint, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from libs.common.dated_rules import DatedRule
from libs.common.db import RateType
from services.billing.schema import Base


class GstRateRow(Base):
    """A rate in percent (18 is 18 %), in force from `valid_from` until the next row's."""

    __tablename__ = "gst_rates"
    __table_args__ = (CheckConstraint("percent >= 0 AND percent <= 100", name="percent_in_range"),)

    valid_from: Mapped[date] = mapped_column(primary_key=True)
    percent: Mapped[Decimal] = mapped_column(RateType)
    source: Mapped[str]


async def load_gst_rates(session: AsyncSession) -> list[DatedRule[Decimal]]:
    """Load all rates, oldest first."""
    rows = await session.scalars(select(GstRateRow).order_by(GstRateRow.valid_from))
    return [DatedRule(value=row.percent, valid_from=row.valid_from) for row in rows]
