"""Ask market for an instrument, at most every few seconds for the same one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection
from urllib.parse import quote

from libs.common.errors import ErrorCode, FieldError, InvalidInput, NotFound, UpstreamUnavailable
from libs.common.http import HttpFailure, Refused, ServiceClient
from libs.common.logging import get_logger
from libs.contracts.market import InstrumentInfo

log = get_logger(__name__)

MOST_KEPT = 5_000
ASKED_AT_ONCE = 8


class Listings:
    """What market knows. `keep_s`: for how long an answer serves again, its price included."""

    def __init__(self, market: ServiceClient, *, keep_s: float) -> None:
        self._market = market
        self._keep_s = keep_s
        self._kept: dict[str, tuple[float, InstrumentInfo]] = {}

    async def get(self, symbol: str) -> InstrumentInfo:
        """Get an instrument by `NASDAQ:AAPL`, or `AAPL` where that is unique, in capitals.

        Raises InvalidInput (at `/stock_symbol`: `symbol_not_found`, or `symbol_ambiguous` with `choices`), and
        UpstreamUnavailable when market cannot be asked.
        """
        now = time.monotonic()
        kept = self._kept.get(symbol)
        if kept is not None and now - kept[0] < self._keep_s:
            return kept[1]
        try:
            info = await self._market.get(f"/internal/instruments/{quote(symbol, safe=':')}", InstrumentInfo)
        except NotFound as error:
            raise _unknown(symbol) from error
        except HttpFailure as failure:
            if isinstance(failure, Refused) and failure.code == ErrorCode.SYMBOL_NOT_FOUND:
                raise _unknown(symbol) from failure
            if isinstance(failure, Refused) and failure.code == ErrorCode.SYMBOL_AMBIGUOUS:
                raise _ambiguous(symbol, failure) from failure
            log.warning("market_not_asked", reason=failure.reason)
            raise UpstreamUnavailable("Market data is not available at the moment. Try again soon.") from failure
        if len(self._kept) >= MOST_KEPT:
            self._kept.clear()
        self._kept[symbol] = (now, info)
        return info

    async def find_all(self, symbols: Collection[str]) -> dict[str, InstrumentInfo]:
        """Get those of these instruments that there are. Raises UpstreamUnavailable when market cannot be asked."""
        return {
            name: found for name, found in (await self.look_up(symbols)).items() if not isinstance(found, InvalidInput)
        }

    async def look_up(self, symbols: Collection[str]) -> dict[str, InstrumentInfo | InvalidInput]:
        """Get many at once, some at a time; where there is none or several, why. Raises UpstreamUnavailable."""
        names = list(dict.fromkeys(symbols))
        turn = asyncio.Semaphore(ASKED_AT_ONCE)

        async def ask(symbol: str) -> InstrumentInfo | InvalidInput:
            async with turn:
                try:
                    return await self.get(symbol)
                except InvalidInput as problem:
                    return problem

        return dict(zip(names, await asyncio.gather(*map(ask, names)), strict=True))

    async def present(self, names: Collection[str], field: str) -> dict[str, str]:
        """Give the present names of instruments that somebody names, by the names given.

        Raises InvalidInput at `field` for one that market does not know, UpstreamUnavailable.
        """
        present: dict[str, str] = {}
        for name, found in (await self.look_up(names)).items():
            if isinstance(found, InvalidInput):
                message = f"There is no instrument {name}. Search at /api/instruments/."
                raise InvalidInput.of(field, ErrorCode.SYMBOL_NOT_FOUND, message) from found
            present[name] = found.instrument
        return present


def _unknown(symbol: str) -> InvalidInput:
    message = f"There is no instrument {symbol}. Search at /api/instruments/."
    return InvalidInput.of("/stock_symbol", ErrorCode.SYMBOL_NOT_FOUND, message)


def _ambiguous(symbol: str, refusal: Refused) -> InvalidInput:
    given = refusal.problem.get("choices")
    choices = [str(choice) for choice in given] if isinstance(given, list) else []
    message = f"Several exchanges list {symbol}: write {' or '.join(choices) or 'EXCHANGE:SYMBOL'}."
    return InvalidInput(
        message, errors=[FieldError("/stock_symbol", ErrorCode.SYMBOL_AMBIGUOUS, message)], choices=choices
    )
