"""Loops over Redis end when they are cancelled, whenever that is."""

from __future__ import annotations

import asyncio

from redis.asyncio import Redis

from libs.common.redis import create_redis
from libs.common.settings import CommonSettings
from libs.common.testing.plugin import SettingsFactory


class SampleSettings(CommonSettings):
    service = "sample"


async def test_no_cancellation_is_lost(service_settings: SettingsFactory) -> None:
    redis: Redis = create_redis(service_settings(SampleSettings), max_connections=200)

    async def ask_for_ever() -> None:
        while True:
            await redis.ping()

    asking = [asyncio.create_task(ask_for_ever()) for _ in range(150)]
    await redis.ping()
    for _ in range(10):
        await redis.echo(b"meanwhile")
    for task in asking:
        task.cancel()
    _, left = await asyncio.wait(asking, timeout=5)
    assert not left
    await redis.aclose()


async def test_a_client_still_works_after_a_cancelled_command(service_settings: SettingsFactory) -> None:
    redis: Redis = create_redis(service_settings(SampleSettings), max_connections=1)
    for _ in range(20):
        waiting = asyncio.create_task(redis.xread({b"nowhere": b"$"}, block=1_000))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait([waiting])
        assert await redis.echo(b"here") == b"here"
    await redis.aclose()
