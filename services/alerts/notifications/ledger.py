"""The ledger as other rooms use it: messages queued, listed by address, sent again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.db import Database, Transaction
from libs.common.errors import NotFound
from libs.common.idempotency import UNKEYED, Once
from libs.common.logging import get_logger
from libs.common.pagination import Found, PageRequest, paginate
from services.alerts.notifications import tables
from services.alerts.notifications.rules import Channel, DeliveryStatus, Purpose
from services.alerts.notifications.tables import DeliveryRow, NewDelivery

log = get_logger(__name__)


class Ledger:
    """Messages and what became of them."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def queue(self, tx: Transaction, new: Sequence[NewDelivery]) -> int:
        """Store messages to be sent, leaving out those that are there by their key. Returns how many were new."""
        return await tables.queue(await tx.driver(), new, self._db.clock.now()) if new else 0

    async def count_since(self, session: AsyncSession, user_id: UUID, purpose: Purpose, since: datetime) -> int:
        """Count a person's messages of a purpose since then."""
        return await tables.count_purpose(session, user_id, purpose, since)

    def to_address(self, user_id: UUID, address_id: UUID, status: DeliveryStatus | None) -> Select[DeliveryRow]:
        """Select a person's messages to one address."""
        return tables.to_address(user_id, address_id, status)

    async def replay(
        self,
        tx: Transaction,
        *,
        address_id: UUID | None = None,
        delivery_id: UUID | None = None,
        begin: datetime | None = None,
        end: datetime | None = None,
    ) -> int:
        """Send again what came to an end, under the same ids and with all its tries before it. Returns how many.

        What carried a secret is not sent again: it is gone.
        """
        return await tables.replay(
            tx.session,
            self._db.clock.now(),
            address_id=address_id,
            delivery_id=delivery_id,
            begin=begin,
            end=end,
        )

    async def list_all(
        self, page: PageRequest, *, status: DeliveryStatus | None, channel: Channel | None, user_id: UUID | None
    ) -> Found[DeliveryRow]:
        """List messages to everybody, newest first."""
        async with self._db.read() as session:
            return await paginate(
                session,
                tables.listed(status, channel, user_id),
                page,
                key=(DeliveryRow.created_at, DeliveryRow.id),
                scope=f"deliveries {status} {channel} {user_id}",
            )

    async def replay_failed(self, delivery_id: UUID, once: Once[DeliveryRow] = UNKEYED) -> DeliveryRow:
        """Queue a message again that failed. Raises NotFound."""
        async with self._db.transaction() as tx, once.held(tx) as answer:
            row = await tables.requeue_failed(tx.session, delivery_id, self._db.clock.now())
            if row is None:
                raise NotFound("There is no such failed message, or it carried a secret that is gone.")
            answer(row)
        log.info("delivery_replayed", delivery_id=delivery_id)
        return row
