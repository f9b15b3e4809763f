"""The routes of dated company events."""

from __future__ import annotations

import base64
import binascii
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query
from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, StringConstraints, field_validator

from libs.common.errors import Conflict, InvalidInput, NotFound, StoreUnavailable, SymbolAmbiguous, SymbolNotFound
from libs.common.pagination import Page
from libs.common.web import Router, of_app, problems, require_service
from libs.common.web.pagination import PageParams
from libs.contracts.market import DividendOfShare, DividendsOfInstrument
from services.market.access import InstrumentsManager, MarketReader
from services.market.companies.files import Source, UnreadableFile
from services.market.companies.service import CompanyEvents, Report, Shown
from services.market.companies.wording import EventKind
from services.market.exchanges import EXCHANGES

router = Router(tags=["market"])
staff = Router(tags=["staff"])
internal = Router(tags=["internal"])

MAX_FILE_BYTES = 1024 * 1024
"""As it comes, which may be gzip. A month of NSE's corporate actions is some 30 kB."""

_SHOWN_PROBLEMS = 100
_MOST_KINDS = len(EventKind)

CompaniesRoom = Annotated[CompanyEvents, Depends(of_app("company_events"))]
Why = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=500)]
Amount = Annotated[Decimal, PlainSerializer(lambda value: f"{value.normalize():f}", return_type=str)]


class CompanyEventOut(BaseModel):
    """A dated event of a company. `day` is the ex-day; of results and meetings, the day itself.

    `words` are the source's own, `amount` is per share in `currency`; of bonus shares and splits `old_shares` became
    `new_shares`. `previous_day`: it was moved from there. `received_at`: when its source told us.
    """

    id: UUID
    instrument: str = Field(examples=["NSE:RELIANCE"])
    symbol: str = Field(examples=["RELIANCE"])
    exchange: str = Field(examples=["NSE"])
    name: str = Field(examples=["Reliance Industries Limited"])
    currency: str = Field(examples=["INR"])
    kind: EventKind
    day: date
    record_day: date | None
    previous_day: date | None
    words: str = Field(examples=["Interim Dividend - Rs 8 Per Share"])
    amount: Amount | None = Field(examples=["8"])
    old_shares: int | None
    new_shares: int | None
    source: Source
    received_at: datetime

    @classmethod
    def of(cls, shown: Shown) -> CompanyEventOut:
        row, instrument = shown.row, shown.instrument
        return cls(
            id=row.id,
            instrument=instrument.instrument,
            symbol=instrument.symbol,
            exchange=instrument.exchange,
            name=instrument.name,
            currency=instrument.currency,
            kind=EventKind(row.kind),
            day=row.day,
            record_day=row.record_day,
            previous_day=row.previous_day,
            words=row.words,
            amount=row.amount,
            old_shares=row.old_shares,
            new_shares=row.new_shares,
            source=Source(row.source),
            received_at=row.received_at,
        )


class CompanyEventsIn(BaseModel):
    """A file in base64: NSE's corporate actions or board meetings, or symbol, date, dividend, split_ratio."""

    model_config = ConfigDict(extra="forbid")

    content: Annotated[str, Field(min_length=1, max_length=MAX_FILE_BYTES * 4 // 3 + 4, examples=["U1lNQk9M"])]
    exchange: Annotated[str, StringConstraints(max_length=10)] = "NSE"

    @field_validator("content")
    @classmethod
    def _is_base64(cls, content: str) -> str:
        try:
            base64.b64decode(content, validate=True)
        except (binascii.Error, ValueError) as error:
            raise ValueError("The content is no base64.") from error
        return content

    @field_validator("exchange")
    @classmethod
    def _is_known(cls, exchange: str) -> str:
        if exchange not in EXCHANGES:
            raise ValueError(f"We know the exchanges {', '.join(EXCHANGES)}.")
        return exchange


class RowProblemOut(BaseModel):
    line: int
    message: str


class CompanyEventsReport(BaseModel):
    """What a file brought. `withdrawn`: told no more, or moved. Of `unknown` and `problems` the first 100."""

    events: int
    added: int
    changed: int
    withdrawn: int
    unknown: list[str]
    problems: list[RowProblemOut]

    @classmethod
    def of(cls, report: Report) -> CompanyEventsReport:
        return cls(
            events=report.events,
            added=report.added,
            changed=report.changed,
            withdrawn=report.withdrawn,
            unknown=list(report.unknown[:_SHOWN_PROBLEMS]),
            problems=[RowProblemOut(line=one.line, message=one.message) for one in report.problems[:_SHOWN_PROBLEMS]],
        )


class WithdrawIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: Why = Field(examples=["The company has taken it back."])


@router.get(
    "/api/company-events/",
    summary="List results days and ex-days",
    responses=problems(NotFound, SymbolNotFound, SymbolAmbiguous, StoreUnavailable),
)
async def list_company_events(
    user: MarketReader,
    page: PageParams,
    room: CompaniesRoom,
    start: Annotated[date | None, Query(alias="from", description="The first day; today by default.")] = None,
    end: Annotated[date | None, Query(alias="to", description="The last day; 60 days later by default.")] = None,
    kind: Annotated[list[EventKind] | None, Query(max_length=_MOST_KINDS, description="Of these kinds.")] = None,
    symbol: Annotated[str | None, Query(max_length=50, examples=["NSE:RELIANCE"])] = None,
    watchlist: Annotated[UUID | None, Query(description="Of what is in this list of one's own.")] = None,
    mine: Annotated[bool, Query(description="Of what is in any list of one's own.")] = False,
) -> Page[CompanyEventOut]:
    """List dated events of companies, the nearest first; at most 400 days at once."""
    chosen: dict[str, Any] = {"symbol": symbol, "watchlist_id": watchlist, "mine": mine}
    found = await room.list(user.user_id, page, start=start, end=end, kinds=tuple(kind or ()), **chosen)
    return found.as_page(CompanyEventOut.of)


@staff.get(
    "/api/market/company-events/unconfirmed/",
    summary="List announced splits that nobody confirmed",
    responses=problems(StoreUnavailable),
)
async def list_unconfirmed_splits(
    _staff: InstrumentsManager, page: PageParams, room: CompaniesRoom
) -> Page[CompanyEventOut]:
    """List bonus shares and splits of the last 90 and the next 30 days without a confirmed split on their day."""
    return (await room.list_unconfirmed(page)).as_page(CompanyEventOut.of)


@staff.post(
    "/api/market/company-events/imports/",
    summary="Import results days and ex-days",
    responses=problems(StoreUnavailable),
)
async def import_company_events(
    body: CompanyEventsIn, staff_: InstrumentsManager, room: CompaniesRoom
) -> CompanyEventsReport:
    """Take a file in and say what it brought. The same file twice changes nothing, so that a call may be repeated."""
    try:
        report = await room.import_file(base64.b64decode(body.content), body.exchange, by=staff_)
    except UnreadableFile as error:
        raise InvalidInput.of("/content", "unreadable", str(error)) from error
    return CompanyEventsReport.of(report)


@staff.post(
    "/api/market/company-events/{event_id}/withdraw/",
    summary="Withdraw an event of a company",
    responses=problems(NotFound, Conflict, StoreUnavailable),
)
async def withdraw_company_event(
    event_id: UUID, body: WithdrawIn, staff_: InstrumentsManager, room: CompaniesRoom
) -> CompanyEventOut:
    """Take an event back that was a mistake: it is shown no more, and a dividend adjusts nothing."""
    return CompanyEventOut.of(await room.withdraw(event_id, by=staff_, why=body.reason))


@internal.get(
    "/internal/dividends/{instrument}",
    dependencies=[Depends(require_service("signals", scope="prices:read"))],
    summary="Give the dividends of an instrument",
    responses=problems(SymbolNotFound, SymbolAmbiguous, StoreUnavailable),
)
async def list_dividends_of(instrument: str, room: CompaniesRoom) -> DividendsOfInstrument:
    """Give the dividends of which the amount is told and which were not withdrawn, oldest first."""
    name, found = await room.dividends_of(instrument)
    return DividendsOfInstrument(
        instrument=name, items=tuple(DividendOfShare(at=at, amount=amount) for at, amount in found)
    )
