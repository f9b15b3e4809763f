"""What was used of each provider's credits, so that neither a restart nor an emptied Redis forgets it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from services.market.budgets.rules import Usage
from services.market.schema import Base


class ProviderBudgetRow(Base):
    """The credits used in the newest minute and the newest day (both UTC) in which a provider was asked."""

    __tablename__ = "provider_budgets"

    provider: Mapped[str] = mapped_column(primary_key=True)
    minute: Mapped[datetime]
    minute_used: Mapped[int]
    day: Mapped[date]
    day_used: Mapped[int]


async def list_all(session: AsyncSession) -> Mapping[str, Usage]:
    """Give what is used, by provider."""
    rows = await session.scalars(select(ProviderBudgetRow))
    return {row.provider: Usage(row.minute, row.minute_used, row.day, row.day_used) for row in rows}


async def find_for_update(session: AsyncSession, provider: str) -> Usage | None:
    """Read what is used, and keep others from using credits until this transaction ends."""
    row = await session.scalar(
        select(ProviderBudgetRow).where(ProviderBudgetRow.provider == provider).with_for_update()
    )
    return None if row is None else Usage(row.minute, row.minute_used, row.day, row.day_used)


async def write(session: AsyncSession, provider: str, usage: Usage) -> None:
    """Store what is used. The caller read it for update in the same transaction."""
    values = {"minute": usage.minute, "minute_used": usage.minute_used, "day": usage.day, "day_used": usage.day_used}
    await session.execute(
        insert(ProviderBudgetRow)
        .values(provider=provider, **values)
        .on_conflict_do_update(index_elements=[ProviderBudgetRow.provider], set_=values)
    )
