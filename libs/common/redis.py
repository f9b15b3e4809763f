"""Redis (or Valkey): one way to make a client, every wait bounded.

Redis holds nothing that cannot be rebuilt (architecture, "losing Redis"), so callers treat its errors as a weaker
service, never as lost state. `RedisAway` names the errors that say that it is away or hangs.
"""

from __future__ import annotations

import asyncio

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import BusyLoadingError, ConnectionError, RedisError, TimeoutError

from libs.common.redis_connection import make_cancellable
from libs.common.settings import CommonSettings

RedisAway = (ConnectionError, TimeoutError, BusyLoadingError, OSError)
"""What a caller catches to go on without Redis."""


def create_redis(settings: CommonSettings, *, timeout_s: float = 2.0, max_connections: int = 50) -> Redis:
    """Make a client of bytes. Each answer takes at most `timeout_s`; one retry follows a lost connection only.

    A reader that blocks for longer than `timeout_s` makes a client of its own. The caller closes it with `aclose()`.
    """
    client: Redis = Redis.from_url(
        settings.redis_url,
        socket_connect_timeout=min(timeout_s, 2.0),
        socket_timeout=timeout_s,
        socket_keepalive=True,
        max_connections=max_connections,
        health_check_interval=30,
        # A lost command may have been done: what must not be done twice says so itself (scripts that compare, ids).
        retry=Retry(ExponentialWithJitterBackoff(base=0.02, cap=0.2), 1, supported_errors=(ConnectionError,)),
        retry_on_error=[ConnectionError],
        client_name=settings.service,
    )
    return make_cancellable(client)


async def wait_for(redis: Redis, *, timeout_s: float = 30.0) -> None:
    """Wait until Redis answers. Raises the last error when it does not within `timeout_s`."""
    deadline = asyncio.get_running_loop().time() + timeout_s
    while True:
        try:
            await redis.ping()
            return
        except (RedisError, OSError):
            if asyncio.get_running_loop().time() >= deadline:
                raise
        await asyncio.sleep(0.1)
