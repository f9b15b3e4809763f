"""Find patterns in stored candles."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime

from libs.quant.patterns import Found, find
from services.market.candles.adjusting import AS_TRADED
from services.market.candles.service import Candles
from services.market.indicators.rules import bars_of
from services.market.indicators.service import quotes_of
from services.market.providers.port import Interval


@dataclass(frozen=True, slots=True)
class Seen:
    """The patterns of a stock's candles, oldest first."""

    instrument: str
    patterns: list[Found]


class Patterns:
    """The patterns room's use case."""

    def __init__(self, candles: Candles) -> None:
        self._candles = candles

    async def look(
        self, symbol: str, interval: Interval, *, end: datetime | None, limit: int, adjusted: bool, dividends: bool
    ) -> Seen:
        """Look through the newest `limit` candles that are over and begin before `end`.

        Raises SymbolNotFound and SymbolAmbiguous.
        """
        instrument, rows, _ = await self._candles.span(symbol, interval, start=None, end=end, limit=limit)
        adjustment = await self._candles.adjustment(instrument, dividends=dividends) if adjusted else AS_TRADED
        bars = bars_of(quotes_of([row for row in rows if row.complete], adjustment), interval.value)
        return Seen(instrument, await asyncio.to_thread(find, bars))
