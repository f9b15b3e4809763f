"""What alerts keeps about a person, handed over or forgotten at auth's word."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from libs.common.db import Database
from libs.common.logging import get_logger, hashed_id
from services.alerts.definitions.service import Alerts
from services.alerts.engine.history import History
from services.alerts.watchlists.service import WatchlistRules
from services.alerts.wiring import Rooms

log = get_logger(__name__)


class PersonalData:
    """Joins what the rooms keep."""

    def __init__(
        self, db: Database, alerts: Alerts, history: History, rooms: Rooms, watchlist_rules: WatchlistRules
    ) -> None:
        self._db = db
        self._alerts = alerts
        self._history = history
        self._rooms = rooms
        self._watchlist_rules = watchlist_rules

    async def export(self, user_id: UUID) -> Mapping[str, Any]:
        """Hand over everything by kind; empty when nothing is kept."""
        async with self._db.read() as session:
            kept = {
                "alerts": await self._alerts.export(session, user_id),
                "watchlist_rules": await self._watchlist_rules.export(session, user_id),
                "triggered_alerts": await self._history.export(session, user_id),
                **await self._rooms.notices.export(session, user_id),
                "notices": await self._rooms.inbox.export(session, user_id),
                "notification_preferences": await self._rooms.preferences.export(session, user_id),
                "webhooks": await self._rooms.webhooks.export(session, user_id),
                "notification_addresses": await self._rooms.addresses.export(session, user_id),
            }
        return {kind: values for kind, values in kept.items() if values}

    async def erase(self, user_id: UUID) -> None:
        """Forget everything, in one transaction. Safe to repeat."""
        async with self._db.transaction() as tx:
            await self._alerts.erase(tx, user_id)
            await self._watchlist_rules.erase(tx, user_id)
            await self._history.erase(tx, user_id)
            await self._rooms.notices.erase(tx, user_id)
            await self._rooms.inbox.erase(tx, user_id)
            await self._rooms.preferences.erase(tx, user_id)
            await self._rooms.addresses.erase(tx, user_id)
            await self._rooms.webhooks.erase(tx, user_id)
        log.info("person_erased", user=hashed_id(user_id))
