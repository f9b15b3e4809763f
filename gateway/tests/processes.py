"""Real gateways: `python -m gateway` with a small service behind it."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import httpx
import orjson

from gateway.tests.conftest import FakeService, Received
from libs.common.testing.plugin import Stores
from libs.common.testing.tokens import Tokens
from libs.common.testing.waiting import eventually


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def gateway_process(
    stores: Stores, service: FakeService, tokens: Tokens, **variables: str
) -> AsyncIterator[tuple[asyncio.subprocess.Process, int]]:
    """Run `python -m gateway` until it is ready, and end it."""
    jwks = orjson.dumps({"keys": [tokens.key.public_jwk()]})

    async def reply(request: Received, writer: asyncio.StreamWriter) -> None:
        body = jwks if "jwks" in request.line else b"{}"
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))

    service.reply = reply
    port = free_port()
    names = ("AUTH", "MARKET", "ALERTS", "SIGNALS", "BROKER", "BILLING")
    environment = {
        **os.environ,
        **{f"SHAREWISE_{name}_URL": service.url for name in names},
        "SHAREWISE_ENV": "test",
        "SHAREWISE_REDIS_URL": stores.redis_url,
        "SHAREWISE_PUBLIC_URL": f"http://localhost:{port}",
        "GATEWAY_PORT": str(port),
        "GATEWAY_SIDE_PORT": "0",
        "GATEWAY_SOCKET_LEAVE_S": "0.1",
        **variables,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway", env=environment, stderr=asyncio.subprocess.PIPE
    )
    try:
        await eventually(lambda: is_ready(port), within=60)
        yield process, port
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


async def is_ready(port: int) -> bool:
    with suppress(httpx.HTTPError):
        async with httpx.AsyncClient() as http:
            answer = await http.get(f"http://127.0.0.1:{port}/readyz")
            return answer.status_code == 200 and answer.json()["checks"]["redis"] == "ok"
    return False
