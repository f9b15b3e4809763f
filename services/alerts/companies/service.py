"""Tell of results and ex-days that come, to those who follow the company."""

from __future__ import annotations

import orjson

from libs.common.db import Transaction
from libs.contracts.companies import CompanyEventNear
from services.alerts.companies import rules, tables
from services.alerts.notifications.fan_out import Happening
from services.alerts.notifications.rules import Kind, Purpose
from services.alerts.notifications.service import Notices

BATCH = 500


class CompanyDays:
    """In the application by default; by other channels for who chose them."""

    def __init__(self, notices: Notices) -> None:
        self._notices = notices

    async def hear(self, tx: Transaction, event: CompanyEventNear) -> int:
        """Tell who has the company in a watchlist or an alert on it, each once. Returns how many messages are new."""
        people = sorted({*event.user_ids, *await tables.owners_of_active(tx.session, event.instrument)})
        notice = rules.notice(event)
        words = orjson.dumps({"title": notice.title, "text": notice.text, "link": notice.link}).decode()
        told = 0
        for first in range(0, len(people), BATCH):
            batch = [
                Happening(
                    f"company-day:{event.event_id}:{user_id}",
                    user_id,
                    Kind.COMPANY,
                    notice.title,
                    notice.text,
                    notice.link,
                    Purpose.COMPANY_DAY,
                    words,
                )
                for user_id in people[first : first + BATCH]
            ]
            told += await self._notices.tell(tx, batch)
        return told
