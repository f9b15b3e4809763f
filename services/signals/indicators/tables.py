"""Custom indicators, with every query on them."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from libs.common.errors import NotFound
from services.signals.indicators.rules import Indicator
from services.signals.schema import Base


class CustomIndicatorRow(Base):
    """An expression that a person has named."""

    __tablename__ = "custom_indicators"
    __table_args__ = (
        UniqueConstraint("user_id", "name", name="uq_custom_indicators_user_id_name"),
        CheckConstraint("char_length(name) BETWEEN 1 AND 30", name="name"),
        CheckConstraint("char_length(expression) <= 2000", name="expression"),
        CheckConstraint("char_length(about) <= 200", name="about"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID]
    name: Mapped[str]
    expression: Mapped[str]
    about: Mapped[str]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


def indicator_of(row: CustomIndicatorRow) -> Indicator:
    """Read a row."""
    return Indicator(row.id, row.user_id, row.name, row.expression, row.about, row.created_at, row.updated_at)


async def all_of(session: AsyncSession, user_id: UUID) -> list[Indicator]:
    """List a person's indicators by name."""
    query = select(CustomIndicatorRow).where(CustomIndicatorRow.user_id == user_id).order_by(CustomIndicatorRow.name)
    return [indicator_of(row) for row in await session.scalars(query)]


async def lock_owner(session: AsyncSession, user_id: UUID) -> None:
    """Let one change of a person's indicators be made at a time: names and circles hold."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"indicators {user_id}", 0))))


async def add(session: AsyncSession, indicator: Indicator) -> None:
    """Store a new indicator."""
    session.add(CustomIndicatorRow(**asdict(indicator)))
    await session.flush()


async def store(session: AsyncSession, indicator: Indicator) -> None:
    """Store what an indicator has become."""
    values = {name: getattr(indicator, name) for name in ("expression", "about", "updated_at")}
    query = update(CustomIndicatorRow).where(CustomIndicatorRow.id == indicator.id)
    await session.execute(query.values(**values))


async def get_for(session: AsyncSession, user_id: UUID, indicator_id: UUID) -> Indicator:
    """Get a person's own indicator. Raises NotFound, also for another's."""
    query = select(CustomIndicatorRow).where(
        CustomIndicatorRow.id == indicator_id, CustomIndicatorRow.user_id == user_id
    )
    row = await session.scalar(query)
    if row is None:
        raise NotFound("You have no such indicator.")
    return indicator_of(row)


async def remove(session: AsyncSession, indicator_id: UUID) -> None:
    """Delete an indicator."""
    await session.execute(delete(CustomIndicatorRow).where(CustomIndicatorRow.id == indicator_id))


async def remove_all_of(session: AsyncSession, user_id: UUID) -> None:
    """Delete a person's indicators."""
    await session.execute(delete(CustomIndicatorRow).where(CustomIndicatorRow.user_id == user_id))
