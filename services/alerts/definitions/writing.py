"""The writes of alerts, each with its entry in the timeline and its event: for every room that makes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from libs.common.db import Transaction
from libs.common.errors import PlanLimit
from libs.common.ids import uuid7
from libs.contracts.alerts import AlertCreated, AlertDeleted, AlertStatus, AlertUpdated
from libs.contracts.market import InstrumentInfo
from services.alerts.allowances.tables import Allowance
from services.alerts.definitions import tables
from services.alerts.definitions.drafts import Draft
from services.alerts.definitions.rules import Alert, Happened, StatusReason, what_happened
from services.alerts.definitions.tables import NewAlert
from services.alerts.instruments.tables import remember_all


@dataclass(frozen=True, slots=True)
class Wanted:
    """An alert that is to be made. paused: why it begins paused; None: it is armed."""

    draft: Draft
    info: InstrumentInfo
    paused: StatusReason | None = None


async def add(
    tx: Transaction, user_id: UUID, wanted: Sequence[Wanted], now: datetime, *, watchlist_rule_id: UUID | None = None
) -> list[Alert]:
    """Make alerts, in this order. Who calls holds the allowance and has counted."""
    listings = await remember_all(tx.session, (one.info for one in wanted))
    new = [
        NewAlert(
            id=uuid7(),
            user_id=user_id,
            listing=listings[one.info.instrument],
            draft=one.draft,
            price=None if one.info.stale else one.info.price,
            status=AlertStatus.ACTIVE if one.paused is None else AlertStatus.PAUSED,
            status_reason=one.paused or StatusReason.ARMED,
            watchlist_rule_id=watchlist_rule_id,
        )
        for one in wanted
    ]
    alerts = await tables.add(tx.session, new, now)
    await tables.note_events(tx.session, [(alert, Happened.CREATED, {}) for alert in alerts], now)
    for alert in alerts:
        tx.announce(AlertCreated(alert=alert.state()))
    return alerts


async def put(tx: Transaction, changes: Sequence[tuple[Alert, Alert]], now: datetime) -> None:
    """Store what locked alerts have become by their owner's word: before and after of each."""
    told: list[tuple[Alert, Happened, Mapping[str, str]]] = []
    for before, after in changes:
        rearmed = after.armed_at != before.armed_at
        await tables.store(tx.session, after, rearmed_at_price=None if rearmed else tables.SAME)
        told.append((after, what_happened(before, after), {"words": after.words}))
        tx.announce(AlertUpdated(alert=after.state(), previous=before.state()))
    await tables.note_events(tx.session, told, now)


async def drop(tx: Transaction, alerts: Sequence[Alert]) -> None:
    """Delete locked alerts; what they triggered stays in the history."""
    await tables.remove(tx.session, [alert.id for alert in alerts])
    for alert in alerts:
        tx.announce(AlertDeleted(alert=alert.state()))


async def room_for(tx: Transaction, user_id: UUID, allowance: Allowance) -> int | None:
    """Count how many more alerts may be active; None: as many as one likes. The held allowance keeps others out."""
    if allowance.active_alerts is None:
        return None
    return max(0, allowance.active_alerts - await tables.count_active(tx.session, user_id))


async def refuse_beyond(tx: Transaction, user_id: UUID, allowance: Allowance, more: int = 1) -> None:
    """Refuse so many more active alerts where the plan does not allow them. Raises PlanLimit."""
    limit = allowance.active_alerts
    if limit is None or more <= 0:
        return
    used = await tables.count_active(tx.session, user_id)
    if used + more > limit:
        asked = "" if more == 1 else f" {more} more were asked for."
        raise PlanLimit(
            f"Your plan allows {limit} active alerts, and {used} are active.{asked}",
            limit=limit,
            used=used,
            upgrade_to=allowance.upgrade_to,
        )
