"""What the notices hear of signals."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from libs.common.db import Transaction
from libs.common.events.envelope import Envelope, stream_of
from libs.common.events.subscription import Subscription
from libs.contracts.signals import SignalClosed, SignalCreated
from services.alerts.signals.service import SignalAlerts, SignalNotices


class SignalHandlers:
    """Handlers of signals' events, for the worker. `wakes` tell the senders that something is due."""

    def __init__(self, notices: SignalNotices, alerts: SignalAlerts, wakes: Sequence[Callable[[], None]]) -> None:
        self._notices = notices
        self._alerts = alerts
        self._wakes = wakes

    def subscription(self) -> Subscription:
        return Subscription(stream_of("signals"), {SignalCreated: self.heard, SignalClosed: self.heard})

    async def heard(self, tx: Transaction, event: SignalCreated | SignalClosed, envelope: Envelope) -> None:
        await self._alerts.hear(tx, event, envelope.time)
        if await self._notices.hear(tx, event):
            for wake in self._wakes:
                tx.on_commit(wake)
