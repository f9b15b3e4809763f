"""HTTP/1.1 towards clients: uvicorn's protocol slot, with a bound on everything that a client controls.

uvicorn's own httptools protocol bounds neither the size of a head nor the time it takes, and spends a third of the
door's budget on what the door does not need (a timer, an Event and a regular expression per header for each answer).
This one speaks plain ASGI to the app, so the app runs under any ASGI server; under this one it is safe to expose.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any, cast
from urllib.parse import unquote_to_bytes

import httptools
from uvicorn.server import ServerState

from gateway.answers import bare_refusal
from gateway.server.bounds import Slot
from gateway.server.exchange import Exchange
from gateway.server.request_line import METHODS, Refused, origin_form
from libs.common.errors import (
    BadRequest,
    HeadersTooLarge,
    MethodNotAllowed,
    Problem,
    RequestTimeout,
    Unavailable,
)
from libs.common.logging import get_logger

log = get_logger(__name__)

READ_AHEAD_BYTES = 64 * 1024
"""A request body is read this far ahead of the app; then the client waits."""

MOST_WAITING = 32
"""Requests that a client may send ahead of their answers on one connection."""

LINGER_S = 2.0
"""After an answer that did not wait for the whole body, the rest is read and dropped this long: closing at once would
make the kernel send a reset, and the client would never see the answer."""

_BODIES = (b"content-length", b"transfer-encoding")

# What a connection is doing, for the sweep that ends what takes too long.
_IDLE, _HEAD, _BUSY, _LINGERING = range(4)


class HttpProtocol(asyncio.Protocol):
    """One client connection: parses requests, runs the app for each in order, writes the answers."""

    __slots__ = (
        "_app",
        "_base_scope",
        "_head_bytes",
        "_headers",
        "_in_head",
        "_incoming",
        "_is_chunked",
        "_raw_head_bytes",
        "_refused",
        "_since",
        "_state",
        "_url",
        "_waiting",
        "_writable",
        "_write_blocked_since",
        "config",
        "current",
        "loop",
        "parser",
        "phase",
        "reading_paused",
        "transport",
    )

    def __init__(
        self,
        config: Slot,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self.config = config
        self.loop = _loop or asyncio.get_running_loop()
        self.parser: Any = httptools.HttpRequestParser(self)
        self.transport: asyncio.Transport = None  # type: ignore[assignment]  # until connection_made
        self.phase = _IDLE
        self._head_bytes = 0
        self._raw_head_bytes = 0
        self.reading_paused = False
        self.current: Exchange | None = None
        self._app: Any = config.loaded_app
        self._state: Any = server_state  # its sets name only uvicorn's own protocols
        self._base_scope: dict[str, Any] = {}
        self._waiting: deque[Exchange] = deque()
        self._incoming: Exchange | None = None
        self._in_head = False
        self._is_chunked = False
        self._refused = False
        self._url = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._since = self.loop.time()
        self._writable: asyncio.Future[None] | None = None
        self._write_blocked_since = 0.0

    # The connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        connections = self._state.connections
        connections.add(self)
        peer, own = transport.get_extra_info("peername"), transport.get_extra_info("sockname")
        self._base_scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "scheme": "http",
            "root_path": "",
            "client": (peer[0], peer[1]) if isinstance(peer, tuple) else None,
            "server": (own[0], own[1]) if isinstance(own, tuple) else None,
        }
        if len(connections) > self.config.bounds.connections:
            self._refuse(Unavailable("Too many connections are open. Try again shortly."))

    def connection_lost(self, exc: Exception | None) -> None:
        self._state.connections.discard(self)
        self.resume_writing()
        if self.current is not None:
            self.current.lose()
        self._waiting.clear()
        self.parser = None

    def eof_received(self) -> None:
        """Take the end of the client's stream for its leaving, as nginx does."""

    def shutdown(self) -> None:
        """Close once the answer in progress is out: the server is leaving."""
        if self.current is None:
            self.transport.close()
        else:
            self.current.keep_alive = False

    def check(self, now: float) -> None:
        """End what takes too long. Called for every connection twice a second: cheaper than a timer per request."""
        bounds = self.config.bounds
        waited = now - self._since
        if self._writable is not None and now - self._write_blocked_since > bounds.stall_s:
            self.transport.abort()
        elif self.phase == _HEAD and waited > bounds.head_s:
            self._refuse(RequestTimeout("The head of the request took too long to arrive."))
        elif self.phase == _IDLE and waited > bounds.idle_s:
            self.transport.close()
        elif self.phase == _LINGERING and waited > LINGER_S:
            self.transport.abort()
        elif self.phase == _BUSY and waited > bounds.body_s and self._incoming is not None:
            self._incoming.stall()

    # What arrives

    def data_received(self, data: bytes) -> None:
        if self.phase == _LINGERING or self._refused:
            return
        began_here = self.phase == _IDLE
        if began_here:
            self.phase = _HEAD
            self._since = self.loop.time()
        unfinished = began_here or self._in_head
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._upgrade()
        except httptools.HttpParserError as error:
            refused = error.__context__
            if isinstance(refused, Refused):
                self._refuse(refused.problem)
            else:
                self._refuse(BadRequest("This is not a valid HTTP/1.1 request."))
        else:
            if self._in_head:
                # The parser tells us of whole headers only; one without an end would grow inside it.
                self._raw_head_bytes = self._raw_head_bytes + len(data) if unfinished else 0
                if self._raw_head_bytes > self.config.bounds.head_bytes:
                    self._refuse(self._head_too_large())
            else:
                self._raw_head_bytes = 0

    def on_message_begin(self) -> None:
        self._url = b""
        self._headers = []
        self._in_head = True
        self._is_chunked = False
        self._head_bytes = 0

    def on_url(self, url: bytes) -> None:
        self._count_head(len(url))
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count_head(len(name) + len(value) + 4)
        if not self._in_head:
            return  # a trailer: it comes after all checks were made, so nobody gets to see it
        name = name.lower()
        if name == b"transfer-encoding":
            # The parser takes `gzip, chunked` and a second such header for chunked; others behind us may not.
            if self._is_chunked or value.lower() != b"chunked":
                raise Refused(BadRequest("The only transfer coding is `chunked`, once."))
            self._is_chunked = True
        self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._head_bytes = 0  # from here on it counts trailers
        parser = self.parser
        if parser.should_upgrade():
            if any(name in _BODIES for name, _ in self._headers):
                # The parser stops at an upgrade, and would leave us with a body that nobody reads.
                raise Refused(BadRequest("A request with a body asks for no upgrade."))
            if self._wants_socket():
                if parser.get_method() != b"GET":
                    raise Refused(MethodNotAllowed("A socket begins with GET.", allow=["GET"]))
                return
        if len(self._waiting) >= MOST_WAITING:
            raise Refused(BadRequest("Too many requests were sent ahead of their answers."))
        url = self._url
        if not url.startswith(b"/"):
            url = origin_form(url)
        raw_path, _, query = url.partition(b"?")
        method = parser.get_method()
        scope = self._base_scope.copy()
        scope["method"] = METHODS.get(method) or method.decode("latin-1")
        scope["path"] = (unquote_to_bytes(raw_path) if b"%" in raw_path else raw_path).decode("latin-1")
        scope["raw_path"] = raw_path
        scope["query_string"] = query
        scope["headers"] = self._headers
        keep_alive = parser.should_keep_alive()
        if parser.get_http_version() != "1.1":
            if self._is_chunked:
                raise Refused(BadRequest("HTTP/1.0 has no transfer codings."))
            scope["http_version"] = "1.0"
            keep_alive = False
        exchange = self._incoming = Exchange(self, scope, keep_alive and not parser.should_upgrade())
        if self.current is None:
            self._start(exchange)
        else:
            self._waiting.append(exchange)
            self._pause_reading()

    def on_body(self, body: bytes) -> None:
        exchange = self._incoming
        if exchange is not None:
            exchange.body += body
            if len(exchange.body) > READ_AHEAD_BYTES:
                self._pause_reading()
            exchange.wake()

    def on_message_complete(self) -> None:
        exchange, self._incoming = self._incoming, None
        if exchange is not None:
            exchange.more_body = False
            exchange.wake()

    def _start(self, exchange: Exchange) -> None:
        self.current = exchange
        self.phase = _BUSY
        self._since = self.loop.time()
        task = exchange.task = self.loop.create_task(self._run(exchange))
        self._state.tasks.add(task)

    async def _run(self, exchange: Exchange) -> None:
        try:
            await self._app(exchange.scope, exchange.receive, exchange.send)
        except asyncio.CancelledError:
            if self.current is exchange:
                self.transport.abort()
            raise
        except Exception as error:
            log.exception("request_failed", path=exchange.scope["path"], error=type(error).__name__)
            await exchange.give_up()
        else:
            if not exchange.complete:
                await exchange.give_up()
        finally:
            self._state.tasks.discard(exchange.task)

    def answered(self, exchange: Exchange) -> None:
        """Go on after an answer is written: the next request, or waiting for one, or the end."""
        self.current = None
        self._state.total_requests += 1
        if self.transport.is_closing():
            return
        if exchange.more_body:
            self._linger()
        elif not exchange.keep_alive:
            self.transport.close()
        elif self._waiting:
            self._start(self._waiting.popleft())
        elif self._refused:
            self.transport.close()
        else:
            self.phase = _HEAD if self._in_head else _IDLE
            self._since = self.loop.time()
            self.resume_reading()

    def _linger(self) -> None:
        self.phase = _LINGERING
        self._since = self.loop.time()
        self._incoming = None
        self._waiting.clear()
        self.resume_reading()
        if self.transport.can_write_eof():
            self.transport.write_eof()

    def _refuse(self, problem: Problem) -> None:
        """Answer what is no request that the app could see, and end the connection."""
        self._refused = True
        current = self.current
        if current is not None and (current.started or not current.more_body):
            # A good request came before. Its answer must not be mixed with another: it goes out, and then we close.
            self._waiting.clear()
            return
        if current is not None:  # the fault is in the body of the request at hand
            self.current = None
            current.lose()
        self.transport.write(bare_refusal(problem))
        self._linger()

    def _count_head(self, size: int) -> None:
        self._head_bytes += size
        if self._head_bytes > self.config.bounds.head_bytes:
            raise Refused(self._head_too_large())

    def _head_too_large(self) -> Problem:
        return HeadersTooLarge(f"The head of a request may have {self.config.bounds.head_bytes} bytes.")

    # Flow control

    def _pause_reading(self) -> None:
        if not self.reading_paused:
            self.reading_paused = True
            self.transport.pause_reading()

    def resume_reading(self) -> None:
        if self.reading_paused and not self._waiting:
            self.reading_paused = False
            self.transport.resume_reading()

    def pause_writing(self) -> None:
        self._writable = self.loop.create_future()
        self._write_blocked_since = self.loop.time()

    def resume_writing(self) -> None:
        writable, self._writable = self._writable, None
        if writable is not None and not writable.done():
            writable.set_result(None)

    @property
    def writable(self) -> asyncio.Future[None] | None:
        """What to wait for before writing more, None while the client keeps up."""
        return self._writable

    @property
    def common_headers(self) -> list[tuple[bytes, bytes]]:
        headers: list[tuple[bytes, bytes]] = self._state.default_headers
        return headers

    # WebSocket

    def _wants_socket(self) -> bool:
        return any(name == b"upgrade" and value.lower() == b"websocket" for name, value in self._headers)

    def _upgrade(self) -> None:
        if self.current is not None:
            # An upgrade that we do not know is ignored (RFC 9110, 7.8), and so is one behind a request that is not
            # answered yet. The connection ends after the answer.
            self._refused = True
            return
        if not self._wants_socket():
            self._refuse(MethodNotAllowed("The door takes no such upgrade.", allow=["GET"]))
            return
        self._state.connections.discard(self)
        head = [self.parser.get_method(), b" ", self._url, b" HTTP/1.1\r\n"]
        for header in self._headers:
            head.append(b"%b: %b\r\n" % header)
        protocol: Any = self.config.ws_protocol_class(config=self.config, server_state=self._state, app_state={})
        protocol.connection_made(self.transport)
        protocol.data_received(b"".join([*head, b"\r\n"]))
        self.transport.set_protocol(protocol)
