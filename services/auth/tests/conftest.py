from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy import select

from libs.common.clock import FixedClock
from libs.common.db import Database
from libs.common.testing.client import ClientFor
from libs.common.testing.plugin import DatabaseFactory, SettingsFactory
from libs.common.testing.tokens import Tokens
from libs.contracts.auth import MailCommand
from services.auth.app import build_app
from services.auth.mails.service import place_of
from services.auth.mails.tables import PendingMail
from services.auth.settings import AuthSettings
from services.auth.tests.owner import Owner
from services.auth.tests.staffing import Crowd
from services.auth.wiring import make_cipher

EMAIL = "asha@example.com"
PASSWORD = "kite-runner-over-pune-42"
REGISTRATION: dict[str, Any] = {
    "email": EMAIL,
    "username": "asha_rao",
    "password": PASSWORD,
    "first_name": "Asha",
    "last_name": "Rao",
    "phone": "+919812345678",
    "accept_terms": True,
}


@pytest.fixture
def settings(service_settings: SettingsFactory) -> AuthSettings:
    return service_settings(AuthSettings, password_cost=4)


@pytest_asyncio.fixture
async def db(database_for: DatabaseFactory, settings: AuthSettings) -> Database:
    return await database_for(settings)


@pytest_asyncio.fixture
async def app(settings: AuthSettings, db: Database, clock: FixedClock) -> FastAPI:
    return build_app(settings, db=db, clock=clock)


@pytest_asyncio.fixture
async def client(app: FastAPI, client_for: ClientFor) -> AsyncIterator[httpx.AsyncClient]:
    """Nobody yet: a program without a credential."""
    async with client_for(app) as anonymous:
        yield anonymous


class Mailbox:
    """Reads the mails that wait to be taken by alerts."""

    def __init__(self, db: Database, settings: AuthSettings) -> None:
        self._db = db
        self._cipher = make_cipher(settings)

    async def commands(self) -> list[MailCommand]:
        async with self._db.read() as session:
            mails = (await session.scalars(select(PendingMail).order_by(PendingMail.created_at, PendingMail.key))).all()
        return [
            MailCommand.model_validate_json(self._cipher.decrypt(mail.command, place=place_of(mail.key)))
            for mail in mails
        ]

    async def last_token(self, email: str = EMAIL) -> str:
        """Give the token of the newest link that was mailed to an address."""
        urls = [mail.secret_url for mail in await self.commands() if mail.to == email and "token=" in mail.secret_url]
        match = re.search(r"/verify-email\?token=([A-Za-z0-9_-]+)$", urls[-1])
        assert match is not None
        return match[1]


@pytest.fixture
def mailbox(db: Database, settings: AuthSettings) -> Mailbox:
    return Mailbox(db, settings)


class Person:
    """Somebody with an account, and what they do with it."""

    def __init__(self, client: httpx.AsyncClient, mailbox: Mailbox) -> None:
        self.client = client
        self.mailbox = mailbox

    async def register(self, **changes: Any) -> httpx.Response:
        return await self.client.post("/api/auth/register/", json={**REGISTRATION, **changes})

    async def register_and_verify(self, **changes: Any) -> None:
        assert (await self.register(**changes)).status_code == 202
        token = await self.mailbox.last_token(changes.get("email", EMAIL))
        answer = await self.client.post("/api/auth/verify-email/", json={"token": token})
        assert answer.status_code == 200, answer.text

    async def log_in(self, password: str = PASSWORD, **options: Any) -> httpx.Response:
        name = options.pop("name", {"email": EMAIL})
        return await self.client.post("/api/auth/login/", json={**name, "password": password}, **options)

    async def tokens(self) -> dict[str, Any]:
        answer = await self.log_in()
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body


@pytest.fixture
def person(client: httpx.AsyncClient, mailbox: Mailbox) -> Person:
    return Person(client, mailbox)


@pytest.fixture
def bearer() -> Callable[[str], dict[str, str]]:
    return lambda token: {"authorization": f"Bearer {token}"}


@pytest_asyncio.fixture
async def crowd(
    app: FastAPI, db: Database, clock: FixedClock, client_for: ClientFor, tokens: Tokens, client: httpx.AsyncClient
) -> AsyncIterator[Crowd]:
    """Makes people of every role; `client` keeps the app open meanwhile."""
    async with AsyncExitStack() as stack:
        yield Crowd(app, db, clock, tokens, client_for, stack)


@pytest_asyncio.fixture
async def owner(person: Person, clock: FixedClock) -> Owner:
    """Signed in, with no second factor yet."""
    owner = Owner(person, clock)
    await owner.sign_up()
    return owner


@pytest_asyncio.fixture
async def patient(
    settings: AuthSettings, database_for: DatabaseFactory, clock: FixedClock, client_for: ClientFor
) -> AsyncIterator[Owner]:
    """The owner of an app, whose service lets anybody try often, so that only races decide."""
    db = await database_for(settings)
    often = {"tries_per_code": 1000, "calls_per_address_a_minute": 1000, "tries_per_account_a_minute": 1000}
    async with client_for(build_app(settings.model_copy(update=often), db=db, clock=clock)) as client:
        owner = Owner(Person(client, Mailbox(db, settings)), clock)
        await owner.sign_up()
        await owner.set_totp_up()
        yield owner
