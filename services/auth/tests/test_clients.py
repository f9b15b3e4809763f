"""Tokens for services: whose secret, and who may call whom (decisions 3)."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from libs.common.http import Http, ServiceClient
from libs.common.security.service_tokens import ServiceTokens
from libs.contracts.auth import UserInfo
from services.auth.clients.rules import ALLOWED, hash_secret, is_secret_of, scope_for
from services.auth.settings import AuthSettings
from services.auth.tests.conftest import Person

SECRET = "development-only-service-secret"


async def ask(client: httpx.AsyncClient, caller: str, audience: str, secret: str = SECRET) -> httpx.Response:
    body = {"client_id": caller, "client_secret": secret, "audience": audience}
    return await client.post("/internal/token", json=body)


async def test_a_service_gets_a_token_of_five_minutes(client: httpx.AsyncClient) -> None:
    answer = await ask(client, "alerts", "market")
    assert answer.status_code == 200
    assert answer.json()["expires_in"] == 300
    assert answer.json()["scope"] == "prices:read"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("caller", "audience", "secret", "status"),
    [
        ("alerts", "market", "wrong", 401),
        ("alerts", "market", "", 401),
        ("nobody", "market", SECRET, 401),
        ("alerts", "broker", SECRET, 403),
        ("alerts", "alerts", SECRET, 403),
        ("market", "auth", SECRET, 403),
        ("billing", "broker", SECRET, 403),
        ("alerts", "sharewise", SECRET, 403),
        ("alerts", "", SECRET, 403),
    ],
)
async def test_others_get_none(client: httpx.AsyncClient, caller: str, audience: str, secret: str, status: int) -> None:
    answer = await ask(client, caller, audience, secret)
    assert answer.status_code == status
    assert SECRET not in answer.text


async def test_an_unknown_service_is_not_told_from_a_wrong_secret(client: httpx.AsyncClient) -> None:
    unknown, wrong = await ask(client, "nobody", "market"), await ask(client, "alerts", "market", "wrong")
    assert unknown.json()["detail"] == wrong.json()["detail"]


@pytest.mark.parametrize("body", [{}, {"client_id": 1}, {"client_id": "x" * 50}, {"scope": "admin"}, []])
async def test_bad_credentials_are_a_clear_422(client: httpx.AsyncClient, body: Any) -> None:
    assert (await client.post("/internal/token", json=body)).status_code == 422


async def test_one_services_token_is_of_no_use_elsewhere_or_to_a_person(
    person: Person, client: httpx.AsyncClient, bearer: Any
) -> None:
    await person.register_and_verify()
    pair = await person.tokens()
    user = pair["user"]["id"]
    at_market = (await ask(client, "alerts", "market")).json()["access_token"]
    at_auth = (await ask(client, "alerts", "auth")).json()["access_token"]
    assert (await client.get(f"/internal/users/{user}", headers=bearer(at_market))).status_code == 401
    assert (await client.get(f"/internal/users/{user}", headers=bearer(at_auth))).status_code == 200
    assert (await client.get(f"/internal/users/{user}/export", headers=bearer(at_auth))).status_code == 403
    assert (await client.get("/api/users/me/", headers=bearer(at_auth))).status_code == 401
    assert (await client.get(f"/internal/users/{user}", headers=bearer(pair["access_token"]))).status_code == 403


async def test_the_client_of_libs_speaks_to_it(person: Person, app: Any) -> None:
    """What other services use, end to end: credentials, token, call."""
    await person.register_and_verify()
    user = (await person.tokens())["user"]["id"]
    async with Http("test", transport=httpx.ASGITransport(app=app)) as http:
        settings = app.state.settings
        tokens = ServiceTokens(http, service="alerts", secret=settings.service_secret, auth_url=settings.auth_url)
        info = await ServiceClient(http, settings.auth_url, "auth", tokens).get(f"/internal/users/{user}", UserInfo)
    assert info.first_name == "Asha"


def test_every_callee_is_a_service() -> None:
    services = {"auth", "market", "alerts", "signals", "broker", "billing"}
    assert set(ALLOWED) == services | {"gateway"}
    assert all(set(callees) <= services - {caller} for caller, callees in ALLOWED.items() if caller != "auth")
    assert set(ALLOWED["auth"]) == services, "its worker asks its own app too, as one more keeper of personal data"
    assert scope_for("alerts", "broker") is None


def test_personal_data_is_auths_to_ask_for() -> None:
    askers = {caller for caller, callees in ALLOWED.items() for scope in callees.values() if "personal-data" in scope}
    assert askers == {"auth"}
    assert ALLOWED["auth"]["auth"] == "personal-data", "and nothing else of itself"


def test_a_service_without_a_hash_has_no_right_secret() -> None:
    assert is_secret_of("s", hash_secret("s"))
    assert not is_secret_of("s", None)
    assert not is_secret_of("", None)
    assert not is_secret_of("", "")


def test_production_names_its_clients_and_takes_no_toys() -> None:
    good: dict[str, Any] = {
        "environment": "production",
        "public_url": "https://sharewise.example",
        "password_pepper": "p" * 40,
        "service_secret": "s" * 40,
        "cursor_secret": "c" * 40,
        "field_key": "f" * 40,
        "database_url": "postgresql://sharewise_auth:long-password@db/sharewise",
        "migrate_database_url": "postgresql://sharewise_migrate:long-password@db/sharewise",
        "client_secret_hashes": {"alerts": hash_secret("x")},
    }
    settings = AuthSettings(**good)
    assert settings.has_secure_cookies
    assert settings.origins == {"https://sharewise.example"}
    for change in (
        {"public_url": "http://sharewise.example"},
        {"password_cost": 9},
        {"client_secret_hashes": {}},
        {"password_pepper": "short-but-more-16"},
        {"field_key": "s" * 40},
    ):
        with pytest.raises(ValidationError):
            AuthSettings(**{**good, **change})


def test_limits_are_ten_times_wider_in_development() -> None:
    assert AuthSettings(environment="test").tries_per_account == 5
    assert AuthSettings(environment="development").tries_per_account == 50
    assert AuthSettings(environment="development").calls_per_address == 300
