"""Search of instruments."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import Depends, Query, Request
from pydantic import BaseModel, Field

from libs.common.errors import StoreUnavailable
from libs.common.money import plain
from libs.common.pagination import Page
from libs.common.web import Router, problems
from libs.common.web.pagination import PageParams
from libs.contracts.base import Price
from services.market.access import MarketReader
from services.market.instruments.service import Instruments
from services.market.instruments.tables import InstrumentRow

router = Router(tags=["market"])


def _instruments(request: Request) -> Instruments:
    instruments: Instruments = request.app.state.instruments
    return instruments


class InstrumentOut(BaseModel):
    """Something that can be priced. Members from `isin` on are null until a list of instruments was imported.

    `status`: `listed`; `renamed` or `merged` where another instrument took its place, `delisted`, `suspended`.
    """

    instrument: str = Field(examples=["NASDAQ:AAPL"])
    symbol: str = Field(examples=["AAPL"])
    name: str = Field(examples=["Apple Inc."])
    exchange: str = Field(examples=["NASDAQ"])
    currency: str = Field(examples=["USD"])
    isin: str | None = Field(examples=["US0378331005"])
    kind: str = Field(examples=["equity"])
    status: str = Field(examples=["listed"])
    series: str | None = Field(examples=["EQ"])
    sector: str | None = Field(examples=["Information Technology"])
    industry: str | None
    lot_size: int | None = Field(examples=[1])
    tick_size: Price | None = Field(examples=["0.05"])
    band_percent: Price | None = Field(examples=["20"])
    listed_on: date | None
    has_derivatives: bool

    @classmethod
    def of(cls, row: InstrumentRow) -> InstrumentOut:
        return cls(
            instrument=row.instrument,
            symbol=row.symbol,
            name=row.name,
            exchange=row.exchange,
            currency=row.currency,
            isin=row.isin,
            kind=row.kind,
            status=row.status,
            series=row.series,
            sector=row.sector,
            industry=row.industry,
            lot_size=row.lot_size,
            tick_size=None if row.tick_size is None else plain(row.tick_size),
            band_percent=None if row.band_percent is None else plain(row.band_percent),
            listed_on=row.listed_on,
            has_derivatives=row.has_derivatives_from is not None,
        )


@router.get("/api/instruments/", summary="Search instruments", responses=problems(StoreUnavailable))
async def list_instruments(
    _user: MarketReader,
    page: PageParams,
    instruments: Annotated[Instruments, Depends(_instruments)],
    q: Annotated[str, Query(max_length=100, description="A symbol, a name or an ISIN, or what is like one.")] = "",
    exchange: Annotated[str | None, Query(pattern="^[A-Z]{2,10}$", examples=["NSE"])] = None,
) -> Page[InstrumentOut]:
    """Find instruments by symbol, name or ISIN, best first: the same symbol, its beginning, the name, what is alike.

    Without `q`, all of them by symbol.
    """
    return (await instruments.search(q, exchange, page)).as_page(InstrumentOut.of)
