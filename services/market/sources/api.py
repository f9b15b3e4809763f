"""The staff's view of the providers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import Depends, Request
from pydantic import BaseModel, Field

from libs.common.errors import StoreUnavailable
from libs.common.pagination import Page
from libs.common.web import Router, problems
from libs.common.web.pagination import PageParams
from services.market.access import InstrumentsManager
from services.market.sources.rules import Market
from services.market.sources.service import Place, Shown, SourceRole, Sources
from services.market.sources.tables import FailoverRow

router = Router(tags=["staff"])


def _sources(request: Request) -> Sources:
    sources: Sources = request.app.state.sources
    return sources


class BudgetOut(BaseModel):
    """Credits used and allowed, of this minute and this day (UTC)."""

    minute_used: int
    per_minute: int
    day_used: int
    per_day: int


class SilentOut(BaseModel):
    """A stock of which nothing comes though its market is open. `received_at` null: no price ever came."""

    instrument: str
    received_at: datetime | None


class ProviderPlaceOut(BaseModel):
    """A place on a market's list of providers, 1 being the first; `in_charge`: it prices that market now."""

    market: Market = Field(examples=["IN"])
    place: int
    in_charge: bool

    @classmethod
    def of(cls, place: Place) -> ProviderPlaceOut:
        return cls(market=Market(place.market), place=place.place, in_charge=place.in_charge)


class PriceProviderOut(BaseModel):
    """A provider of prices. `state` unknown: it has not been asked yet. `with_past` of `monitored` have a history."""

    provider: str = Field(examples=["twelvedata"])
    role: SourceRole
    priority: int
    places: list[ProviderPlaceOut]
    state: Literal["unknown", "well", "degraded"]
    since: datetime | None
    last_ok_at: datetime | None
    last_error: str | None
    last_error_at: datetime | None
    budget: BudgetOut | None
    monitored: int
    with_past: int
    silent: list[SilentOut]

    @classmethod
    def of(cls, shown: Shown) -> PriceProviderOut:
        limits = shown.configured.limits
        budget = None
        if limits is not None:
            budget = BudgetOut(
                minute_used=shown.minute_used,
                per_minute=limits.per_minute,
                day_used=shown.day_used,
                per_day=limits.per_day,
            )
        return cls(
            provider=shown.configured.name,
            role=shown.configured.role,
            priority=shown.configured.priority,
            places=[ProviderPlaceOut.of(one) for one in shown.places],
            state="degraded" if shown.degraded else "unknown" if shown.last_ok_at is None else "well",
            since=shown.since,
            last_ok_at=shown.last_ok_at,
            last_error=shown.last_error,
            last_error_at=shown.last_error_at,
            budget=budget,
            monitored=shown.monitored,
            with_past=shown.with_past,
            silent=[SilentOut(instrument=one.instrument, received_at=one.received_at) for one in shown.silent],
        )


class FailoverOut(BaseModel):
    """A market went over from one provider to another; null: none of its list was well."""

    market: Market = Field(examples=["IN"])
    previous: str | None
    provider: str | None
    reason: str
    at: datetime

    @classmethod
    def of(cls, row: FailoverRow) -> FailoverOut:
        return cls(
            market=Market(row.market), previous=row.previous, provider=row.provider, reason=row.reason, at=row.at
        )


class PriceProvidersOut(BaseModel):
    items: list[PriceProviderOut]


@router.get("/api/market/providers/", summary="List the providers of prices", responses=problems(StoreUnavailable))
async def list_price_providers(
    _staff: InstrumentsManager, sources: Annotated[Sources, Depends(_sources)]
) -> PriceProvidersOut:
    """Show how each provider is doing, what is used of its budget, and which stocks are silent."""
    return PriceProvidersOut(items=[PriceProviderOut.of(shown) for shown in await sources.show()])


@router.get("/api/market/failovers/", summary="List failovers of providers", responses=problems(StoreUnavailable))
async def list_failovers(
    _staff: InstrumentsManager, sources: Annotated[Sources, Depends(_sources)], page: PageParams
) -> Page[FailoverOut]:
    """List when a market went over from one provider of prices to another and why, newest first."""
    return (await sources.list_failovers(page)).as_page(FailoverOut.of)
