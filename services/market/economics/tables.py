"""Economic series and their observations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ForeignKey, Numeric, Select, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from services.market.schema import Base


class EconomicSeriesRow(Base):
    """A series. What its file does not tell is null: `unit`, `source`, `frequency`."""

    __tablename__ = "economic_series"

    key: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    unit: Mapped[str | None]
    source: Mapped[str | None]
    frequency: Mapped[str | None]
    imported_at: Mapped[datetime]


class EconomicObservationRow(Base):
    """A figure of a day; of a month or a year, of its last day or whichever its source names."""

    __tablename__ = "economic_observations"

    key: Mapped[str] = mapped_column(ForeignKey("market.economic_series.key", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    value: Mapped[Decimal] = mapped_column(Numeric)


def series_with_newest() -> Select[EconomicSeriesRow, date, Decimal]:
    """Select the series that have a figure, each with its newest one and that one's day."""
    newest = (
        select(EconomicObservationRow.key, func.max(EconomicObservationRow.day).label("day"))
        .group_by(EconomicObservationRow.key)
        .subquery()
    )
    return (
        select(EconomicSeriesRow, EconomicObservationRow.day, EconomicObservationRow.value)
        .join(newest, newest.c.key == EconomicSeriesRow.key)
        .join(
            EconomicObservationRow,
            (EconomicObservationRow.key == newest.c.key) & (EconomicObservationRow.day == newest.c.day),
        )
    )


async def find(session: AsyncSession, key: str) -> EconomicSeriesRow | None:
    return await session.get(EconomicSeriesRow, key)


def observations(key: str, start: date | None, end: date | None) -> Select[EconomicObservationRow]:
    """Select the figures of a series, from a day on, before another."""
    query = select(EconomicObservationRow).where(EconomicObservationRow.key == key)
    if start is not None:
        query = query.where(EconomicObservationRow.day >= start)
    return query if end is None else query.where(EconomicObservationRow.day < end)


async def keep_series(session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store series; of one that is known, what its new file tells replaces what was told before."""
    statement = insert(EconomicSeriesRow).values(rows)
    told = statement.excluded
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=[EconomicSeriesRow.key],
            set_={
                "name": told.name,
                "unit": func.coalesce(told.unit, EconomicSeriesRow.unit),
                "source": func.coalesce(told.source, EconomicSeriesRow.source),
                "frequency": func.coalesce(told.frequency, EconomicSeriesRow.frequency),
                "imported_at": told.imported_at,
            },
        )
    )


async def keep_observations(session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> int:
    """Store figures; another figure for the same day replaces it. Returns how many are new or other than before."""
    statement = insert(EconomicObservationRow).values(rows)
    stored = await session.scalars(
        statement.on_conflict_do_update(
            index_elements=[EconomicObservationRow.key, EconomicObservationRow.day],
            set_={"value": statement.excluded.value},
            where=EconomicObservationRow.value != statement.excluded.value,
        ).returning(EconomicObservationRow.day)
    )
    return len(stored.all())
