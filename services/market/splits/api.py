"""Splits, confirmed by staff."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request, status
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from libs.common.errors import Conflict, NotFound, StoreUnavailable, SymbolAmbiguous, SymbolNotFound
from libs.common.pagination import Page
from libs.common.web import Router, problems, require_service
from libs.common.web.pagination import PageParams
from libs.contracts.market import SplitOfShares, SplitsOfInstrument
from services.market.access import InstrumentsManager
from services.market.splits.service import Named, Splits

router = Router(tags=["staff"])
internal = Router(tags=["internal"])

_MOST_SHARES = 10_000


def _splits(request: Request) -> Splits:
    splits: Splits = request.app.state.splits
    return splits


SplitsRoom = Annotated[Splits, Depends(_splits)]
Why = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=500)]


class SplitIn(BaseModel):
    """A split or a consolidation: `old_shares` became `new_shares`; of a bonus 1:1, one became two."""

    model_config = ConfigDict(extra="forbid")

    instrument: Annotated[str, StringConstraints(max_length=60)] = Field(examples=["NSE:RELIANCE"])
    ex_date: date
    old_shares: int = Field(ge=1, le=_MOST_SHARES, examples=[1])
    new_shares: int = Field(ge=1, le=_MOST_SHARES, examples=[2])
    reason: Why = Field(examples=["Circular of the exchange of 2026-01-09."])


class SplitUndoIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: Why = Field(examples=["It was of another company."])


class SplitOut(BaseModel):
    """A confirmed split. `undone_at`: it counts no more."""

    id: UUID
    instrument: str
    ex_date: date
    old_shares: int
    new_shares: int
    reason: str
    confirmed_at: datetime
    undone_at: datetime | None
    undo_reason: str | None

    @classmethod
    def of(cls, named: Named) -> SplitOut:
        row = named.row
        return cls(
            id=row.id,
            instrument=named.instrument,
            ex_date=row.ex_date,
            old_shares=row.old_shares,
            new_shares=row.new_shares,
            reason=row.reason,
            confirmed_at=row.confirmed_at,
            undone_at=row.undone_at,
            undo_reason=row.undo_reason,
        )


@router.get("/api/market/splits/", summary="List the confirmed splits", responses=problems(StoreUnavailable))
async def list_splits(_staff: InstrumentsManager, page: PageParams, splits: SplitsRoom) -> Page[SplitOut]:
    """List splits, the newest word first."""
    return (await splits.list(page)).as_page(SplitOut.of)


@router.post(
    "/api/market/splits/",
    status_code=status.HTTP_201_CREATED,
    summary="Confirm a split",
    responses=problems(SymbolNotFound, SymbolAmbiguous, Conflict, StoreUnavailable),
)
async def confirm_split(body: SplitIn, staff: InstrumentsManager, splits: SplitsRoom) -> SplitOut:
    """Confirm a split: prices before its day are adjusted where adjusted ones are asked for, and alerts are told."""
    named = await splits.confirm(
        body.instrument, body.ex_date, body.old_shares, body.new_shares, by=staff, why=body.reason
    )
    return SplitOut.of(named)


@router.post(
    "/api/market/splits/{split_id}/undo/",
    summary="Undo a split",
    responses=problems(NotFound, Conflict, StoreUnavailable),
)
async def undo_split(split_id: UUID, body: SplitUndoIn, staff: InstrumentsManager, splits: SplitsRoom) -> SplitOut:
    """Undo a split that was a mistake; alerts are told."""
    return SplitOut.of(await splits.undo(split_id, by=staff, why=body.reason))


@internal.get(
    "/internal/splits/{instrument}",
    dependencies=[Depends(require_service("signals", scope="prices:read"))],
    summary="Give the splits of an instrument",
    responses=problems(SymbolNotFound, SymbolAmbiguous, StoreUnavailable),
)
async def list_splits_of(instrument: str, splits: SplitsRoom) -> SplitsOfInstrument:
    """Give the confirmed splits that count, oldest first."""
    name, found = await splits.of(instrument)
    items = (SplitOfShares(at=one.effective_at, old_shares=one.old_shares, new_shares=one.new_shares) for one in found)
    return SplitsOfInstrument(instrument=name, items=tuple(items))
