from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from libs.common.clock import FixedClock
from libs.common.db import Database
from libs.common.testing.client import ClientFor
from libs.common.testing.tokens import Tokens
from services.auth.app import build_app
from services.auth.settings import AuthSettings
from services.auth.tests.conftest import REGISTRATION, Person
from services.auth.tests.integrators.apps import REDIRECT, App, RegisterApp
from services.auth.tests.integrators.peers import FakeBilling
from services.auth.tests.integrators.support import Exchange, Owner, OwnerWith


@pytest.fixture
def tokens(clock: FixedClock) -> Tokens:
    """By the test's clock, since it says how old a login is."""
    return Tokens(clock)


@pytest.fixture
def billing() -> FakeBilling:
    return FakeBilling()


@pytest.fixture
def app(settings: AuthSettings, db: Database, clock: FixedClock, billing: FakeBilling) -> FastAPI:
    return build_app(settings, db=db, clock=clock, http=billing.http())


@pytest_asyncio.fixture
async def owner_with(app: FastAPI, client_for: ClientFor, person: Person, tokens: Tokens) -> AsyncIterator[OwnerWith]:
    """Give somebody with an account: `await owner_with("ravi@example.com", amr=["pwd", "otp"])`."""
    async with AsyncExitStack() as stack:

        async def make(email: str = REGISTRATION["email"], **claims: Any) -> Owner:
            username = email.partition("@")[0].replace(".", "_")
            await person.register_and_verify(email=email, username=username)
            user_id = UUID((await person.log_in(name={"email": email})).json()["user"]["id"])
            http = await stack.enter_async_context(client_for(app, tokens.user(user_id, **claims)))
            return Owner(user_id, http)

        yield make


@pytest_asyncio.fixture
async def owner(owner_with: OwnerWith) -> Owner:
    return await owner_with()


@pytest.fixture
def exchange(client: httpx.AsyncClient, tokens: Tokens) -> Exchange:
    """Ask as the gateway does."""

    async def ask(key: str, address: str = "203.0.113.7", **service: Any) -> httpx.Response:
        token = tokens.service("gateway", audience="auth", scope=service.get("scope", "users:read keys:exchange"))
        headers = {"authorization": f"Bearer {service.get('token', token)}"}
        return await client.post("/internal/keys/exchange", json={"key": key, "address": address}, headers=headers)

    return ask


@pytest_asyncio.fixture
async def developer(owner_with: OwnerWith) -> Owner:
    return await owner_with("dev@example.com")


@pytest.fixture
def register_app(app: FastAPI, developer: Owner) -> RegisterApp:
    """Register an app: `await register_app(confidential=False)`."""

    async def register(**changes: Any) -> App:
        body = {"name": "Chart Mill", "redirect_uris": [REDIRECT], **changes}
        answer = await developer.http.post("/api/oauth/apps/", json=body)
        assert answer.status_code == 201, answer.text
        return App(app, answer.json()["client_id"], answer.json()["client_secret"])

    return register


@pytest_asyncio.fixture
async def mill(register_app: RegisterApp) -> App:
    """An app with a secret."""
    return await register_app()
