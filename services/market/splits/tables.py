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
    """A split as staff confirmed it. `undone_at`: it was a mistake and counts no more."""

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
    undone_by: Mapped[UUID | None]
    undone_at: Mapped[datetime | None]
    undo_reason: Mapped[str | None]


async def list_of(session: AsyncSession, instrument_id: int) -> Sequence[SplitRow]:
    """List the splits of an instrument that count."""
    statement = select(SplitRow).where(SplitRow.instrument_id == instrument_id, SplitRow.undone_at.is_(None))
    return (await session.scalars(statement)).all()


def with_names() -> Select[SplitRow, str]:
    return select(SplitRow, InstrumentRow.instrument).join(InstrumentRow, InstrumentRow.id == SplitRow.instrument_id)


async def lock(session: AsyncSession, split_id: UUID) -> tuple[SplitRow, str] | None:
    """Find a split and its instrument's name, and keep others from changing it meanwhile."""
    locked = await session.execute(with_names().where(SplitRow.id == split_id).with_for_update(of=SplitRow))
    for row, name in locked:
        return row, name
    return None
