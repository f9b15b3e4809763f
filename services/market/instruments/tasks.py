"""What instruments hear of alerts."""

from __future__ import annotations

from collections.abc import Sequence

from libs.common.db import Transaction
from libs.common.events.envelope import Envelope
from libs.common.events.subscription import Subscription
from libs.contracts.alerts import AlertCreated, AlertDeleted, AlertTriggered, AlertUpdated
from services.market.instruments.rules import AlertNews
from services.market.instruments.service import Instruments

_NEWS = (AlertCreated, AlertUpdated, AlertDeleted, AlertTriggered)


class AlertTasks:
    """Hears of alerts in batches: thousands may fire in one second."""

    def __init__(self, instruments: Instruments) -> None:
        self._instruments = instruments

    def subscription(self) -> Subscription:
        return Subscription("alerts.events", batch_handler=self.note, batch_types=_NEWS)

    async def note(self, tx: Transaction, events: Sequence[tuple[AlertNews, Envelope]]) -> None:
        await self._instruments.note_alerts(tx, [event for event, _ in events])
