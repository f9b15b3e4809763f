"""A link to Redis that sends what is asked in one turn of the event loop as one write, and keeps itself up.

redis-py costs 80 to 100 µs a call; the limiter asks on every request, so it gets this: hiredis for parsing, a queue of
futures, a deadline for the oldest of them. Everything else in the gateway uses `libs.common.redis`.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import hiredis

from libs.common.logging import get_logger

log = get_logger(__name__)

CONNECT_S = 2.0
RETRY_S = (0.05, 0.1, 0.25, 0.5, 1.0)
SWEEP_S = 0.05


class LinkDown(Exception):
    """Redis is away, hangs, or went away before it answered: whether the command took effect is not known."""


class CommandFailed(Exception):
    """Redis answered with an error. The message begins with its kind, such as NOSCRIPT."""


Hello = Callable[["Wire"], Awaitable[None]]


class RespLink:
    """One connection to Redis, made again whenever it is lost. `run` keeps it until cancelled.

    timeout_s: an answer that takes longer counts as Redis hanging: the connection is dropped and all waiters are told.
    """

    def __init__(self, url: str, *, timeout_s: float) -> None:
        self._url = url
        self._timeout_s = timeout_s
        self._hello: list[Hello] = []
        self._on_change: list[Callable[[bool], None]] = []
        self._wire: Wire | None = None
        self._is_up = asyncio.Event()

    @property
    def up(self) -> bool:
        return self._is_up.is_set()

    async def available(self) -> None:
        """Wait until Redis is there. Always yields: a lost connection is noticed a moment after its users noticed."""
        await asyncio.sleep(RETRY_S[0])
        await self._is_up.wait()

    def on_connect(self, hello: Hello) -> None:
        """Have `hello` run on each new connection, before anybody else may use it."""
        self._hello.append(hello)

    def on_change(self, listener: Callable[[bool], None]) -> None:
        """Have `listener` told True and False as Redis comes and goes."""
        self._on_change.append(listener)

    def send(self, command: bytes) -> asyncio.Future[Any]:
        """Send a packed command. The future raises LinkDown or CommandFailed. Raises LinkDown at once when down."""
        wire = self._wire
        if wire is None:
            raise LinkDown
        return wire.send(command)

    def ask(self, *words: bytes | str | int) -> asyncio.Future[Any]:
        """Send a command by its words. As `send`."""
        wire = self._wire
        if wire is None:
            raise LinkDown
        return wire.ask(*words)

    async def run(self) -> None:
        """Keep the link until cancelled."""
        failures = 0
        while True:
            try:
                wire = await _connect(self._url)
                sweep = asyncio.create_task(wire.sweep(self._timeout_s))
                try:
                    for hello in self._hello:
                        await hello(wire)
                    self._wire = wire
                    self._tell(True)
                    failures = 0
                    await wire.lost
                finally:
                    self._wire = None
                    self._tell(False)
                    sweep.cancel()
                    wire.close()
            except (LinkDown, CommandFailed, OSError, TimeoutError) as error:
                if failures == 0:
                    log.warning("redis_link_down", error=type(error).__name__, reason=str(error))
            await asyncio.sleep(RETRY_S[min(failures, len(RETRY_S) - 1)])
            failures += 1

    def _tell(self, up: bool) -> None:
        if self.up != up:
            self._is_up.set() if up else self._is_up.clear()
            for listener in self._on_change:
                listener(up)


class Wire(asyncio.Protocol):
    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._reader = hiredis.Reader(replyError=CommandFailed)
        self._asked: deque[tuple[asyncio.Future[Any], float]] = deque()
        self._out: list[bytes] = []
        self._transport: Any = None
        self.lost: asyncio.Future[None] = self._loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.lost.done():
            self.lost.set_result(None)
        while self._asked:
            future, _ = self._asked.popleft()
            if not future.done():
                future.set_exception(LinkDown("Redis closed the connection."))
                future.exception()  # seen: whoever waits gets it, and a waiter that has left leaves no warning

    def data_received(self, data: bytes) -> None:
        reader, asked = self._reader, self._asked
        reader.feed(data)
        try:
            while (reply := reader.gets()) is not False:
                future = asked.popleft()[0]
                if future.done():
                    continue
                if isinstance(reply, CommandFailed):
                    future.set_exception(reply)
                else:
                    future.set_result(reply)
        except (hiredis.ProtocolError, IndexError):
            self._transport.abort()

    def send(self, command: bytes) -> asyncio.Future[Any]:
        future: asyncio.Future[Any] = self._loop.create_future()
        if self._transport.is_closing():
            raise LinkDown
        if not self._out:
            self._loop.call_soon(self._flush)
        self._out.append(command)
        self._asked.append((future, self._loop.time()))
        return future

    def ask(self, *words: bytes | str | int) -> asyncio.Future[Any]:
        return self.send(hiredis.pack_command(words))  # type: ignore[arg-type]  # its stub knows tuples of one only

    def _flush(self) -> None:
        self._transport.write(b"".join(self._out))
        self._out.clear()

    async def sweep(self, timeout_s: float) -> None:
        """Drop the connection when the oldest question has waited too long.

        It is looked at twice: an event loop that was busy itself finds the answer between the two looks.
        """
        late: asyncio.Future[Any] | None = None
        while True:
            await asyncio.sleep(SWEEP_S)
            if not self._asked or self._loop.time() - self._asked[0][1] <= timeout_s:
                late = None
            elif late is not self._asked[0][0]:
                late = self._asked[0][0]
            else:
                log.warning("redis_did_not_answer", waiting=len(self._asked), after_s=timeout_s)
                self._transport.abort()
                return

    def close(self) -> None:
        self._transport.abort()


async def _connect(url: str) -> Wire:
    """Connect, log in and choose the database. redis://, rediss:// and unix:// as redis-py writes them."""
    parts = urlsplit(url)
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(CONNECT_S):
        if parts.scheme == "unix":
            _, wire = await loop.create_unix_connection(Wire, parts.path)
            database = parse_qs(parts.query).get("db", ["0"])[0]
        elif parts.scheme in ("redis", "rediss"):
            secure = ssl.create_default_context() if parts.scheme == "rediss" else None
            _, wire = await loop.create_connection(Wire, parts.hostname or "127.0.0.1", parts.port or 6379, ssl=secure)
            database = parts.path.strip("/") or "0"
        else:
            raise ValueError("A Redis address begins with redis://, rediss:// or unix://.")
        try:
            if parts.password:
                name = [unquote(parts.username)] if parts.username else []
                await wire.ask("AUTH", *name, unquote(parts.password))
            if database != "0":
                await wire.ask("SELECT", database)
        except BaseException:
            wire.close()
            raise
    return wire
