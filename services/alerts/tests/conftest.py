"""What the tests of alerts build upon: the service's database, alerts in it, ticks and the engine."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from redis.asyncio import Redis

from libs.common.clock import FixedClock, to_ms
from libs.common.db import Database
from libs.common.http import Http
from libs.common.ids import uuid7
from libs.common.money import to_e4
from libs.common.testing.client import ClientFor
from libs.common.testing.tokens import Tokens
from libs.contracts.alerts import AlertCreated, Condition
from libs.contracts.market import TICK_FIELD, InstrumentInfo, Tick, encode_ticks, tick_partition, tick_stream
from services.alerts.app import build_app
from services.alerts.channels import Channels
from services.alerts.channels.mail.smtp import SmtpChannel
from services.alerts.channels.sms import SinkSms
from services.alerts.charts.service import Charts
from services.alerts.definitions import tables as definitions
from services.alerts.definitions.drafts import Draft
from services.alerts.definitions.rules import Alert
from services.alerts.engine.runner import Engine
from services.alerts.instruments.tables import remember
from services.alerts.notifications.letters import Letters
from services.alerts.notifications.mails import MailWriter
from services.alerts.notifications.sender import Sender
from services.alerts.notifications.service import BadAddresses, Notices
from services.alerts.settings import AlertsSettings
from services.alerts.sms_texts.service import SmsTexts
from services.alerts.tests.mail_server import MailServer
from services.alerts.tests.support import APPLE, FakePeers, running
from services.alerts.wiring import Peers, Rooms, make_cipher, make_guarded, make_rooms, make_unsubscribes


class MakeAlert(Protocol):
    async def __call__(
        self,
        condition: str = "above",
        threshold: str = "230.00",
        *,
        of: InstrumentInfo = APPLE,
        user_id: UUID | None = None,
        armed_at: datetime | None = None,
        announce: bool = False,
    ) -> Alert: ...


class MakeTick(Protocol):
    def __call__(self, price: str, *, of: InstrumentInfo = APPLE, **members: Any) -> Tick: ...


@pytest.fixture
def settings(service_settings: Callable[..., AlertsSettings]) -> AlertsSettings:
    return service_settings(AlertsSettings)


@pytest.fixture
async def db(settings: AlertsSettings, database_for: Callable[..., Awaitable[Database]]) -> Database:
    return await database_for(settings)


@pytest.fixture
def make_alert(db: Database, clock: FixedClock) -> MakeAlert:
    """Store an active alert, armed a minute ago unless said otherwise."""

    async def make(
        condition: str = "above",
        threshold: str = "230.00",
        *,
        of: InstrumentInfo = APPLE,
        user_id: UUID | None = None,
        armed_at: datetime | None = None,
        announce: bool = False,
    ) -> Alert:
        async with db.transaction() as tx:
            draft = Draft(of.instrument, Condition(condition), Decimal(threshold))
            new = definitions.NewAlert(uuid7(), user_id or uuid7(), await remember(tx.session, of), draft)
            [alert] = await definitions.add(tx.session, [new], armed_at or clock.now() - timedelta(minutes=1))
            if announce:
                tx.announce(AlertCreated(alert=alert.state()))
        return alert

    return make


@pytest.fixture
def make_tick(clock: FixedClock) -> MakeTick:
    """Make a fresh tick of now. Members of `Tick` may be named to differ: `at_ms`, `low_e4`, `stale`, ..."""

    def make(price: str, *, of: InstrumentInfo = APPLE, **members: Any) -> Tick:
        price_e4 = to_e4(Decimal(price))
        at_ms = members.get("at_ms", to_ms(clock.now()))
        values: dict[str, Any] = {
            "instrument": of.instrument,
            "price_e4": price_e4,
            "low_e4": price_e4,
            "high_e4": price_e4,
            "span_start_ms": at_ms,
            "at_ms": at_ms,
            "received_ms": at_ms,
            "stale": False,
            "source": "test",
            "previous_close_e4": None,
            "recorded_ms": None,
        }
        return Tick(**{**values, **members})

    return make


@pytest.fixture
def send_ticks(redis: Redis) -> Callable[..., Awaitable[None]]:
    """Append ticks to the tick stream, as one entry; of several partitions to that of each, as one entry each."""

    async def send(*ticks: Tick, partitions: int = 1) -> None:
        by_partition: dict[int, list[Tick]] = {}
        for tick in ticks:
            by_partition.setdefault(tick_partition(tick.instrument, partitions), []).append(tick)
        for partition, batch in by_partition.items():
            await redis.xadd(tick_stream(partition), {TICK_FIELD: encode_ticks(batch)})

    return send


@pytest.fixture
def engine_of(db: Database, redis: Redis) -> Callable[..., AbstractAsyncContextManager[Engine]]:
    """Run an engine for the length of a block: `async with engine_of() as engine: ...`"""

    @contextlib.asynccontextmanager
    async def run(*, chunk: int = 256, ready: bool = True, partitions: int = 1) -> AsyncIterator[Engine]:
        engine = Engine(db, redis, partitions=partitions, chunk=chunk, lease_s=1)
        async with running(engine.run()):
            if ready:
                await asyncio.wait_for(engine.ready.wait(), 5)
            yield engine

    return run


@pytest.fixture
def peers() -> FakePeers:
    """Market, billing and auth, as alerts sees them."""
    return FakePeers()


@pytest.fixture
def app(settings: AlertsSettings, db: Database, peers: FakePeers, tokens: Tokens) -> FastAPI:
    """The HTTP side, with peers in process."""
    http = Http("alerts", transport=peers.transport(), retries=0)
    return build_app(settings, db=db, http=http, tokens=tokens.source("alerts"))


@pytest.fixture
def user_id() -> UUID:
    return uuid7()


@pytest.fixture
async def client(app: FastAPI, client_for: ClientFor, user_id: UUID) -> AsyncIterator[httpx.AsyncClient]:
    """A signed-in user's client."""
    async with client_for(app, user=user_id) as client:
        yield client


@pytest.fixture
def rooms(settings: AlertsSettings, db: Database, peers: FakePeers, tokens: Tokens) -> Rooms:
    """The rooms that telling people takes."""
    http = Http("alerts", transport=peers.transport(), retries=0)
    return make_rooms(settings, db, Peers.of(settings, http, tokens.source("alerts")), make_guarded(settings))


@pytest.fixture
def notices(rooms: Rooms) -> Notices:
    return rooms.notices


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    async with MailServer().serving() as server:
        yield server


@pytest.fixture
def sender_to(settings, db, peers, tokens, rooms) -> Callable[..., Any]:
    """Run a sender for the length of a block: `async with sender_to(server) as sender: ...`"""

    @contextlib.asynccontextmanager
    async def run(server: MailServer, *, lanes: int = 4, port: int | None = None) -> AsyncIterator[Sender]:
        configured = settings.model_copy(update={"smtp_port": port or server.port, "smtp_connections": lanes})
        channel = SmtpChannel(configured.smtp_options(), now=db.clock.now)
        http = Http("test", transport=peers.transport(), retries=0)
        asked = Peers.of(settings, http, tokens.source("alerts"))
        letters = Letters("http://localhost:8000")
        unsubscribes, charts = make_unsubscribes(settings), Charts(asked.market)
        writer = MailWriter(
            db,
            asked.auth,
            make_cipher(settings),
            letters,
            rooms.preferences,
            unsubscribes,
            charts,
            rooms.addresses,
            SmsTexts(db),
        )
        bad = BadAddresses(db, rooms.addresses)
        channels = Channels(channel, SinkSms(channel))
        sender = Sender(db, channels, writer.write, lanes=lanes, on_bad_address=bad.note)
        async with running(sender.run()):
            yield sender
        await channel.aclose()
        await http.aclose()

    return run
