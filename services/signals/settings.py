"""Every knob of signals."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from libs.common.settings import ServiceSettings


class SignalsSettings(ServiceSettings):
    service: ClassVar[str] = "signals"

    port: int = 8004
    worker_port: int = 8104
    instrument_cache_s: float = Field(default=5.0, ge=0)
    """For how long an instrument that market told of is not asked for again."""
