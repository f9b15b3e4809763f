"""What has closed so far: asked of market, for those who warm expressions up or look back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import quote

from libs.common.errors import NotFound
from libs.common.http import ServiceClient
from libs.contracts.market import Candle, Candles
from libs.contracts.news import Headlines
from libs.quant.expr import NEWS, Input
from services.alerts.conditions.inputs import Closed, HoursOf, as_bars, read_candle


class Recorded:
    """Market's candles and headlines, none of what it does not know. Raises HttpFailure where it cannot be asked."""

    def __init__(self, market: ServiceClient | None, hours_of: HoursOf) -> None:
        self._market = market
        self._hours_of = hours_of

    async def candles(
        self, source: Input, *, limit: int, start: datetime | None = None, end: datetime | None = None
    ) -> Sequence[Candle]:
        """Ask for recorded candles, oldest first: the newest ones, or with a start the first ones from there on.

        They are adjusted for splits: an average over bars of before and after one would be of nothing.
        """
        if self._market is None:
            return ()
        params: dict[str, str | int] = {"interval": source.interval or "", "limit": limit, "adjusted": "true"}
        if start is not None:
            params["from"] = start.isoformat()
        if end is not None:
            params["to"] = end.isoformat()
        path = f"/internal/candles/{quote(source.instrument or '', safe=':')}"
        try:
            return (await self._market.get(path, Candles, params=params)).items
        except NotFound:
            return ()

    async def closed(self, source: Input, *, limit: int, end: datetime | None = None) -> list[Closed]:
        """Ask for what has closed of an input, oldest first."""
        if source.interval == NEWS:
            return await self._headlines(source, limit)
        found = await self.candles(source, limit=limit, end=end)
        hours = self._hours_of(source.instrument or "")
        return [read_candle(candle, source.interval or "", hours) for candle in found if candle.complete]

    async def _headlines(self, source: Input, limit: int) -> list[Closed]:
        if self._market is None:
            return []
        path = f"/internal/news/{quote(source.instrument or '', safe=':')}"
        try:
            told = await self._market.get(path, Headlines, params={"limit": limit})
        except NotFound:
            return []
        return as_bars((one.received_at, one.published_at, one.score) for one in told.items)
