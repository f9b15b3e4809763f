"""What a rule over a watchlist makes of the list, and of a change. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from libs.common.errors import Conflict
from libs.contracts.alerts import AlertStatus
from libs.contracts.market import InstrumentInfo
from services.alerts.definitions.drafts import Draft
from services.alerts.definitions.rules import Alert, Change, StatusReason, changed

MAX_RULES = 50
"""Of one person."""


class RuleStatus(StrEnum):
    """A rule that has ended makes no more alerts: its list was deleted."""

    ACTIVE = "active"
    PAUSED = "paused"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: `draft` is the alert that each member gets, with no symbol of its own."""

    id: UUID
    user_id: UUID
    watchlist_id: UUID
    watchlist_name: str
    draft: Draft
    status: RuleStatus
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Difference:
    """How a rule's alerts differ from its list: members without one, in the list's order, and alerts without member."""

    missing: tuple[str, ...]
    beyond: tuple[Alert, ...]


def difference(members: Sequence[str], alerts: Iterable[Alert]) -> Difference:
    """Compare a list with the alerts that a rule has made of it."""
    held = {alert.instrument: alert for alert in alerts}
    wanted = dict.fromkeys(members)
    return Difference(
        missing=tuple(name for name in wanted if name not in held),
        beyond=tuple(alert for name, alert in held.items() if name not in wanted),
    )


def why_paused(rule: Rule, place: int, room: int | None) -> StatusReason | None:
    """Say why the alert of the next member begins paused, None where it is armed. room: what the plan has left."""
    if rule.status is RuleStatus.PAUSED:
        return StatusReason.PAUSED_BY_USER
    return StatusReason.PLAN_LIMIT if room is not None and place >= room else None


def has_run_out(rule: Rule, now: datetime) -> bool:
    """Say whether the rule's time is over, so that new members get no alert."""
    return rule.draft.expires_at is not None and rule.draft.expires_at <= now


def changed_rule(rule: Rule, change: Change, now: datetime) -> Rule:
    """Make what the rule becomes. Raises Conflict where its kind has no such member, or it has ended."""
    if rule.status is RuleStatus.ENDED:
        raise Conflict("The rule's watchlist was deleted. Delete the rule too, or make one over another list.")
    template = changed(alert_of(rule), replace(change, status=None), now)
    return replace(
        rule,
        draft=replace(Draft.of(template), symbol=""),
        status=rule.status if change.status is None else RuleStatus(change.status.value),
        updated_at=now,
    )


def changed_alert(alert: Alert, change: Change, now: datetime) -> Alert:
    """Make what one of a rule's alerts becomes; what has fired or expired keeps its status."""
    keeps = alert.status in (AlertStatus.TRIGGERED, AlertStatus.EXPIRED) or change.status is alert.status
    return changed(alert, replace(change, status=None) if keeps else change, now)


def alert_of(rule: Rule) -> Alert:
    """Make the rule's alert as it would be of no stock."""
    return rule.draft.as_alert(_NOWHERE, rule.created_at)


def summary(rule: Rule) -> str:
    """Say what has to happen; prices stand without a currency, since each stock has its own."""
    return " ".join(alert_of(rule).summary.split())


def counted(alerts: Mapping[str, int]) -> dict[str, int]:
    """Give the number of a rule's alerts by status, each status named."""
    return {status.value: alerts.get(status, 0) for status in AlertStatus}


_NOWHERE = InstrumentInfo(instrument="", exchange="", symbol="", name="", currency="")
