"""The alerts that a split concerns, and what it did to them: that stands in the alerts' own timelines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from libs.contracts.alerts import AlertStatus
from services.alerts.definitions.rules import Alert, AlertType
from services.alerts.definitions.tables import AlertEventRow, AlertRow, alert_of
from services.alerts.instruments.tables import InstrumentRow

_OPEN = (AlertStatus.ACTIVE, AlertStatus.NEEDS_REVIEW)


Concerned = ColumnElement[bool]


def concerned(instrument: str) -> tuple[Concerned, Concerned]:
    """Say which alerts an instrument concerns: those on it, and expressions on others that name it."""
    on_it = InstrumentRow.instrument == instrument
    names_it = AlertRow.rule["expression"].astext.contains(f'"{instrument}"', autoescape=True)
    return (
        on_it & (AlertRow.alert_type != AlertType.SIGNAL),
        ~on_it & (AlertRow.alert_type == AlertType.EXPRESSION) & names_it,
    )


async def lock_open(session: AsyncSession, which: Concerned, *, after: int, limit: int) -> Sequence[Alert]:
    """Lock open alerts, in the order of their numbers, from behind `after`."""
    query = _of(which).where(AlertRow.status.in_(_OPEN), AlertRow.number > after).limit(limit)
    return [alert_of(*found) for found in await session.execute(query)]


async def lock_moved(
    session: AsyncSession, which: Concerned, split_id: UUID, *, after: int, limit: int
) -> Sequence[Alert]:
    """Lock the alerts that a split moved or put to review, whatever their status is now."""
    by_split = exists().where(
        AlertEventRow.alert_id == AlertRow.id, AlertEventRow.details["split_id"].astext == str(split_id)
    )
    query = _of(which).where(by_split, AlertRow.number > after).limit(limit)
    return [alert_of(*found) for found in await session.execute(query)]


async def what_it_did(session: AsyncSession, split_id: UUID, alerts: Sequence[UUID]) -> dict[UUID, Mapping[str, Any]]:
    """Give what a split did to alerts, as their timelines have it."""
    query = select(AlertEventRow.alert_id, AlertEventRow.details).where(
        AlertEventRow.alert_id.in_(alerts), AlertEventRow.details["split_id"].astext == str(split_id)
    )
    return {row.alert_id: row.details for row in await session.execute(query.order_by(AlertEventRow.at.desc()))}


def _of(which: Concerned) -> Select[AlertRow, InstrumentRow]:
    return (
        select(AlertRow, InstrumentRow)
        .join(InstrumentRow, InstrumentRow.id == AlertRow.instrument_id)
        .where(which)
        .order_by(AlertRow.number)
        .with_for_update(of=AlertRow)
    )
