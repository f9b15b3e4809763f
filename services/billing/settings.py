"""Every knob of billing."""

from __future__ import annotations

from typing import ClassVar

from libs.common.settings import ServiceSettings


class BillingSettings(ServiceSettings):
    service: ClassVar[str] = "billing"

    port: int = 8006
    worker_port: int = 8106
    subscriptions_ended_per_batch: int = 500
