"""The ledger's rows that receipts tell of."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.alerts.notifications.tables import DeliveryRow


async def hold(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, DeliveryRow]:
    """Read these messages and hold them until the transaction ends, in an order that cannot lock up."""
    query = select(DeliveryRow).where(DeliveryRow.id.in_(ids)).order_by(DeliveryRow.id).with_for_update()
    return {row.id: row for row in await session.scalars(query)}
