"""TwelveData as a provider of ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from libs.common.clock import Clock
from libs.common.instruments import Instrument
from services.market.providers.port import (
    BadRequest,
    Bar,
    Capabilities,
    Interval,
    Listing,
    Mode,
    NotCovered,
    ProviderError,
    Quote,
    SymbolUnknown,
    Transient,
)
from services.market.providers.twelvedata import translate
from services.market.providers.twelvedata.client import TwelveDataClient
from services.market.providers.twelvedata.translate import OutOfCredits

MAX_SYMBOLS = 120
"""Per request, by their documents (unverified); more is answered with 414."""

_MAX_BARS = 5_000


class TwelveDataProvider:
    """Polls `/quote` in batches: a batch costs as many credits as it has symbols, but one call."""

    name = "twelvedata"

    def __init__(
        self,
        client: TwelveDataClient,
        clock: Clock,
        *,
        listings: Sequence[Listing],
        max_lag: timedelta,
        batch_size: int,
    ) -> None:
        self._client = client
        self._clock = clock
        self._listings = listings
        # More symbols than the minute has credits could never be sent.
        size = min(batch_size, MAX_SYMBOLS, client.budget.per_minute)
        self.capabilities = Capabilities(Mode.POLLED, max_lag, batch_size=size)

    async def listings(self) -> Sequence[Listing]:
        return self._listings

    async def quotes(self, instruments: Sequence[Instrument]) -> Mapping[Instrument, Quote | ProviderError]:
        by_symbol = {translate.symbol_of(instrument): instrument for instrument in instruments}
        symbols = list(by_symbol)
        try:
            body = await self._client.get("/quote", {"symbol": ",".join(symbols), "dp": 4}, credits=len(symbols))
        except (BadRequest, NotCovered, SymbolUnknown) as error:
            if len(symbols) == 1:
                return {instruments[0]: error}
            # The whole list was refused, for its length (414) or for one of its symbols: find out which.
            half = len(instruments) // 2
            return {**await self.quotes(instruments[:half]), **await self._quotes_if_allowed(instruments[half:])}
        received_ms = self._clock.now_ms()
        parts = translate.by_symbol(body, symbols)
        answers = {
            instrument: _read(parts.get(symbol), instrument, received_ms) for symbol, instrument in by_symbol.items()
        }
        out = [answer for answer in answers.values() if isinstance(answer, OutOfCredits)]
        if out:
            limited = await self._client.budget.exhaust(whole_day=any(answer.whole_day for answer in out))
            return {one: limited if isinstance(answer, OutOfCredits) else answer for one, answer in answers.items()}
        return answers

    async def _quotes_if_allowed(self, instruments: Sequence[Instrument]) -> Mapping[Instrument, Quote | ProviderError]:
        """Ask, and let an error of the whole call be the answer for each, so that what came before it is not lost."""
        try:
            return await self.quotes(instruments)
        except ProviderError as error:
            return dict.fromkeys(instruments, error)

    async def bars(self, instrument: Instrument, interval: Interval, start: datetime, end: datetime) -> Sequence[Bar]:
        now = self._clock.now()
        body = await self._client.get(
            "/time_series",
            {
                "symbol": translate.symbol_of(instrument),
                "interval": translate.INTERVALS[interval],
                "start_date": f"{start:%Y-%m-%dT%H:%M:%S}",
                "end_date": f"{end:%Y-%m-%dT%H:%M:%S}",
                "outputsize": _MAX_BARS,
                "order": "asc",
                "timezone": "UTC",
                "dp": 4,
            },
            credits=1,
        )
        return translate.bars_of(body, instrument, interval, now)

    async def close(self) -> None:
        await self._client.aclose()


def _read(part: Mapping[str, object] | None, instrument: Instrument, received_ms: int) -> Quote | ProviderError:
    if part is None:
        return Transient("The answer leaves this symbol out.")
    try:
        return translate.quote_of(part, instrument, received_ms)
    except ProviderError as error:
        return error
