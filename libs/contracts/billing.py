"""What billing announces, and what its internal routes answer."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from libs.contracts.base import Event, Message


class Tier(StrEnum):
    BASIC = "BASIC"
    PRO = "PRO"
    ELITE = "ELITE"


class SubscriptionState(StrEnum):
    TRIAL = "trial"
    ACTIVE = "active"
    GRACE = "grace"
    UNPAID = "unpaid"


class Limits(Message):
    """The numbers of a plan. None means no limit; 0 means none allowed."""

    active_alerts: int | None
    signals_per_day: int | None
    strategies: int | None
    ai_studio_minutes_per_month: int | None
    custom_indicators: bool
    live_trading: bool
    api_keys: int
    api_calls_per_minute: int
    socket_symbols: int
    socket_ticks_per_second: int | None
    channels: tuple[str, ...]


class Entitlements(Message):
    """Answer of `GET /internal/entitlements/{user_id}`: what this user may do now."""

    user_id: UUID
    tier: Tier
    state: SubscriptionState
    limits: Limits
    upgrade_to: Tier | None
    version: int


class EntitlementsChanged(Event):
    type: ClassVar[str] = "billing.entitlements.changed.v1"
    entitlements: Entitlements

    def subject(self) -> str:
        return str(self.entitlements.user_id)
