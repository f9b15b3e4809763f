"""Store what prices made of alerts with conditions: once each, in each alert's order, announced in the same commit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from libs.common import telemetry
from libs.common.clock import from_ms
from libs.common.db import Database
from libs.common.ids import uuid7
from libs.common.logging import get_logger
from libs.common.money import from_e4, shown
from libs.contracts.alerts import AlertTriggered
from libs.contracts.alerts import Condition as Side
from services.alerts.conditions import codec, tables, words
from services.alerts.conditions.operators import Frequency
from services.alerts.conditions.room import Change
from services.alerts.conditions.rules import Edge
from services.alerts.conditions.tables import Owned, Record

log = get_logger(__name__)

LOGGED_APART = 20
"""Up to so many changes of one transaction have a log line each."""

_fired = telemetry.counter("sharewise_condition_changes_total", "Changes of alerts with conditions, stored.")
_lag = telemetry.histogram("sharewise_condition_seconds", "From a price's arrival to the stored change.")


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of changes: how many were taken, and the alerts that are not as the changes thought."""

    taken: int
    otherwise: list[Owned]


class Changes:
    """The use case. Safe to repeat with the same changes, and to run in several processes at once."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def store(self, changes: Sequence[Change]) -> Stored:
        """Store these changes, all in one transaction. Raises StoreUnavailable: then store them again.

        Several changes of one alert are stored one after the other, each upon the state that the one before left.
        """
        taken, refused, lines = 0, set[int](), list[tuple[AlertTriggered, Change]]()
        now = self._db.clock.now()
        async with self._db.transaction() as tx:
            driver = await tx.driver()
            owned = await tables.find_active(driver, sorted({change.number for change in changes}))
            for turn in _turns(changes):
                known = [change for change in turn if change.number in owned and change.number not in refused]
                records = {change.number: _record(owned[change.number], change) for change in known}
                numbers = await tables.store_changes(driver, [records[number] for number in sorted(records)], now)
                unlike = records.keys() - numbers
                if unlike:
                    # What another engine has stored just so is stored: the changes after it count.
                    unlike -= await tables.find_recorded(driver, [records[number] for number in sorted(unlike)])
                refused |= unlike
                for change in known:
                    if change.number in numbers:
                        taken += 1
                        event = event_of(owned[change.number], records[change.number], now)
                        lines.append((event, change))
                        if change.edge is Edge.FIRED or owned[change.number].condition.tell_cleared:
                            tx.announce(event)
            otherwise = list((await tables.find_active(driver, sorted(refused))).values()) if refused else []
        _tell([event for event, _ in lines])
        for _, change in lines:
            _lag.observe(max(0, self._db.clock.now_ms() - change.tick.received_ms) / 1_000)
        _fired.inc(taken)
        return Stored(taken, otherwise)


def _turns(changes: Sequence[Change]) -> list[list[Change]]:
    """Cut changes into turns in which each alert comes once, in its order."""
    turns: list[list[Change]] = []
    counts: dict[int, int] = {}
    for change in changes:
        turn = counts[change.number] = counts.get(change.number, -1) + 1
        if turn == len(turns):
            turns.append([])
        turns[turn].append(change)
    return turns


def _record(alert: Owned, change: Change) -> Record:
    reached = change.reached
    sentence = words.sentence(alert.condition, symbol=alert.symbol, exchange=alert.exchange, currency=alert.currency)
    fired = change.edge is Edge.FIRED
    return Record(
        number=change.number,
        version=change.version,
        seq=change.seq,
        triggered_id=uuid7(),
        edge=change.edge,
        condition=Side.ABOVE if reached is None or reached.upward else Side.BELOW,
        boundary=from_e4(change.price_e4 if reached is None else max(1, reached.boundary_e4)),
        price=from_e4(change.price_e4),
        reached_at=from_ms(change.at_ms),
        recorded_at=None if change.tick.recorded_ms is None else from_ms(change.tick.recorded_ms),
        state=codec.dumped(change.state),
        finished=fired and alert.condition.terms.frequency is Frequency.ONCE,
        words=sentence,
        # The owner's text speaks of the firing: "it is above" must not go out when it no longer is.
        message=words.rendered(alert.message, _values(alert, change)) if fired and alert.message is not None else None,
    )


def values_of(alert: Owned, price: str, *, interval: str, begin: datetime, at: datetime) -> dict[str, str]:
    """Give the placeholders that every owner's text may have their values. begin: of the bar; at: of what is told."""
    return {
        "ticker": alert.symbol,
        "exchange": alert.exchange,
        "name": alert.name,
        "currency": alert.currency,
        "syminfo.currency": alert.currency,
        "note": alert.note or "",
        "price": price,
        "close": price,
        "interval": interval,
        "time": words.stamped(begin),
        "timenow": words.stamped(at),
        "rule": words.summary(alert.condition, alert.currency),
    }


def _values(alert: Owned, change: Change) -> dict[str, str]:
    """Give the placeholders their values: of the alert's running bar, and of the price."""
    price = f"{from_e4(change.price_e4):f}"
    bar = change.bar
    at = from_ms(change.at_ms)
    begin = at if bar is None else from_ms(bar.start_ms)
    values = values_of(alert, price, interval=alert.condition.interval, begin=begin, at=at)
    if change.reached is not None:
        values["threshold"] = f"{from_e4(change.reached.boundary_e4):f}"
    if bar is not None:
        values |= {
            "open": f"{from_e4(bar.open_e4):f}",
            "high": f"{from_e4(bar.high_e4):f}",
            "low": f"{from_e4(bar.low_e4):f}",
        }
    return {**values, **change.said}


def event_of(alert: Owned, record: Record, now: datetime, *, headline: str = "") -> AlertTriggered:
    """Make the event of what an alert told, as it was stored. headline: of its mail, where it is not the usual one."""
    # Not validated: every member comes from a typed column, or an event that was checked.
    return AlertTriggered.model_construct(
        triggered_id=record.triggered_id,
        alert_id=alert.id,
        user_id=alert.user_id,
        instrument=alert.instrument,
        symbol=alert.symbol,
        name=alert.name,
        currency=alert.currency,
        condition=Side(record.condition),
        threshold_price=record.boundary,
        price=record.price,
        reached_at=record.reached_at,
        triggered_at=now,
        recorded_at=record.recorded_at,
        message=record.message,
        words=record.words,
        edge=Edge(record.edge).value,
        summary=words.summary(alert.condition, alert.currency),
        stays_active=not record.finished,
        headline=headline,
        channels=None if alert.channels is None else list(alert.channels),
    )


def _tell(events: Sequence[AlertTriggered]) -> None:
    """Log each change; of many at once one line per instrument, since a line costs as much as its change.

    Of very many instruments, as after a stop, they have one line together.
    """
    together: dict[tuple[str, str], list[AlertTriggered]] = {}
    for event in events:
        name = event.instrument if len(events) > LOGGED_APART else str(event.triggered_id)
        together.setdefault((name, event.edge), []).append(event)
    if len(together) > LOGGED_APART:
        log.info(
            f"{len(events)} changes of alerts, of {len(together)} stocks",
            action="alerts_changed",
            alerts=len(events),
            first=events[0].triggered_id,
            last=events[-1].triggered_id,
        )
        return
    for alike in together.values():
        first = alike[0]
        word = "Triggered" if first.edge == "fired" else "Cleared"
        log.info(
            f"{word} alert for {first.symbol}: {shown(first.price, first.currency)}",
            action="alert_triggered" if first.edge == "fired" else "alert_cleared",
            alerts=len(alike),
            instrument=first.instrument,
            alert_id=first.alert_id,
            triggered_id=first.triggered_id,
            price=first.price,
            reached_at=first.reached_at,
        )
