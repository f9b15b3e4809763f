"""What signals keeps about a person, handed over or forgotten at auth's word."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from libs.common.db import Database
from libs.common.logging import get_logger, hashed_id
from services.signals.wiring import Rooms

log = get_logger(__name__)


class PersonalData:
    """Joins what the rooms keep."""

    def __init__(self, db: Database, rooms: Rooms) -> None:
        self._db = db
        self._rooms = rooms

    async def export(self, user_id: UUID) -> Mapping[str, Any]:
        """Hand over everything by kind; empty when nothing is kept."""
        async with self._db.read() as session:
            kept = {
                "strategies": await self._rooms.strategies.export(session, user_id),
                "custom_indicators": await self._rooms.indicators.export(session, user_id),
                "followed_strategies": await self._rooms.follows.export(session, user_id),
                "signals": await self._rooms.offers.export(session, user_id),
                "screens": await self._rooms.screener.export(session, user_id),
                "backtests": await self._rooms.backtests.export(session, user_id),
            }
        return {kind: values for kind, values in kept.items() if values}

    async def erase(self, user_id: UUID) -> None:
        """Forget everything, in one transaction. Safe to repeat."""
        async with self._db.transaction() as tx:
            await self._rooms.follows.erase(tx, user_id)
            await self._rooms.offers.erase(tx, user_id)
            await self._rooms.backtests.erase(tx, user_id)
            await self._rooms.strategies.erase(tx, user_id)
            await self._rooms.indicators.erase(tx, user_id)
            await self._rooms.screener.erase(tx, user_id)
            await self._rooms.allowances.erase(tx, user_id)
        log.info("person_erased", user=hashed_id(user_id))
