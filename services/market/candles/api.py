"""Candles."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Depends, Query, Request
from pydantic import AwareDatetime, BaseModel, Field

from libs.common.errors import StoreUnavailable, SymbolAmbiguous, SymbolNotFound
from libs.common.money import plain
from libs.common.pagination import Page
from libs.common.web import Router, problems
from libs.common.web.pagination import PageParams
from libs.contracts.base import Price
from services.market.access import MarketReader
from services.market.candles.service import Candles
from services.market.candles.tables import CandleRow
from services.market.providers.port import Interval

router = Router(tags=["market"])


def _candles(request: Request) -> Candles:
    candles: Candles = request.app.state.candles
    return candles


class CandleOut(BaseModel):
    """A candle. `at` is its start in market time; of a replay that is the recorded time.

    `interpolated`: its path was made from a longer recorded bar, it is not what was traded. `complete`: it will not
    change any more. `volume` is null where the source tells none.
    """

    at: datetime
    open: Price = Field(examples=["228.00"])
    high: Price = Field(examples=["230.10"])
    low: Price = Field(examples=["226.50"])
    close: Price = Field(examples=["227.25"])
    volume: int | None = Field(examples=[41234567])
    interpolated: bool
    complete: bool

    @classmethod
    def of(cls, row: CandleRow) -> CandleOut:
        return cls.model_construct(
            at=row.at,
            open=plain(row.open),
            high=plain(row.high),
            low=plain(row.low),
            close=plain(row.close),
            volume=row.volume,
            interpolated=row.interpolated,
            complete=row.complete,
        )


@router.get(
    "/api/stocks/{symbol}/candles/",
    summary="List the candles of a stock",
    responses=problems(SymbolNotFound, SymbolAmbiguous, StoreUnavailable),
)
async def list_candles(
    symbol: str,
    _user: MarketReader,
    page: PageParams,
    candles: Annotated[Candles, Depends(_candles)],
    interval: Annotated[Interval, Query(description="The length of a candle; a day is one session.")] = Interval.M1,
    start: Annotated[AwareDatetime | None, Query(alias="from", description="From this instant on.")] = None,
    end: Annotated[AwareDatetime | None, Query(alias="to", description="Before this instant.")] = None,
) -> Page[CandleOut]:
    """List the candles of a stock, newest first; the newest may still be running."""
    found = await candles.list(symbol, interval, start=start, end=end, page=page)
    return found.as_page(CandleOut.of)
