"""Connections of redis-py that can be cancelled.

redis-py 5 sends each command under `asyncio.wait_for`, which before Python 3.12 loses a cancellation that arrives just
when the command has been sent: the task goes on as if nothing were, and a loop that reads a stream never ends. Of
2,000 cancelled loops 10 went on, and every tenth worker hung at its stop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from redis import exceptions
from redis.asyncio import Redis


class _CancellableSend:
    """Sends under `asyncio.timeout`, which never loses a cancellation, and spares a task for each command."""

    async def send_packed_command(self: Any, command: bytes | str | Iterable[bytes], check_health: bool = True) -> None:
        if not self.is_connected:
            await self.connect()
        elif check_health:
            await self.check_health()
        # Without a timeout of its own redis-py writes directly; a connection serves one task at a time.
        limit, self.socket_timeout = self.socket_timeout, None
        try:
            async with asyncio.timeout(limit):
                await super().send_packed_command(command, check_health=False)  # type: ignore[misc]
        except TimeoutError as error:
            raise exceptions.TimeoutError("Timeout writing to socket") from error
        finally:
            self.socket_timeout = limit


def make_cancellable(redis: Redis) -> Redis:
    """Have a client that has no connection yet make only connections that can be cancelled."""
    pool = redis.connection_pool
    plain = pool.connection_class
    pool.connection_class = type(f"Cancellable{plain.__name__}", (_CancellableSend, plain), {})
    return redis
