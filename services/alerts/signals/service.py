"""Tell people of their signals."""

from __future__ import annotations

import orjson

from libs.common.db import Transaction
from libs.contracts.signals import SignalClosed, SignalCreated
from services.alerts.notifications.fan_out import Happening
from services.alerts.notifications.rules import Kind, Purpose
from services.alerts.notifications.service import Notices
from services.alerts.signals import rules


class SignalNotices:
    """In the application and by the channels that a person chose for signals."""

    def __init__(self, notices: Notices) -> None:
        self._notices = notices

    async def hear(self, tx: Transaction, event: SignalCreated | SignalClosed) -> int:
        """Tell of a signal or its end, once, if it is within the person's plan. Returns how many messages are new."""
        if not event.tells:
            return 0
        made = isinstance(event, SignalCreated)
        notice = rules.made(event) if isinstance(event, SignalCreated) else rules.ended(event)
        words = orjson.dumps({"title": notice.title, "text": notice.text, "link": notice.link}).decode()
        key = f"signal:{event.signal.signal_id}:{event.user_id}:{'made' if made else 'ended'}"
        happening = Happening(
            key, event.user_id, Kind.SIGNAL, notice.title, notice.text, notice.link, Purpose.SIGNAL, words
        )
        return await self._notices.tell(tx, [happening])
