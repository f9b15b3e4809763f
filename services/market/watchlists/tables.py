"""Watchlists and what is in them, with every query on them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from libs.common.ids import uuid7
from services.market.instruments.tables import InstrumentRow
from services.market.schema import Base


class WatchlistRow(Base):
    """A list of one person. `position` is its place among that person's lists, from 0."""

    __tablename__ = "watchlists"
    __table_args__ = (
        Index("ix_watchlists_user_id_position", "user_id", "position"),
        Index("uq_watchlists_default", "user_id", unique=True, postgresql_where=text("is_default")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    user_id: Mapped[UUID]
    name: Mapped[str]
    position: Mapped[int]
    is_default: Mapped[bool]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class WatchlistItemRow(Base):
    """An instrument in a list, at its place."""

    __tablename__ = "watchlist_items"

    watchlist_id: Mapped[UUID] = mapped_column(ForeignKey(WatchlistRow.id, ondelete="CASCADE"), primary_key=True)
    instrument_id: Mapped[int] = mapped_column(
        ForeignKey("market.instruments.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    position: Mapped[int]


async def lock_owner(session: AsyncSession, user_id: UUID) -> None:
    """Let one change of a person's lists be made at a time: numbers and order hold."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"watchlists {user_id}", 0))))


async def list_of(session: AsyncSession, user_id: UUID) -> Sequence[WatchlistRow]:
    """List a person's lists in their order."""
    query = (
        select(WatchlistRow)
        .where(WatchlistRow.user_id == user_id)
        .order_by(WatchlistRow.position, WatchlistRow.created_at, WatchlistRow.id)
    )
    return (await session.scalars(query)).all()


async def find(session: AsyncSession, user_id: UUID, watchlist_id: UUID) -> WatchlistRow | None:
    """Find one of a person's lists."""
    query = select(WatchlistRow).where(WatchlistRow.id == watchlist_id, WatchlistRow.user_id == user_id)
    return (await session.scalars(query)).one_or_none()


async def instruments_of(session: AsyncSession, watchlist_ids: Sequence[UUID]) -> Mapping[UUID, list[InstrumentRow]]:
    """Give what is in these lists, each in its order."""
    query = (
        select(WatchlistItemRow.watchlist_id, InstrumentRow)
        .join(InstrumentRow, InstrumentRow.id == WatchlistItemRow.instrument_id)
        .where(WatchlistItemRow.watchlist_id.in_(watchlist_ids))
        .order_by(WatchlistItemRow.position, WatchlistItemRow.instrument_id)
    )
    found: dict[UUID, list[InstrumentRow]] = {watchlist_id: [] for watchlist_id in watchlist_ids}
    for watchlist_id, row in await session.execute(query):
        found[watchlist_id].append(row)
    return found


async def owners_by_instrument(session: AsyncSession, instrument_ids: Collection[int]) -> Mapping[int, list[UUID]]:
    """Give who has these instruments in a list, each person once."""
    query = (
        select(WatchlistItemRow.instrument_id, WatchlistRow.user_id)
        .join(WatchlistRow, WatchlistRow.id == WatchlistItemRow.watchlist_id)
        .where(WatchlistItemRow.instrument_id.in_(instrument_ids))
        .distinct()
        .order_by(WatchlistItemRow.instrument_id, WatchlistRow.user_id)
    )
    found: dict[int, list[UUID]] = {}
    for instrument_id, user_id in await session.execute(query):
        found.setdefault(instrument_id, []).append(user_id)
    return found


async def fill(session: AsyncSession, watchlist_id: UUID, instrument_ids: Sequence[int]) -> None:
    """Make these, in this order, all that is in a list."""
    await session.execute(
        delete(WatchlistItemRow).where(
            WatchlistItemRow.watchlist_id == watchlist_id, WatchlistItemRow.instrument_id.not_in(instrument_ids)
        )
    )
    if not instrument_ids:
        return
    rows = [
        {"watchlist_id": watchlist_id, "instrument_id": instrument_id, "position": position}
        for position, instrument_id in enumerate(instrument_ids)
    ]
    statement = insert(WatchlistItemRow).values(rows)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["watchlist_id", "instrument_id"], set_={"position": statement.excluded.position}
        )
    )


async def clear_default(session: AsyncSession, user_id: UUID) -> None:
    """Make none of a person's lists the default one."""
    await session.execute(
        update(WatchlistRow).where(WatchlistRow.user_id == user_id, WatchlistRow.is_default).values(is_default=False)
    )


async def remove(session: AsyncSession, row: WatchlistRow) -> None:
    """Delete a list with what is in it."""
    await session.delete(row)
    await session.flush()
