"""What a user may do with an alert, and what becomes of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from libs.common.errors import Conflict
from libs.common.money import plain
from libs.contracts.alerts import AlertState, AlertStatus, Condition

S = AlertStatus

MOVES: Mapping[AlertStatus, frozenset[AlertStatus]] = {
    S.ACTIVE: frozenset({S.PAUSED}),
    S.PAUSED: frozenset({S.ACTIVE}),
    S.TRIGGERED: frozenset({S.ACTIVE}),  # it fires once per arming; arming it again is the user's word
    S.EXPIRED: frozenset({S.ACTIVE}),
    S.NEEDS_REVIEW: frozenset({S.ACTIVE, S.PAUSED}),
}
"""What users may set the status to. The engine alone moves active to triggered."""


class StatusReason(StrEnum):
    """Why an alert has its status: no alert changes silently."""

    ARMED = "armed"
    PRICE_REACHED = "price_reached"
    PAUSED_BY_USER = "paused_by_user"
    PLAN_LIMIT = "plan_limit"
    PRICE_GAP = "price_gap"
    REPLAY_RESTARTED = "replay_restarted"


GAP_REASONS = {"unexplained": StatusReason.PRICE_GAP, "replay_restarted": StatusReason.REPLAY_RESTARTED}
"""Why alerts wait for review, by what market says of a step."""


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert with what people see of its instrument. `number` and `version` are the engine's key to it."""

    id: UUID
    number: int
    version: int
    user_id: UUID
    instrument: str
    exchange: str
    symbol: str
    name: str
    currency: str
    condition: Condition
    threshold_price: Decimal
    status: AlertStatus
    status_reason: StatusReason
    note: str | None
    created_at: datetime
    updated_at: datetime
    armed_at: datetime
    triggered_at: datetime | None

    @property
    def is_active(self) -> bool:
        return self.status is S.ACTIVE

    def state(self) -> AlertState:
        """Say what the engine needs to know."""
        return AlertState(
            alert_id=self.id,
            number=self.number,
            version=self.version,
            user_id=self.user_id,
            instrument=self.instrument,
            condition=self.condition,
            threshold_price=plain(self.threshold_price),
            status=self.status,
            armed_at=self.armed_at,
        )


@dataclass(frozen=True, slots=True)
class Change:
    """What a user wants changed: None leaves a member as it is. An empty note takes the note away."""

    threshold_price: Decimal | None = None
    condition: Condition | None = None
    note: str | None = None
    status: AlertStatus | None = None


def changed(alert: Alert, change: Change, now: datetime) -> Alert:
    """Make what the alert becomes; the same object when nothing changes.

    Another threshold or condition, and activating, arm the alert anew: only prices from now on count.
    Raises Conflict for a status that cannot be reached from the present one.
    """
    wanted = replace(
        alert,
        threshold_price=alert.threshold_price if change.threshold_price is None else change.threshold_price,
        condition=alert.condition if change.condition is None else change.condition,
        note=alert.note if change.note is None else change.note or None,
        status=alert.status if change.status is None else change.status,
    )
    if wanted == alert:
        return alert
    if wanted.status is not alert.status:
        wanted = _moved(alert, wanted)
    rearmed = wanted.is_active and (
        not alert.is_active
        or wanted.threshold_price != alert.threshold_price
        or wanted.condition is not alert.condition
    )
    return replace(
        wanted,
        version=alert.version + 1,
        updated_at=now,
        armed_at=now if rearmed else alert.armed_at,
        triggered_at=None if rearmed else alert.triggered_at,
    )


def paused_for_plan(alert: Alert, now: datetime) -> Alert:
    """Make what becomes of an active alert that the user's plan no longer allows."""
    return replace(
        alert, status=S.PAUSED, status_reason=StatusReason.PLAN_LIMIT, version=alert.version + 1, updated_at=now
    )


def is_already_true(condition: Condition, threshold: Decimal, price: Decimal | None) -> bool | None:
    """Say whether the newest price reaches the threshold already, so that the form can warn. None without a price."""
    if price is None:
        return None
    return price >= threshold if condition is Condition.ABOVE else price <= threshold


def _moved(alert: Alert, wanted: Alert) -> Alert:
    if wanted.status not in MOVES[alert.status]:
        raise Conflict(f"An alert that is {alert.status} cannot be made {wanted.status}.")
    reason = StatusReason.ARMED if wanted.status is S.ACTIVE else StatusReason.PAUSED_BY_USER
    return replace(wanted, status_reason=reason)
