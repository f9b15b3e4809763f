"""What billing hears, and what it does by the clock."""

from __future__ import annotations

from libs.common.db import Transaction
from libs.common.events.envelope import Envelope
from libs.common.logging import get_logger
from libs.contracts.auth import UserVerified
from services.billing.subscriptions.service import Subscriptions

log = get_logger(__name__)


class SubscriptionTasks:
    """Handlers and jobs, wired by the worker."""

    def __init__(self, subscriptions: Subscriptions, *, batch: int) -> None:
        self._subscriptions = subscriptions
        self._batch = batch

    async def user_verified(self, tx: Transaction, event: UserVerified, envelope: Envelope) -> None:
        await self._subscriptions.start_trial(tx, event.user_id, envelope.time)

    async def end_what_ran_out(self, _context: object) -> None:
        """Run every minute: reads see an end at once, this stores and announces it."""
        ended = await self._subscriptions.end_what_ran_out(self._batch)
        if ended:
            log.info("subscriptions_ended", count=ended)
