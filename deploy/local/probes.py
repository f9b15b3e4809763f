"""Ask processes whether they can serve, and the tick streams whether prices come in."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from redis.asyncio import Redis
from redis.exceptions import RedisError

from libs.contracts.market import tick_stream

_ASK_AGAIN_S = 0.05
_ASK_AGAIN_AT_MOST_S = 0.5
_TIMEOUT_S = 5.0
_MAX_PARTITIONS = 16


async def until_ready(host: str, port: int) -> None:
    """Wait until `/readyz` answers 200. Runs on until cancelled; `ask` says what is missing."""

    async def is_ready() -> bool:
        return (await ask(host, port, "/readyz")).startswith("200")

    await _until(is_ready)


async def until_open(host: str, port: int) -> None:
    """Wait until a port takes connections. Runs on until cancelled."""

    async def is_open() -> bool:
        return not (await ask(host, port, "/")).startswith("no answer")

    await _until(is_open)


async def until_prices_come_in(redis_url: str, *, since: float) -> None:
    """Wait until a tick stream has an entry that is younger than `since` (Unix seconds). Runs on until cancelled."""
    redis: Redis = Redis.from_url(redis_url, socket_timeout=_TIMEOUT_S)
    try:
        await _until(lambda: _has_tick_since(redis, since))
    finally:
        await redis.aclose()


async def ask(host: str, port: int, path: str) -> str:
    """Give the status and the body of a GET on one line, or why there is none."""
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
                answer = (await reader.read(65536)).decode("utf-8", "replace")
            finally:
                writer.close()
    except (OSError, TimeoutError) as error:
        return f"no answer: {error or type(error).__name__}"
    head, _, body = answer.partition("\r\n\r\n")
    return f"{head[9:12]} {' '.join(body.split())[:300]}"


async def _has_tick_since(redis: Redis, since: float) -> bool:
    try:
        pipeline = redis.pipeline(transaction=False)
        for partition in range(_MAX_PARTITIONS):
            pipeline.xrevrange(tick_stream(partition), count=1)
        newest = [entry_id for entries in await pipeline.execute() for entry_id, _ in entries]
    except (RedisError, OSError):
        return False
    return any(int(entry_id.partition(b"-")[0]) >= since * 1000 for entry_id in newest)


async def _until(claim: Callable[[], Awaitable[bool]]) -> None:
    pause_s = _ASK_AGAIN_S
    while not await claim():
        await asyncio.sleep(pause_s)
        pause_s = min(pause_s * 1.3, _ASK_AGAIN_AT_MOST_S)


class Stopwatch:
    """Seconds since it was made, for words like `3.2 s`."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began

    def __str__(self) -> str:
        return f"{self.seconds:.1f} s"
