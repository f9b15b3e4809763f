"""Confirmed splits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Select, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from libs.common.ids import uuid7
from services.market.instruments.tables import InstrumentRow
from services.market.schema import Base


class SplitRow(Base):
    """A split as staff confirmed it. `undone_at`: it was a mistake and counts no more.

    `announced_at`: it has taken effect, and who keeps prices was told. Until then it changes nothing.
    """

    __tablename__ = "splits"
    __table_args__ = (
        Index(
            "uq_splits_instrument_id_ex_date",
            "instrument_id",
            "ex_date",
            unique=True,
            postgresql_where=text("undone_at IS NULL"),
        ),
        Index("ix_splits_confirmed_at_id", "confirmed_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    instrument_id: Mapped[int] = mapped_column(ForeignKey("market.instruments.id", ondelete="CASCADE"))
    ex_date: Mapped[date]
    old_shares: Mapped[int]
    new_shares: Mapped[int]
    reason: Mapped[str]
    confirmed_by: Mapped[UUID]
    confirmed_at: Mapped[datetime]
    announced_at: Mapped[datetime | None]
    undone_by: Mapped[UUID | None]
    undone_at: Mapped[datetime | None]
    undo_reason: Mapped[str | None]


async def list_of(session: AsyncSession, instrument_ids: Sequence[int]) -> Sequence[SplitRow]:
    """List the splits of instruments that count."""
    statement = select(SplitRow).where(
        SplitRow.instrument_id.in_(instrument_ids), SplitRow.undone_at.is_(None), SplitRow.announced_at.is_not(None)
    )
    return (await session.scalars(statement)).all()


def with_names() -> Select[SplitRow, str]:
    return select(SplitRow, InstrumentRow.instrument).join(InstrumentRow, InstrumentRow.id == SplitRow.instrument_id)


async def lock_waiting(session: AsyncSession, until: date) -> list[tuple[SplitRow, str]]:
    """Lock the splits of days up to this one that nobody was told of; what somebody else holds comes the next time."""
    waiting = with_names().where(
        SplitRow.announced_at.is_(None), SplitRow.undone_at.is_(None), SplitRow.ex_date <= until
    )
    locked = waiting.order_by(SplitRow.ex_date, SplitRow.id).with_for_update(of=SplitRow, skip_locked=True)
    return [(row, name) for row, name in await session.execute(locked)]


async def lock(session: AsyncSession, split_id: UUID) -> tuple[SplitRow, str] | None:
    """Find a split and its instrument's name, and keep others from changing it meanwhile."""
    locked = await session.execute(with_names().where(SplitRow.id == split_id).with_for_update(of=SplitRow))
    for row, name in locked:
        return row, name
    return None
