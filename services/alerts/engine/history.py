"""What fired for a user, with what became of its mail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.db import Database, Transaction
from libs.common.pagination import Found, PageRequest, paginate
from services.alerts.engine import tables
from services.alerts.engine.tables import TriggeredRow
from services.alerts.notifications.rules import DeliveryStatus
from services.alerts.notifications.service import Notices


@dataclass(frozen=True, slots=True)
class Fired:
    """One firing and the state of its mail; a mail that nobody has begun yet is queued."""

    row: TriggeredRow
    email_status: DeliveryStatus


class History:
    """The use cases of reading what fired."""

    def __init__(self, db: Database, notices: Notices) -> None:
        self._db = db
        self._notices = notices

    async def list_for(self, user_id: UUID, page: PageRequest) -> Found[Fired]:
        """List what fired, newest first."""
        async with self._db.read() as session:
            found = await paginate(
                session,
                tables.listed_for(user_id),
                page,
                key=(TriggeredRow.triggered_at, TriggeredRow.id),
                scope=f"triggered {user_id}",
            )
            states = await self._notices.email_states(session, [row.id for row in found.items])
        fired = [Fired(row, states.get(row.id, DeliveryStatus.QUEUED)) for row in found.items]
        return Found(fired, found.next_cursor)

    async def export(self, session: AsyncSession, user_id: UUID) -> list[Mapping[str, Any]]:
        """Hand over what fired for a user."""
        rows = await session.scalars(tables.listed_for(user_id).order_by(TriggeredRow.triggered_at))
        return [
            {
                "id": row.id,
                "alert_id": row.alert_id,
                "instrument": row.instrument,
                "condition": row.condition,
                "threshold_price": str(row.threshold_price),
                "price": str(row.price),
                "reached_at": row.reached_at,
                "triggered_at": row.triggered_at,
            }
            for row in rows
        ]

    async def erase(self, tx: Transaction, user_id: UUID) -> None:
        """Forget what fired for a user."""
        await tables.remove_all_of(tx.session, user_id)
