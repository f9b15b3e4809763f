"""The staff's view of data quality."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from libs.common.errors import Conflict, NotFound, StoreUnavailable
from libs.common.pagination import Page
from libs.common.web import Router, problems
from libs.common.web.pagination import PageParams
from libs.contracts.base import Price
from services.market.access import InstrumentsManager
from services.market.quality.rules import RELEASABLE, QuarantineReason, QuarantineState
from services.market.quality.service import Filter, Quality
from services.market.quality.tables import Aside, Counted

router = Router(tags=["staff"])


def _quality(request: Request) -> Quality:
    quality: Quality = request.app.state.quality
    return quality


QualityRoom = Annotated[Quality, Depends(_quality)]


class QuarantinedOut(BaseModel):
    """A price that fires nothing, and why. `times`: how many came in that minute; the rest tells of the newest.

    `may_release`: it was left out of the candles and can be let in. `before` is the price before it.
    """

    id: UUID
    instrument: str = Field(examples=["NASDAQ:AAPL"])
    source: str = Field(examples=["twelvedata"])
    reason: QuarantineReason
    times: int
    price: Price = Field(examples=["113.60"])
    before: Price | None = Field(examples=["227.25"])
    at: datetime
    received_at: datetime
    state: QuarantineState
    may_release: bool
    decision: str | None
    decided_at: datetime | None

    @classmethod
    def of(cls, aside: Aside) -> QuarantinedOut:
        row = aside.row
        return cls(
            id=row.id,
            instrument=aside.instrument,
            source=row.source,
            reason=QuarantineReason(row.reason),
            times=row.times,
            price=row.price,
            before=row.before,
            at=row.at,
            received_at=row.received_at,
            state=QuarantineState(row.state),
            may_release=row.state == QuarantineState.OPEN and row.reason in RELEASABLE,
            decision=row.decision,
            decided_at=row.decided_at,
        )


class QualityCountOut(BaseModel):
    """How many prices of a source and an instrument were put aside for a reason. `waiting`: undecided rows."""

    source: str
    instrument: str
    reason: QuarantineReason
    times: int
    waiting: int
    last_at: datetime

    @classmethod
    def of(cls, counted: Counted) -> QualityCountOut:
        return cls(
            source=counted.source,
            instrument=counted.instrument,
            reason=QuarantineReason(counted.reason),
            times=counted.times,
            waiting=counted.waiting,
            last_at=counted.last_at,
        )


class QualityCountsOut(BaseModel):
    items: list[QualityCountOut]


class QuarantineDecisionIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=500)] = Field(
        examples=["The exchange confirmed the trade."]
    )


@router.get("/api/market/quality/", summary="List the prices that were put aside", responses=problems(StoreUnavailable))
async def list_quarantined(
    _staff: InstrumentsManager,
    page: PageParams,
    quality: QualityRoom,
    reason: Annotated[QuarantineReason | None, Query()] = None,
    source: Annotated[str | None, Query(max_length=40)] = None,
    instrument: Annotated[str | None, Query(max_length=60, examples=["NASDAQ:AAPL"])] = None,
    state: Annotated[QuarantineState | None, Query()] = None,
) -> Page[QuarantinedOut]:
    """List prices that were not believed or not in time, newest first. None of them fired an alert."""
    wanted = Filter(reason, source, instrument.upper() if instrument else None, state)
    return (await quality.list(wanted, page)).as_page(QuarantinedOut.of)


@router.get(
    "/api/market/quality/counts/", summary="Count the prices that were put aside", responses=problems(StoreUnavailable)
)
async def count_quarantined(
    _staff: InstrumentsManager,
    quality: QualityRoom,
    days: Annotated[int, Query(ge=1, le=90, description="Of the last so many days.")] = 7,
) -> QualityCountsOut:
    """Count by source, instrument and reason, the most frequent first; at most 200 rows."""
    return QualityCountsOut(items=[QualityCountOut.of(counted) for counted in await quality.count(days)])


@router.post(
    "/api/market/quality/{quarantine_id}/release/",
    summary="Release a price",
    responses=problems(NotFound, Conflict, StoreUnavailable),
)
async def release_quarantined(
    quarantine_id: UUID, body: QuarantineDecisionIn, staff: InstrumentsManager, quality: QualityRoom
) -> QuarantinedOut:
    """Let a price count in the candles after all. It fires nothing: its time is over."""
    return QuarantinedOut.of(await quality.decide(quarantine_id, QuarantineState.RELEASED, by=staff, why=body.reason))


@router.post(
    "/api/market/quality/{quarantine_id}/dismiss/",
    summary="Dismiss a price",
    responses=problems(NotFound, Conflict, StoreUnavailable),
)
async def dismiss_quarantined(
    quarantine_id: UUID, body: QuarantineDecisionIn, staff: InstrumentsManager, quality: QualityRoom
) -> QuarantinedOut:
    """Say that a price was seen and stays out."""
    return QuarantinedOut.of(await quality.decide(quarantine_id, QuarantineState.DISMISSED, by=staff, why=body.reason))
