"""Indicators."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import Depends, Query, Request
from pydantic import AwareDatetime, BaseModel, Field, StringConstraints

from libs.common.errors import InvalidInput, StoreUnavailable, SymbolAmbiguous, SymbolNotFound
from libs.common.web import Router, problems
from services.market.access import MarketReader
from services.market.candles.api import Adjusted, Dividends
from services.market.indicators.rules import Column
from services.market.indicators.service import Indicators
from services.market.providers.port import Interval

router = Router(tags=["market"])

_Name = Annotated[str, StringConstraints(min_length=1, max_length=300)]


def _indicators(request: Request) -> Indicators:
    indicators: Indicators = request.app.state.indicators
    return indicators


class IndicatorOut(BaseModel):
    """One indicator. `name` is its canonical text, `words` the same in plain language.

    `values` belong to the instants in `at`: numbers, or truths for a condition; null where it is not known yet. They
    are computed with floating point and rounded to six decimals.
    """

    name: str = Field(examples=["sma(close, 20)"])
    words: str = Field(examples=["The 20-bar average of the close"])
    kind: Literal["number", "boolean"]
    values: list[float | bool | None] = Field(examples=[[None, 227.4125]])

    @classmethod
    def of(cls, column: Column) -> IndicatorOut:
        expression = column.expression
        return cls.model_construct(
            name=str(expression), words=expression.words(), kind=expression.kind, values=column.values
        )


class IndicatorsOut(BaseModel):
    """Indicators of a stock. `at` are the beginnings of its candles, oldest first.

    `running`: the last candle is not over, so its values will change. `more`: there are older candles; ask again with
    `to` as the first of `at`.
    """

    instrument: str = Field(examples=["NASDAQ:AAPL"])
    interval: Interval
    at: list[datetime]
    running: bool
    more: bool
    indicators: list[IndicatorOut]


@router.get(
    "/api/stocks/{symbol}/indicators/",
    summary="Compute indicators of a stock",
    responses=problems(SymbolNotFound, SymbolAmbiguous, InvalidInput, StoreUnavailable),
)
async def list_indicators(
    symbol: str,
    _user: MarketReader,
    indicators: Annotated[Indicators, Depends(_indicators)],
    names: Annotated[
        list[_Name],
        Query(
            min_length=1,
            max_length=10,
            description="Expressions of the alert language, such as `sma(20)` or `rsi(14) < 30`; repeat it for more.",
        ),
    ],
    interval: Annotated[Interval, Query(description="The length of a candle; a day is one session.")] = Interval.D1,
    end: Annotated[AwareDatetime | None, Query(alias="to", description="Candles that begin before it.")] = None,
    limit: Annotated[int, Query(ge=1, le=1_000, description="At most so many candles, the newest.")] = 200,
    adjusted: Adjusted = False,
    dividends: Dividends = False,
) -> IndicatorsOut:
    """Compute indicators at the newest candles of a stock, from as many older ones as they need."""
    found = await indicators.evaluate(
        symbol, names, interval, end=end, limit=limit, adjusted=adjusted, dividends=dividends
    )
    return IndicatorsOut.model_construct(
        instrument=found.instrument,
        interval=interval,
        at=found.at,
        running=found.running,
        more=found.more,
        indicators=[IndicatorOut.of(column) for column in found.columns],
    )
