"""Calling an app in process, with its lifespan."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from libs.common.security.jwks import KeySource
from libs.common.security.principal import Principal
from libs.common.security.tokens import PublicKey
from libs.common.testing.tokens import Tokens

ClientFor = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


class _Either:
    """Believes the app's own keys and those of the test."""

    def __init__(self, first: KeySource, second: KeySource) -> None:
        self._first = first
        self._second = second

    @property
    def is_loaded(self) -> bool:
        return True

    def known(self, kid: str) -> PublicKey | None:
        return self._first.known(kid) or self._second.known(kid)

    async def find(self, kid: str) -> PublicKey | None:
        return self._first.known(kid) or await self._second.find(kid)


@pytest.fixture
def client_for(tokens: Tokens) -> ClientFor:
    """Open an app and give a client of it: `async with client_for(app, user=user_id) as client: ...`.

    user: who is signed in: a user id (of a BASIC user), a token, a Principal, or None for nobody.
    Several clients of one app may be open: the lifespan runs once, for as long as the first of them.
    """
    running: set[int] = set()

    @contextlib.asynccontextmanager
    async def open_client(
        app: FastAPI, user: UUID | str | Principal | None = None, *, base_url: str = "http://localhost:8000"
    ) -> AsyncIterator[httpx.AsyncClient]:
        verifier = app.state.security.verifier
        if not isinstance(verifier.keys, _Either):
            verifier.keys = _Either(tokens.keys, verifier.keys)
        headers = {} if user is None else {"authorization": f"Bearer {_token(tokens, user)}"}
        async with contextlib.AsyncExitStack() as stack:
            if id(app) not in running:
                running.add(id(app))
                stack.callback(running.discard, id(app))
                await stack.enter_async_context(app.router.lifespan_context(app))
            transport = httpx.ASGITransport(app=app)
            client = httpx.AsyncClient(transport=transport, base_url=base_url, headers=headers)
            yield await stack.enter_async_context(client)

    return open_client


def _token(tokens: Tokens, user: UUID | str | Principal) -> str:
    if isinstance(user, Principal):
        return user.token
    return tokens.user(user) if isinstance(user, UUID) else user
