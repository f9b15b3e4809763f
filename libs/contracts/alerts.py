"""What alerts announces."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Literal
from uuid import UUID

from libs.contracts.base import Event, Message, Price


class Condition(StrEnum):
    ABOVE = "above"
    BELOW = "below"


class AlertStatus(StrEnum):
    ACTIVE = "active"
    TRIGGERED = "triggered"
    PAUSED = "paused"
    EXPIRED = "expired"
    NEEDS_REVIEW = "needs_review"


class CandleNeed(Message):
    """Candles that a rule is evaluated on: market announces the closed ones while the alert is active.

    `interval` is 1m, 5m, 15m, 1h or 1d.
    """

    instrument: str
    interval: str


class AlertState(Message):
    """An alert as its engine needs it. `number` is the engine's key, `version` grows with every change of the row.

    `condition` and `threshold_price` are those of a plain threshold, None for every other `alert_type`: of such an
    alert the engine reads the rest itself. `candles` are those that its rule reads, of its own instrument and of
    others; a plain threshold reads none. `snoozed_until`: no price before it fires.
    """

    alert_id: UUID
    number: int
    version: int
    user_id: UUID
    instrument: str
    condition: Condition | None
    threshold_price: Price | None
    status: AlertStatus
    armed_at: datetime
    alert_type: str = "threshold"
    candles: tuple[CandleNeed, ...] = ()
    snoozed_until: datetime | None = None


class _AlertEvent(Event):
    alert: AlertState

    def subject(self) -> str:
        return str(self.alert.user_id)


class AlertCreated(_AlertEvent):
    type: ClassVar[str] = "alerts.alert.created.v1"


class AlertUpdated(_AlertEvent):
    """`alert` is what it became, `previous` what it was: the engine takes the old entry out by it."""

    type: ClassVar[str] = "alerts.alert.updated.v1"
    previous: AlertState | None = None


class AlertDeleted(_AlertEvent):
    type: ClassVar[str] = "alerts.alert.deleted.v1"


class AlertTriggered(Event):
    """An alert fired. `price` at `reached_at` fired it; `triggered_at` is when that was committed.

    `threshold_price` and `condition` are the price that had to be reached and its side, of any kind of alert. `words`
    is the plain sentence of the rule, `message` the owner's own text filled in, `channels` the owner's choice for this
    alert (None: by preferences). `edge` is `cleared` when the price has gone back: announced to those who asked, and
    without the owner's text, which speaks of the firing. `summary` is what had to happen, empty of a plain threshold;
    `stays_active` says that the alert goes on. `headline` is said in place of the price, of an alert on signals.
    """

    type: ClassVar[str] = "alerts.alert.triggered.v1"
    triggered_id: UUID
    alert_id: UUID
    user_id: UUID
    instrument: str
    symbol: str
    name: str
    currency: str
    condition: Condition
    threshold_price: Price
    price: Price
    reached_at: datetime
    triggered_at: datetime
    recorded_at: datetime | None = None
    message: str | None = None
    words: str = ""
    edge: Literal["fired", "cleared"] = "fired"
    summary: str = ""
    stays_active: bool = False
    headline: str = ""
    channels: list[str] | None = None

    def subject(self) -> str:
        return str(self.user_id)


class NotificationSent(Event):
    type: ClassVar[str] = "alerts.notification.sent.v1"
    delivery_id: UUID
    user_id: UUID
    channel: str
    triggered_id: UUID | None
    sent_at: datetime

    def subject(self) -> str:
        return str(self.user_id)


class NotificationFailed(Event):
    type: ClassVar[str] = "alerts.notification.failed.v1"
    delivery_id: UUID
    user_id: UUID
    channel: str
    triggered_id: UUID | None
    reason: str

    def subject(self) -> str:
        return str(self.user_id)


class NoticeCreated(Event):
    """A person has a notice in the application. `link` is a path there; `kind` is alert, account, security, ..."""

    type: ClassVar[str] = "alerts.notice.created.v1"
    notice_id: UUID
    user_id: UUID
    kind: str
    title: str
    text: str
    link: str
    created_at: datetime

    def subject(self) -> str:
        return str(self.user_id)


class NoticesRead(Event):
    """A person read notices; `unread` is how many are left."""

    type: ClassVar[str] = "alerts.notices.read.v1"
    user_id: UUID
    unread: int

    def subject(self) -> str:
        return str(self.user_id)
