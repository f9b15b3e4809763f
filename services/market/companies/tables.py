"""Dated events of companies, with every query on them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Select, Text, exists, func, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from libs.common.ids import uuid7
from services.market.companies.wording import EventKind
from services.market.instruments.tables import InstrumentRow
from services.market.schema import Base
from services.market.splits.tables import SplitRow


class CompanyEventRow(Base):
    """An event of a company: `day` is the ex-day, of results and meetings the day itself.

    `words` are the source's own. `amount` is per share in the instrument's currency; `old_shares` became `new_shares`.
    `previous_day`: from which it was moved. `told_at`: people were told that it comes. `withdrawn_at`: its source tells
    it no more, or staff took it back.
    """

    __tablename__ = "company_events"
    __table_args__ = (
        Index(
            "uq_company_events_told",
            "instrument_id",
            "day",
            "source",
            "words",
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
        Index("ix_company_events_day_id", "day", "id", postgresql_where=text("withdrawn_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    instrument_id: Mapped[int] = mapped_column(ForeignKey("market.instruments.id", ondelete="CASCADE"))
    kind: Mapped[str]
    day: Mapped[date]
    record_day: Mapped[date | None]
    words: Mapped[str]
    amount: Mapped[Decimal | None]
    old_shares: Mapped[int | None]
    new_shares: Mapped[int | None]
    previous_day: Mapped[date | None]
    source: Mapped[str]
    received_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    told_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[UUID | None]
    withdrawn_reason: Mapped[str | None]


DAY_TEXT = func.to_char(CompanyEventRow.day, "YYYY-MM-DD", type_=Text)
"""The day as a cursor holds it."""

Listed = Select[CompanyEventRow, InstrumentRow]


def between(start: date, end: date, kinds: Collection[str], instruments: Collection[str] | None) -> Listed:
    """Select the events of [start, end] that stand; of these kinds and instruments, where any are given."""
    query = (
        select(CompanyEventRow, InstrumentRow)
        .join(InstrumentRow, InstrumentRow.id == CompanyEventRow.instrument_id)
        .where(
            CompanyEventRow.withdrawn_at.is_(None),
            CompanyEventRow.day >= start,
            CompanyEventRow.day <= end,
        )
    )
    if kinds:
        query = query.where(CompanyEventRow.kind.in_(kinds))
    return query if instruments is None else query.where(InstrumentRow.instrument.in_(instruments))


def unconfirmed(start: date, end: date) -> Listed:
    """Select the bonus shares and splits of [start, end] that no confirmed split stands for."""
    confirmed = exists().where(
        SplitRow.instrument_id == CompanyEventRow.instrument_id,
        SplitRow.ex_date == CompanyEventRow.day,
        SplitRow.undone_at.is_(None),
    )
    return between(start, end, (EventKind.BONUS, EventKind.SPLIT), None).where(
        CompanyEventRow.old_shares.is_not(None), ~confirmed
    )


async def lock_days(
    session: AsyncSession, days: Collection[tuple[int, date]], source: str
) -> Mapping[tuple[int, date], Sequence[CompanyEventRow]]:
    """Lock what a source has told of these days of instruments."""
    query = (
        select(CompanyEventRow)
        .where(
            CompanyEventRow.withdrawn_at.is_(None),
            CompanyEventRow.source == source,
            tuple_(CompanyEventRow.instrument_id, CompanyEventRow.day).in_(days),
        )
        .order_by(CompanyEventRow.id)
        .with_for_update()
    )
    found: dict[tuple[int, date], list[CompanyEventRow]] = {}
    for row in await session.scalars(query):
        found.setdefault((row.instrument_id, row.day), []).append(row)
    return found


async def lock_ahead(
    session: AsyncSession, instrument_ids: Collection[int], kind: str, source: str, today: date
) -> Mapping[int, Sequence[CompanyEventRow]]:
    """Lock what a source has told of days from today on, of one kind."""
    query = (
        select(CompanyEventRow)
        .where(
            CompanyEventRow.withdrawn_at.is_(None),
            CompanyEventRow.source == source,
            CompanyEventRow.kind == kind,
            CompanyEventRow.instrument_id.in_(instrument_ids),
            CompanyEventRow.day >= today,
        )
        .order_by(CompanyEventRow.id)
        .with_for_update()
    )
    found: dict[int, list[CompanyEventRow]] = {}
    for row in await session.scalars(query):
        found.setdefault(row.instrument_id, []).append(row)
    return found


async def add(session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        await session.execute(insert(CompanyEventRow).values(rows).on_conflict_do_nothing())


async def withdraw(session: AsyncSession, ids: Collection[UUID], at: datetime, reason: str) -> None:
    """Take back what its source tells no more."""
    if ids:
        await session.execute(
            update(CompanyEventRow).where(CompanyEventRow.id.in_(ids)).values(withdrawn_at=at, withdrawn_reason=reason)
        )


async def lock(session: AsyncSession, event_id: UUID) -> tuple[CompanyEventRow, InstrumentRow] | None:
    """Find an event with its instrument, and keep others from changing it meanwhile."""
    query = (
        select(CompanyEventRow, InstrumentRow)
        .join(InstrumentRow, InstrumentRow.id == CompanyEventRow.instrument_id)
        .where(CompanyEventRow.id == event_id)
        .with_for_update(of=CompanyEventRow)
    )
    for row, instrument in await session.execute(query):
        return row, instrument
    return None


async def lock_untold(
    session: AsyncSession, first: date, last: date, limit: int
) -> Sequence[tuple[CompanyEventRow, InstrumentRow]]:
    """Lock events of these days of which nobody was told; what another worker holds is left to it."""
    query = (
        between(first, last, (), None)
        .where(CompanyEventRow.told_at.is_(None))
        .order_by(CompanyEventRow.day, CompanyEventRow.id)
        .limit(limit)
        .with_for_update(of=CompanyEventRow, skip_locked=True)
    )
    return [(row, instrument) for row, instrument in await session.execute(query)]


async def list_dividends(session: AsyncSession, instrument_id: int) -> Sequence[tuple[date, Decimal]]:
    """List the days and amounts of an instrument's dividends, those of one day together."""
    query = (
        select(CompanyEventRow.day, func.sum(CompanyEventRow.amount))
        .where(
            CompanyEventRow.instrument_id == instrument_id,
            CompanyEventRow.kind == EventKind.DIVIDEND,
            CompanyEventRow.amount.is_not(None),
            CompanyEventRow.withdrawn_at.is_(None),
        )
        .group_by(CompanyEventRow.day)
        .order_by(CompanyEventRow.day)
    )
    return [(day, amount) for day, amount in await session.execute(query) if amount is not None]
