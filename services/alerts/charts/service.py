"""Get the picture of an alert: market's recorded closes until it was reached, and its level."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote

from libs.common.errors import NotFound
from libs.common.http import HttpFailure, ServiceClient
from libs.common.logging import get_logger
from libs.common.money import shown, to_e4
from libs.contracts.alerts import AlertTriggered
from libs.contracts.market import Candle, Candles
from services.alerts.charts.drawing import FEWEST_POINTS, Picture, draw
from services.alerts.notifications.rules import clock_time

log = get_logger(__name__)

SCALES = (("5m", 90, timedelta(minutes=5)), ("1m", 120, timedelta(minutes=1)), ("1d", 90, timedelta(days=1)))
"""Interval, most bars, and its length: the first of which there are enough is drawn."""

PATIENCE_S = 1.5
"""How long a mail waits for its picture. A mail without one says the same."""

KEPT = 256


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture, and its words for those who do not see it."""

    png: bytes
    alt: str


@dataclass(frozen=True, slots=True)
class _History:
    closes_e4: tuple[int, ...]
    begin: str
    end: str


class Charts:
    """Draws charts, each once. What many alerts of one instrument share is asked for once a minute."""

    def __init__(self, market: ServiceClient) -> None:
        self._market = market
        self._histories: OrderedDict[tuple[str, datetime], asyncio.Task[_History | None]] = OrderedDict()

    async def of(self, event: AlertTriggered) -> Chart | None:
        """Draw what led to a firing; None where too little is recorded or market cannot be asked (in time)."""
        history = await self._history(event.instrument, event.reached_at)
        if history is None:
            return None
        closes = (*history.closes_e4, to_e4(event.price))
        png = await asyncio.to_thread(draw, Picture(closes, to_e4(event.threshold_price), history.begin, history.end))
        level, price = shown(event.threshold_price, event.currency), shown(event.price, event.currency)
        return Chart(png, f"Chart of {event.symbol} from {history.begin}: now {price}, your alert at {level}.")

    async def _history(self, instrument: str, reached_at: datetime) -> _History | None:
        until = reached_at.replace(second=0, microsecond=0) + timedelta(minutes=1)
        key = (instrument, until)
        asking = self._histories.get(key)
        if asking is None:
            asking = self._histories[key] = asyncio.create_task(self._ask(instrument, until))
            while len(self._histories) > KEPT:
                self._histories.popitem(last=False)
        try:
            async with asyncio.timeout(PATIENCE_S):
                # Others may wait for the same answer: whoever loses patience does not take it from them.
                return await asyncio.shield(asking)
        except TimeoutError:
            log.info("chart_left_out", instrument=instrument, reason="market took too long")
            return None

    async def _ask(self, instrument: str, until: datetime) -> _History | None:
        exchange = instrument.partition(":")[0]
        try:
            for interval, limit, length in SCALES:
                bars = await self._bars(instrument, interval, limit, until)
                if len(bars) >= FEWEST_POINTS:
                    begin, end = bars[0].at, min(bars[-1].at + length, until)
                    days = (end - begin) >= timedelta(hours=20)
                    return _History(
                        tuple(to_e4(bar.close) for bar in bars),
                        clock_time(begin, exchange=exchange, with_day=days),
                        clock_time(end, exchange=exchange, with_day=days),
                    )
        except (HttpFailure, NotFound) as failure:
            log.info("chart_left_out", instrument=instrument, reason=str(failure))
        return None

    async def _bars(self, instrument: str, interval: str, limit: int, until: datetime) -> Sequence[Candle]:
        params: dict[str, str | int] = {"interval": interval, "limit": limit, "to": until.isoformat()}
        path = f"/internal/candles/{quote(instrument, safe=':')}"
        return (await self._market.get(path, Candles, params=params, timeout_s=PATIENCE_S)).items
