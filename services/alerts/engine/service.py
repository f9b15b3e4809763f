"""Fire what prices reached: once, in the database, with the announcement in the same commit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from libs.common import telemetry
from libs.common.clock import from_ms, to_ms
from libs.common.db import Database
from libs.common.ids import uuid7
from libs.common.logging import get_logger
from libs.common.money import from_e4, shown
from libs.contracts.alerts import AlertState, AlertTriggered
from libs.contracts.market import Tick
from services.alerts.conditions import words
from services.alerts.engine import rules, tables
from services.alerts.engine.tables import ActiveAlert, Firing

log = get_logger(__name__)

LOGGED_APART = 20
"""Up to so many firings of one transaction have a log line each."""

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
            active = await tables.find_active(driver, [candidate.number for candidate in candidates], now)
            due = _due(candidates, active, is_newest=is_newest)
            # In one order everywhere, so that two engines never wait for each other.
            firings = sorted(due.values(), key=lambda firing: firing.number)
            fired = await tables.switch_off_and_record(driver, firings, now) if firings else set()
            events = [_event(active[firing.number], firing, now) for firing in firings if firing.number in fired]
            for event in events:
                tx.announce(event)
        _tell(events)
        for candidate in candidates:
            if candidate.number in fired:
                _lag.observe((self._db.clock.now_ms() - candidate.tick.received_ms) / 1_000)
        return Outcome(
            fired=len(fired), still_active=[alert.state() for number, alert in active.items() if number not in due]
        )


def _due(candidates: Sequence[Candidate], active: dict[int, ActiveAlert], *, is_newest: bool) -> dict[int, Firing]:
    """Decide which candidates fire: of several for one alert, the first that does."""
    due: dict[int, Firing] = {}
    for candidate in candidates:
        alert = active.get(candidate.number)
        if alert is None or alert.version != candidate.version or candidate.number in due:
            continue
        tick = candidate.tick
        counts_from = rules.counts_from(alert.armed_at, alert.snoozed_until)
        price_e4 = rules.firing_price(
            alert.condition, alert.threshold_e4, to_ms(counts_from), tick, is_newest=is_newest
        )
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
    # Not validated: every member comes from a typed column, and thousands may fire at once.
    return AlertTriggered.model_construct(
        triggered_id=firing.triggered_id,
        alert_id=alert.id,
        user_id=alert.user_id,
        instrument=alert.instrument,
        symbol=alert.symbol,
        name=alert.name,
        currency=alert.currency,
        condition=alert.condition,
        threshold_price=from_e4(alert.threshold_e4),
        price=from_e4(firing.price_e4),
        reached_at=firing.reached_at,
        triggered_at=now,
        recorded_at=firing.recorded_at,
        message=None if alert.message is None else _message(alert.message, alert, firing),
        words=words.threshold_sentence(
            alert.condition,
            alert.threshold_price,
            symbol=alert.symbol,
            exchange=alert.exchange,
            currency=alert.currency,
        ),
        edge="fired",
        channels=alert.channels,
    )


def _message(template: str, alert: ActiveAlert, firing: Firing) -> str:
    price = f"{from_e4(firing.price_e4):f}"
    at = words.stamped(firing.reached_at)
    return words.rendered(
        template,
        {
            "ticker": alert.symbol,
            "exchange": alert.exchange,
            "name": alert.name,
            "currency": alert.currency,
            "syminfo.currency": alert.currency,
            "note": alert.note or "",
            "rule": words.threshold_words(alert.condition, alert.threshold_price, alert.currency),
            "price": price,
            "close": price,
            "threshold": f"{alert.threshold_price:f}",
            "time": at,
            "timenow": at,
        },
    )


def _tell(events: Sequence[AlertTriggered]) -> None:
    """Log each firing; of many at once one line per price, since a line costs more than its firing.

    Of very many prices, as after a stop, they have one line together.
    """
    _triggered.inc(len(events))
    together: dict[tuple[str, Decimal], list[AlertTriggered]] = {}
    for event in events:
        key = (event.instrument, event.price) if len(events) > LOGGED_APART else (str(event.alert_id), event.price)
        together.setdefault(key, []).append(event)
    if len(together) > LOGGED_APART:
        log.info(
            f"Triggered {len(events)} alerts at {len(together)} prices",
            action="alerts_triggered",
            alerts=len(events),
            first=events[0].triggered_id,
            last=events[-1].triggered_id,
        )
        return
    for alike in together.values():
        first = alike[0]
        # The words are the mission's; the fields are what dashboards count.
        log.info(
            f"Triggered alert for {first.symbol}: {shown(first.price, first.currency)}",
            action="alert_triggered",
            alerts=len(alike),
            instrument=first.instrument,
            alert_id=first.alert_id,
            triggered_id=first.triggered_id,
            price=first.price,
            threshold_price=first.threshold_price,
            reached_at=first.reached_at,
        )
