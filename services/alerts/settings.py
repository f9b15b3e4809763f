"""Every knob of alerts."""

from __future__ import annotations

from typing import ClassVar

from libs.common.settings import ServiceSettings


class AlertsSettings(ServiceSettings):
    service: ClassVar[str] = "alerts"

    port: int = 8003
    worker_port: int = 8103
