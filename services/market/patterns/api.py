"""Patterns."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Literal

from fastapi import Depends, Query
from pydantic import AwareDatetime, BaseModel, Field

from libs.common.errors import StoreUnavailable, SymbolAmbiguous, SymbolNotFound
from libs.common.money import plain
from libs.common.web import Router, of_app, problems
from libs.contracts.base import Price
from libs.quant.patterns import Found, Point
from services.market.access import MarketReader
from services.market.candles.api import Adjusted, Dividends
from services.market.patterns.service import Patterns
from services.market.providers.port import Interval

router = Router(tags=["market"])


class PatternPoint(BaseModel):
    """A corner of a pattern: the beginning of its candle, and a price."""

    at: datetime
    price: Price = Field(examples=["227.25"])

    @classmethod
    def of(cls, point: Point) -> PatternPoint:
        return cls.model_construct(at=datetime.fromtimestamp(point.at_ms / 1_000, UTC), price=_price(point.price))


class PatternOut(BaseModel):
    """A pattern that the candle that begins at `at` completed; no later candle changes it.

    `name` is also a condition of the alert language. `points` are its corners; `line` is what the close broke.
    `confidence` (0 to 1) says how clear its shape is; it is no chance of profit.
    """

    name: str = Field(examples=["double_bottom"])
    points_to: Literal["up", "down", ""]
    at: datetime
    close: Price = Field(examples=["227.25"])
    confidence: float = Field(examples=[0.74])
    target: Price = Field(examples=["240.10"])
    stop: Price = Field(examples=["214.40"])
    points: list[PatternPoint]
    line: list[PatternPoint]

    @classmethod
    def of(cls, found: Found) -> PatternOut:
        return cls.model_construct(
            name=found.name,
            points_to=found.points_to,
            at=datetime.fromtimestamp(found.at_ms / 1_000, UTC),
            close=_price(found.close),
            confidence=found.confidence,
            target=_price(found.target),
            stop=_price(found.stop),
            points=[PatternPoint.of(point) for point in found.points],
            line=[PatternPoint.of(point) for point in found.line],
        )


class PatternsOut(BaseModel):
    """The patterns of a stock's candles, oldest first."""

    instrument: str = Field(examples=["NASDAQ:AAPL"])
    interval: Interval
    patterns: list[PatternOut]


def _price(value: float) -> Decimal:
    return plain(Decimal(f"{value:.4f}"))


@router.get(
    "/api/stocks/{symbol}/patterns/",
    summary="Find the chart patterns of a stock",
    responses=problems(SymbolNotFound, SymbolAmbiguous, StoreUnavailable),
)
async def list_patterns(
    symbol: str,
    _user: MarketReader,
    patterns: Annotated[Patterns, Depends(of_app("patterns"))],
    interval: Annotated[Interval, Query(description="The length of a candle; a day is one session.")] = Interval.D1,
    end: Annotated[AwareDatetime | None, Query(alias="to", description="Candles that begin before it.")] = None,
    limit: Annotated[int, Query(ge=1, le=1_000, description="Look through so many candles, the newest.")] = 500,
    adjusted: Adjusted = False,
    dividends: Dividends = False,
) -> PatternsOut:
    """Find chart patterns, breaks of levels and volume patterns in the newest candles that are over."""
    seen = await patterns.look(symbol, interval, end=end, limit=limit, adjusted=adjusted, dividends=dividends)
    return PatternsOut.model_construct(
        instrument=seen.instrument, interval=interval, patterns=[PatternOut.of(found) for found in seen.patterns]
    )
