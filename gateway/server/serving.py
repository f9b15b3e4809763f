"""uvicorn, with our protocols in its slots, a sweep for what takes too long, and a graceful leaving."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn

from gateway.server.bounds import Bounds
from gateway.server.http import HttpProtocol
from gateway.server.socket import SocketProtocol

SWEEP_TICKS = 5
"""uvicorn ticks ten times a second; connections are looked at twice a second."""


class DoorConfig(uvicorn.Config):
    """uvicorn's configuration with our protocols and bounds. `leave` is awaited between a signal and the closing."""

    def __init__(self, app: Any, *, bounds: Bounds, leave: Callable[[], Awaitable[None]]) -> None:
        super().__init__(
            app,
            loop="uvloop",
            http=HttpProtocol,
            ws=SocketProtocol,
            ws_max_size=bounds.socket_message_bytes,
            ws_ping_interval=None,
            ws_ping_timeout=None,
            ws_per_message_deflate=False,
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=True,
            proxy_headers=False,
            timeout_graceful_shutdown=10,
        )
        self.bounds = bounds
        self.leave = leave


class DoorServer(uvicorn.Server):
    """uvicorn's server, which also looks at every connection twice a second and leaves gracefully."""

    config: DoorConfig

    def __init__(self, config: DoorConfig) -> None:
        super().__init__(config)

    async def on_tick(self, counter: int) -> bool:
        if counter % SWEEP_TICKS == 0:
            now = asyncio.get_running_loop().time()
            for connection in list(self.server_state.connections):
                if isinstance(connection, HttpProtocol):
                    connection.check(now)
        return await super().on_tick(counter)

    async def main_loop(self) -> None:
        await super().main_loop()
        leaving = asyncio.ensure_future(self.config.leave())
        while not leaving.done() and not self.force_exit:
            await asyncio.wait([leaving], timeout=0.1)
        if leaving.done():
            leaving.result()
        else:
            leaving.cancel()
