"""Apps of others, as programs and as their users see them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import httpx2
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from fastapi import FastAPI

from libs.common.security.tokens import new_secret
from services.auth.tests.integrators.support import Owner

REDIRECT = "https://charts.example/callback"
SCOPE = "alerts:read market:read"
ISSUER = "http://localhost:8000"


@dataclass
class App:
    """A registered app and the means of its program."""

    asgi: FastAPI
    client_id: str
    secret: str | None
    verifier: str = field(default_factory=lambda: new_secret(48))

    @property
    def challenge(self) -> str:
        challenge: str = create_s256_code_challenge(self.verifier)
        return challenge

    def asking(self, **changes: Any) -> dict[str, Any]:
        """The parameters with which it sends a person to us. A change to None leaves one out."""
        fields = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": REDIRECT,
            "scope": SCOPE,
            "state": "af0ifjsldkj",
            "code_challenge": self.challenge,
            "code_challenge_method": "S256",
            **changes,
        }
        return {name: value for name, value in fields.items() if value is not None}

    def library(self, method: str | None = None) -> AsyncOAuth2Client:
        """Authlib's client, set up as its documentation says."""
        return AsyncOAuth2Client(
            self.client_id,
            self.secret,
            token_endpoint_auth_method=method or ("client_secret_basic" if self.secret else "none"),
            redirect_uri=REDIRECT,
            scope=SCOPE,
            code_challenge_method="S256",
            transport=httpx2.ASGITransport(app=self.asgi),  # the httpx that Authlib is built on
            base_url=ISSUER,
        )

    async def post(self, path: str, *, secret: str | None = "", **fields: Any) -> httpx.Response:
        """Post a form as this app. secret: None for none, a text for another one."""
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=self.asgi), base_url=ISSUER) as http:
            given = self.secret if secret == "" else secret
            known = {"client_id": self.client_id} | ({} if given is None else {"client_secret": given})
            form = {name: value for name, value in {**known, **fields}.items() if value is not None}
            return await http.post(path, data=form)

    async def redeem(self, code: str, **changes: Any) -> httpx.Response:
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": REDIRECT,
            "code_verifier": self.verifier,
            **changes,
        }
        return await self.post("/api/oauth/token/", **fields)

    async def refresh(self, token: str, **changes: Any) -> httpx.Response:
        return await self.post("/api/oauth/token/", grant_type="refresh_token", refresh_token=token, **changes)

    async def is_active(self, token: str) -> bool:
        answer = await self.post("/api/oauth/introspect/", token=token)
        assert answer.status_code == 200, answer.text
        return bool(answer.json()["active"])


RegisterApp = Callable[..., Awaitable[App]]


async def allow(person: Owner, app: App, **changes: Any) -> dict[str, str]:
    """Let an app in, and give what it gets at its redirect address."""
    answer = await person.http.post("/api/oauth/authorize/", json={**app.asking(**changes), "allow": True})
    assert answer.status_code == 200, answer.text
    return query_of(answer.json()["redirect_to"])


async def tokens_of(person: Owner, app: App, **changes: Any) -> dict[str, Any]:
    """Let an app in and give its tokens."""
    answer = await app.redeem((await allow(person, app, **changes))["code"])
    assert answer.status_code == 200, answer.text
    held: dict[str, Any] = answer.json()
    return held


def query_of(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
