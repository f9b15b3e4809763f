"""What becomes of an alert when a stock gets another name or goes into another one. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from libs.contracts.alerts import AlertStatus
from libs.contracts.market import InstrumentChanged
from libs.quant.expr import parse
from services.alerts.definitions.rules import Alert, StatusReason
from services.alerts.instruments.rules import Listing


def moved(alert: Alert, to: Listing, event: InstrumentChanged, now: datetime) -> Alert:
    """Make what an alert becomes whose own stock has changed. It stays armed, and remembers what it knew.

    A stock that went into another one goes on at another price: an active alert waits for its owner's look.
    """
    alert = replace(
        alert,
        instrument=to.instrument,
        exchange=to.exchange,
        symbol=to.symbol,
        name=to.name,
        rule=renamed(alert.rule, event),
        version=alert.version + 1,
        updated_at=now,
    )
    if event.reason == "merged" and alert.is_active:
        return replace(alert, status=AlertStatus.NEEDS_REVIEW, status_reason=StatusReason.INSTRUMENT_MERGED)
    return alert


def reworded(alert: Alert, event: InstrumentChanged, now: datetime) -> Alert:
    """Make what an alert on another stock becomes, the expression of which reads the changed one."""
    return replace(alert, rule=renamed(alert.rule, event), version=alert.version + 1, updated_at=now)


def renamed(rule: Mapping[str, Any] | None, event: InstrumentChanged) -> Mapping[str, Any] | None:
    """Put a stock's new name into what an alert waits for."""
    if rule is None or "expression" not in rule:
        return rule
    after = parse(rule["expression"]).renamed({event.previous: event.instrument})
    return {**rule, "written": None, "expression": str(after)}
