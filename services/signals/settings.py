"""Every knob of signals."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import ClassVar

from pydantic import BaseModel, Field

from libs.common.settings import ServiceSettings
from libs.contracts.market import TICK_PARTITIONS


class BacktestPlan(BaseModel):
    """What a plan allows of backtests: a day, at once, and in one of them. See `backtests.rules.Bounds`."""

    per_day: int = Field(ge=0)
    at_once: int = Field(default=1, ge=1)
    instruments: int = Field(default=1, ge=1)
    bars: int = Field(default=1, ge=1)
    combinations: int = Field(default=1, ge=1)
    head_start_s: int = Field(default=0, ge=0)


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
    screens_at_once: int = Field(default=2, ge=1, le=64)
    """How many screens one worker runs together."""
    job_lease_s: float = Field(default=30.0, ge=2)
    """A backtest or screen whose worker gave no sign of life for so long is begun anew by another."""
    job_attempts: int = Field(default=3, ge=1)
    backtest_processes: int = Field(default=max(1, (os.cpu_count() or 2) - 1), ge=1, le=256)
    """How many backtests are computed at once: one core is left to everything else."""
    backtest_memory_mb: int = Field(default=4_096, ge=512)
    """How much address space one may take. Compiled code and numerical libraries alone reserve about one gigabyte."""
    backtest_seconds: float = Field(default=600.0, gt=0)
    backtest_max_bars: int = Field(default=5_000_000, ge=1_000)
    """How many bars one reads at most, those before its first day included."""
    backtest_keep_days: int = Field(default=400, ge=1)
    backtest_plans: Mapping[str, BacktestPlan] = {
        "UNPAID": BacktestPlan(per_day=0),
        "BASIC": BacktestPlan(per_day=30, at_once=1, instruments=20, bars=500_000, combinations=100),
        "PRO": BacktestPlan(
            per_day=200, at_once=2, instruments=100, bars=2_000_000, combinations=1_000, head_start_s=300
        ),
        "ELITE": BacktestPlan(
            per_day=1_000, at_once=4, instruments=500, bars=5_000_000, combinations=5_000, head_start_s=900
        ),
    }
    """By tier, and `UNPAID`."""
