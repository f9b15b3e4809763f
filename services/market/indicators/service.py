"""Evaluate indicators over stored candles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from libs.common.errors import InvalidInput
from libs.quant.expr import Expr, ExprError
from services.market.candles.adjusting import AS_TRADED, Adjustment
from services.market.candles.service import Candles
from services.market.candles.tables import CandleRow
from services.market.indicators import rules
from services.market.indicators.rules import Column, Quote
from services.market.providers.port import Interval
from services.market.splits.rules import adjust_price, adjust_volume


@dataclass(frozen=True, slots=True)
class Indicated:
    """Indicators at a stock's candles, oldest first. `running`: the last is not over. `more`: older ones exist."""

    instrument: str
    at: list[datetime]
    running: bool
    more: bool
    columns: list[Column]


class Indicators:
    """The indicators room's use case."""

    def __init__(self, candles: Candles) -> None:
        self._candles = candles

    async def evaluate(
        self,
        symbol: str,
        names: Sequence[str],
        interval: Interval,
        *,
        end: datetime | None,
        limit: int,
        adjusted: bool,
        dividends: bool = False,
    ) -> Indicated:
        """Evaluate expressions at the newest `limit` candles that begin before `end`.

        Candles before those are read too, so that the first value that is shown is a settled one. Raises
        SymbolNotFound, SymbolAmbiguous, and InvalidInput for a mistake in an expression: its code, message and column.
        """
        expressions = [_read(place, name) for place, name in enumerate(names)]
        wanted = limit + rules.history(expressions)
        instrument, rows, more = await self._candles.span(symbol, interval, start=None, end=end, limit=wanted)
        adjustment = await self._candles.adjustment(instrument, dividends=dividends) if adjusted else AS_TRADED
        quotes = quotes_of(rows, adjustment)
        shown = min(limit, len(quotes))
        return Indicated(
            instrument,
            [quote.at for quote in quotes[len(quotes) - shown :]],
            bool(rows) and not rows[-1].complete,
            more or len(quotes) > shown,
            rules.columns(expressions, quotes, interval.value, shown),
        )


def quotes_of(rows: Sequence[CandleRow], adjustment: Adjustment) -> list[Quote]:
    """Return stored candles as the formulas read them."""
    return [
        Quote(
            row.at,
            adjust_price(row.open, factor := adjustment.of_prices(row.at)),
            adjust_price(row.high, factor),
            adjust_price(row.low, factor),
            adjust_price(row.close, factor),
            adjust_volume(row.volume, adjustment.of_volumes(row.at)),
        )
        for row in rows
    ]


def _read(place: int, name: str) -> Expr:
    try:
        return rules.read(name)
    except ExprError as error:
        raise InvalidInput.of(f"/names/{place}", error.code, str(error)) from error
