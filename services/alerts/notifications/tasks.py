"""What the notices hear."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from libs.common.db import Transaction
from libs.common.events.envelope import Envelope
from libs.common.jobs import JobContext
from libs.common.logging import get_logger
from libs.contracts.alerts import AlertCreated, AlertDeleted, AlertTriggered, AlertUpdated, NotificationFailed
from libs.contracts.auth import ProfileChanged, SecurityNoticed, SettingsChanged, UserVerified
from libs.contracts.base import Event
from services.alerts.inbox.service import Inbox
from services.alerts.notifications.digests import Digests
from services.alerts.notifications.service import Notices
from services.alerts.webhooks.service import Webhooks

log = get_logger(__name__)

HEARD_OF_ALERTS = (AlertTriggered, AlertCreated, AlertUpdated, AlertDeleted, NotificationFailed)
"""What the worker hears of this service itself."""


class NoticeHandlers:
    """Handlers of events, for the worker."""

    def __init__(self, notices: Notices, webhooks: Webhooks) -> None:
        self._notices = notices
        self._webhooks = webhooks

    async def user_verified(self, tx: Transaction, event: UserVerified, _envelope: Envelope) -> None:
        await self._notices.hear_verified(tx, event)
        await self._notices.welcome(tx, event)

    async def profile_changed(self, tx: Transaction, event: ProfileChanged, _envelope: Envelope) -> None:
        await self._notices.hear_profile(tx, event)

    async def settings_changed(self, tx: Transaction, event: SettingsChanged, _envelope: Envelope) -> None:
        await self._notices.hear_settings(tx, event)

    async def security_noticed(self, tx: Transaction, event: SecurityNoticed, _envelope: Envelope) -> None:
        await self._notices.hear_security(tx, event)

    async def alerts_happened(self, tx: Transaction, events: Sequence[tuple[Event, Envelope]]) -> None:
        """Tell of what fired, and whoever listens by a webhook of all of it."""
        fired = [event for event, _ in events if isinstance(event, AlertTriggered)]
        if fired:
            await self._notices.queue_for(tx, fired)
        await self._webhooks.hear(tx, events)


class NoticeJobs:
    """Jobs, for the worker. keep: how long notices are kept."""

    def __init__(self, inbox: Inbox, digests: Digests, *, keep: timedelta) -> None:
        self._inbox = inbox
        self._digests = digests
        self._keep = keep

    async def gather_digests(self, _ctx: JobContext) -> None:
        """Write the digests whose hour has come."""
        if gathered := await self._digests.gather():
            log.info("digests_gathered", digests=gathered)

    async def purge_notices(self, _ctx: JobContext) -> None:
        """Remove old notices."""
        log.info("old_notices_purged", notices=await self._inbox.purge(self._keep))
