"""The routes of economic series."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from fastapi import Depends, Path, Query, Request
from pydantic import BaseModel, Field, PlainSerializer

from libs.common.errors import NotFound, StoreUnavailable
from libs.common.pagination import Page
from libs.common.web import Router, problems
from libs.common.web.pagination import PageParams
from services.market.access import MarketReader
from services.market.economics.service import Economics, Newest
from services.market.economics.tables import EconomicObservationRow, EconomicSeriesRow

router = Router(tags=["market"])

Figure = Annotated[Decimal, PlainSerializer(lambda value: f"{value:f}", return_type=str)]


def _economics(request: Request) -> Economics:
    economics: Economics = request.app.state.economics
    return economics


EconomicsRoom = Annotated[Economics, Depends(_economics)]


class EconomicSeriesOut(BaseModel):
    """A series with its newest figure. What its file did not tell is null."""

    key: str = Field(examples=["repo_rate_percent"])
    name: str
    unit: str | None = Field(examples=["percent"])
    source: str | None
    frequency: str | None = Field(examples=["monthly"])
    imported_at: datetime
    newest_day: date
    newest_value: Figure = Field(examples=["6.50"])

    @classmethod
    def of(cls, newest: Newest) -> EconomicSeriesOut:
        return cls.model_validate({**_facts(newest.row), "newest_day": newest.day, "newest_value": newest.value})


class EconomicObservationOut(BaseModel):
    day: date
    value: Figure = Field(examples=["6.50"])


class EconomicFiguresOut(BaseModel):
    """A series with a page of its figures, newest first."""

    key: str
    name: str
    unit: str | None
    source: str | None
    frequency: str | None
    imported_at: datetime
    items: list[EconomicObservationOut]
    next_cursor: str | None


def _facts(row: EconomicSeriesRow) -> dict[str, object]:
    return {name: getattr(row, name) for name in ("key", "name", "unit", "source", "frequency", "imported_at")}


def _observation(row: EconomicObservationRow) -> EconomicObservationOut:
    return EconomicObservationOut(day=row.day, value=row.value)


@router.get("/api/economics/", summary="List the economic series", responses=problems(StoreUnavailable))
async def list_economic_series(_user: MarketReader, page: PageParams, room: EconomicsRoom) -> Page[EconomicSeriesOut]:
    """List the economic series by their keys, each with its newest figure."""
    return (await room.list(page)).as_page(EconomicSeriesOut.of)


@router.get("/api/economics/{key}/", summary="Show an economic series", responses=problems(NotFound, StoreUnavailable))
async def show_economic_series(
    key: Annotated[str, Path(max_length=80, examples=["repo_rate_percent"])],
    _user: MarketReader,
    page: PageParams,
    room: EconomicsRoom,
    start: Annotated[date | None, Query(alias="from", description="From this day on.")] = None,
    end: Annotated[date | None, Query(alias="to", description="Before this day.")] = None,
) -> EconomicFiguresOut:
    """Show a series and its figures, newest first."""
    row, found = await room.show(key, page, start=start, end=end)
    return EconomicFiguresOut.model_validate(
        {**_facts(row), "items": [_observation(one) for one in found.items], "next_cursor": found.next_cursor}
    )
