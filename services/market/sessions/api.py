"""The routes of sessions: the market's status, calendars, and staff's changes of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from fastapi import Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from libs.common.errors import InvalidInput, NotFound, StoreUnavailable, SymbolAmbiguous, SymbolNotFound
from libs.common.pagination import Page
from libs.common.web import Router, problems, require_service
from libs.common.web.pagination import PageParams
from libs.contracts.market import SessionDay, SessionPhase, Sessions
from services.market.access import InstrumentsManager, MarketReader
from services.market.exchanges import EXCHANGES
from services.market.sessions.rules import EDITABLE, IN_SESSION, Calendar, DayKind, Moment, Phase, Span, TradingDay
from services.market.sessions.service import Calendars, DayDraft, ExchangeStatus
from services.market.sessions.tables import CalendarEditRow

router = Router(tags=["market"])
internal = Router(tags=["internal"])

_A_YEAR = timedelta(days=365)
_YEARS = range(2000, 2100)
_CALLERS = require_service("alerts", "signals", "broker", "gateway", scope="prices:read")


def _calendars(request: Request) -> Calendars:
    calendars: Calendars = request.app.state.calendars
    return calendars


CalendarsRoom = Annotated[Calendars, Depends(_calendars)]

Words = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f]+$")
]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=500)]
From = Annotated[date | None, Query(alias="from", description="The first day; today by default.")]
To = Annotated[date | None, Query(alias="to", description="The last day; a year after the first by default.")]


class ExchangeStatusOut(BaseModel):
    """What an exchange does now, by its calendar. `unknown`: its calendar does not reach so far.

    `auction_phase` is that of instruments which end their day in a closing auction (NSE and BSE: those with
    derivatives). `replayed`: recorded prices are played, so the market counts as open; `next_open` and `next_close` are
    those of the real one. `calendar_runs_out`: its days are known for a short time only.
    """

    exchange: str = Field(examples=["NSE"])
    name: str = Field(examples=["National Stock Exchange of India"])
    zone: str = Field(examples=["Asia/Kolkata"])
    is_open: bool
    phase: Phase
    auction_phase: Phase
    since: datetime | None
    until: datetime | None
    next_open: datetime | None
    next_close: datetime | None
    replayed: bool
    covered_until: date
    calendar_runs_out: bool

    @classmethod
    def of(cls, status: ExchangeStatus) -> Self:
        exchange = EXCHANGES[status.exchange]
        return cls(
            exchange=exchange.code,
            name=exchange.name,
            zone=exchange.zone.key,
            is_open=status.now.phase in IN_SESSION,
            phase=status.now.phase,
            auction_phase=status.auction.phase,
            since=status.now.since,
            until=status.now.until,
            next_open=status.now.next_open,
            next_close=status.now.next_close,
            replayed=status.replayed,
            covered_until=status.covered_until,
            calendar_runs_out=status.runs_out,
        )


class MarketStatusOut(BaseModel):
    """Where prices come from (`replay` plays recorded ones, `live` is a provider's), and what each exchange does."""

    mode: Literal["replay", "live"]
    source: str = Field(examples=["replay"])
    exchanges: list[ExchangeStatusOut]


class InstrumentSessionOut(BaseModel):
    """In which phase an instrument is, and when that changes."""

    instrument: str = Field(examples=["NSE:RELIANCE"])
    is_open: bool
    phase: Phase
    since: datetime | None
    until: datetime | None
    next_open: datetime | None
    next_close: datetime | None

    @classmethod
    def of(cls, instrument: str, moment: Moment) -> Self:
        return cls(
            instrument=instrument,
            is_open=moment.phase in IN_SESSION,
            phase=moment.phase,
            since=moment.since,
            until=moment.until,
            next_open=moment.next_open,
            next_close=moment.next_close,
        )


class PhaseOut(BaseModel):
    phase: Phase
    begins_at: datetime
    ends_at: datetime


class DayOut(BaseModel):
    """A day that is not as its weekday says. A special session whose hours are not known yet has no phases."""

    day: date
    kind: DayKind | None
    name: str | None
    opens_at: datetime | None
    closes_at: datetime | None
    phases: list[PhaseOut]

    @classmethod
    def of(cls, found: TradingDay) -> Self:
        return cls(
            day=found.day,
            kind=found.kind,
            name=found.name,
            opens_at=found.opens_at,
            closes_at=found.closes_at,
            phases=[PhaseOut(phase=phase, begins_at=begins, ends_at=ends) for phase, begins, ends in found.phases],
        )


class CalendarOut(BaseModel):
    """The holidays and special sessions of an exchange, in order. Other weekdays until `covered_until` are regular."""

    exchange: str
    name: str
    zone: str
    covered_from: date
    covered_until: date
    items: list[DayOut]

    @classmethod
    def of(cls, calendar: Calendar, days: Sequence[TradingDay]) -> Self:
        exchange = EXCHANGES[calendar.exchange]
        return cls(
            exchange=exchange.code,
            name=exchange.name,
            zone=exchange.zone.key,
            covered_from=calendar.covered_from,
            covered_until=calendar.covered_until,
            items=[DayOut.of(found) for found in days if found.kind is not None],
        )


class PhaseIn(BaseModel):
    """A phase in the exchange's own time."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    phase: Literal[EDITABLE]  # type: ignore[valid-type]  # a tuple of the enum's members
    begins: Annotated[time, Field(alias="from", examples=["09:15"])]
    ends: Annotated[time, Field(alias="to", examples=["15:30"])]

    @model_validator(mode="after")
    def _are_plain(self) -> Self:
        if any(at.tzinfo is not None or at.second or at.microsecond for at in (self.begins, self.ends)):
            raise ValueError("Times are HH:MM in the exchange's own time.")
        return self


class DayChange(BaseModel):
    """How a day shall be. `regular`: as its weekday says. `phases` null: the regular hours; empty: not known yet."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"kind": "holiday", "name": "Election", "reason": "NSE/CMTR/70001"}]},
    )

    kind: Literal["holiday", "special", "regular"]
    name: Words | None = None
    phases: list[PhaseIn] | None = Field(default=None, max_length=12)
    reason: Reason

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.kind != "regular" and self.name is None:
            raise ValueError("A holiday or special session has a name.")
        if self.kind != "special" and self.phases is not None:
            raise ValueError("Only a special session has phases of its own.")
        return self

    def to_draft(self) -> DayDraft:
        spans = None if self.phases is None else [Span(one.phase, one.begins, one.ends) for one in self.phases]
        return DayDraft(None if self.kind == "regular" else DayKind(self.kind), self.name or "", spans)


class EndChange(BaseModel):
    model_config = ConfigDict(extra="forbid")

    covered_until: date
    reason: Reason


class EndOut(BaseModel):
    covered_until: date


class EditOut(BaseModel):
    """What staff changed. `day` null: how far the calendar reaches."""

    id: UUID
    day: date | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    reason: str
    edited_by: UUID
    edited_at: datetime

    @classmethod
    def of(cls, row: CalendarEditRow) -> Self:
        return cls.model_validate(row, from_attributes=True)


@router.get("/api/market/status/", summary="Show where prices come from", responses=problems(StoreUnavailable))
async def get_market_status(_user: MarketReader, calendars: CalendarsRoom) -> MarketStatusOut:
    """Say whether prices are live or recorded ones that are replayed, and what each exchange does now."""
    return MarketStatusOut(
        mode=calendars.source.mode,
        source=calendars.source.name,
        exchanges=[ExchangeStatusOut.of(status) for status in await calendars.status()],
    )


@router.get(
    "/api/instruments/{symbol}/session/",
    responses=problems(SymbolNotFound, SymbolAmbiguous, NotFound, StoreUnavailable),
)
async def show_session(symbol: str, _user: MarketReader, calendars: CalendarsRoom) -> InstrumentSessionOut:
    """Say in which phase an instrument is now; those with derivatives end their day in a closing auction."""
    return InstrumentSessionOut.of(*await calendars.moment(symbol))


@router.get("/api/market/calendar/{exchange}/", responses=problems(NotFound, StoreUnavailable))
async def show_calendar(
    exchange: str, _user: MarketReader, calendars: CalendarsRoom, first: From = None, last: To = None
) -> CalendarOut:
    """List the holidays and special sessions of an exchange within at most 400 days."""
    shown = await calendars.show(exchange, *_range(calendars, first, last))
    return CalendarOut.of(shown.calendar, shown.days)


@router.put("/api/market/calendar/{exchange}/days/{day}/", responses=problems(NotFound, StoreUnavailable))
async def set_calendar_day(
    exchange: str, day: date, body: DayChange, user: InstrumentsManager, calendars: CalendarsRoom
) -> DayOut:
    """Make a day a holiday, a special session, or regular again. Says why, for the audit trail."""
    return DayOut.of(await calendars.set_day(user, exchange, day, body.to_draft(), body.reason))


@router.put("/api/market/calendar/{exchange}/end/", responses=problems(NotFound, StoreUnavailable))
async def set_calendar_end(
    exchange: str, body: EndChange, user: InstrumentsManager, calendars: CalendarsRoom
) -> EndOut:
    """Say until when an exchange's days are known, once its holidays until then are entered."""
    return EndOut(covered_until=await calendars.set_end(user, exchange, body.covered_until, body.reason))


@router.get("/api/market/calendar/{exchange}/edits/", responses=problems(StoreUnavailable))
async def list_calendar_edits(
    exchange: str, _user: InstrumentsManager, calendars: CalendarsRoom, page: PageParams
) -> Page[EditOut]:
    """List what staff changed in an exchange's calendar, newest first."""
    return (await calendars.edits(exchange, page)).as_page(EditOut.of)


@internal.get(
    "/internal/sessions/{exchange}",
    dependencies=[Depends(_CALLERS)],
    summary="Give the days of an exchange with their phases",
    responses=problems(NotFound, StoreUnavailable),
)
async def get_sessions(exchange: str, calendars: CalendarsRoom, first: From = None, last: To = None) -> Sessions:
    """Give each day of an exchange from one to another, at most 400, as far as its calendar reaches."""
    shown = await calendars.show(exchange, *_range(calendars, first, last))
    return Sessions(
        exchange=exchange,
        zone=shown.calendar.zone.key,
        replayed=calendars.replayed,
        covered_until=shown.calendar.covered_until,
        days=tuple(
            SessionDay(
                day=one.day,
                kind=None if one.kind is None else one.kind.value,
                name=one.name,
                opens_at=one.opens_at,
                closes_at=one.closes_at,
                phases=_phases(one),
                auction_phases=_phases(auction),
            )
            for one, auction in zip(shown.days, shown.auction_days, strict=True)
        ),
    )


def _phases(day: TradingDay) -> tuple[SessionPhase, ...]:
    return tuple(SessionPhase(phase=phase, begins_at=begins, ends_at=ends) for phase, begins, ends in day.phases)


def _range(calendars: Calendars, first: date | None, last: date | None) -> tuple[date, date]:
    begin = first or calendars.today()
    if begin.year not in _YEARS:
        raise InvalidInput.of("/query/from", "bad_range", f"Ask for days of {_YEARS[0]} to {_YEARS[-1]}.")
    return begin, last or begin + _A_YEAR
