"""What the notices hear of signals."""

from __future__ import annotations

from libs.common.db import Transaction
from libs.common.events.envelope import Envelope, stream_of
from libs.common.events.subscription import Subscription
from libs.contracts.signals import SignalClosed, SignalCreated
from services.alerts.signals.service import SignalAlerts, SignalNotices


class SignalHandlers:
    """Handlers of signals' events, for the worker."""

    def __init__(self, notices: SignalNotices, alerts: SignalAlerts) -> None:
        self._notices = notices
        self._alerts = alerts

    def subscription(self) -> Subscription:
        return Subscription(stream_of("signals"), {SignalCreated: self.heard, SignalClosed: self.heard})

    async def heard(self, tx: Transaction, event: SignalCreated | SignalClosed, envelope: Envelope) -> None:
        await self._alerts.hear(tx, event, envelope.time)
        await self._notices.hear(tx, event)
