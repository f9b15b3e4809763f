"""What becomes of a threshold when shares are split. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal

from libs.contracts.alerts import AlertStatus
from services.alerts.definitions.rules import Alert, StatusReason

_PLACES = Decimal("0.0001")


def is_concerned(alert: Alert, begins: datetime) -> bool:
    """Say whether a split moves an alert: a threshold that was set before it, active or waiting for a look at the step.

    An alert with a rule of its own words waits for its owner instead. begins: the day of the split.
    """
    if alert.threshold_price is None:
        return False
    waits = alert.status is AlertStatus.NEEDS_REVIEW and alert.status_reason is StatusReason.PRICE_GAP
    return waits or (alert.status is AlertStatus.ACTIVE and alert.armed_at < begins)


def moved(alert: Alert, threshold: Decimal, now: datetime) -> Alert:
    """Make what an alert becomes: at the new level, and armed from now on."""
    return replace(
        alert,
        threshold_price=threshold,
        status=AlertStatus.ACTIVE,
        status_reason=StatusReason.ARMED,
        version=alert.version + 1,
        updated_at=now,
        armed_at=now,
    )


def scaled(threshold: Decimal, old_shares: int, new_shares: int) -> Decimal:
    """Move a threshold with its share, rounded once to four decimals and never to nothing."""
    exact = threshold * old_shares / new_shares
    return max(exact.quantize(_PLACES, rounding=ROUND_HALF_EVEN), _PLACES)
