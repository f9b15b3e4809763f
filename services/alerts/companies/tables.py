"""Who has an alert on a company."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from libs.contracts.alerts import AlertStatus
from services.alerts.definitions.tables import AlertRow
from services.alerts.instruments.tables import InstrumentRow


async def owners_of_active(session: AsyncSession, instrument: str) -> Sequence[UUID]:
    """List who has an active alert on an instrument, each person once."""
    query = (
        select(AlertRow.user_id)
        .join(InstrumentRow, InstrumentRow.id == AlertRow.instrument_id)
        .where(InstrumentRow.instrument == instrument, AlertRow.status == AlertStatus.ACTIVE)
        .distinct()
    )
    return (await session.scalars(query)).all()
