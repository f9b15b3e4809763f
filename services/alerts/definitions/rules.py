"""What a user may do with an alert, and what becomes of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Any
from uuid import UUID

from libs.common.errors import Conflict
from libs.common.money import plain, to_e4
from libs.contracts.alerts import AlertState, AlertStatus, CandleNeed, Condition
from libs.quant.expr import NEWS, Input, parse
from services.alerts.conditions import codec, words
from services.alerts.conditions.inputs import resolved
from services.alerts.conditions.rules import is_met

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
    SPLIT = "split"
    INSTRUMENT_MERGED = "instrument_merged"
    REPLAY_RESTARTED = "replay_restarted"
    TIME_RUN_OUT = "time_run_out"


class AlertType(StrEnum):
    """A plain threshold fires once at a price; the others have a condition, a frequency and the rest.

    What they wait for: a `rule` over prices, an `expression` over closed bars, a `signal` of a followed strategy.
    """

    THRESHOLD = "threshold"
    PRICE = "price"
    EXPRESSION = "expression"
    SIGNAL = "signal"


class Happened(StrEnum):
    """What may be told of an alert besides its firings."""

    CREATED = "created"
    EDITED = "edited"
    PAUSED = "paused"
    RESUMED = "resumed"
    EXPIRED = "expired"
    RENAMED = "renamed"


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
    alert_type: AlertType
    condition: Condition | None
    threshold_price: Decimal | None
    rule: Mapping[str, Any] | None
    status: AlertStatus
    status_reason: StatusReason
    note: str | None
    tags: tuple[str, ...]
    message: str | None
    channels: tuple[str, ...] | None
    expires_at: datetime | None
    snoozed_until: datetime | None
    created_at: datetime
    updated_at: datetime
    armed_at: datetime
    triggered_at: datetime | None
    watchlist_rule_id: UUID | None = None

    @property
    def is_active(self) -> bool:
        return self.status is S.ACTIVE

    @property
    def words(self) -> str:
        """Say the alert in a plain sentence."""
        place = {"symbol": self.symbol, "exchange": self.exchange, "currency": self.currency}
        if self.condition is not None and self.threshold_price is not None:
            return words.threshold_sentence(self.condition, self.threshold_price, **place)
        return words.sentence(self.parsed_rule(), **place)

    @property
    def summary(self) -> str:
        """Say what has to happen, without the stock and how often."""
        if self.condition is not None and self.threshold_price is not None:
            return words.threshold_words(self.condition, self.threshold_price, self.currency)
        return words.summary(self.parsed_rule(), self.currency)

    def parsed_rule(self) -> codec.Condition:
        """Read the rule of an alert that has one."""
        assert self.rule is not None, "a plain threshold has no rule"
        return codec.condition_of(self.rule, self.expires_at, self.snoozed_until)

    def state(self) -> AlertState:
        """Say what the engine needs to know."""
        return AlertState(
            alert_id=self.id,
            number=self.number,
            version=self.version,
            user_id=self.user_id,
            instrument=self.instrument,
            condition=self.condition,
            threshold_price=None if self.threshold_price is None else plain(self.threshold_price),
            status=self.status,
            armed_at=self.armed_at,
            alert_type=self.alert_type,
            candles=self.candles(),
            snoozed_until=self.snoozed_until,
        )

    def candles(self) -> tuple[CandleNeed, ...]:
        """Name the closed candles that the engine needs for this alert: those that its expression reads."""
        if self.alert_type is not AlertType.EXPRESSION or not self.is_active:
            return ()
        parsed = self.parsed_rule()
        own = Input(self.instrument, parsed.interval)
        read = {own, *resolved(own, parse(parsed.expression or "")).values()}
        return tuple(
            CandleNeed(instrument=each.instrument or "", interval=each.interval or "")
            for each in sorted(read)
            if each.interval != NEWS
        )


class Keep(Enum):
    """Leaves a member as it is, where None means to take it away."""

    KEEP = "keep"


KEEP = Keep.KEEP


@dataclass(frozen=True, slots=True)
class Change:
    """What a user wants changed: None, or KEEP, leaves a member as it is. An empty note takes the note away."""

    threshold_price: Decimal | None = None
    condition: Condition | None = None
    rule: Mapping[str, Any] | None = None
    note: str | None = None
    tags: tuple[str, ...] | None = None
    message: str | Keep | None = KEEP
    channels: tuple[str, ...] | Keep | None = KEEP
    expires_at: datetime | Keep | None = KEEP
    snoozed_until: datetime | Keep | None = KEEP
    status: AlertStatus | None = None


def changed(alert: Alert, change: Change, now: datetime) -> Alert:
    """Make what the alert becomes; the same object when nothing changes.

    Another threshold or condition, and activating, arm the alert anew: only prices from now on count. So does ending
    the snooze of a plain threshold before its time: what the price did meanwhile is not made up for.
    Raises Conflict for a status that cannot be reached from the present one, and for a rule that its type has not.
    """
    is_threshold = alert.alert_type is AlertType.THRESHOLD
    given = _kept_names(change.rule or {}, alert.rule or {})
    if alert.alert_type is not AlertType.SIGNAL and "signal" in given:
        raise Conflict("This alert does not wait for signals: delete it and make a signal alert instead.")
    if alert.alert_type is AlertType.SIGNAL and "rule" in given:
        raise Conflict("This alert waits for signals: change `signal`, not `rule`.")
    if alert.alert_type is AlertType.EXPRESSION and "rule" in given:
        raise Conflict("This alert has an expression: change `expression`, not `rule`.")
    if alert.alert_type is not AlertType.EXPRESSION and "expression" in given:
        raise Conflict("This alert has no expression: delete it and make an expression alert instead.")
    if not is_threshold and (change.threshold_price is not None or change.condition is not None):
        raise Conflict("This alert has a rule: change `rule`, not `condition` or `threshold_price`.")
    if is_threshold and change.rule is not None:
        raise Conflict("A threshold alert has a condition and a price: delete it and make a price alert instead.")
    wanted = replace(
        alert,
        rule=alert.rule if change.rule is None else {**(alert.rule or {}), **given},
        tags=alert.tags if change.tags is None else change.tags,
        message=alert.message if change.message is KEEP else change.message or None,
        channels=alert.channels if change.channels is KEEP else change.channels,
        expires_at=alert.expires_at if change.expires_at is KEEP else change.expires_at,
        snoozed_until=alert.snoozed_until if change.snoozed_until is KEEP else change.snoozed_until,
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
        or wanted.rule != alert.rule
        or (is_threshold and _wakes_early(alert, wanted, now))
    )
    # The engine's hold on an alert with a rule survives what does not concern its evaluation, a note for example.
    same_for_engine = not is_threshold and not rearmed and wanted.status is alert.status
    return replace(
        wanted,
        version=alert.version if same_for_engine else alert.version + 1,
        updated_at=now,
        armed_at=now if rearmed else alert.armed_at,
        triggered_at=None if rearmed else alert.triggered_at,
    )


def _kept_names(given: Mapping[str, Any], stored: Mapping[str, Any]) -> Mapping[str, Any]:
    """Keep the names that an expression was written with, where it comes back as it is."""
    if "expression" not in given or given["expression"] != stored.get("expression"):
        return given
    return {name: value for name, value in given.items() if name != "written"}


def _wakes_early(alert: Alert, wanted: Alert, now: datetime) -> bool:
    before, after = alert.snoozed_until, wanted.snoozed_until
    return before is not None and before > now and (after is None or after < before)


def check_deletable(alert: Alert) -> None:
    """Refuse to delete an alert that its rule over a watchlist would make again. Raises Conflict."""
    if alert.watchlist_rule_id is not None:
        raise Conflict(
            "A rule over a watchlist keeps this alert: take the stock out of the list, pause it, or delete the rule."
        )


def expired(alert: Alert, now: datetime) -> Alert:
    """Make what becomes of an active alert whose time has run out."""
    return replace(
        alert, status=S.EXPIRED, status_reason=StatusReason.TIME_RUN_OUT, version=alert.version + 1, updated_at=now
    )


def what_happened(before: Alert, after: Alert) -> Happened:
    """Name a change of an alert by its owner."""
    if before.status is after.status:
        return Happened.EDITED
    return Happened.RESUMED if after.is_active else Happened.PAUSED


def paused_for_plan(alert: Alert, now: datetime) -> Alert:
    """Make what becomes of an active alert that the user's plan no longer allows."""
    return replace(
        alert, status=S.PAUSED, status_reason=StatusReason.PLAN_LIMIT, version=alert.version + 1, updated_at=now
    )


def is_already_true(alert: Alert, price: Decimal | None) -> bool | None:
    """Say whether the newest price meets the condition already, so that the form can warn. None without a price."""
    if price is None:
        return None
    if alert.alert_type in (AlertType.EXPRESSION, AlertType.SIGNAL):
        return None
    if alert.condition is None or alert.threshold_price is None:
        return is_met(alert.parsed_rule().rule, to_e4(price))
    return price >= alert.threshold_price if alert.condition is Condition.ABOVE else price <= alert.threshold_price


def _moved(alert: Alert, wanted: Alert) -> Alert:
    if wanted.status not in MOVES[alert.status]:
        raise Conflict(f"An alert that is {alert.status} cannot be made {wanted.status}.")
    reason = StatusReason.ARMED if wanted.status is S.ACTIVE else StatusReason.PAUSED_BY_USER
    return replace(wanted, status_reason=reason)
