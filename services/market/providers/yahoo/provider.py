"""Yahoo's chart pages as a provider of ours: one call per instrument."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote as in_path

import orjson

from libs.common.clock import Clock
from libs.common.http import Http, NotSent, OutcomeUnknown, Refused
from libs.common.instruments import Instrument
from services.market.providers.port import (
    Bar,
    Budget,
    Capabilities,
    Interval,
    Listing,
    Mode,
    ProviderError,
    Quote,
    Transient,
)
from services.market.providers.yahoo import translate

_HEADERS = {"user-agent": "ShareWise/1.0", "accept": "application/json"}
_LONGEST = timedelta(days=3_650)


class YahooProvider:
    """Asks page by page. http: made with retries=0, since each try is a call of the budget."""

    name = "yahoo"

    def __init__(
        self,
        http: Http,
        base_url: str,
        budget: Budget,
        clock: Clock,
        *,
        listings: Sequence[Listing],
        max_lag: timedelta,
    ) -> None:
        self._http = http
        self._base_url = base_url.rstrip("/")
        self._budget = budget
        self._clock = clock
        self._listings = listings
        self.capabilities = Capabilities(Mode.POLLED, max_lag, batch_size=1)

    async def listings(self) -> Sequence[Listing]:
        return self._listings

    async def quotes(self, instruments: Sequence[Instrument]) -> Mapping[Instrument, Quote | ProviderError]:
        answers: dict[Instrument, Quote | ProviderError] = {}
        for instrument in instruments:
            try:
                result = await self._get(instrument, {"range": "1d", "interval": "1d", "includePrePost": "false"})
                answers[instrument] = translate.quote_of(result, instrument, self._clock.now_ms())
            except ProviderError as error:
                answers[instrument] = error
        return answers

    async def bars(self, instrument: Instrument, interval: Interval, start: datetime, end: datetime) -> Sequence[Bar]:
        now = self._clock.now()
        reach = translate.REACH.get(interval, _LONGEST)
        start = max(start, now - reach)
        if start >= end:
            return []
        result = await self._get(
            instrument,
            {
                "period1": int(start.timestamp()),
                "period2": int(min(end, now + timedelta(days=1)).timestamp()),
                "interval": translate.INTERVALS[interval],
                "includePrePost": "false",
            },
        )
        bars = translate.bars_of(result, instrument, interval, now)
        first_ms, last_ms = start.timestamp() * 1_000, end.timestamp() * 1_000
        return [bar for bar in bars if first_ms <= bar.at_ms < last_ms]

    async def close(self) -> None:
        await self._http.aclose()

    async def _get(self, instrument: Instrument, params: Mapping[str, str | int]) -> Mapping[str, Any]:
        await self._budget.reserve(1)
        url = f"{self._base_url}/v8/finance/chart/{in_path(translate.symbol_of(instrument), safe='')}"
        try:
            reply = await self._http.get(url, params=params, headers=_HEADERS)
        except NotSent as failure:
            if failure.status is None:
                await self._budget.give_back(1)
                raise Transient(failure.reason) from failure
            raise await self._budget.exhaust(whole_day=False) from failure
        except Refused as failure:
            await self._budget.settle(1, used_of_minute=None)
            raise translate.error_of(_decoded(failure.body), failure.status) from failure
        except OutcomeUnknown as failure:
            await self._budget.settle(1, used_of_minute=None)
            raise Transient(failure.reason) from failure
        await self._budget.settle(1, used_of_minute=None)
        return translate.result_of(_decoded(reply.body))


def _decoded(body: bytes) -> Mapping[str, Any]:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return document if isinstance(document, dict) else {}
