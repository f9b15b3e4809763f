"""Every knob of signals."""

from __future__ import annotations

from typing import ClassVar

from libs.common.settings import ServiceSettings


class SignalsSettings(ServiceSettings):
    service: ClassVar[str] = "signals"

    port: int = 8004
    worker_port: int = 8104
