"""The alerts that a stock's new name concerns."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.alerts.definitions.rules import Alert, AlertType
from services.alerts.definitions.tables import AlertRow, alert_of
from services.alerts.instruments.tables import InstrumentRow


async def find_listing(session: AsyncSession, instrument: str) -> InstrumentRow | None:
    """Find an instrument that an alert has been about."""
    return await session.scalar(select(InstrumentRow).where(InstrumentRow.instrument == instrument))


async def lock_on(session: AsyncSession, instrument: str, *, limit: int) -> Sequence[Alert]:
    """Lock alerts on an instrument, in the order of their numbers."""
    return await _lock(session, InstrumentRow.instrument == instrument, after=0, limit=limit)


async def lock_reading(session: AsyncSession, instrument: str, *, after: int, limit: int) -> Sequence[Alert]:
    """Lock alerts the expressions of which name an instrument, in the order of their numbers, from behind `after`."""
    names = AlertRow.rule["expression"].astext.contains(f'"{instrument}"', autoescape=True)
    return await _lock(session, (AlertRow.alert_type == AlertType.EXPRESSION) & names, after=after, limit=limit)


async def move(session: AsyncSession, alerts: Sequence[UUID], instrument_id: int) -> None:
    """Put alerts on another instrument."""
    await session.execute(update(AlertRow).where(AlertRow.id.in_(alerts)).values(instrument_id=instrument_id))


async def _lock(session: AsyncSession, which: ColumnElement[bool], *, after: int, limit: int) -> list[Alert]:
    query = (
        select(AlertRow, InstrumentRow)
        .join(InstrumentRow, InstrumentRow.id == AlertRow.instrument_id)
        .where(which, AlertRow.number > after)
        .order_by(AlertRow.number)
        .limit(limit)
        .with_for_update(of=AlertRow)
    )
    return [alert_of(*found) for found in await session.execute(query)]
