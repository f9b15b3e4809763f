"""What becomes of the prices that alerts wait for when shares are split. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from typing import Any

from libs.contracts.alerts import AlertStatus
from libs.quant.expr import Undecided, parse, rescaled
from services.alerts.definitions.rules import Alert, StatusReason

_PLACES = Decimal("0.0001")
_PRICES = frozenset({"value", "low", "high", "amount"})


def is_concerned(alert: Alert, begins: datetime) -> bool:
    """Say whether a split moves an alert: one that was set before it, active or waiting for a look at the step.

    begins: the day of the split.
    """
    waits = alert.status is AlertStatus.NEEDS_REVIEW and alert.status_reason is StatusReason.PRICE_GAP
    return waits or (alert.status is AlertStatus.ACTIVE and alert.armed_at < begins)


@dataclass(frozen=True, slots=True)
class Waits:
    """What an alert waits for: a threshold, or a rule as it is stored."""

    threshold: Decimal | None
    rule: Mapping[str, Any] | None

    @classmethod
    def of(cls, alert: Alert) -> Waits:
        return cls(alert.threshold_price, alert.rule)

    def details(self) -> Any:
        """Write it for the alert's timeline."""
        return str(self.threshold) if self.rule is None else dict(self.rule)

    @classmethod
    def read(cls, details: Any) -> Waits:
        """Read what `details` wrote."""
        return cls(Decimal(details), None) if isinstance(details, str) else cls(None, details)


def after_split(before: Waits, old_shares: int, new_shares: int) -> Waits | None:
    """Move every price with its share; what is in percent stays. None where a channel would close by rounding."""

    def to(text: str | None) -> str | None:
        return None if text is None else str(scaled(Decimal(text), old_shares, new_shares))

    if before.threshold is not None:
        return Waits(scaled(before.threshold, old_shares, new_shares), None)
    stored = dict(before.rule or {})
    rule = {name: to(value) if name in _PRICES else value for name, value in stored["rule"].items()}
    if rule.get("low") is not None and rule["low"] == rule.get("high"):
        return None
    if "rearm_band" in stored:
        stored["rearm_band"] = to(stored["rearm_band"])
    return Waits(None, {**stored, "rule": rule})


def expression_after(alert: Alert, instrument: str, old_shares: int, new_shares: int) -> Waits | None:
    """Move the numbers that an expression compares with prices or volumes of the instrument that was split.

    None where it compares what does not go together, so that nobody can say which of its numbers are prices.
    """
    stored, own, ratio = dict(alert.rule or {}), alert.instrument == instrument, Fraction(old_shares, new_shares)
    try:
        after = str(rescaled(parse(stored["expression"]), ratio, own=own, instrument=instrument))
    except Undecided:
        return None
    if after != stored["expression"]:
        stored |= {"expression": after, "written": None}  # what its names stand for has not moved
    if own and "rearm_band" in stored and Decimal(stored["rearm_band"]):
        stored["rearm_band"] = str(scaled(Decimal(stored["rearm_band"]), old_shares, new_shares))
    return Waits(None, stored)


def put_to_review(alert: Alert, now: datetime) -> Alert:
    """Make what becomes of an expression with which a split does what only its owner can say."""
    return replace(
        alert,
        status=AlertStatus.NEEDS_REVIEW,
        status_reason=StatusReason.SPLIT,
        version=alert.version + 1,
        updated_at=now,
    )


def moved(alert: Alert, to: Waits, now: datetime) -> Alert:
    """Make what an alert becomes: at the new level, and armed from now on."""
    return replace(
        alert,
        threshold_price=to.threshold,
        rule=to.rule,
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
