"""Alerts that are not stored yet: as their owner words them, and as a rule over many stocks keeps them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from libs.contracts.alerts import AlertStatus, Condition
from libs.contracts.market import InstrumentInfo
from services.alerts.definitions.rules import Alert, AlertType, StatusReason


@dataclass(frozen=True, slots=True)
class Draft:
    """An alert as its user words it. symbol: in capitals."""

    symbol: str
    condition: Condition | None = None
    threshold_price: Decimal | None = None
    note: str | None = None
    alert_type: AlertType = AlertType.THRESHOLD
    rule: Mapping[str, Any] | None = None
    tags: tuple[str, ...] = ()
    message: str | None = None
    channels: tuple[str, ...] | None = None
    expires_at: datetime | None = None

    def as_alert(self, info: InstrumentInfo, now: datetime) -> Alert:
        """Make the alert that this would be, of nobody and not stored."""
        return Alert(
            id=UUID(int=0),
            number=0,
            version=1,
            user_id=UUID(int=0),
            instrument=info.instrument,
            exchange=info.exchange,
            symbol=info.symbol,
            name=info.name,
            currency=info.currency,
            alert_type=self.alert_type,
            condition=self.condition,
            threshold_price=self.threshold_price,
            rule=self.rule,
            status=AlertStatus.ACTIVE,
            status_reason=StatusReason.ARMED,
            note=self.note,
            tags=self.tags,
            message=self.message,
            channels=self.channels,
            expires_at=self.expires_at,
            snoozed_until=None,
            created_at=now,
            updated_at=now,
            armed_at=now,
            triggered_at=None,
        )

    @classmethod
    def of(cls, alert: Alert) -> Draft:
        """Word a stored alert anew."""
        return cls(
            symbol=alert.instrument,
            condition=alert.condition,
            threshold_price=alert.threshold_price,
            note=alert.note,
            alert_type=alert.alert_type,
            rule=alert.rule,
            tags=alert.tags,
            message=alert.message,
            channels=alert.channels,
            expires_at=alert.expires_at,
        )

    def stored(self) -> dict[str, Any]:
        """Write it as JSON values, without its symbol."""
        return {
            "alert_type": self.alert_type.value,
            "condition": None if self.condition is None else self.condition.value,
            "threshold_price": None if self.threshold_price is None else str(self.threshold_price),
            "rule": None if self.rule is None else dict(self.rule),
            "note": self.note,
            "tags": list(self.tags),
            "message": self.message,
            "channels": None if self.channels is None else list(self.channels),
            "expires_at": None if self.expires_at is None else self.expires_at.isoformat(),
        }

    @classmethod
    def from_stored(cls, stored: Mapping[str, Any], symbol: str) -> Draft:
        """Read what `stored` wrote, for this symbol."""
        condition, price = stored["condition"], stored["threshold_price"]
        channels, expires_at = stored["channels"], stored["expires_at"]
        return cls(
            symbol=symbol,
            condition=None if condition is None else Condition(condition),
            threshold_price=None if price is None else Decimal(price),
            note=stored["note"],
            alert_type=AlertType(stored["alert_type"]),
            rule=stored["rule"],
            tags=tuple(stored["tags"]),
            message=stored["message"],
            channels=None if channels is None else tuple(channels),
            expires_at=None if expires_at is None else datetime.fromisoformat(expires_at),
        )
