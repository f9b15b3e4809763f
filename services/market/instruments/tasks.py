"""What instruments hear of alerts and of strategies that are followed."""

from __future__ import annotations

from collections.abc import Sequence

from libs.common.db import Transaction
from libs.common.events.envelope import Envelope
from libs.common.events.subscription import Subscription
from libs.contracts.alerts import AlertCreated, AlertDeleted, AlertTriggered, AlertUpdated
from libs.contracts.signals import FollowChanged
from services.market.instruments.rules import AlertNews
from services.market.instruments.service import Instruments

_NEWS = (AlertCreated, AlertUpdated, AlertDeleted, AlertTriggered)


class AlertTasks:
    """Hears of alerts in batches: thousands may fire in one second."""

    def __init__(self, instruments: Instruments) -> None:
        self._instruments = instruments

    def subscriptions(self) -> list[Subscription]:
        return [
            Subscription("alerts.events", batch_handler=self.note, batch_types=_NEWS),
            Subscription("signals.events", batch_handler=self.note_follows, batch_types=(FollowChanged,)),
        ]

    async def note(self, tx: Transaction, events: Sequence[tuple[AlertNews, Envelope]]) -> None:
        await self._instruments.note_alerts(tx, [event for event, _ in events])

    async def note_follows(self, tx: Transaction, events: Sequence[tuple[FollowChanged, Envelope]]) -> None:
        await self._instruments.note_follows(tx, [event for event, _ in events])
