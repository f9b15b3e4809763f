"""What the notices hear."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from libs.common.db import Transaction
from libs.common.events.envelope import Envelope
from libs.contracts.alerts import AlertTriggered
from libs.contracts.auth import ProfileChanged, SecurityNoticed, SettingsChanged, UserVerified
from services.alerts.notifications.service import Notices


class NoticeHandlers:
    """Handlers of events, for the worker. `wake` tells the sender that something is due."""

    def __init__(self, notices: Notices, wake: Callable[[], None]) -> None:
        self._notices = notices
        self._wake = wake

    async def user_verified(self, tx: Transaction, event: UserVerified, _envelope: Envelope) -> None:
        await self._notices.hear_verified(tx, event)
        await self._notices.welcome(tx, event)
        tx.on_commit(self._wake)

    async def profile_changed(self, tx: Transaction, event: ProfileChanged, _envelope: Envelope) -> None:
        await self._notices.hear_profile(tx, event)

    async def settings_changed(self, tx: Transaction, event: SettingsChanged, _envelope: Envelope) -> None:
        await self._notices.hear_settings(tx, event)

    async def security_noticed(self, tx: Transaction, event: SecurityNoticed, _envelope: Envelope) -> None:
        await self._notices.hear_security(tx, event)
        tx.on_commit(self._wake)

    async def alerts_triggered(self, tx: Transaction, events: Sequence[tuple[AlertTriggered, Envelope]]) -> None:
        await self._notices.queue_for(tx, [event for event, _ in events])
        tx.on_commit(self._wake)
