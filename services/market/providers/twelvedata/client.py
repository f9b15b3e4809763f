"""Calls to TwelveData: spend a credit, send, and turn every failure into one of the port's errors."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import orjson
from pydantic import SecretStr

from libs.common.http import Http, NotSent, OutcomeUnknown, Refused
from libs.common.logging import get_logger
from services.market.providers.port import Budget, ProviderError, Transient
from services.market.providers.twelvedata import translate
from services.market.providers.twelvedata.translate import OutOfCredits

log = get_logger(__name__)

CREDITS_USED = "api-credits-used"
_TRIES = 3
_BACKOFF_S = 1.0


class TwelveDataClient:
    """One account at TwelveData.

    http: made with retries=0, since each try costs credits that only we count. sleep: waits between tries.
    """

    def __init__(
        self,
        http: Http,
        base_url: str,
        key: SecretStr,
        budget: Budget,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._http = http
        self._base_url = base_url.rstrip("/")
        self._key = key
        self._sleep = sleep
        self.budget = budget

    async def get(self, path: str, params: Mapping[str, str | int], *, credits: int) -> Mapping[str, Any]:
        """Ask, and give the answer as they wrote it; a batch's may hold errors inside. Tries again what may pass.

        Raises ProviderError.
        """
        for attempt in range(1, _TRIES + 1):
            try:
                return await self._once(path, params, credits)
            except Transient as error:
                if attempt == _TRIES:
                    raise
                log.info("twelvedata_call_repeated", path=path, reason=error.reason, attempt=attempt)
                # Full jitter on a doubling wait: they are in trouble, and so are their other customers.
                await self._sleep(random.uniform(0.5, 1.0) * _BACKOFF_S * 2**attempt)
        raise AssertionError("the last try returns or raises")

    async def aclose(self) -> None:
        await self._http.aclose()

    async def _once(self, path: str, params: Mapping[str, str | int], credits: int) -> Mapping[str, Any]:
        await self.budget.reserve(credits)
        headers = {"authorization": f"apikey {self._key.get_secret_value()}"}
        try:
            reply = await self._http.get(f"{self._base_url}{path}", params=params, headers=headers)
        except NotSent as failure:
            if failure.status is None:
                await self.budget.give_back(credits)
                raise Transient(failure.reason) from failure
            raise await self._error(429, failure.body) from failure
        except Refused as failure:
            await self.budget.settle(credits, used_of_minute=_credits_used(failure.headers))
            raise await self._error(failure.status, failure.body) from failure
        except OutcomeUnknown as failure:
            await self.budget.settle(credits, used_of_minute=None)
            raise Transient(failure.reason) from failure
        await self.budget.settle(credits, used_of_minute=_credits_used(reply.headers))
        body = _decoded(reply.body)
        if translate.is_error(body):
            raise await self._error(reply.status, reply.body)
        return body

    async def _error(self, status: int, body: bytes) -> ProviderError:
        """Make the error that an answer means. The body counts before the status: errors come with 200, too."""
        try:
            decoded = _decoded(body)
        except Transient:
            decoded = {}
        error = translate.error_of(decoded, status)
        if isinstance(error, OutOfCredits):
            return await self.budget.exhaust(whole_day=error.whole_day)
        return error


def _decoded(body: bytes) -> Mapping[str, Any]:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Transient("the answer is not JSON") from error
    if not isinstance(document, dict):
        raise Transient("the answer is no JSON object")
    return document


def _credits_used(headers: Mapping[str, str]) -> int | None:
    value = headers.get(CREDITS_USED, "")
    return int(value) if value.isascii() and value.isdigit() else None
