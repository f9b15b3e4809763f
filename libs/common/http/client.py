"""The outgoing HTTP client."""

from __future__ import annotations

import asyncio
import random
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Self

import httpx
import orjson

from libs.common import telemetry
from libs.common.http.breaker import Breaker, BreakerState
from libs.common.http.failures import NotSent, OutcomeUnknown, Refused
from libs.common.logging import get_logger

log = get_logger(__name__)

MAX_REPLY_BYTES = 4 * 1024 * 1024
MAX_REFUSAL_BYTES = 64 * 1024

_REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
_NEVER_ARRIVED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)

_calls = telemetry.counter("sharewise_outgoing_calls_total", "Outgoing calls.", ["client", "host", "outcome"])
_durations = telemetry.histogram("sharewise_outgoing_call_seconds", "Time of one try.", ["client", "host"])
_breakers = telemetry.gauge("sharewise_outgoing_breaker_open", "1 while a host is not asked.", ["client", "host"])


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds. `total` bounds the call with all its repeats; `read` the silence between two pieces of an answer."""

    connect: float = 2.0
    read: float = 5.0
    total: float = 10.0


@dataclass(frozen=True, slots=True)
class Reply:
    """A 2xx answer, read whole. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Decode the body. Raises OutcomeUnknown when it is no JSON: they took the call, we cannot read the result."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError as error:
            raise OutcomeUnknown("the answer is not JSON", status=self.status) from error


@cache
def trusted() -> ssl.SSLContext:
    """Trust the usual authorities. Read once: the list takes longer to read than everything else here."""
    return httpx.create_ssl_context()


class Http:
    """A client for one party or one group of them. Make one per process and close it at the end.

    name: labels logs and metrics. retries: how often a repeatable call is repeated after NotSent or OutcomeUnknown; a
    call that is not repeatable is repeated after NotSent only. Redirects are not followed and proxies not used.
    """

    def __init__(
        self,
        name: str,
        *,
        timeouts: Timeouts | None = None,
        retries: int = 2,
        backoff_s: float = 0.1,
        max_connections: int = 50,
        max_reply_bytes: int = MAX_REPLY_BYTES,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.name = name
        self._timeouts = timeouts or Timeouts()
        self._retries = retries
        self._backoff_s = backoff_s
        self._max_reply_bytes = max_reply_bytes
        self._breakers: dict[str, Breaker] = {}
        self._client = httpx.AsyncClient(
            transport=transport,
            verify=trusted(),
            timeout=httpx.Timeout(
                connect=self._timeouts.connect,
                read=self._timeouts.read,
                write=self._timeouts.read,
                pool=self._timeouts.connect,
            ),
            limits=httpx.Limits(max_connections=max_connections, max_keepalive_connections=max_connections),
            follow_redirects=False,
            trust_env=False,
            headers={"user-agent": "ShareWise/1"},
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        await self._client.aclose()

    def breaker(self, url: str) -> Breaker:
        """Give the breaker of the url's host."""
        return self._breakers.setdefault(_host(url), Breaker())

    async def get(self, url: str, **options: Any) -> Reply:
        return await self.request("GET", url, **options)

    async def post(self, url: str, **options: Any) -> Reply:
        return await self.request("POST", url, **options)

    async def request(
        self,
        method: str,
        url: str,
        *,
        json: object = None,
        content: bytes | None = None,
        data: Mapping[str, str] | None = None,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool | None = None,
        timeout_s: float | None = None,
    ) -> Reply:
        """Make a call and give its 2xx answer. Raises Refused, NotSent or OutcomeUnknown, and nothing else.

        json: a body of plain JSON values. repeatable: doing it twice is doing it once (default: by the method); set it
        for a POST with an idempotency key. timeout_s: bounds the call with its repeats instead of `Timeouts.total`.
        """
        sent_headers = {**_trace_headers(), **(headers or {})}
        if json is not None:
            content = orjson.dumps(json)
            sent_headers["content-type"] = "application/json"
        request = self._client.build_request(
            method, url, content=content, data=data, params=params, headers=sent_headers
        )
        may_repeat = method in _REPEATABLE if repeatable is None else repeatable
        limit_s = timeout_s or self._timeouts.total
        deadline = time.monotonic() + limit_s
        for attempt in range(self._retries + 1):
            try:
                return await self._try(request, deadline)
            except (NotSent, OutcomeUnknown) as failure:
                wait_s = self._wait_before_repeat(failure, attempt, may_repeat, deadline)
                if wait_s is None:
                    raise
                log.info("outgoing_call_repeated", client=self.name, host=_host(url), reason=failure.reason)
                await asyncio.sleep(wait_s)
        raise AssertionError("the last try returns or raises")

    def _wait_before_repeat(
        self, failure: NotSent | OutcomeUnknown, attempt: int, may_repeat: bool, deadline: float
    ) -> float | None:
        """Say how many seconds to wait before the next try; None when there is none."""
        if attempt >= self._retries or not (may_repeat or isinstance(failure, NotSent)):
            return None
        # Full jitter: callers that failed together do not come back together.
        wait_s = random.uniform(0, self._backoff_s * 2**attempt)
        if isinstance(failure, NotSent) and failure.retry_after is not None:
            wait_s = max(wait_s, failure.retry_after)
        return wait_s if time.monotonic() + wait_s < deadline else None

    async def _try(self, request: httpx.Request, deadline: float) -> Reply:
        host = _host(str(request.url))
        breaker = self.breaker(str(request.url))
        if not breaker.allows():
            _calls.labels(self.name, host, "breaker_open").inc()
            raise NotSent(f"{host} is not asked: its breaker is open", retry_after=breaker.retry_after)
        started = time.monotonic()
        outcome = "cancelled"
        try:
            with telemetry.span(f"{request.method} {host}", "client"):
                async with asyncio.timeout(max(0.0, deadline - started)):
                    reply = await self._send(request, host)
            outcome = "ok"
            breaker.succeeded()
            return reply
        except Refused:
            outcome = "refused"
            breaker.succeeded()
            raise
        except NotSent as failure:
            outcome = "not_sent"
            # A 429 says that the host lives.
            breaker.failed() if failure.retry_after is None else breaker.succeeded()
            raise
        except OutcomeUnknown:
            outcome = "unknown"
            breaker.failed()
            raise
        except TimeoutError as error:
            outcome = "unknown"
            breaker.failed()
            raise OutcomeUnknown(f"{host} did not answer in time") from error
        finally:
            if outcome == "cancelled":
                breaker.abandoned()
            _calls.labels(self.name, host, outcome).inc()
            _durations.labels(self.name, host).observe(time.monotonic() - started)
            _breakers.labels(self.name, host).set(breaker.state is not BreakerState.CLOSED)

    async def _send(self, request: httpx.Request, host: str) -> Reply:
        try:
            response = await self._client.send(request, stream=True)
            try:
                body = await self._read(response, host)
            finally:
                await response.aclose()
        except _NEVER_ARRIVED as error:
            raise NotSent(f"{host} cannot be reached: {type(error).__name__}") from error
        except httpx.HTTPError as error:
            raise OutcomeUnknown(f"{host} broke off: {type(error).__name__}") from error
        except httpx.InvalidURL as error:
            raise NotSent("the address is not valid") from error
        status, headers = response.status_code, dict(response.headers)
        if 200 <= status < 300:
            return Reply(status, headers, body)
        if status == 429:
            raise NotSent(f"{host} answered 429", retry_after=_retry_after(headers) or 0.0, status=status, body=body)
        if status >= 500 or status == 408:
            raise OutcomeUnknown(f"{host} answered {status}", status=status)
        raise Refused(f"{host} answered {status}", status=status, body=body, headers=headers)

    async def _read(self, response: httpx.Response, host: str) -> bytes:
        good = response.is_success
        limit = self._max_reply_bytes if good else MAX_REFUSAL_BYTES
        body = bytearray()
        async for piece in response.aiter_bytes():
            body += piece
            if len(body) > limit:
                if good:
                    raise OutcomeUnknown(f"{host} answered more than {limit} bytes", status=response.status_code)
                return bytes(body[:limit])
        return bytes(body)


def _host(url: str) -> str:
    parsed = httpx.URL(url)
    return f"{parsed.host}:{parsed.port}" if parsed.port else parsed.host


def _retry_after(headers: Mapping[str, str]) -> float | None:
    value = headers.get("retry-after", "")
    return float(value) if value.isascii() and value.isdigit() else None


def _trace_headers() -> dict[str, str]:
    headers: dict[str, str] = {}
    request_id, traceparent = telemetry.current_request_id(), telemetry.current_traceparent()
    if request_id is not None:
        headers["x-request-id"] = request_id
    if traceparent is not None:
        headers["traceparent"] = traceparent
    return headers
