"""The worker's side port: /healthz, /readyz and /metrics, without a web framework in a process that serves nobody."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

import orjson

from libs.common.telemetry import METRICS_CONTENT_TYPE, render_metrics

REQUEST_TIMEOUT_S = 5.0
MAX_REQUEST_BYTES = 16_384

Report = Callable[[], Awaitable[tuple[bool, dict[str, Any]]]]
"""Says whether all is well, and what to show."""


class SidePort:
    """A tiny HTTP server on the worker's port. `port` 0 takes a free one; `port` tells which after the start."""

    def __init__(self, host: str, port: int, *, health: Report, readiness: Report) -> None:
        self.host = host
        self.port = port
        self._reports = {b"/healthz": health, b"/readyz": readiness}
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen. Raises OSError when the port is taken."""
        self._server = await asyncio.start_server(self._serve, self.host, self.port, limit=MAX_REQUEST_BYTES)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(REQUEST_TIMEOUT_S):
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(await self._answer(head.split(b" ", 2)))
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # whoever asked has gone, or speaks no HTTP
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _answer(self, request: list[bytes]) -> bytes:
        if len(request) < 3 or request[0] not in (b"GET", b"HEAD"):
            return _response(405, b"{}", "application/json")
        path = request[1].partition(b"?")[0].rstrip(b"/")
        if path == b"/metrics":
            return _response(200, render_metrics(), METRICS_CONTENT_TYPE)
        report = self._reports.get(path)
        if report is None:
            return _response(404, b"{}", "application/json")
        well, about = await report()
        return _response(200 if well else 503, orjson.dumps(about), "application/json")


def _response(status: int, body: bytes, content_type: str) -> bytes:
    reason = {200: "OK", 404: "Not Found", 405: "Method Not Allowed", 503: "Service Unavailable"}[status]
    head = (
        f"HTTP/1.1 {status} {reason}\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n"
        "Connection: close\r\n\r\n"
    )
    return head.encode() + body
