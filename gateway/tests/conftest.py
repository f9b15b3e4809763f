"""A gateway on a real port, with small services of our own behind it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from redis.asyncio import Redis

from gateway.app import Gateway
from gateway.server.listening import listen
from gateway.server.serving import DoorConfig, DoorServer
from gateway.settings import GatewaySettings
from libs.common.errors import NotFound
from libs.common.http import NotSent, Refused
from libs.common.security.api_keys import is_within, parse_networks
from libs.common.security.setup import Security
from libs.common.testing.plugin import SettingsFactory
from libs.common.testing.tokens import Tokens
from libs.common.testing.waiting import eventually
from libs.contracts.auth import KeyToken
from libs.contracts.billing import Entitlements, Limits, SubscriptionState, Tier
from libs.contracts.market import InstrumentInfo

OK = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"


@dataclass
class Received:
    """A request as it stood on the wire."""

    line: str
    headers: list[tuple[str, str]]
    body: bytes
    connection: int

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]

    def one(self, name: str) -> str | None:
        values = self.all(name)
        return values[0] if values else None


Reply = Callable[[Received, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class FakeService:
    """A service that answers by `reply` and remembers what it was asked, byte by byte."""

    reply: Reply | None = None
    port: int = 0
    received: list[Received] = field(default_factory=list)
    connections: int = 0
    writers: set[asyncio.StreamWriter] = field(default_factory=set)
    server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, limit=1 << 20)
        self.port = self.server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self.server is not None:
            self.server.close()
            await self.drop_connections()
            self.server = None

    async def drop_connections(self) -> None:
        for writer in list(self.writers):
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        number = self.connections
        self.writers.add(writer)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                line, *lines = head[:-4].split("\r\n")
                headers = [(name.lower(), value.strip()) for name, _, value in (each.partition(":") for each in lines)]
                request = Received(line, headers, b"", number)
                self.received.append(request)
                request.body = await _body(reader, request)
                if self.reply is None:
                    writer.write(OK)
                else:
                    await self.reply(request, writer)
                await writer.drain()
                if writer.is_closing():
                    return
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            self.writers.discard(writer)
            writer.close()


async def _body(reader: asyncio.StreamReader, request: Received) -> bytes:
    if request.one("transfer-encoding") == "chunked":
        body = b""
        while size := int((await reader.readuntil(b"\n")).strip(), 16):
            body += await reader.readexactly(size)
            await reader.readline()
        await reader.readline()
        return body
    length = request.one("content-length")
    return await reader.readexactly(int(length)) if length else b""


class FakeBilling:
    """Stands in for what the gateway asks of billing, market and auth for itself."""

    def __init__(self) -> None:
        self.keys: dict[str, Callable[[], KeyToken]] = {}
        self.shown: list[tuple[str, str]] = []
        self.exchange_may_end = asyncio.Event()
        self.exchange_may_end.set()
        self.plans: dict[UUID, Entitlements] = {}
        self.prices: dict[str, InstrumentInfo] = {}
        self.is_away = False

    async def entitlements(self, user_id: UUID) -> Entitlements:
        if self.is_away:
            raise NotSent("billing is away")
        if user_id not in self.plans:
            raise NotFound
        return self.plans[user_id]

    async def exchange_key(self, key: str, address: str) -> KeyToken:
        self.shown.append((key, address))
        await self.exchange_may_end.wait()
        if self.is_away:
            raise NotSent("auth is away")
        if key not in self.keys:
            raise NotFound
        token = self.keys[key]()
        if not is_within(address, parse_networks(token.networks)):
            body = b'{"code": "permission_denied", "detail": "This key is not good from your address."}'
            raise Refused("refused", status=403, body=body)
        return token

    async def newest_prices(self, instruments: Any) -> tuple[InstrumentInfo, ...]:
        return tuple(self.prices[name] for name in instruments if name in self.prices)

    async def aclose(self) -> None:
        """Nothing is open."""


def entitlements(user_id: UUID, *, symbols: int = 50, ticks_per_s: int | None = 4) -> Entitlements:
    limits = Limits(
        active_alerts=50,
        signals_per_day=10,
        strategies=3,
        ai_studio_minutes_per_month=None,
        custom_indicators=False,
        live_trading=False,
        api_keys=1,
        api_calls_per_minute=60,
        socket_symbols=symbols,
        socket_ticks_per_second=ticks_per_s,
        channels=("in_app", "mail"),
    )
    return Entitlements(
        user_id=user_id, tier=Tier.BASIC, state=SubscriptionState.ACTIVE, limits=limits, upgrade_to=Tier.PRO, version=1
    )


@dataclass
class Running:
    """A gateway that serves."""

    gateway: Gateway
    port: int
    http: httpx.AsyncClient
    billing: FakeBilling
    server: DoorServer

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def socket_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ws"

    async def raw(self, request: bytes, *, within: float = 5.0) -> bytes:
        """Send bytes as they are and read until the door closes the connection."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(request)
            await writer.drain()
            async with asyncio.timeout(within):
                return await reader.read()
        finally:
            writer.close()


class _QuietServer(DoorServer):
    def capture_signals(self) -> Any:
        return contextlib.nullcontext()  # the test run's signals are pytest's


OpenGateway = Callable[..., AbstractAsyncContextManager[Running]]


@pytest.fixture
def open_gateway(service_settings: SettingsFactory, tokens: Tokens, service: FakeService, tmp_path: Any) -> OpenGateway:
    """Open a gateway whose every service is `service`: `async with open_gateway(body_max_bytes=10) as door: ...`."""

    @contextlib.asynccontextmanager
    async def open_one(**overrides: Any) -> AsyncIterator[Running]:
        urls = dict.fromkeys(("auth", "market", "alerts", "signals", "broker", "billing"), service.url)
        sockets = listen(["127.0.0.1"], 0)
        port = sockets[0].getsockname()[1]
        values: dict[str, Any] = {
            **{f"{name}_url": url for name, url in urls.items()},
            "public_url": f"http://127.0.0.1:{port}",
            "web_dist": tmp_path / "dist",
            "access_log": False,
            "socket_leave_s": 0.0,
            **overrides,
        }
        settings = service_settings(GatewaySettings, **values)
        billing = FakeBilling()
        security = Security.from_settings(settings, keys=tokens.keys)
        gateway = Gateway(settings, security=security, internal=billing)  # type: ignore[arg-type]
        config = DoorConfig(gateway, bounds=settings.bounds, leave=gateway.leave)
        config.timeout_graceful_shutdown = 1
        server = _QuietServer(config)
        serving = asyncio.create_task(server.serve(sockets))

        async def is_up() -> bool:
            if serving.done():
                serving.result()
            hears = gateway.room.is_hearing and gateway.credentials.revocations_age_s < 5
            return server.started and gateway.link.up and hears

        try:
            if not overrides.get("redis_url"):
                await eventually(is_up)
            else:
                await eventually(lambda: _ready(server))
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=10) as client:
                yield Running(gateway, port, client, billing, server)
        finally:
            server.should_exit = True
            await serving

    return open_one


async def _ready(server: DoorServer) -> bool:
    return server.started


@pytest_asyncio.fixture
async def service() -> AsyncIterator[FakeService]:
    fake = FakeService()
    await fake.start()
    yield fake
    await fake.stop()


@pytest_asyncio.fixture
async def door(open_gateway: OpenGateway, redis: Redis) -> AsyncIterator[Running]:
    """A gateway with its defaults."""
    async with open_gateway() as running:
        yield running


@pytest.fixture
def bearer(tokens: Tokens) -> dict[str, str]:
    """The headers of some signed-in person."""
    return {"authorization": f"Bearer {tokens.user()}"}
