"""One request carried to a service and its answer carried back, both piece by piece."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from gateway.answers import NO_STORE, Header, Receive, Send
from gateway.proxy.connection import (
    BrokeOff,
    Connection,
    NotReached,
    TookTooLong,
    UpstreamFailure,
    WentStale,
)
from gateway.proxy.upstream import Upstream
from libs.common import telemetry
from libs.common.errors import PayloadTooLarge, Problem, UpstreamTimeout, UpstreamUnavailable

_IDEMPOTENT = frozenset(("GET", "HEAD", "OPTIONS", "PUT", "DELETE"))

_failures = telemetry.counter("sharewise_upstream_failures_total", "Exchanges that failed.", ["upstream", "failure"])


class AnswerBroken(Exception):
    """The answer ended in the middle, after part of it went to the client."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@dataclass(slots=True)
class Passage:
    """What goes through: the request as it is for the service, and what the answer gets on its way back.

    head: request line and headers, without framing and without the empty line. answer_headers: appended to the answer.
    private: an answer that says nothing of caching must not be cached. begun: part of the answer is on its way.
    """

    method: str
    head: list[bytes]
    answer_headers: list[Header]
    max_body_bytes: int
    private: bool
    begun: bool = False


async def relay(upstream: Upstream, passage: Passage, scope: dict[str, Any], receive: Receive, send: Send) -> int:
    """Carry an exchange. Returns the answer's status.

    Raises Problem while nothing of an answer has been sent, then AnswerBroken.

    Nothing is repeated, with one exception: an idempotent request whose body is in our hands, on a kept-alive
    connection that turned out to be closed before it brought a single byte.
    """
    breaker = upstream.breaker
    if not breaker.allows():
        raise UpstreamUnavailable(_AWAY, retry_after=breaker.retry_after)
    body = await _body(scope, receive, passage)
    connection: Connection | None = None
    outcome = breaker.abandoned
    try:
        connection = upstream.take_idle() or await upstream.connect()
        try:
            await _ask(connection, upstream, passage, body)
        except WentStale:
            if passage.method not in _IDEMPOTENT or (body is not None and body.started):
                raise
            upstream.give_back(connection)
            connection = None
            connection = await upstream.connect()
            await _ask(connection, upstream, passage, body)
        outcome = breaker.succeeded
        return await _answer(connection, passage, send)
    except UpstreamFailure as failure:
        outcome = breaker.failed
        _failures.labels(upstream.name, type(failure).__name__).inc()
        if passage.begun and connection is not None:
            raise AnswerBroken(connection.status) from failure
        raise _as_problem(failure) from failure
    finally:
        outcome()
        if connection is not None:
            upstream.give_back(connection)


class _Body:
    """The body of a request on its way up. `started` once more than its first piece was taken from the client."""

    __slots__ = ("_left", "_limit", "_receive", "chunked", "first", "framing", "more", "started")

    def __init__(self, receive: Receive, declared: int | None, limit: int) -> None:
        self._receive = receive
        self._limit = limit
        self._left = limit
        self.chunked = declared is None
        self.framing = b"transfer-encoding: chunked\r\n" if declared is None else b"content-length: %d\r\n" % declared
        self.first = b""
        self.more = True
        self.started = False

    async def read(self) -> bytes:
        """Take the next piece, framed for the service. Raises PayloadTooLarge."""
        message = await self._receive()
        if message["type"] != "http.request":
            raise asyncio.CancelledError  # the client has left
        piece: bytes = message.get("body", b"")
        self.more = message.get("more_body", False)
        self._left -= len(piece)
        if self._left < 0:
            raise too_large(self._limit)
        if self.chunked:
            piece = b"%x\r\n%b\r\n" % (len(piece), piece) if piece else b""
            return piece if self.more else piece + b"0\r\n\r\n"
        return piece


async def _body(scope: dict[str, Any], receive: Receive, passage: Passage) -> _Body | None:
    """See how the request is framed, and take the first piece. None for a request without a body."""
    # The server has made sure that there is one of the two at most, once, and well formed.
    declared: int | None = None
    chunked = False
    for name, value in scope["headers"]:
        if name == b"content-length":
            declared = int(value)
        elif name == b"transfer-encoding":
            chunked = True
    if declared is None and not chunked:
        return None
    if declared is not None and declared > passage.max_body_bytes:
        raise too_large(passage.max_body_bytes)
    body = _Body(receive, declared, passage.max_body_bytes)
    body.first = await body.read()
    return body


async def _ask(connection: Connection, upstream: Upstream, passage: Passage, body: _Body | None) -> None:
    """Send the request and wait for the head of its answer."""
    times = upstream.times
    loop = asyncio.get_running_loop()
    started = loop.time()
    rest = (b"\r\n",) if body is None else (body.framing, b"\r\n", body.first)
    request = b"".join((*passage.head, *rest))
    connection.begin(request, head_only=passage.method == "HEAD", deadline=started + times.first_byte_s)
    if body is not None and body.more:
        body.started = True
        while body.more and not connection.has_head:  # a service that answers early has no use for the rest
            piece = await body.read()
            connection.write(piece)
            await connection.writable()
        connection.deadline = loop.time() + times.first_byte_s
    await connection.head()
    connection.deadline = max(started + times.total_s, connection.deadline)


async def _answer(connection: Connection, passage: Passage, send: Send) -> int:
    headers = connection.headers
    if passage.private and not any(name == b"cache-control" for name, _ in headers):
        headers.append(NO_STORE)
    headers += passage.answer_headers
    piece, last = await connection.piece()
    passage.begun = True
    await send({"type": "http.response.start", "status": connection.status, "headers": headers})
    while not last:
        await send({"type": "http.response.body", "body": piece, "more_body": True})
        piece, last = await connection.piece()
    await send({"type": "http.response.body", "body": piece})
    return connection.status


def too_large(limit: int) -> Problem:
    return PayloadTooLarge(f"A body holds at most {limit} bytes.", limit=limit)


_AWAY = "This part of ShareWise is not available at the moment. Everything else goes on."


def _as_problem(failure: UpstreamFailure) -> Problem:
    if isinstance(failure, TookTooLong):
        return UpstreamTimeout()
    assert isinstance(failure, NotReached | WentStale | BrokeOff)
    return UpstreamUnavailable(_AWAY)
