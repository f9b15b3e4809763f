"""The alerts that a stock's new name concerns."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import asyncpg
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


async def carry_trails(driver: asyncpg.Connection, instrument: str) -> None:
    """Have alerts that trail an extreme of an instrument go on from there: under another name nothing is marked yet."""
    await driver.execute(_CARRY_TRAILS, instrument)
    await driver.execute("DELETE FROM condition_marks WHERE instrument = $1", instrument)


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


_CARRY_TRAILS = """
UPDATE alerts SET state = jsonb_set(alerts.state, '{base}', CASE
    WHEN alerts.rule->'rule'->>'operator' LIKE 'trailing_down%' THEN trail.value->3 ELSE trail.value->2 END)
FROM condition_marks mark, jsonb_each(mark.mark->'lanes') lane, jsonb_each(lane.value->'trails') trail
WHERE mark.instrument = $1 AND alerts.number = trail.key::bigint AND alerts.version = (trail.value->>0)::integer
  AND alerts.seq = (trail.value->>1)::integer AND alerts.rule->'rule'->>'operator' LIKE 'trailing%'
"""
