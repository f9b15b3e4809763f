"""Candles."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Depends, Query, Request
from pydantic import AwareDatetime, BaseModel, Field

from libs.common.errors import InvalidInput, StoreUnavailable, SymbolAmbiguous, SymbolNotFound
from libs.common.money import plain
from libs.common.pagination import Page
from libs.common.web import Router, problems, require_service
from libs.common.web.pagination import PageParams
from libs.contracts.base import Price
from libs.contracts.market import Candle, ManyCandles, RecordedInstruments
from libs.contracts.market import Candles as CandlesAnswer
from services.market.access import MarketReader
from services.market.candles.adjusting import AS_TRADED, Adjustment
from services.market.candles.service import Candles
from services.market.candles.tables import COLUMNS, CandleRow
from services.market.providers.port import Interval
from services.market.splits.rules import adjust_price, adjust_volume

router = Router(tags=["market"])
internal = Router(tags=["internal"])

_CALLERS = require_service("alerts", "signals", "broker", "gateway", scope="prices:read")
_MAX_CANDLES = 5_000
_MOST_TOGETHER = 50
_COLUMNS_FORM = "^({0})(,({0}))*$".format("|".join(COLUMNS))
_MOST_TOGETHER_EACH = 5_000
_MOST_ROWS = 50_000

Adjusted = Annotated[bool, Query(description="Adjusted for confirmed splits; else as they were traded.")]
Dividends = Annotated[bool, Query(description="With `adjusted`: for dividends too, whatever they were paid.")]


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
    def of(cls, row: CandleRow, adjustment: Adjustment = AS_TRADED) -> CandleOut:
        factor = adjustment.of_prices(row.at)
        return cls.model_construct(
            at=row.at,
            open=plain(adjust_price(row.open, factor)),
            high=plain(adjust_price(row.high, factor)),
            low=plain(adjust_price(row.low, factor)),
            close=plain(adjust_price(row.close, factor)),
            volume=adjust_volume(row.volume, adjustment.of_volumes(row.at)),
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
    adjusted: Adjusted = False,
    dividends: Dividends = False,
) -> Page[CandleOut]:
    """List the candles of a stock, newest first; the newest may still be running."""
    found = await candles.list(symbol, interval, start=start, end=end, page=page)
    adjustment = await candles.adjustment(symbol, dividends=dividends) if adjusted else AS_TRADED
    return found.as_page(lambda row: CandleOut.of(row, adjustment))


@internal.get(
    "/internal/candles/{instrument}",
    dependencies=[Depends(_CALLERS)],
    summary="Give the candles of an instrument",
    responses=problems(SymbolNotFound, SymbolAmbiguous, StoreUnavailable),
)
async def list_span_of_candles(
    instrument: str,
    candles: Annotated[Candles, Depends(_candles)],
    interval: Annotated[Interval, Query(description="The length of a candle; a day is one session.")],
    start: Annotated[AwareDatetime | None, Query(alias="from", description="From this instant on.")] = None,
    end: Annotated[AwareDatetime | None, Query(alias="to", description="Before this instant.")] = None,
    limit: Annotated[int, Query(ge=1, le=_MAX_CANDLES)] = 500,
    adjusted: Adjusted = False,
    dividends: Dividends = False,
) -> CandlesAnswer:
    """Give candles, oldest first: with `from` the first `limit` from there on, without it the newest `limit`.

    `more` says that the limit left some out: ask again with `from` after the last one's `at`, or `to` the first one's.
    """
    name, rows, more = await candles.span(instrument, interval, start=start, end=end, limit=limit)
    adjustment = await candles.adjustment(name, dividends=dividends) if adjusted else AS_TRADED
    return CandlesAnswer.model_construct(
        instrument=name, interval=interval.value, items=tuple(_candle(row, adjustment) for row in rows), more=more
    )


@internal.get(
    "/internal/candles",
    dependencies=[Depends(_CALLERS)],
    summary="Name the instruments that have candles",
    responses=problems(StoreUnavailable),
)
async def list_recorded_instruments(
    candles: Annotated[Candles, Depends(_candles)],
    interval: Annotated[Interval, Query(description="The length of the candles.")],
    exchange: Annotated[str | None, Query(pattern="^[A-Z]{2,10}$")] = None,
    after: Annotated[str, Query(max_length=43, description="From behind this name on.")] = "",
    limit: Annotated[int, Query(ge=1, le=_MAX_CANDLES)] = 500,
) -> RecordedInstruments:
    """Name the instruments that have candles of an interval, by name."""
    names, more = await candles.recorded(interval, exchange, after=after, limit=limit)
    return RecordedInstruments(instruments=tuple(names), more=more)


@internal.get(
    "/internal/candle-columns",
    dependencies=[Depends(_CALLERS)],
    summary="Give the newest candles of several instruments",
    responses=problems(StoreUnavailable),
)
async def list_candle_columns(
    candles: Annotated[Candles, Depends(_candles)],
    instruments: Annotated[str, Query(max_length=44 * _MOST_TOGETHER, description="Names, parted by commas.")],
    interval: Annotated[Interval, Query(description="The length of a candle; a day is one session.")],
    end: Annotated[AwareDatetime | None, Query(alias="to", description="Before this instant.")] = None,
    limit: Annotated[int, Query(ge=1, le=_MOST_TOGETHER_EACH)] = 500,
    columns: Annotated[
        str, Query(pattern=_COLUMNS_FORM, max_length=40, description="Which columns, parted by commas.")
    ] = ",".join(COLUMNS),
) -> ManyCandles:
    """Give the newest complete candles of at most 50 instruments, adjusted for splits, as columns.

    At most 50,000 of all together: of fewer instruments where each has many.
    """
    names = list(dict.fromkeys(instruments.split(",")))
    if len(names) > _MOST_TOGETHER:
        raise InvalidInput.of("/instruments", "too_many", f"At most {_MOST_TOGETHER} instruments at once.")
    if len(names) * limit > _MOST_ROWS:
        raise InvalidInput.of("/limit", "too_many", f"At most {_MOST_ROWS:,} candles of all together.")
    found = await candles.newest(names, interval, end=end, limit=limit, columns=frozenset(columns.split(",")))
    return ManyCandles.model_construct(items=found)


def _candle(row: CandleRow, adjustment: Adjustment) -> Candle:
    factor = adjustment.of_prices(row.at)
    return Candle.model_construct(
        at=row.at,
        open=adjust_price(row.open, factor),
        high=adjust_price(row.high, factor),
        low=adjust_price(row.low, factor),
        close=adjust_price(row.close, factor),
        volume=adjust_volume(row.volume, adjustment.of_volumes(row.at)),
        interpolated=row.interpolated,
        complete=row.complete,
    )
