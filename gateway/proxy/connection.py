"""One connection to a service: writes a request, gives the answer piece by piece, waits when the client does."""

from __future__ import annotations

import asyncio
from typing import Any

import httptools

from gateway.proxy.headers import downstream_header

HIGH_WATER_BYTES = 64 * 1024
"""This much of an answer is held while the client does not read; then the service waits."""


class UpstreamFailure(Exception):
    """Base of what can go wrong with a service.

    UpstreamFailure
    ├── NotReached     no connection, so nothing was sent
    ├── WentStale      a kept-alive connection was closed under us before a byte of answer came
    ├── TookTooLong    no answer, or no progress, in time
    └── BrokeOff       the connection ended within the answer, or the answer is not HTTP
    """


class NotReached(UpstreamFailure):
    pass


class WentStale(UpstreamFailure):
    pass


class TookTooLong(UpstreamFailure):
    pass


class BrokeOff(UpstreamFailure):
    pass


class Connection(asyncio.Protocol):
    """Serves one exchange at a time: `begin`, then `head`, then `piece` until `complete`, then it may be kept."""

    __slots__ = (
        "_failure",
        "_head_only",
        "_keep_alive",
        "_loop",
        "_parser",
        "_paused",
        "_pieces",
        "_size",
        "_transport",
        "_waiter",
        "_writable",
        "complete",
        "deadline",
        "framed",
        "has_head",
        "headers",
        "heard",
        "idle_since",
        "reused",
        "status",
    )

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport: Any = None
        self._parser: Any = None
        self._waiter: asyncio.Future[None] | None = None
        self._writable: asyncio.Future[None] | None = None
        self._failure: UpstreamFailure | None = None
        self._pieces: list[bytes] = []
        self._size = 0
        self._paused = False
        self._head_only = False
        self._keep_alive = True
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.has_head = False
        self.framed = False
        self.heard = False
        self.complete = True
        self.reused = False
        self.deadline = 0.0
        self.idle_since = 0.0

    # The exchange

    def begin(self, request: bytes, *, head_only: bool, deadline: float) -> None:
        """Send the head of a request, with as much of its body as is at hand.

        head_only: the answer has a head alone (HEAD). deadline: in the loop's time, see `check`.
        """
        if self._parser is None:
            self._parser = httptools.HttpResponseParser(self)
        if self._pieces or not self.complete:
            raise RuntimeError("The exchange before this one is not over.")
        self._head_only = head_only
        self._failure = self._waiter = None
        self.has_head = self.framed = self.heard = self.complete = self._keep_alive = False
        self.headers = []
        self.deadline = deadline
        self._transport.write(request)

    def write(self, body: bytes) -> None:
        """Send more of the body."""
        if self._failure is None:
            self._transport.write(body)

    async def writable(self) -> None:
        """Wait until the service has taken what was written."""
        if self._writable is not None:
            await self._writable

    async def head(self) -> None:
        """Wait for the head of the answer: then `status` and `headers` are set. Raises UpstreamFailure."""
        if not self.has_head:
            await self._news()

    async def piece(self) -> tuple[bytes, bool]:
        """Give what has arrived of the body, waiting for some unless all is here, and whether it is the last.

        Raises UpstreamFailure.
        """
        while not self._pieces and not self.complete:
            await self._news()
        pieces = self._pieces
        if not pieces:
            return b"", True
        piece = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        pieces.clear()
        self._size = 0
        if self._paused:
            self._paused = False
            self._transport.resume_reading()
        return piece, self.complete

    async def _news(self) -> None:
        if self._failure is not None:
            raise self._failure
        self._waiter = self._loop.create_future()
        await self._waiter

    def check(self, now: float, grace: float) -> None:
        """End an exchange past its deadline. While we wait for the client, the service keeps `grace` seconds."""
        if self._paused:
            self.deadline = max(self.deadline, now + grace)
        elif now > self.deadline:
            self.fail(TookTooLong())

    def fail(self, failure: UpstreamFailure) -> None:
        """End the exchange and the connection."""
        if self._failure is None:
            self._failure = failure
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            waiter.set_exception(self._failure)
        self.resume_writing()
        if not self._transport.is_closing():
            self._transport.abort()

    @property
    def keepable(self) -> bool:
        """Whether another exchange may follow on this connection.

        After an answer to HEAD none may: the parser still waits for the body that the head announced. Nor after one
        whose client left before it took all of it: what is left must never meet another client.
        """
        return self.complete and self._keep_alive and not self._pieces and not self._transport.is_closing()

    @property
    def closing(self) -> bool:
        closing: bool = self._transport.is_closing()
        return closing

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if self.complete:
            return
        if self.has_head and not self.framed and exc is None:
            self.complete = True  # an answer without a length ends with its connection
            self._wake()
        elif self.reused and not self.heard:
            self.fail(WentStale())
        else:
            self.fail(BrokeOff())

    def data_received(self, data: bytes) -> None:
        if self.complete:
            self._transport.abort()  # bytes that nobody asked for: they must not become somebody's answer
            return
        self.heard = True
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self.fail(BrokeOff())
            return
        if self._size > HIGH_WATER_BYTES and not self._paused:
            self._paused = True
            self._transport.pause_reading()
        if self.has_head:
            self._wake()

    def eof_received(self) -> None:
        """Let the transport close; `connection_lost` says what that means for the answer."""

    def close(self) -> None:
        self._transport.abort()

    def pause_writing(self) -> None:
        self._writable = self._loop.create_future()

    def resume_writing(self) -> None:
        writable, self._writable = self._writable, None
        if writable is not None and not writable.done():
            writable.set_result(None)

    def _wake(self) -> None:
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    # httptools

    def on_message_begin(self) -> None:
        if self.complete:
            raise ConnectionError("A service gave two answers to one request.")

    def on_header(self, name: bytes, value: bytes) -> None:
        kept = downstream_header(name)
        if kept is not None:
            self.headers.append((kept, value))
            if kept == b"content-length":
                self.framed = True
        elif name.lower() == b"transfer-encoding":
            self.framed = True

    def on_headers_complete(self) -> None:
        status: int = self._parser.get_status_code()
        if status < 200:
            if status == 101:
                raise ConnectionError("A service may not change the protocol.")
            self.headers = []  # 100 and 103 come before the answer
            return
        self.status = status
        self.has_head = True
        if self._head_only:
            self.complete = True

    def on_body(self, body: bytes) -> None:
        if not self._head_only:
            self._pieces.append(body)
            self._size += len(body)

    def on_message_complete(self) -> None:
        if self.has_head:
            self.complete = True
            # Known here and not later: the parser forgets it with the message.
            self._keep_alive = not self._head_only and self._parser.should_keep_alive()
