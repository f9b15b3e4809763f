"""The connections to one service: kept alive, bounded, watched by a breaker, each exchange under a deadline."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from gateway.proxy.connection import Connection, NotReached
from libs.common import telemetry
from libs.common.http import Breaker, BreakerState

SWEEP_S = 0.05

_breaker_open = telemetry.gauge("sharewise_upstream_breaker_open", "1 while a service is not asked.", ["upstream"])
_connections = telemetry.gauge("sharewise_upstream_connections", "Connections in use.", ["upstream"])


@dataclass(frozen=True, slots=True)
class Times:
    """In seconds. total_s: from the request to the last byte of the answer, a slow client's own time not counted.

    idle_s is shorter than the time after which services close idle connections, so that we close first.
    """

    connect_s: float = 1.0
    first_byte_s: float = 10.0
    total_s: float = 10.0
    idle_s: float = 30.0


class Upstream:
    """One service."""

    def __init__(
        self, name: str, url: str, *, times: Times, max_connections: int = 256, breaker: Breaker | None = None
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname:
            raise ValueError(f"The address of {name} must begin with http:// and name a host.")
        self.name = name
        self.times = times
        self.breaker = breaker or Breaker()
        self._host = parts.hostname
        self._port = parts.port or 80
        self.authority = f"{parts.hostname}:{self._port}".encode()
        self._max_connections = max_connections
        self._idle: list[Connection] = []
        self.busy: set[Connection] = set()

    def take_idle(self) -> Connection | None:
        """Take the connection used last, which is the least likely to have gone stale."""
        idle = self._idle
        while idle:
            connection = idle.pop()
            if not connection.closing:
                connection.reused = True
                self.busy.add(connection)
                return connection
        return None

    async def connect(self) -> Connection:
        """Make a connection. Raises NotReached."""
        if len(self.busy) >= self._max_connections:
            raise NotReached(f"All {self._max_connections} connections to {self.name} are in use.")
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self.times.connect_s):
                _, connection = await loop.create_connection(Connection, self._host, self._port)
        except (OSError, TimeoutError) as error:
            raise NotReached(f"{self.name} cannot be reached: {type(error).__name__}") from error
        self.busy.add(connection)
        return connection

    def give_back(self, connection: Connection) -> None:
        """End an exchange: keep the connection if it is whole, close it if not."""
        self.busy.discard(connection)
        if connection.keepable:
            connection.idle_since = asyncio.get_running_loop().time()
            self._idle.append(connection)
        else:
            connection.close()

    def sweep(self, now: float) -> None:
        """End what is past its deadline, close what has been idle for long."""
        for connection in list(self.busy):
            connection.check(now, self.times.total_s)
        idle = self._idle
        while idle and now - idle[0].idle_since > self.times.idle_s:
            idle.pop(0).close()
        _breaker_open.labels(self.name).set(self.breaker.state is not BreakerState.CLOSED)
        _connections.labels(self.name).set(len(self.busy))

    def close(self) -> None:
        for connection in (*self._idle, *self.busy):
            connection.close()
        self._idle.clear()


async def sweep_for_ever(upstreams: Iterable[Upstream]) -> None:
    """Keep all deadlines, by one look at everything in use every 50 ms: cheaper than a timer per request."""
    loop = asyncio.get_running_loop()
    kept = list(upstreams)
    while True:
        await asyncio.sleep(SWEEP_S)
        now = loop.time()
        for upstream in kept:
            upstream.sweep(now)
