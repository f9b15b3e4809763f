"""Gather what waited for a person's hour into one mail."""

from __future__ import annotations

import orjson

from libs.common.db import Database
from libs.common.ids import uuid7
from services.alerts.inbox.service import Inbox
from services.alerts.notifications import tables
from services.alerts.notifications.rules import Purpose, Urgency
from services.alerts.notifications.tables import NewDelivery

MOST_ITEMS = 100
"""Notices in one digest; how many more there are is said."""

PEOPLE_A_TURN = 200


class Digests:
    """The use case. message_domain: the right side of our Message-IDs."""

    def __init__(self, db: Database, inbox: Inbox, *, message_domain: str) -> None:
        self._db = db
        self._inbox = inbox
        self._message_domain = message_domain

    async def gather(self) -> int:
        """Queue the digests that are due, one transaction each. Returns how many. Safe to run beside itself."""
        gathered = 0
        while True:
            async with self._db.transaction() as tx:
                now = self._db.clock.now()
                due = await tables.people_with_digests(tx.session, now, limit=PEOPLE_A_TURN)
            if not due:
                return gathered
            for user_id in due:
                async with self._db.transaction() as tx:
                    now = self._db.clock.now()
                    rows = await tables.take_collected(tx.session, user_id, now)
                    if not rows:
                        continue  # somebody else gathered them
                    delivery_id = uuid7()
                    about = [row.notice_id for row in rows[:MOST_ITEMS] if row.notice_id is not None]
                    notices = await self._inbox.words_of(tx.session, about)
                    data = {"items": notices, "more": len(rows) - len(notices)}
                    new = NewDelivery(
                        id=delivery_id,
                        key=f"digest:{user_id}:{rows[0].id}",
                        purpose=Purpose.DIGEST,
                        urgency=Urgency.NOTICE,
                        user_id=user_id,
                        triggered_id=None,
                        message_id=f"<{delivery_id}@{self._message_domain}>",
                        data=orjson.dumps(data).decode(),
                    )
                    await tables.queue(await tx.driver(), [new], now)
                    await tables.mark_digested(tx.session, [row.id for row in rows], delivery_id)
                    gathered += 1
