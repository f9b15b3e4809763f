"""Search of instruments."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query, Request
from pydantic import BaseModel, Field

from libs.common.errors import StoreUnavailable
from libs.common.pagination import Page
from libs.common.web import Router, problems
from libs.common.web.pagination import PageParams
from services.market.access import MarketReader
from services.market.instruments.service import Instruments
from services.market.instruments.tables import InstrumentRow

router = Router(tags=["market"])


def _instruments(request: Request) -> Instruments:
    instruments: Instruments = request.app.state.instruments
    return instruments


class InstrumentOut(BaseModel):
    """Something that can be priced."""

    instrument: str = Field(examples=["NASDAQ:AAPL"])
    symbol: str = Field(examples=["AAPL"])
    name: str = Field(examples=["Apple Inc."])
    exchange: str = Field(examples=["NASDAQ"])
    currency: str = Field(examples=["USD"])
    isin: str | None = Field(examples=["US0378331005"])

    @classmethod
    def of(cls, row: InstrumentRow) -> InstrumentOut:
        return cls(
            instrument=row.instrument,
            symbol=row.symbol,
            name=row.name,
            exchange=row.exchange,
            currency=row.currency,
            isin=row.isin,
        )


@router.get("/api/instruments/", summary="Search instruments", responses=problems(StoreUnavailable))
async def list_instruments(
    _user: MarketReader,
    page: PageParams,
    instruments: Annotated[Instruments, Depends(_instruments)],
    q: Annotated[str, Query(max_length=100, description="The beginning of a symbol, or a part of a name.")] = "",
    exchange: Annotated[str | None, Query(pattern="^[A-Z]{2,10}$", examples=["NSE"])] = None,
) -> Page[InstrumentOut]:
    """Find instruments by symbol or name, in the order of their symbols."""
    return (await instruments.search(q, exchange, page)).as_page(InstrumentOut.of)
