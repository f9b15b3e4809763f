"""Stocks with their prices."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, Query, Request, Response
from pydantic import BaseModel, Field

from libs.common.errors import StoreUnavailable, SymbolAmbiguous, SymbolNotFound
from libs.common.instruments import Instrument
from libs.common.money import plain
from libs.common.pagination import MAX_LIMIT, Page, PageRequest
from libs.common.web import Router, problems, require_service
from libs.common.web.pagination import PageParams, page_params
from libs.contracts.base import Price
from libs.contracts.market import InstrumentInfo, NewestPrices
from services.market.access import MarketReader, owner_of
from services.market.prices import rules
from services.market.prices.service import Prices, Stock
from services.market.prices.tables import Quoted, StockPriceRow

router = Router(tags=["market"])
internal = Router(tags=["internal"])

_CALLERS = require_service("alerts", "signals", "broker", "gateway", scope="prices:read")
_MAX_NAMES = 1_000


def _prices(request: Request) -> Prices:
    prices: Prices = request.app.state.prices
    return prices


PricesRoom = Annotated[Prices, Depends(_prices)]


def _stocks_page(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT, description="How many stocks at most.")] = MAX_LIMIT,
    cursor: Annotated[str | None, Query(description="As in the `Link` header of the page before.")] = None,
) -> PageRequest:
    return page_params(request, limit, cursor)


class StockOut(BaseModel):
    """A stock with its newest price. Price members are null before the first price.

    `as_of` is when the price was true, `received_at` when it reached us. A replay plays recorded prices on our own
    clock: `recorded_at` then says when it was true in the market. `stale`: old on arrival, or nothing came since.
    """

    instrument: str = Field(examples=["NASDAQ:AAPL"])
    symbol: str = Field(examples=["AAPL"])
    name: str = Field(examples=["Apple Inc."])
    exchange: str = Field(examples=["NASDAQ"])
    currency: str = Field(examples=["USD"])
    current_price: Price | None = Field(examples=["227.25"])
    previous_close: Price | None = Field(examples=["226.80"])
    change: Price | None = Field(examples=["0.45"])
    change_percent: Price | None = Field(examples=["0.20"])
    day_open: Price | None = Field(examples=["228.00"])
    day_high: Price | None = Field(examples=["230.10"])
    day_low: Price | None = Field(examples=["226.50"])
    as_of: datetime | None
    received_at: datetime | None
    recorded_at: datetime | None
    source: str | None = Field(examples=["replay"])
    stale: bool

    @classmethod
    def of(cls, stock: Stock) -> StockOut:
        quoted = stock.quoted
        return cls.model_construct(
            instrument=quoted.instrument,
            symbol=quoted.symbol,
            name=quoted.name,
            exchange=quoted.exchange,
            currency=quoted.currency,
            current_price=_plain(quoted.price),
            previous_close=_plain(quoted.previous_close),
            change=_plain(rules.change(quoted.price, quoted.previous_close)),
            change_percent=rules.change_percent(quoted.price, quoted.previous_close),
            day_open=_plain(quoted.day_open),
            day_high=_plain(quoted.day_high),
            day_low=_plain(quoted.day_low),
            as_of=quoted.at,
            received_at=quoted.received_at,
            recorded_at=quoted.recorded_at,
            source=quoted.source,
            stale=stock.stale,
        )


class StockPriceOut(BaseModel):
    """A price that was kept."""

    price: Price = Field(examples=["227.25"])
    as_of: datetime
    received_at: datetime
    recorded_at: datetime | None
    source: str = Field(examples=["twelvedata"])
    stale: bool

    @classmethod
    def of(cls, row: StockPriceRow) -> StockPriceOut:
        return cls(
            price=plain(row.price),
            as_of=row.at,
            received_at=row.received_at,
            recorded_at=row.recorded_at,
            source=row.source,
            stale=row.stale,
        )


class PricesAsked(BaseModel):
    """Which instruments another service wants the newest prices of."""

    instruments: list[str] = Field(max_length=_MAX_NAMES, examples=[["NASDAQ:AAPL"]])


@router.get("/api/stocks/", summary="List the monitored stocks", responses=problems(StoreUnavailable))
async def list_stocks(
    user: MarketReader, prices: PricesRoom, response: Response, page: Annotated[PageRequest, Depends(_stocks_page)]
) -> list[StockOut]:
    """List the stocks that we monitor, with their newest prices, by symbol: a bare list of at most 200.

    Where there are more, the `Link` header names the next page.
    """
    found = await prices.list_stocks(page, owner_of(user))
    if found.next_cursor is not None:
        query = urlencode({"limit": page.limit, "cursor": found.next_cursor})
        response.headers["Link"] = f'</api/stocks/?{query}>; rel="next"'
    return [StockOut.of(stock) for stock in found.items]


@router.get(
    "/api/stocks/{symbol}/",
    summary="Show a stock",
    responses=problems(SymbolNotFound, SymbolAmbiguous, StoreUnavailable),
)
async def get_stock(symbol: str, user: MarketReader, prices: PricesRoom) -> StockOut:
    """Show any stock we know, with its newest price. `symbol` is `NASDAQ:AAPL`, or `AAPL` where that is one stock."""
    return StockOut.of(await prices.get_stock(symbol, owner_of(user)))


@router.get(
    "/api/stocks/{symbol}/prices/",
    summary="List the kept prices of a stock",
    responses=problems(SymbolNotFound, SymbolAmbiguous, StoreUnavailable),
)
async def list_stock_prices(
    symbol: str, _user: MarketReader, page: PageParams, prices: PricesRoom
) -> Page[StockPriceOut]:
    """List the prices that were kept of a stock, newest first: every polled one, of a stream one now and then."""
    return (await prices.list_kept(symbol, page)).as_page(StockPriceOut.of)


@internal.get(
    "/internal/instruments/{symbol}",
    dependencies=[Depends(_CALLERS)],
    summary="Show an instrument with its newest price",
    responses=problems(SymbolNotFound, SymbolAmbiguous, StoreUnavailable),
)
async def get_instrument(symbol: str, prices: PricesRoom) -> InstrumentInfo:
    """Show an instrument. `symbol` is `NASDAQ:AAPL`, or `AAPL` where that is one instrument."""
    return _info(prices, await prices.get_quoted(symbol))


@internal.post(
    "/internal/prices",
    dependencies=[Depends(_CALLERS)],
    summary="Give the newest prices of instruments",
    responses=problems(StoreUnavailable),
)
async def list_newest_prices(body: PricesAsked, prices: PricesRoom) -> NewestPrices:
    """Give the newest price of each instrument that is known and has one; the others are left out."""
    names = []
    for text in body.instruments:
        try:
            names.append(Instrument.parse(text))
        except ValueError:
            continue
    return NewestPrices(items=tuple(_info(prices, quoted) for quoted in await prices.newest(names)))


def _info(prices: Prices, quoted: Quoted) -> InstrumentInfo:
    return InstrumentInfo(
        instrument=quoted.instrument,
        exchange=quoted.exchange,
        symbol=quoted.symbol,
        name=quoted.name,
        currency=quoted.currency,
        price=quoted.price,
        previous_close=quoted.previous_close,
        low=quoted.span_low,
        high=quoted.span_high,
        span_start=quoted.span_start,
        at=quoted.at,
        received_at=quoted.received_at,
        recorded_at=quoted.recorded_at,
        source=quoted.source,
        stale=bool(quoted.stale),
        for_orders=prices.is_for_orders(quoted),
    )


def _plain(price: Decimal | None) -> Decimal | None:
    return None if price is None else plain(price)
