"""The alerts' table, and every query that people's own calls make of it. The engine's stand in its own room."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    Select,
    Text,
    delete,
    func,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from libs.common.errors import NotFound
from libs.common.ids import uuid7
from libs.contracts.alerts import AlertStatus, Condition
from services.alerts.conditions import codec
from services.alerts.definitions.drafts import Draft
from services.alerts.definitions.rules import Alert, AlertType, Happened, StatusReason
from services.alerts.engine.rules import MAX_NUMBER, MAX_VERSION
from services.alerts.instruments.rules import Listing
from services.alerts.instruments.tables import InstrumentRow
from services.alerts.schema import Base


class Unchanged(Enum):
    """Leaves a state as it is."""

    SAME = "same"


SAME = Unchanged.SAME


class AlertRow(Base):
    """One alert. `version` grows with every change, so that a candidate made from an older state fires nothing."""

    __tablename__ = "alerts"
    __table_args__ = (
        CheckConstraint("alert_type IN ('threshold', 'price', 'expression', 'signal')", name="alert_type"),
        CheckConstraint(
            "(alert_type = 'threshold') = (condition IS NOT NULL AND threshold_price IS NOT NULL)", name="threshold"
        ),
        CheckConstraint("(alert_type <> 'threshold') = (rule IS NOT NULL AND state IS NOT NULL)", name="rule"),
        CheckConstraint("char_length(message) <= 1000", name="message"),
        CheckConstraint("cardinality(tags) <= 10", name="tags"),
        CheckConstraint("condition IN ('above', 'below')", name="condition"),
        CheckConstraint("threshold_price > 0", name="threshold_price"),
        CheckConstraint("status IN ('active', 'triggered', 'paused', 'expired', 'needs_review')", name="status"),
        CheckConstraint(f"number BETWEEN 1 AND {MAX_NUMBER}", name="number"),
        CheckConstraint(f"version BETWEEN 1 AND {MAX_VERSION}", name="version"),
        CheckConstraint("char_length(note) <= 200", name="note"),
        Index("ix_alerts_user_id_created_at_id", "user_id", "created_at", "id"),
        Index("ix_alerts_active_user_id", "user_id", postgresql_where=text("status = 'active'")),
        Index("ix_alerts_active_instrument_id", "instrument_id", postgresql_where=text("status = 'active'")),
        Index(
            "ix_alerts_active_expires_at",
            "expires_at",
            postgresql_where=text("status = 'active' AND expires_at IS NOT NULL"),
        ),
        Index(
            "ix_alerts_active_conditions",
            "number",
            postgresql_where=text("status = 'active' AND alert_type <> 'threshold'"),
        ),
        Index(
            "ix_alerts_active_snoozed_instrument_id",
            "instrument_id",
            postgresql_where=text("status = 'active' AND alert_type = 'threshold' AND snoozed_until IS NOT NULL"),
        ),
        Index(
            "ix_alerts_watchlist_rule_id",
            "watchlist_rule_id",
            postgresql_where=text("watchlist_rule_id IS NOT NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, Identity(always=True), unique=True)
    version: Mapped[int]
    user_id: Mapped[UUID]
    instrument_id: Mapped[int] = mapped_column(ForeignKey(InstrumentRow.id))
    alert_type: Mapped[str]
    condition: Mapped[str | None]
    threshold_price: Mapped[Decimal | None]
    status: Mapped[str]
    status_reason: Mapped[str]
    note: Mapped[str | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    armed_at: Mapped[datetime]
    triggered_at: Mapped[datetime | None]
    rule: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    state: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """What the engine remembers of an alert with a rule; `seq` counts its stored changes."""
    seq: Mapped[int] = mapped_column(server_default="0")
    tags: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    message: Mapped[str | None]
    channels: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    expires_at: Mapped[datetime | None]
    snoozed_until: Mapped[datetime | None]
    watchlist_rule_id: Mapped[UUID | None]
    """The rule over a watchlist that made it, and that takes it away again."""


class AlertEventRow(Base):
    """Something that happened to an alert, for its timeline. Firings stand in `triggered_alerts`."""

    __tablename__ = "alert_events"
    __table_args__ = (
        Index("ix_alert_events_alert_id_at_id", "alert_id", "at", "id"),
        Index("ix_alert_events_user_id", "user_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    alert_id: Mapped[UUID]
    user_id: Mapped[UUID]
    kind: Mapped[str]
    details: Mapped[dict[str, Any]] = mapped_column(JSONB)
    at: Mapped[datetime]


def alert_of(row: AlertRow, listing: InstrumentRow | Listing) -> Alert:
    """Join a row and its instrument into what the rules work on."""
    return Alert(
        id=row.id,
        number=row.number,
        version=row.version,
        user_id=row.user_id,
        instrument=listing.instrument,
        exchange=listing.exchange,
        symbol=listing.symbol,
        name=listing.name,
        currency=listing.currency,
        alert_type=AlertType(row.alert_type),
        condition=None if row.condition is None else Condition(row.condition),
        threshold_price=row.threshold_price,
        rule=row.rule,
        status=AlertStatus(row.status),
        status_reason=StatusReason(row.status_reason),
        note=row.note,
        tags=tuple(row.tags or ()),
        message=row.message,
        channels=None if row.channels is None else tuple(row.channels),
        expires_at=row.expires_at,
        snoozed_until=row.snoozed_until,
        watchlist_rule_id=row.watchlist_rule_id,
        created_at=row.created_at,
        updated_at=row.updated_at,
        armed_at=row.armed_at,
        triggered_at=row.triggered_at,
    )


@dataclass(frozen=True, slots=True)
class NewAlert:
    """An alert to be stored. `price`: the newest one, from which a rule may see a crossing."""

    id: UUID
    user_id: UUID
    listing: Listing
    draft: Draft
    price: Decimal | None = None
    status: AlertStatus = AlertStatus.ACTIVE
    status_reason: StatusReason = StatusReason.ARMED
    watchlist_rule_id: UUID | None = None


async def add(session: AsyncSession, new: Sequence[NewAlert], now: datetime) -> list[Alert]:
    """Store new alerts, armed from now on where they are active. Returns them in the same order."""
    if not new:
        return []
    rows = await session.scalars(insert(AlertRow).returning(AlertRow), [_values(one, now) for one in new])
    stored = {row.id: row for row in rows}
    return [alert_of(stored[one.id], one.listing) for one in new]


def _values(new: NewAlert, now: datetime) -> dict[str, Any]:
    draft = new.draft
    return {
        "id": new.id,
        "version": 1,
        "user_id": new.user_id,
        "instrument_id": new.listing.id,
        "alert_type": draft.alert_type,
        "condition": draft.condition,
        "threshold_price": draft.threshold_price,
        "rule": None if draft.rule is None else dict(draft.rule),
        "state": None if draft.rule is None else codec.first_state(now, new.price),
        "tags": list(draft.tags) or None,
        "message": draft.message or None,
        "channels": None if draft.channels is None else list(draft.channels),
        "expires_at": draft.expires_at,
        "status": new.status,
        "status_reason": new.status_reason,
        "note": draft.note or None,
        "watchlist_rule_id": new.watchlist_rule_id,
        "created_at": now,
        "updated_at": now,
        "armed_at": now,
    }


async def get_for(session: AsyncSession, user_id: UUID, alert_id: UUID, *, lock: bool = False) -> Alert:
    """Get a user's own alert; `lock` holds it until the transaction ends. Raises NotFound, also for another's."""
    query = _with_instrument().where(AlertRow.id == alert_id, AlertRow.user_id == user_id)
    found = (await session.execute(query.with_for_update(of=AlertRow) if lock else query)).one_or_none()
    if found is None:
        raise NotFound("You have no such alert.")
    return alert_of(*found)


async def store(session: AsyncSession, alert: Alert, *, rearmed_at_price: Decimal | Unchanged | None = SAME) -> None:
    """Store what a locked alert has become. `rearmed_at_price`: an alert with a rule begins anew, at this price."""
    state = (
        {}
        if rearmed_at_price is SAME or alert.rule is None
        else {"state": codec.first_state(alert.armed_at, rearmed_at_price)}
    )
    await session.execute(
        update(AlertRow)
        .where(AlertRow.id == alert.id)
        .values(
            **state,
            rule=None if alert.rule is None else dict(alert.rule),
            tags=list(alert.tags) or None,
            message=alert.message,
            channels=None if alert.channels is None else list(alert.channels),
            expires_at=alert.expires_at,
            snoozed_until=alert.snoozed_until,
            version=alert.version,
            condition=alert.condition,
            threshold_price=alert.threshold_price,
            status=alert.status,
            status_reason=alert.status_reason,
            note=alert.note,
            updated_at=alert.updated_at,
            armed_at=alert.armed_at,
            triggered_at=alert.triggered_at,
        )
    )


async def note_events(
    session: AsyncSession, happened: Sequence[tuple[Alert, Happened, Mapping[str, Any]]], at: datetime
) -> None:
    """Remember what happened to alerts, with its details."""
    session.add_all(
        AlertEventRow(id=uuid7(), alert_id=alert.id, user_id=alert.user_id, kind=kind, details=dict(details), at=at)
        for alert, kind, details in happened
    )
    await session.flush()


async def events_of(session: AsyncSession, alert_id: UUID, limit: int) -> list[AlertEventRow]:
    """List what happened to an alert, newest first."""
    query = select(AlertEventRow).where(AlertEventRow.alert_id == alert_id)
    newest = query.order_by(AlertEventRow.at.desc(), AlertEventRow.id.desc()).limit(limit)
    return list(await session.scalars(newest))


async def lock_due_to_expire(session: AsyncSession, now: datetime, limit: int) -> list[Alert]:
    """Lock active alerts whose time has run out, at most `limit`; what somebody else holds comes the next time."""
    query = (
        _with_instrument()
        .where(AlertRow.status == AlertStatus.ACTIVE, AlertRow.expires_at <= now)
        .order_by(AlertRow.expires_at)
        .limit(limit)
        .with_for_update(of=AlertRow, skip_locked=True)
    )
    return [alert_of(*found) for found in await session.execute(query)]


async def remove(session: AsyncSession, alert_ids: Collection[UUID]) -> None:
    """Delete alerts. What they triggered stays in the user's history."""
    await session.execute(delete(AlertRow).where(AlertRow.id.in_(alert_ids)))


async def count_active(session: AsyncSession, user_id: UUID) -> int:
    """Count a user's active alerts."""
    query = select(func.count()).where(AlertRow.user_id == user_id, AlertRow.status == AlertStatus.ACTIVE)
    return await session.scalar(query) or 0


async def lock_active_beyond(session: AsyncSession, user_id: UUID, allowed: int) -> list[Alert]:
    """Lock the active alerts of a user beyond the `allowed` oldest ones."""
    query = (
        _with_instrument()
        .where(AlertRow.user_id == user_id, AlertRow.status == AlertStatus.ACTIVE)
        .order_by(AlertRow.created_at, AlertRow.id)
        .offset(allowed)
        .with_for_update(of=AlertRow)
    )
    return [alert_of(*found) for found in await session.execute(query)]


async def put_to_review(
    session: AsyncSession, instrument: str, reason: StatusReason, *, armed_before: datetime, now: datetime, limit: int
) -> list[Alert]:
    """Put active alerts on an instrument to review, at most `limit`. Returns what they became."""
    listing = await session.scalar(select(InstrumentRow).where(InstrumentRow.instrument == instrument))
    if listing is None:
        return []
    picked = (
        select(AlertRow.id)
        .where(
            AlertRow.instrument_id == listing.id,
            AlertRow.status == AlertStatus.ACTIVE,
            AlertRow.armed_at <= armed_before,
            AlertRow.alert_type != AlertType.SIGNAL,
        )
        .order_by(AlertRow.number)
        .limit(limit)
        .with_for_update()
    )
    rows = await session.scalars(
        update(AlertRow)
        .where(AlertRow.id.in_(picked.scalar_subquery()))
        .values(status=AlertStatus.NEEDS_REVIEW, status_reason=reason, version=AlertRow.version + 1, updated_at=now)
        .returning(AlertRow)
        .execution_options(populate_existing=True, synchronize_session=False)
    )
    return [alert_of(row, listing) for row in rows]


async def lock_all_of(session: AsyncSession, user_id: UUID) -> list[Alert]:
    """Lock all alerts of a user, oldest first."""
    query = _with_instrument().where(AlertRow.user_id == user_id).order_by(AlertRow.created_at, AlertRow.id)
    return [alert_of(*found) for found in await session.execute(query.with_for_update(of=AlertRow))]


async def remove_all_of(session: AsyncSession, user_id: UUID) -> None:
    """Delete all alerts of a user, and what happened to them."""
    await session.execute(delete(AlertRow).where(AlertRow.user_id == user_id))
    await session.execute(delete(AlertEventRow).where(AlertEventRow.user_id == user_id))


def listed_for(
    user_id: UUID,
    *,
    status: AlertStatus | None = None,
    symbol: str | None = None,
    alert_type: AlertType | None = None,
    tag: str | None = None,
    text: str | None = None,
    watchlist_rule_id: UUID | None = None,
) -> Select[AlertRow, InstrumentRow]:
    """Select a user's alerts. symbol: `AAPL` or `NASDAQ:AAPL`, in capitals; text: part of a name, symbol or note."""
    query = _with_instrument().where(AlertRow.user_id == user_id)
    if status is not None:
        query = query.where(AlertRow.status == status)
    if symbol is not None:
        column = InstrumentRow.instrument if ":" in symbol else InstrumentRow.symbol
        query = query.where(column == symbol)
    if alert_type is not None:
        query = query.where(AlertRow.alert_type == alert_type)
    if tag is not None:
        query = query.where(AlertRow.tags.contains([tag]))
    if text is not None:
        within = func.concat_ws("\n", InstrumentRow.symbol, InstrumentRow.name, AlertRow.note)
        query = query.where(func.strpos(func.lower(within), text.lower()) > 0)
    if watchlist_rule_id is not None:
        query = query.where(AlertRow.watchlist_rule_id == watchlist_rule_id)
    return query


def _with_instrument() -> Select[AlertRow, InstrumentRow]:
    return select(AlertRow, InstrumentRow).join(InstrumentRow, InstrumentRow.id == AlertRow.instrument_id)
