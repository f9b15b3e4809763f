"""One request and its answer, as ASGI's `receive` and `send`."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any, Protocol

from gateway.answers import bare_refusal
from libs.common.errors import InternalError

_STATUS_LINES = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}".encode() for status in HTTPStatus if status >= 100
}


class BodyTooSlow(Exception):
    """The client did not send its body in time. Raised by `receive`."""


class Line(Protocol):
    """What an exchange needs of the connection that it runs on."""

    loop: asyncio.AbstractEventLoop
    transport: asyncio.Transport

    @property
    def writable(self) -> asyncio.Future[None] | None:
        """What to wait for before writing more, None while the client keeps up."""

    @property
    def common_headers(self) -> list[tuple[bytes, bytes]]:
        """Headers of every answer (the date)."""

    def resume_reading(self) -> None: ...

    def answered(self, exchange: Exchange) -> None:
        """The answer is written."""


class Exchange:
    """One request and its answer, as ASGI's `receive` and `send`."""

    __slots__ = (
        "_chunked",
        "_consumed",
        "_continue_wanted",
        "_gone",
        "_held",
        "_left",
        "_line",
        "_stalled",
        "_waiter",
        "body",
        "complete",
        "keep_alive",
        "more_body",
        "scope",
        "started",
        "task",
    )

    def __init__(self, line: Line, scope: dict[str, Any], keep_alive: bool) -> None:
        self.scope = scope
        self.body = bytearray()
        self.more_body = True
        self.keep_alive = keep_alive
        self.complete = False
        self.task: asyncio.Task[None] | None = None
        self._line = line
        self._waiter: asyncio.Future[None] | None = None
        self._consumed = False
        self._continue_wanted = True
        self._gone = False
        self._stalled = False
        self.started = False
        self._held: dict[str, Any] | None = None
        self._chunked = False
        self._left: int | None = None

    def wake(self) -> None:
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def lose(self) -> None:
        """The client has left: whatever the app does for it, it can stop."""
        self._gone = True
        self.wake()
        if self.task is not None:
            self.task.cancel()

    def stall(self) -> None:
        """The body takes too long: `receive` raises BodyTooSlow."""
        self._stalled = True
        self.wake()

    async def receive(self) -> dict[str, Any]:
        """Give the next part of the body, asking the client to go on where it waits for that (`100-continue`)."""
        line = self._line
        if self._continue_wanted:
            self._continue_wanted = False
            if (b"expect", b"100-continue") in self.scope["headers"] and self.more_body and not self.body:
                line.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        while not self._gone and not self.complete:
            if self._stalled:
                raise BodyTooSlow
            if not self._consumed and (self.body or not self.more_body):
                part = bytes(self.body)
                self.body.clear()
                self._consumed = not self.more_body
                line.resume_reading()
                return {"type": "http.request", "body": part, "more_body": self.more_body}
            self._waiter = line.loop.create_future()
            await self._waiter
        return {"type": "http.disconnect"}

    async def send(self, message: dict[str, Any]) -> None:
        """Write the answer. The head is held until the first part of the body, so that both leave in one write."""
        line = self._line
        if line.writable is not None:
            await line.writable
        if self._gone:
            return
        if message["type"] == "http.response.start":
            if self.started:
                raise RuntimeError("An answer has one head.")
            self.started = True
            self._held = message
            return
        if not self.started or self.complete:
            raise RuntimeError("A part of a body belongs after the head and before the last part.")
        body, more = message.get("body", b""), message.get("more_body", False)
        held, self._held = self._held, None
        parts = [] if held is None else self._head(held, None if more else len(body))
        if body and self._left != 0:
            if self._chunked:
                parts += (b"%x\r\n" % len(body), body, b"\r\n")
            else:
                if self._left is not None:
                    self._left -= len(body)
                    if self._left < 0:
                        raise RuntimeError("The body is longer than its content-length.")
                parts.append(body)
        if not more:
            if self._chunked:
                parts.append(b"0\r\n\r\n")
            elif self._left:
                raise RuntimeError("The body is shorter than its content-length.")
        line.transport.write(b"".join(parts))
        if not more:
            self.complete = True
            line.answered(self)

    async def give_up(self) -> None:
        """End an answer that the app did not end: a clear 500, or a broken connection when part of it is out."""
        if self._gone or self.complete:
            return
        if self.started and self._held is None:
            self._line.transport.abort()
            return
        self._line.transport.write(bare_refusal(InternalError()))
        self.complete = True
        self.keep_alive = False
        self._line.answered(self)

    def _head(self, message: dict[str, Any], length: int | None) -> list[bytes]:
        """Write the head, and settle how the body is framed. length: the whole body's, when all of it is here."""
        status: int = message["status"]
        headers: list[tuple[bytes, bytes]] = message["headers"]
        named = dict(headers)
        if b"connection" in named:
            self.keep_alive = self.keep_alive and named[b"connection"].lower() != b"close"
            headers = [header for header in headers if header[0] != b"connection"]
        lines = [_STATUS_LINES.get(status) or b"HTTP/1.1 %d " % status]
        lines += map(b": ".join, headers)
        lines += map(b": ".join, self._line.common_headers)
        if self.scope["method"] == "HEAD" or status in (204, 304):
            self._left = 0
        elif b"content-length" in named:
            self._left = int(named[b"content-length"])
        elif length is not None:
            self._left = length
            lines.append(b"content-length: %d" % length)
        elif self.scope["http_version"] == "1.1":
            self._chunked = True
            lines.append(b"transfer-encoding: chunked")
        else:
            self.keep_alive = False
        if self.more_body:
            self.keep_alive = False
        if not self.keep_alive:
            lines.append(b"connection: close")
        head = b"\r\n".join(lines)
        if head.count(b"\n") != len(lines) - 1:
            raise RuntimeError("A header of the answer holds a line break.")
        return [head, b"\r\n\r\n"]
