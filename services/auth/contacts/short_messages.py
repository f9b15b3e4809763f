"""Whether a code can reach a number at all: alerts knows, since it holds the provider."""

from __future__ import annotations

from datetime import datetime, timedelta

from libs.common.clock import Clock
from libs.common.errors import NotFound
from libs.common.http import HttpFailure, ServiceClient
from libs.common.logging import get_logger
from libs.contracts.auth import ShortMessages as Answer

log = get_logger(__name__)

KEPT_FOR = timedelta(minutes=1)
PATIENCE_S = 2.0
"""A person waits."""


class ShortMessages:
    """Keeps the answer for a minute: it changes when an operator sets a provider and starts anew."""

    def __init__(self, alerts: ServiceClient, clock: Clock) -> None:
        self._alerts = alerts
        self._clock = clock
        self._known: tuple[bool, datetime] | None = None

    async def are_sent(self) -> bool:
        """Say whether short messages are sent. While alerts is away what it said last counts, and yes before that.

        A code waits for alerts as any mail does, so its absence alone is no reason to refuse one.
        """
        now = self._clock.now()
        if self._known is not None and now < self._known[1]:
            return self._known[0]
        try:
            answer = await self._alerts.get("/internal/short-messages", Answer, timeout_s=PATIENCE_S)
        except (HttpFailure, NotFound) as failure:
            log.warning("short_messages_not_asked", error=type(failure).__name__)
            return True if self._known is None else self._known[0]
        self._known = (answer.are_sent, now + KEPT_FOR)
        return answer.are_sent
