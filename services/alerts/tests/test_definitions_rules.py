"""What users may do with an alert: all pairs of states, and what arms it anew."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from libs.common.errors import Conflict
from libs.common.ids import uuid7
from libs.contracts.alerts import AlertStatus, Condition
from services.alerts.definitions.rules import (
    MOVES,
    Alert,
    AlertType,
    Change,
    StatusReason,
    changed,
    is_already_true,
    paused_for_plan,
)

THEN = datetime(2026, 1, 15, 20, 0, tzinfo=UTC)
NOW = THEN + timedelta(minutes=5)


def make_alert(**members: Any) -> Alert:
    values: dict[str, Any] = {
        "id": uuid7(),
        "number": 7,
        "version": 3,
        "user_id": uuid7(),
        "instrument": "NASDAQ:AAPL",
        "exchange": "NASDAQ",
        "symbol": "AAPL",
        "name": "Apple Inc.",
        "currency": "USD",
        "alert_type": AlertType.THRESHOLD,
        "condition": Condition.ABOVE,
        "threshold_price": Decimal("230.0000"),
        "rule": None,
        "tags": (),
        "message": None,
        "channels": None,
        "expires_at": None,
        "snoozed_until": None,
        "status": AlertStatus.ACTIVE,
        "status_reason": StatusReason.ARMED,
        "note": None,
        "created_at": THEN,
        "updated_at": THEN,
        "armed_at": THEN,
        "triggered_at": None,
    }
    return Alert(**{**values, **members})


@pytest.mark.parametrize("wanted", AlertStatus)
@pytest.mark.parametrize("present", AlertStatus)
def test_every_pair_of_states(present: AlertStatus, wanted: AlertStatus) -> None:
    alert = make_alert(status=present, triggered_at=THEN)
    if wanted is present:
        assert changed(alert, Change(status=wanted), NOW) is alert
    elif wanted in MOVES[present]:
        after = changed(alert, Change(status=wanted), NOW)
        assert (after.status, after.version, after.updated_at) == (wanted, 4, NOW)
        assert after.armed_at == (NOW if wanted is AlertStatus.ACTIVE else THEN)
    else:
        with pytest.raises(Conflict):
            changed(alert, Change(status=wanted), NOW)


def test_only_the_engine_moves_an_alert_to_triggered() -> None:
    assert all(AlertStatus.TRIGGERED not in moves for moves in MOVES.values())


@pytest.mark.parametrize("change", [Change(threshold_price=Decimal("240")), Change(condition=Condition.BELOW)])
def test_another_condition_arms_an_active_alert_anew(change: Change) -> None:
    after = changed(make_alert(), change, NOW)
    assert (after.armed_at, after.version) == (NOW, 4)


def test_another_condition_leaves_a_paused_alert_paused() -> None:
    after = changed(make_alert(status=AlertStatus.PAUSED), Change(threshold_price=Decimal("240")), NOW)
    assert (after.status, after.armed_at) == (AlertStatus.PAUSED, THEN)


def test_a_note_does_not_arm_anew() -> None:
    after = changed(make_alert(), Change(note="earnings"), NOW)
    assert (after.note, after.armed_at, after.version) == ("earnings", THEN, 4)
    assert changed(after, Change(note=""), NOW).note is None


def test_a_snooze_arms_a_threshold_anew_only_where_it_ends_early() -> None:
    until = NOW + timedelta(hours=1)
    asleep = changed(make_alert(), Change(snoozed_until=until), NOW)
    assert (asleep.armed_at, asleep.version, asleep.state().snoozed_until) == (THEN, 4, until)
    assert changed(asleep, Change(snoozed_until=until + timedelta(hours=1)), NOW).armed_at == THEN
    assert changed(asleep, Change(snoozed_until=None), NOW).armed_at == NOW
    assert changed(asleep, Change(snoozed_until=until - timedelta(minutes=1)), NOW).armed_at == NOW
    over = changed(asleep, Change(snoozed_until=None), until)
    assert over.armed_at == THEN, "it had been awake already"


def test_the_same_values_change_nothing() -> None:
    alert = make_alert()
    same = Change(threshold_price=Decimal("230.00"), condition=Condition.ABOVE, status=AlertStatus.ACTIVE)
    assert changed(alert, same, NOW) is alert


def test_arming_a_triggered_alert_again_forgets_when_it_fired() -> None:
    fired = make_alert(status=AlertStatus.TRIGGERED, status_reason=StatusReason.PRICE_REACHED, triggered_at=THEN)
    after = changed(fired, Change(status=AlertStatus.ACTIVE), NOW)
    assert (after.triggered_at, after.status_reason) == (None, StatusReason.ARMED)


def test_pausing_for_the_plan_says_why() -> None:
    after = paused_for_plan(make_alert(), NOW)
    assert (after.status, after.status_reason, after.version) == (AlertStatus.PAUSED, StatusReason.PLAN_LIMIT, 4)


@pytest.mark.parametrize(
    ("condition", "price", "true"),
    [("above", "229.99", False), ("above", "230", True), ("below", "230", True), ("below", "230.01", False)],
)
def test_reaching_counts_for_the_warning_too(condition: str, price: str, true: bool) -> None:
    assert is_already_true(make_alert(condition=Condition(condition)), Decimal(price)) is true


def test_without_a_price_nobody_knows() -> None:
    assert is_already_true(make_alert(), None) is None
