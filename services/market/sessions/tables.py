"""Days and timetables of the exchanges, what staff changed of them, and which edges of a session were announced."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from libs.common.ids import uuid7
from services.market.schema import Base


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
