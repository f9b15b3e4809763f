"""Signing in at a provider that we did not write (oidc-provider-mock), and everything that may come back wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import pytest_asyncio

from libs.common.db import Database
from libs.common.testing.client import ClientFor
from libs.common.testing.plugin import SettingsFactory
from services.auth.app import build_app
from services.auth.settings import AuthSettings
from services.auth.tests.conftest import EMAIL, PASSWORD, Mailbox, Person
from services.auth.tests.identity_provider import TheirServer, identity_provider

CLIENT = {"oidc_client_id": "sharewise", "oidc_client_secret": "a-secret-of-the-test-provider"}
RETURN = "http://localhost:8000/login/return"
Bearer = Callable[[str], dict[str, str]]


@pytest.fixture(scope="module")
def provider() -> Iterator[TheirServer]:
    with identity_provider() as running:
        yield running


@pytest.fixture
def settings(service_settings: SettingsFactory, provider: TheirServer) -> AuthSettings:
    return service_settings(AuthSettings, password_cost=4, oidc_issuer=provider.url, oidc_name="Acme", **CLIENT)


@pytest_asyncio.fixture
async def client(settings: AuthSettings, db: Database, client_for: ClientFor) -> AsyncIterator[httpx.AsyncClient]:
    """Nobody yet. By the machine's clock, which is the provider's too."""
    async with client_for(build_app(settings, db=db)) as anonymous:
        yield anonymous


@pytest.fixture
def person(client: httpx.AsyncClient, mailbox: Mailbox) -> Person:
    return Person(client, mailbox)


async def start(client: httpx.AsyncClient, path: str = "/api/auth/oidc/start/", **options: Any) -> dict[str, str]:
    answer = await client.post(path, **options)
    assert answer.status_code == 200, answer.text
    body: dict[str, str] = answer.json()
    return body


async def come_back(client: httpx.AsyncClient, provider: TheirServer, sub: str, **changes: str) -> httpx.Response:
    """Go there, say yes, come back."""
    started = await start(client)
    returned = await asyncio.to_thread(provider.consent, started["authorization_url"], sub)
    body = {**returned, "browser_key": started["browser_key"], **changes}
    return await client.post("/api/auth/oidc/finish/", json=body)


async def test_a_newcomer_gets_an_account_and_the_same_one_next_time(
    client: httpx.AsyncClient, provider: TheirServer, bearer: Bearer
) -> None:
    provider.knows("new", email="New@Example.com", email_verified=True, given_name="Mira", family_name="Rao")
    first = await come_back(client, provider, "new")
    assert first.status_code == 200, first.text
    user = first.json()["user"]
    assert (user["first_name"], user["last_name"], user["email_verified"]) == ("Mira", "Rao", True)
    me = await client.get("/api/users/me/", headers=bearer(first.json()["access_token"]))
    assert me.json()["email"].lower() == "new@example.com"
    again = await come_back(client, provider, "new")
    assert again.json()["user"]["id"] == user["id"]
    assert first.headers["cache-control"] == "no-store"


async def test_the_address_that_is_gone_to_asks_for_pkce_and_a_nonce(
    client: httpx.AsyncClient, provider: TheirServer
) -> None:
    url = (await start(client))["authorization_url"]
    query = parse_qs(urlsplit(url).query)
    assert url.startswith(provider.url)
    assert query["code_challenge_method"] == ["S256"]
    assert query["redirect_uri"] == [RETURN]
    assert all(len(query[name][0]) >= 43 for name in ("state", "nonce", "code_challenge"))


async def test_an_account_that_is_there_is_not_taken_over(person: Person, provider: TheirServer) -> None:
    await person.register_and_verify()
    provider.knows("claims-asha", email=EMAIL.upper(), email_verified=True)
    answer = await come_back(person.client, provider, "claims-asha")
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert (await person.log_in()).status_code == 200


async def test_a_registration_that_nobody_confirmed_gives_way(
    person: Person, provider: TheirServer, mailbox: Mailbox
) -> None:
    """Whoever registers a stranger's address gets nothing of the account that the stranger opens later."""
    assert (await person.register()).status_code == 202
    link = await mailbox.last_token()
    provider.knows("asha", email=EMAIL, email_verified=True, name="Asha Rao")
    answer = await come_back(person.client, provider, "asha")
    assert answer.status_code == 200, answer.text
    assert (await person.log_in(PASSWORD)).status_code == 401
    confirmed = await person.client.post("/api/auth/verify-email/", json={"token": link})
    assert confirmed.json()["code"] == "invalid_token"


@pytest.mark.parametrize(
    "claims", [{}, {"email": "x@example.com"}, {"email": "x@example.com", "email_verified": "true"}]
)
async def test_an_address_that_is_not_vouched_for_opens_nothing(
    client: httpx.AsyncClient, provider: TheirServer, claims: dict[str, Any]
) -> None:
    provider.knows("shady", **claims)
    answer = await come_back(client, provider, "shady")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_token")


async def test_another_browser_cannot_finish_what_began_in_this_one(
    client: httpx.AsyncClient, provider: TheirServer
) -> None:
    provider.knows("mallory", email="mallory@example.com", email_verified=True)
    for changes in ({"browser_key": "x" * 43}, {"state": "y" * 43}):
        answer = await come_back(client, provider, "mallory", **changes)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_token")


async def test_a_code_of_another_sign_in_is_refused(client: httpx.AsyncClient, provider: TheirServer) -> None:
    """The provider gives codes to everybody; PKCE and the nonce keep one to the attempt that it was asked for by."""
    provider.knows("victim", email="victim@example.com", email_verified=True)
    theirs, ours = await start(client), await start(client)
    stolen = await asyncio.to_thread(provider.consent, theirs["authorization_url"], "victim")
    returned = await asyncio.to_thread(provider.consent, ours["authorization_url"], "victim")
    body = {"state": returned["state"], "code": stolen["code"], "browser_key": ours["browser_key"]}
    answer = await client.post("/api/auth/oidc/finish/", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_token")


async def test_a_return_counts_once_however_many_try_at_once(client: httpx.AsyncClient, provider: TheirServer) -> None:
    provider.knows("twice", email="twice@example.com", email_verified=True)
    started = await start(client)
    returned = await asyncio.to_thread(provider.consent, started["authorization_url"], "twice")
    body = {**returned, "browser_key": started["browser_key"]}
    answers = await asyncio.gather(*(client.post("/api/auth/oidc/finish/", json=body) for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [200, *[422] * 9]


async def test_an_identity_is_linked_opens_the_account_and_is_taken_away(
    person: Person, provider: TheirServer, bearer: Bearer
) -> None:
    await person.register_and_verify()
    tokens = await person.tokens()
    headers = bearer(tokens["access_token"])
    provider.knows("at-work", email="asha@work.example", email_verified=True)
    started = await start(person.client, "/api/users/me/sign-ins/start/", headers=headers)
    returned = await asyncio.to_thread(provider.consent, started["authorization_url"], "at-work")
    body = {**returned, "browser_key": started["browser_key"]}
    # Begun for an account, so it is no sign-in.
    assert (await person.client.post("/api/auth/oidc/finish/", json=body)).json()["code"] == "invalid_token"

    started = await start(person.client, "/api/users/me/sign-ins/start/", headers=headers)
    returned = await asyncio.to_thread(provider.consent, started["authorization_url"], "at-work")
    body = {**returned, "browser_key": started["browser_key"]}
    linked = await person.client.post("/api/users/me/sign-ins/finish/", json=body, headers=headers)
    assert linked.status_code == 204, linked.text
    opened = await come_back(person.client, provider, "at-work")
    assert opened.json()["user"]["id"] == tokens["user"]["id"]
    [link] = (await person.client.get("/api/users/me/sign-ins/", headers=headers)).json()["items"]
    assert link["issuer"] == provider.url
    kinds = (await person.client.get("/api/users/me/security-log/", headers=headers)).json()["items"]
    assert "sign_in_linked" in [one["kind"] for one in kinds]

    assert (await person.client.delete("/api/users/me/sign-ins/", headers=headers)).status_code == 204
    refused = await come_back(person.client, provider, "at-work")
    assert refused.status_code == 200, "the address is another, so it makes an account of its own"
    assert refused.json()["user"]["id"] != tokens["user"]["id"]


async def test_an_identity_opens_one_account(person: Person, provider: TheirServer, bearer: Bearer) -> None:
    provider.knows("taken", email="taken@example.com", email_verified=True)
    assert (await come_back(person.client, provider, "taken")).status_code == 200
    await person.register_and_verify()
    headers = bearer((await person.tokens())["access_token"])
    started = await start(person.client, "/api/users/me/sign-ins/start/", headers=headers)
    returned = await asyncio.to_thread(provider.consent, started["authorization_url"], "taken")
    body = {**returned, "browser_key": started["browser_key"]}
    answer = await person.client.post("/api/users/me/sign-ins/finish/", json=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


async def test_a_provider_that_is_away_is_a_503(
    service_settings: SettingsFactory, db: Database, client_for: ClientFor
) -> None:
    away = service_settings(AuthSettings, password_cost=4, oidc_issuer="http://127.0.0.1:9", **CLIENT)
    async with client_for(build_app(away, db=db)) as client:
        answer = await client.post("/api/auth/oidc/start/")
    assert (answer.status_code, answer.json()["code"]) == (503, "upstream_unavailable")


async def test_without_a_provider_there_is_none(
    service_settings: SettingsFactory, db: Database, client_for: ClientFor
) -> None:
    async with client_for(build_app(service_settings(AuthSettings, password_cost=4), db=db)) as client:
        assert (await client.get("/api/auth/providers/")).json()["items"] == []
        assert (await client.post("/api/auth/oidc/start/")).status_code == 404


async def test_the_provider_is_named(client: httpx.AsyncClient) -> None:
    assert (await client.get("/api/auth/providers/")).json()["items"] == [{"name": "Acme"}]


def test_a_provider_wants_a_client(service_settings: SettingsFactory) -> None:
    with pytest.raises(ValueError, match="oidc_client_id"):
        service_settings(AuthSettings, oidc_issuer="http://127.0.0.1:9")
