"""Which tax counts today."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.dated_rules import rule_at
from services.billing.taxes import tables


async def gst_percent(session: AsyncSession, day: date) -> Decimal:
    """Tell the rate of goods and services tax on this day, in percent. Raises LookupError before the first rate."""
    return rule_at(await tables.load_gst_rates(session), day)
