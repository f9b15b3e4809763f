"""A condition as JSON values, as it is stored and as it goes over the wire. Prices and percents are decimal strings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson

from libs.common.clock import to_ms
from libs.common.money import to_e4
from services.alerts.conditions.operators import Base, Frequency, Operator
from services.alerts.conditions.rules import Place, Rule, State, Terms

INTERVALS_MS = {"1m": 60_000, "5m": 300_000, "15m": 900_000, "1h": 3_600_000, "1d": 86_400_000}


NO_RULE: Mapping[str, Any] = {"operator": "less", "value": "0"}


@dataclass(frozen=True, slots=True)
class SignalWish:
    """Which signals an alert waits for: of a strategy or of any, of a side (`long`, `short`) or of both."""

    strategy_id: UUID | None
    strategy: str | None
    side: str | None


@dataclass(frozen=True, slots=True)
class Condition:
    """An alert's condition with what else it says. `stored` is how it lies in the database.

    An alert with an `expression` or a `signal` has no rule of its own: `rule` is then one that never holds. `written`:
    the expression as its owner wrote it, with names of one's own in it.
    """

    rule: Rule
    expression: str | None
    terms: Terms
    interval: str
    tell_cleared: bool
    stored: Mapping[str, Any]
    signal: SignalWish | None = None
    written: str | None = None


def condition_of(stored: Mapping[str, Any], expires_at: datetime | None, snoozed_until: datetime | None) -> Condition:
    """Read a stored condition."""
    rule, interval = stored.get("rule", NO_RULE), stored.get("interval", "1m")
    return Condition(
        expression=stored.get("expression"),
        rule=Rule(
            operator=Operator(rule["operator"]),
            value_e4=_e4(rule.get("value")),
            low_e4=_e4(rule.get("low")),
            high_e4=_e4(rule.get("high")),
            amount_e4=_e4(rule.get("amount")),
            percent_e4=_e4(rule.get("percent")),
            window_ms=(rule.get("window_s") or 0) * 1_000,
            base=Base(rule.get("base") or Base.OPEN),
        ),
        terms=Terms(
            frequency=Frequency(stored.get("frequency", Frequency.ONCE)),
            interval_ms=INTERVALS_MS[interval],
            cool_down_ms=stored.get("cool_down_s", 0) * 1_000,
            band_e4=_e4(stored.get("rearm_band")),
            hours_only=stored.get("market_hours_only", False),
            expires_ms=None if expires_at is None else to_ms(expires_at),
            snoozed_ms=None if snoozed_until is None else to_ms(snoozed_until),
        ),
        interval=interval,
        tell_cleared=stored.get("tell_cleared", False),
        stored=stored,
        signal=_signal(stored.get("signal")),
        written=stored.get("written"),
    )


def state_of(stored: Mapping[str, Any]) -> State:
    """Read a stored state."""
    return State(
        armed_ms=stored["armed"],
        since_ms=stored["since"],
        base_e4=stored["base"],
        rearmed=stored["rearmed"],
        last_fired_ms=stored["fired"],
        seen=Place(*stored["seen"]),
    )


def stored_state(state: State) -> dict[str, Any]:
    """Write a state for the store."""
    return {
        "armed": state.armed_ms,
        "since": state.since_ms,
        "base": state.base_e4,
        "rearmed": state.rearmed,
        "fired": state.last_fired_ms,
        "seen": list(state.seen),
    }


def dumped(state: State) -> str:
    """Write a state as JSON text."""
    return orjson.dumps(stored_state(state)).decode()


def first_state(armed_at: datetime, price: Decimal | None) -> dict[str, Any]:
    """Write the state of an alert that is armed at an instant, while the newest price is this."""
    armed_ms = to_ms(armed_at)
    return stored_state(State(armed_ms, armed_ms, None if price is None else to_e4(price)))


def _signal(stored: Mapping[str, Any] | None) -> SignalWish | None:
    if stored is None:
        return None
    strategy_id = stored["strategy_id"]
    return SignalWish(None if strategy_id is None else UUID(strategy_id), stored["strategy"], stored["side"])


def _e4(value: str | None) -> int:
    return 0 if value is None else to_e4(Decimal(value))
