"""Fire what prices reached: once, in the database, with the announcement in the same commit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from libs.common import telemetry
from libs.common.clock import from_ms, to_ms
from libs.common.db import Database
from libs.common.ids import uuid7
from libs.common.logging import get_logger
from libs.common.money import from_e4, shown
from libs.contracts.alerts import AlertState, AlertTriggered
from libs.contracts.market import Tick
from services.alerts.engine import rules, tables
from services.alerts.engine.tables import ActiveAlert, Firing

log = get_logger(__name__)

_triggered = telemetry.counter("sharewise_alerts_triggered_total", "Alerts that fired.")
_lag = telemetry.histogram("sharewise_alert_trigger_seconds", "From a price's arrival to the committed trigger.")


@dataclass(frozen=True, slots=True)
class Candidate:
    """One version of one alert that a tick may fire."""

    tick: Tick
    number: int
    version: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of candidates: how many fired, and which did not although they are active (too young, or edited)."""

    fired: int
    still_active: list[AlertState]


class Firings:
    """The use case. Safe to repeat with the same candidates, and to run in several processes at once."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def fire(self, candidates: Sequence[Candidate], *, is_newest: bool = False) -> Outcome:
        """Fire those candidates that the rules say fire, all in one transaction.

        is_newest: the ticks are the newest prices there are (the sweep), see `rules.firing_price`.
        Raises StoreUnavailable; then nothing, or after CommitUnknown perhaps everything, has happened: fire again.
        """
        now = self._db.clock.now()
        async with self._db.transaction() as tx:
            driver = await tx.driver()
            active = await tables.find_active(driver, [candidate.number for candidate in candidates])
            due = _due(candidates, active, is_newest=is_newest)
            # In one order everywhere, so that two engines never wait for each other.
            firings = sorted(due.values(), key=lambda firing: firing.number)
            fired = await tables.switch_off_and_record(driver, firings, now) if firings else set()
            events = [_event(active[firing.number], firing, now) for firing in firings if firing.number in fired]
            for event in events:
                tx.announce(event)
        for event in events:
            _tell(event)
        for candidate in candidates:
            if candidate.number in fired:
                _lag.observe((self._db.clock.now_ms() - candidate.tick.received_ms) / 1_000)
        return Outcome(
            fired=len(fired), still_active=[alert.state for number, alert in active.items() if number not in due]
        )


def _due(candidates: Sequence[Candidate], active: dict[int, ActiveAlert], *, is_newest: bool) -> dict[int, Firing]:
    """Decide which candidates fire: of several for one alert, the first that does."""
    due: dict[int, Firing] = {}
    for candidate in candidates:
        alert = active.get(candidate.number)
        if alert is None or alert.state.version != candidate.version or candidate.number in due:
            continue
        tick = candidate.tick
        armed_at_ms = to_ms(alert.state.armed_at)
        price_e4 = rules.firing_price(alert.state.condition, alert.threshold_e4, armed_at_ms, tick, is_newest=is_newest)
        if price_e4 is not None:
            due[candidate.number] = Firing(
                number=candidate.number,
                version=candidate.version,
                triggered_id=uuid7(),
                price_e4=price_e4,
                reached_at=from_ms(tick.at_ms),
                recorded_at=None if tick.recorded_ms is None else from_ms(tick.recorded_ms),
            )
    return due


def _event(alert: ActiveAlert, firing: Firing, now: datetime) -> AlertTriggered:
    return AlertTriggered(
        triggered_id=firing.triggered_id,
        alert_id=alert.state.alert_id,
        user_id=alert.state.user_id,
        instrument=alert.state.instrument,
        symbol=alert.symbol,
        name=alert.name,
        currency=alert.currency,
        condition=alert.state.condition,
        threshold_price=alert.state.threshold_price,
        price=from_e4(firing.price_e4),
        reached_at=firing.reached_at,
        triggered_at=now,
        recorded_at=firing.recorded_at,
    )


def _tell(event: AlertTriggered) -> None:
    _triggered.inc()
    # The words are the mission's; the fields are what dashboards count.
    log.info(
        f"Triggered alert for {event.symbol}: {shown(event.price, event.currency)}",
        action="alert_triggered",
        instrument=event.instrument,
        alert_id=event.alert_id,
        triggered_id=event.triggered_id,
        price=event.price,
        threshold_price=event.threshold_price,
        reached_at=event.reached_at,
    )
