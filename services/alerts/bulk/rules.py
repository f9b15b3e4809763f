"""What is done with many alerts at once, and what becomes of the lines of a file. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from libs.common.errors import Conflict, FieldError
from libs.contracts.alerts import AlertStatus
from libs.contracts.market import InstrumentInfo
from services.alerts.definitions.drafts import Draft
from services.alerts.definitions.rules import Alert, AlertType, Change, changed, check_deletable

MOST_PICKED = 500
MOST_TAGS = 10


class Action(StrEnum):
    PAUSE = "pause"
    RESUME = "resume"
    DELETE = "delete"
    ADD_TAGS = "add_tags"
    REMOVE_TAGS = "remove_tags"
    SNOOZE = "snooze"
    EXTEND = "extend"


@dataclass(frozen=True, slots=True)
class Order:
    """An action with what it needs: `tags` of the two about tags, `until` of snoozing and extending (None: no end)."""

    action: Action
    tags: tuple[str, ...] = ()
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Matching:
    """All of a person's alerts that the list would show, as many at a time as may be picked, from behind `after`."""

    status: AlertStatus | None = None
    alert_type: AlertType | None = None
    tag: str | None = None
    text: str | None = None
    watchlist_rule_id: UUID | None = None
    after: UUID | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """An alert with which it was not done, and why."""

    alert_id: UUID
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an action makes of alerts: those that change, before and after, and those that are refused."""

    changes: tuple[tuple[Alert, Alert], ...]
    deleted: tuple[Alert, ...]
    refused: tuple[Refusal, ...]
    unchanged: int

    @property
    def activated(self) -> int:
        """How many become active."""
        return sum(after.is_active and not before.is_active for before, after in self.changes)


def outcome(alerts: Iterable[Alert], order: Order, now: datetime) -> Outcome:
    """Work out what an action makes of alerts."""
    changes: list[tuple[Alert, Alert]] = []
    deleted: list[Alert] = []
    refused: list[Refusal] = []
    unchanged = 0
    for alert in alerts:
        try:
            if order.action is Action.DELETE:
                check_deletable(alert)
                deleted.append(alert)
                continue
            after = changed(alert, _change(alert, order), now)
        except Conflict as problem:
            refused.append(Refusal(alert.id, problem.code, problem.detail or problem.title))
            continue
        if after is alert:
            unchanged += 1
        else:
            changes.append((alert, after))
    return Outcome(tuple(changes), tuple(deleted), tuple(refused), unchanged)


def _change(alert: Alert, order: Order) -> Change:
    match order.action:
        case Action.PAUSE:
            return Change(status=AlertStatus.PAUSED)
        case Action.RESUME:
            return Change(status=AlertStatus.ACTIVE)
        case Action.ADD_TAGS:
            tags = tuple(dict.fromkeys((*alert.tags, *order.tags)))
            if len(tags) > MOST_TAGS:
                raise Conflict(f"An alert has at most {MOST_TAGS} tags.")
            return Change(tags=tags)
        case Action.REMOVE_TAGS:
            return Change(tags=tuple(tag for tag in alert.tags if tag not in order.tags))
        case Action.SNOOZE:
            return Change(snoozed_until=order.until)
        case _:
            return Change(expires_at=order.until)


class LineState(StrEnum):
    """What a line of a file would do. One that says an alert that there is already does nothing."""

    NEW = "new"
    EXISTS = "exists"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Row:
    """A line as it was read: a draft, or what is wrong with it by column."""

    line: int
    symbol: str
    draft: Draft | None
    paused: bool = False
    errors: tuple[FieldError, ...] = ()


@dataclass(frozen=True, slots=True)
class Checked:
    """A line, and what it would do. `alert`: as it would be made."""

    line: int
    symbol: str
    state: LineState
    alert: Alert | None = None
    info: InstrumentInfo | None = None
    paused: bool = False
    errors: tuple[FieldError, ...] = ()

    @property
    def counts(self) -> bool:
        """Whether it would be one more active alert."""
        return self.state is LineState.NEW and not self.paused


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file, line by line."""

    lines: Sequence[Checked] = field(default_factory=tuple)

    @property
    def digest(self) -> str:
        """Name what the file would do, so that what is done is what was shown."""
        said = [f"{one.line} {one.state} {one.paused} {meaning(one.alert)}" for one in self.lines]
        return hashlib.sha256("\n".join(said).encode()).hexdigest()[:32]

    @property
    def new(self) -> list[Checked]:
        return [one for one in self.lines if one.state is LineState.NEW]

    @property
    def active(self) -> int:
        """How many active alerts it would add."""
        return sum(one.counts for one in self.lines)


def checked(
    rows: Sequence[Row], found: Mapping[str, InstrumentInfo | Problem], existing: Iterable[Alert], now: datetime
) -> Sheet:
    """Work out what each line would do, given the instruments, and the person's alerts on them."""
    known = {meaning(alert) for alert in existing}
    lines = []
    for row in rows:
        info = None if row.draft is None else found[row.draft.symbol]
        if row.draft is None or not isinstance(info, InstrumentInfo):
            errors = row.errors if not isinstance(info, Problem) else (FieldError("symbol", info.code, info.message),)
            lines.append(Checked(row.line, row.symbol, LineState.BAD, errors=errors))
            continue
        alert = row.draft.as_alert(info, now)
        said = meaning(alert)
        state = LineState.EXISTS if said in known else LineState.NEW
        known.add(said)
        lines.append(Checked(row.line, info.instrument, state, alert, info, row.paused))
    return Sheet(tuple(lines))


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a symbol is none."""

    code: str
    message: str


def meaning(alert: Alert | None) -> tuple[Any, ...] | None:
    """Say what an alert waits for, so that two that wait for the same are told as one: terms left out are defaults."""
    if alert is None:
        return None
    if alert.alert_type is AlertType.THRESHOLD:
        price = None if alert.threshold_price is None else alert.threshold_price.normalize()
        return (alert.instrument, alert.condition, price)
    parsed = alert.parsed_rule()
    terms = replace(parsed.terms, snoozed_ms=None)
    waits_for = (parsed.rule, parsed.expression, parsed.signal)
    return (alert.instrument, waits_for, terms, parsed.interval, parsed.tell_cleared)
