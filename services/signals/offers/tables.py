"""Offers, and every query on them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Select, delete, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from libs.contracts.signals import SignalStatus
from services.signals.schema import Base
from services.signals.signals.tables import SignalRow


class OfferRow(Base):
    """One signal to one person, with what was said of it when it was made. `tells`: it counts as one of the day's."""

    __tablename__ = "signal_offers"
    __table_args__ = (
        CheckConstraint("capital_of IN ('account', 'stated', 'none')", name="capital_of"),
        Index("ix_signal_offers_user_id_offered_at", "user_id", "offered_at", "signal_id"),
        Index("ix_signal_offers_told", "user_id", "offered_at", postgresql_where=text("tells")),
    )

    signal_id: Mapped[UUID] = mapped_column(ForeignKey(SignalRow.id, ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    verdict: Mapped[str]
    tells: Mapped[bool]
    units: Mapped[int | None]
    invested: Mapped[Decimal | None]
    at_risk: Mapped[Decimal | None]
    capital: Mapped[Decimal | None]
    capital_of: Mapped[str]
    offered_at: Mapped[datetime]
    dismissed_at: Mapped[datetime | None]


async def count_told(session: AsyncSession, user_id: UUID, since: datetime, until: datetime) -> int:
    """Count what a person was told between two instants."""
    query = select(func.count()).where(
        OfferRow.user_id == user_id, OfferRow.tells, OfferRow.offered_at >= since, OfferRow.offered_at < until
    )
    return int(await session.scalar(query) or 0)


async def count_open(session: AsyncSession, user_id: UUID, version_id: UUID) -> int:
    """Count a person's active signals of a version."""
    query = (
        select(func.count())
        .select_from(OfferRow)
        .join(SignalRow, SignalRow.id == OfferRow.signal_id)
        .where(OfferRow.user_id == user_id, SignalRow.version_id == version_id, SignalRow.status == SignalStatus.ACTIVE)
    )
    return int(await session.scalar(query) or 0)


async def told_of(session: AsyncSession, signal_ids: Collection[UUID]) -> Sequence[OfferRow]:
    """List who was offered signals."""
    return (await session.scalars(select(OfferRow).where(OfferRow.signal_id.in_(signal_ids)))).all()


def listed_for(
    user_id: UUID,
    *,
    active: bool | None,
    instrument: str | None,
    version_id: UUID | None,
    strategy_id: UUID | None,
    dismissed: bool,
) -> Select[OfferRow, SignalRow]:
    """Select a person's offers with their signals."""
    query = (
        select(OfferRow, SignalRow)
        .join(SignalRow, SignalRow.id == OfferRow.signal_id)
        .where(OfferRow.user_id == user_id)
    )
    if active is not None:
        query = query.where((SignalRow.status == SignalStatus.ACTIVE) == active)
    if instrument is not None:
        query = query.where(SignalRow.instrument == instrument)
    if version_id is not None:
        query = query.where(SignalRow.version_id == version_id)
    if strategy_id is not None:
        query = query.where(SignalRow.strategy_id == strategy_id)
    return query if dismissed else query.where(OfferRow.dismissed_at.is_(None))


async def find(session: AsyncSession, user_id: UUID, signal_id: UUID) -> tuple[OfferRow, SignalRow] | None:
    """Find a person's offer of a signal."""
    query = (
        select(OfferRow, SignalRow)
        .join(SignalRow, SignalRow.id == OfferRow.signal_id)
        .where(OfferRow.user_id == user_id, OfferRow.signal_id == signal_id)
    )
    row = (await session.execute(query)).one_or_none()
    return None if row is None else (row[0], row[1])


async def remove_all_of(session: AsyncSession, user_id: UUID) -> None:
    """Forget a person's offers with their signals: they are of the person's own strategies, so nobody else's."""
    mine = select(OfferRow.signal_id).where(OfferRow.user_id == user_id)
    await session.execute(delete(SignalRow).where(SignalRow.id.in_(mine)))
