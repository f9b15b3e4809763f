"""Jobs of webhooks, for the worker."""

from __future__ import annotations

from datetime import timedelta

from libs.common.jobs import JobContext
from libs.common.logging import get_logger
from services.alerts.webhooks.sending import Endpoints

log = get_logger(__name__)


class WebhookJobs:
    def __init__(self, endpoints: Endpoints, *, keep_log: timedelta) -> None:
        self._endpoints = endpoints
        self._keep_log = keep_log

    async def purge_webhook_log(self, _ctx: JobContext) -> None:
        """Remove old attempts."""
        await self._endpoints.purge_log(self._keep_log)

    async def switch_off_failing_webhooks(self, _ctx: JobContext) -> None:
        """Switch off what had no success for days, and tell the owners."""
        if switched := await self._endpoints.switch_off_failing():
            log.info("failing_webhooks_switched_off", webhooks=switched)
