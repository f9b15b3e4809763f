"""What acting on many alerts asks of their table."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from libs.contracts.alerts import AlertStatus
from services.alerts.bulk.rules import Matching
from services.alerts.definitions.rules import Alert
from services.alerts.definitions.tables import AlertRow, alert_of, listed_for
from services.alerts.instruments.tables import InstrumentRow

WAITING = (AlertStatus.ACTIVE, AlertStatus.PAUSED, AlertStatus.NEEDS_REVIEW)


async def lock_own(session: AsyncSession, user_id: UUID, alert_ids: Collection[UUID]) -> list[Alert]:
    """Lock those of these alerts that are the person's, in one order for everybody."""
    query = listed_for(user_id).where(AlertRow.id.in_(alert_ids)).order_by(AlertRow.number)
    return [alert_of(*found) for found in await session.execute(query.with_for_update(of=AlertRow))]


async def matching(session: AsyncSession, user_id: UUID, wanted: Matching, limit: int) -> list[UUID]:
    """Name a person's alerts that match, in the order in which they were made."""
    query = listed_for(
        user_id,
        status=wanted.status,
        alert_type=wanted.alert_type,
        tag=wanted.tag,
        text=wanted.text,
        watchlist_rule_id=wanted.watchlist_rule_id,
    ).with_only_columns(AlertRow.id)
    if wanted.after is not None:
        query = query.where(AlertRow.id > wanted.after)
    return list(await session.scalars(query.order_by(AlertRow.id).limit(limit)))


async def waiting_on(session: AsyncSession, user_id: UUID, instruments: Collection[str]) -> list[Alert]:
    """List a person's alerts on these instruments that still wait for something."""
    query = listed_for(user_id).where(InstrumentRow.instrument.in_(instruments), AlertRow.status.in_(WAITING))
    return [alert_of(*found) for found in await session.execute(query)]


async def page_of(
    session: AsyncSession, user_id: UUID, *, after: int, limit: int, status: AlertStatus | None, tag: str | None
) -> list[Alert]:
    """List a person's alerts by number, from behind `after`."""
    query = listed_for(user_id, status=status, tag=tag).where(AlertRow.number > after)
    found = await session.execute(query.order_by(AlertRow.number).limit(limit))
    return [alert_of(*each) for each in found]


async def tags_of(session: AsyncSession, user_id: UUID, limit: int) -> Sequence[tuple[str, int]]:
    """Count a person's alerts by tag, the most used first."""
    tag = func.unnest(AlertRow.tags).label("tag")
    tags = select(tag).where(AlertRow.user_id == user_id).subquery()
    query = select(tags.c.tag, func.count()).group_by(tags.c.tag).order_by(func.count().desc(), tags.c.tag)
    return [(name, count) for name, count in await session.execute(query.limit(limit))]
