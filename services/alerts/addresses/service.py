"""Keep the addresses that people have confirmed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.db import Database, Transaction
from libs.common.security.fields import FieldCipher
from services.alerts.addresses import tables
from services.alerts.notifications.rules import Channel


class Addresses:
    """The use cases."""

    def __init__(self, db: Database, cipher: FieldCipher) -> None:
        self._db = db
        self._cipher = cipher

    async def active_of(
        self, session: AsyncSession, user_ids: Collection[UUID]
    ) -> Mapping[UUID, Mapping[Channel, list[UUID]]]:
        """Tell at which addresses these people are reached: their ids by person and channel."""
        found: dict[UUID, dict[Channel, list[UUID]]] = {}
        for row in await tables.active_of(session, user_ids):
            found.setdefault(row.user_id, {}).setdefault(Channel(row.channel), []).append(row.id)
        return found

    async def disable(self, address_id: UUID, reason: str) -> None:
        """Write to an address no more: it is gone."""
        async with self._db.transaction() as tx:
            await tables.disable(tx.session, address_id, reason)

    async def export(self, session: AsyncSession, user_id: UUID) -> list[Mapping[str, Any]]:
        """Hand over where a person is reached."""
        return [
            {"channel": row.channel, "label": row.label, "status": row.status, "created_at": row.created_at}
            for row in await tables.listed_for(session, user_id)
        ]

    async def erase(self, tx: Transaction, user_id: UUID) -> None:
        """Forget where a person is reached."""
        await tables.remove_all_of(tx.session, user_id)
