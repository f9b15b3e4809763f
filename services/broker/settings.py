"""Every knob of broker."""

from __future__ import annotations

from typing import ClassVar

from libs.common.settings import ServiceSettings


class BrokerSettings(ServiceSettings):
    service: ClassVar[str] = "broker"

    port: int = 8005
    worker_port: int = 8105
