"""No forged token passes, and none makes us fail (security reference, section 2)."""

from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from libs.common.clock import SystemClock
from libs.common.security.tokens import Purpose, TokenRefused, verify
from libs.common.testing.client import ClientFor
from libs.common.testing.tokens import AUDIENCE, ISSUER, Tokens
from libs.common.tests.forgeries import CASES, Forger, Forgery
from libs.common.tests.sample import SampleSettings
from libs.common.web import CurrentUser, Router, create_app


@pytest.fixture
def forger(tokens: Tokens) -> Forger:
    return Forger(tokens.key, SystemClock().now(), AUDIENCE, ISSUER)


@pytest_asyncio.fixture
async def client(settings: SampleSettings, client_for: ClientFor) -> AsyncIterator[httpx.AsyncClient]:
    router = Router()

    @router.get("/api/mine/")
    async def mine(user: CurrentUser) -> str:
        return str(user.user_id)

    async def nothing(_user: object) -> dict[str, object]:
        return {}

    async with client_for(create_app(settings, routers=[router], exporter=nothing, eraser=nothing)) as anonymous:
        yield anonymous


def test_the_forger_can_make_a_good_token(forger: Forger, tokens: Tokens) -> None:
    claims = forger.claims()
    token = forger.signed(claims=claims)
    good = verify(
        token,
        purpose=Purpose.ACCESS,
        key_for=tokens.keys.known,
        issuer=ISSUER,
        audience=AUDIENCE,
        now=SystemClock().now(),
    )
    assert good == claims


@pytest.mark.parametrize("forge", CASES.values(), ids=CASES.keys())
async def test_a_forged_token_is_refused(forge: Forgery, forger: Forger, client: httpx.AsyncClient) -> None:
    token = forge(forger)
    answer = await client.get("/api/mine/", headers={"authorization": f"Bearer {token}"})
    assert answer.status_code == 401
    assert answer.json()["code"] == "not_authenticated"
    assert answer.json()["detail"] == "Sign in to do this."


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic dXNlcjpwYXNz", "bearer\t", "Bearer \xff\xfe", "x" * 20]
)
async def test_a_strange_header_is_no_credential(header: str, client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/mine/", headers=[(b"authorization", header.encode("latin-1"))])
    assert answer.status_code == 401


async def test_two_credentials_are_none(client: httpx.AsyncClient, tokens: Tokens) -> None:
    good = f"Bearer {tokens.user()}".encode()
    assert (await client.get("/api/mine/", headers=[(b"authorization", good)])).status_code == 200
    assert (await client.get("/api/mine/", headers=[(b"authorization", good)] * 2)).status_code == 401


async def test_headers_that_name_a_user_are_not_believed(client: httpx.AsyncClient, tokens: Tokens) -> None:
    named = {
        "x-user-id": "01a1ffec-ea2e-717b-a6b4-0c430e770a8a",
        "x-on-behalf-of": tokens.user(),
        "x-internal-role": "x",
    }
    assert (await client.get("/api/mine/", headers=named)).status_code == 401


def test_a_service_token_is_refused_as_an_access_token(tokens: Tokens) -> None:
    with pytest.raises(TokenRefused):
        verify(
            tokens.service("alerts", audience=AUDIENCE),
            purpose=Purpose.ACCESS,
            key_for=tokens.keys.known,
            issuer=ISSUER,
            audience=AUDIENCE,
            now=SystemClock().now(),
        )


def test_only_one_module_imports_jose() -> None:
    root = Path(__file__).parents[3]
    found = subprocess.run(
        ["git", "grep", "-lE", r"^\s*(from|import) jose\b", "--", "libs", "services", "gateway", "deploy"],
        cwd=root,
        capture_output=True,
        text=True,
    ).stdout.split()
    assert [path for path in found if "/tests/" not in path] == ["libs/common/security/tokens.py"]
