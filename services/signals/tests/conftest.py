"""What the tests of signals build upon: the service's database, its rooms, and a signed-in user's client."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from libs.common.db import Database
from libs.common.http import Http
from libs.common.ids import uuid7
from libs.common.testing.client import ClientFor
from libs.common.testing.tokens import Tokens
from services.signals.app import build_app
from services.signals.settings import SignalsSettings
from services.signals.tests.support import FakePeers
from services.signals.wiring import Peers, Rooms, make_rooms


@pytest.fixture
def settings(service_settings: Callable[..., SignalsSettings]) -> SignalsSettings:
    return service_settings(SignalsSettings)


@pytest.fixture
async def db(settings: SignalsSettings, database_for: Callable[..., Awaitable[Database]]) -> Database:
    return await database_for(settings)


@pytest.fixture
def peers() -> FakePeers:
    """Market and billing, as signals sees them."""
    return FakePeers()


@pytest.fixture
def app(settings: SignalsSettings, db: Database, peers: FakePeers, tokens: Tokens) -> FastAPI:
    """The HTTP side, with peers in process."""
    http = Http("signals", transport=peers.transport(), retries=0)
    return build_app(settings, db=db, http=http, tokens=tokens.source("signals"))


@pytest.fixture
def rooms(settings: SignalsSettings, db: Database, peers: FakePeers, tokens: Tokens) -> Rooms:
    http = Http("signals", transport=peers.transport(), retries=0)
    return make_rooms(settings, db, Peers.of(settings, http, tokens.source("signals")))


@pytest.fixture
def user_id() -> UUID:
    return uuid7()


@pytest.fixture
async def client(app: FastAPI, client_for: ClientFor, user_id: UUID) -> AsyncIterator[httpx.AsyncClient]:
    """A signed-in user's client."""
    async with client_for(app, user=user_id) as client:
        yield client
