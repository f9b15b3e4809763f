"""Days and timetables of the exchanges, what staff changed of them, and which edges of a session were announced."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import Index, Select, delete, func, select
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from libs.common.dated_rules import DatedRule, DatedRules
from libs.common.ids import uuid7
from services.market.exchanges import EXCHANGES
from services.market.schema import Base
from services.market.sessions.rules import Calendar, DayKind, Phase, Span, SpecialDay
from services.market.sessions.seed import Timetable


class CalendarRow(Base):
    """From when until when the days of an exchange are known, both included. Outside nobody may assume any."""

    __tablename__ = "market_calendars"

    exchange: Mapped[str] = mapped_column(primary_key=True)
    covered_from: Mapped[date]
    covered_until: Mapped[date]


class MarketDayRow(Base):
    """A day that is not as its weekday says: a holiday, or a session with hours of its own (`phases`)."""

    __tablename__ = "market_days"

    exchange: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    phases: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB(none_as_null=True))
    source: Mapped[str]


class TimetableRow(Base):
    """The phases of a regular day from a date on. `auction`: of instruments that end their day in a closing auction."""

    __tablename__ = "market_timetables"

    exchange: Mapped[str] = mapped_column(primary_key=True)
    auction: Mapped[bool] = mapped_column(primary_key=True)
    valid_from: Mapped[date] = mapped_column(primary_key=True)
    phases: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    source: Mapped[str]


class CalendarEditRow(Base):
    """What staff changed, from what to what, and why. `day` null: how far the calendar reaches."""

    __tablename__ = "market_calendar_edits"
    __table_args__ = (Index("ix_market_calendar_edits_exchange_edited_at_id", "exchange", "edited_at", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    exchange: Mapped[str]
    day: Mapped[date | None]
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    after: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    reason: Mapped[str]
    edited_by: Mapped[UUID]
    edited_at: Mapped[datetime]


class SessionMarkRow(Base):
    """An opening or a close that was announced, so that none is announced twice."""

    __tablename__ = "session_marks"

    exchange: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    edge: Mapped[str] = mapped_column(primary_key=True)
    announced_at: Mapped[datetime]


def spans_to_json(spans: Sequence[Span]) -> list[dict[str, Any]]:
    return [{"phase": span.phase, "from": f"{span.begins:%H:%M}", "to": f"{span.ends:%H:%M}"} for span in spans]


def _spans(rows: Sequence[Mapping[str, Any]]) -> tuple[Span, ...]:
    return tuple(
        Span(Phase(row["phase"]), time.fromisoformat(row["from"]), time.fromisoformat(row["to"])) for row in rows
    )


def special_day(row: MarketDayRow) -> SpecialDay:
    spans = None if row.phases is None else _spans(row.phases)
    return SpecialDay(row.day, DayKind(row.kind), row.name, spans)


async def load(session: AsyncSession, exchanges: Sequence[str]) -> Mapping[str, Calendar]:
    """Load the calendars of exchanges, in three statements whatever their number. One without a row is left out."""
    covers = await session.scalars(select(CalendarRow).where(CalendarRow.exchange.in_(exchanges)))
    days: dict[str, dict[date, SpecialDay]] = {}
    for row in await session.scalars(select(MarketDayRow).where(MarketDayRow.exchange.in_(exchanges))):
        days.setdefault(row.exchange, {})[row.day] = special_day(row)
    times: dict[tuple[str, bool], list[DatedRule[tuple[Span, ...]]]] = {}
    for timetable in await session.scalars(select(TimetableRow).where(TimetableRow.exchange.in_(exchanges))):
        rule = DatedRule(_spans(timetable.phases), timetable.valid_from)
        times.setdefault((timetable.exchange, timetable.auction), []).append(rule)
    return {
        row.exchange: Calendar(
            row.exchange,
            EXCHANGES[row.exchange].zone,
            row.covered_from,
            row.covered_until,
            days.get(row.exchange, {}),
            DatedRules(times.get((row.exchange, False), [])),
            DatedRules(times.get((row.exchange, True), [])),
        )
        for row in covers
    }


async def lock(session: AsyncSession, exchange: str) -> None:
    """Let one change of a calendar be made at a time."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"calendar {exchange}", 0))))


async def find_calendar(session: AsyncSession, exchange: str) -> CalendarRow | None:
    return await session.get(CalendarRow, exchange)


async def find_day(session: AsyncSession, exchange: str, day: date) -> MarketDayRow | None:
    return await session.get(MarketDayRow, (exchange, day))


async def list_days(session: AsyncSession, exchange: str, first: date, last: date) -> Sequence[MarketDayRow]:
    """List the days that are not as their weekday says, both ends included, in order."""
    query = (
        select(MarketDayRow)
        .where(MarketDayRow.exchange == exchange, MarketDayRow.day.between(first, last))
        .order_by(MarketDayRow.day)
    )
    return (await session.scalars(query)).all()


async def add_days(session: AsyncSession, exchange: str, days: Sequence[SpecialDay], source: str) -> None:
    """Store days; one that is there stays as it is."""
    if not days:
        return
    rows = [
        {
            "exchange": exchange,
            "day": one.day,
            "kind": one.kind,
            "name": one.name,
            "phases": None if one.spans is None else spans_to_json(one.spans),
            "source": source,
        }
        for one in days
    ]
    await session.execute(insert(MarketDayRow).values(rows).on_conflict_do_nothing())


async def add_timetables(session: AsyncSession, exchange: str, timetables: Sequence[Timetable]) -> None:
    """Store timetables; one that is there stays as it is."""
    rows = [
        {
            "exchange": exchange,
            "auction": one.auction,
            "valid_from": one.valid_from,
            "phases": spans_to_json(one.spans),
            "source": one.source,
        }
        for one in timetables
    ]
    await session.execute(insert(TimetableRow).values(rows).on_conflict_do_nothing())


async def remove_day(session: AsyncSession, exchange: str, day: date) -> None:
    await session.execute(delete(MarketDayRow).where(MarketDayRow.exchange == exchange, MarketDayRow.day == day))


async def mark(session: AsyncSession, exchange: str, day: date, edge: str, at: datetime) -> bool:
    """Note that an edge is announced. False: it was before."""
    values = {"exchange": exchange, "day": day, "edge": edge, "announced_at": at}
    noted = await session.execute(
        insert(SessionMarkRow).values(values).on_conflict_do_nothing().returning(SessionMarkRow.day)
    )
    return noted.one_or_none() is not None


def edits_of(exchange: str) -> Select[CalendarEditRow]:
    """Select what staff changed of an exchange's calendar."""
    return select(CalendarEditRow).where(CalendarEditRow.exchange == exchange)
