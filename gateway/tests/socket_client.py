"""What the tests of the socket share: a client of others' making, ticks and events for it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from redis.asyncio import Redis
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from gateway.tests.conftest import Running
from libs.common.clock import from_ms
from libs.common.events.envelope import ENTRY_FIELD, encode_envelope, stream_of
from libs.common.ids import uuid7
from libs.contracts.alerts import AlertTriggered
from libs.contracts.ingest import OWNER_FIELD, own_tick_stream
from libs.contracts.market import TICK_FIELD, Tick, encode_ticks, tick_stream

AT_MS = 1_768_507_200_000
APPLE = "ticks:NASDAQ:AAPL"


class Client:
    """A program on the other end."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def say(self, **frame: Any) -> None:
        await self.socket.send(json.dumps(frame))

    async def hear(self, wanted: Callable[[dict[str, Any]], bool] = lambda _frame: True, within: float = 5) -> Any:
        """Read until a frame that is wanted."""
        async with asyncio.timeout(within):
            while True:
                frame = json.loads(await self.socket.recv())
                if wanted(frame):
                    return frame

    async def answer_to(self, **frame: Any) -> Any:
        await self.say(id="q", **frame)
        return await self.hear(lambda frame: frame.get("id") == "q")

    async def on(self, channel: str, within: float = 5) -> Any:
        return await self.hear(lambda frame: frame.get("ch") == channel, within)

    async def closed(self, within: float = 5) -> int:
        """Wait for the end and give its code."""
        async with asyncio.timeout(within):
            with pytest.raises(ConnectionClosed) as end:
                while True:
                    await self.socket.recv()
        assert end.value.rcvd is not None
        return end.value.rcvd.code


@asynccontextmanager
async def socket_to(door: Running, token: str | None = None, **options: Any) -> AsyncIterator[Client]:
    async with connect(door.socket_url, **options) as socket:
        client = Client(socket)
        if token is not None:
            answer = await client.answer_to(op="auth", token=token)
            assert answer["op"] == "ack", answer
        yield client


def tick(instrument: str = "NASDAQ:AAPL", price_e4: int = 2_300_000, number: int = 0) -> Tick:
    at = AT_MS + number
    return Tick(instrument, price_e4, price_e4, price_e4, at, at, at + 5, False, "replay", 2_272_500, at - 86_400_000)


async def send_ticks(redis: Redis, *ticks: Tick) -> str:
    entry: bytes = await redis.xadd(tick_stream(0), {TICK_FIELD: encode_ticks(ticks)})
    return entry.decode()


async def send_own_ticks(redis: Redis, owner: UUID, *ticks: Tick) -> None:
    await redis.xadd(own_tick_stream(0), {TICK_FIELD: encode_ticks(ticks), OWNER_FIELD: owner.bytes})


def triggered(user: UUID, number: int = 0) -> AlertTriggered:
    now = from_ms(AT_MS)
    return AlertTriggered(
        triggered_id=uuid7(),
        alert_id=uuid7(),
        user_id=user,
        instrument="NASDAQ:AAPL",
        symbol="AAPL",
        name="Apple Inc.",
        currency="USD",
        condition="above",
        threshold_price="230.00",
        price=f"230.{number:02d}",
        reached_at=now,
        triggered_at=now,
    )


async def send_event(redis: Redis, service: str, event: Any, *, event_id: UUID | None = None, age_s: float = 0) -> str:
    envelope = encode_envelope(
        id=event_id or uuid7(),
        type=event.type,
        source=service,
        time=datetime.now(UTC) - timedelta(seconds=age_s),
        subject=event.subject(),
        seq=1,
        data=event.model_dump(mode="json"),
        traceparent=None,
    )
    entry: bytes = await redis.xadd(stream_of(service), {ENTRY_FIELD: envelope})
    return entry.decode()


async def settled(value: bool) -> bool:
    """Give what is known at once to `eventually`, which awaits its claims."""
    return value
