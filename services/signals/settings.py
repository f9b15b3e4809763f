"""Every knob of signals."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from libs.common.settings import ServiceSettings
from libs.contracts.market import TICK_PARTITIONS


class SignalsSettings(ServiceSettings):
    service: ClassVar[str] = "signals"

    port: int = 8004
    worker_port: int = 8104
    instrument_cache_s: float = Field(default=5.0, ge=0)
    """For how long an instrument that market told of is not asked for again."""

    most_follows: int = 50
    """How many versions of strategies one person may follow at once."""
    charges_broker: str = "zerodha"
    """Whose charges the track records of Indian signals count; a name of `libs/quant/charges`."""
    tick_partitions: int = Field(default=TICK_PARTITIONS, ge=1, le=64)
    """How many tick streams market fills."""
    screen_most_instruments: int = Field(default=5_000, ge=1, le=50_000)
    """How many instruments one screen looks at."""
    screen_time_s: float = Field(default=240.0, gt=0)
    """How long one screen may take."""
