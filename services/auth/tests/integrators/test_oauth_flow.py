"""OAuth as it goes well, driven by a client that is not ours: Authlib's."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from fastapi import FastAPI
from jose import jwt
from sqlalchemy import text

from libs.common.clock import FixedClock
from libs.common.db import Database
from libs.common.testing.statements import statements
from services.auth.oauth.service import purge_ended
from services.auth.tests.integrators.apps import ISSUER, REDIRECT, SCOPE, App, RegisterApp, allow, query_of, tokens_of
from services.auth.tests.integrators.support import Owner


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post", "none"])
async def test_the_whole_flow_with_authlibs_client(
    owner: Owner, register_app: RegisterApp, method: str, client: httpx.AsyncClient
) -> None:
    app = await register_app(confidential=method != "none")
    async with app.library(method) as library:
        url, state = library.create_authorization_url(f"{ISSUER}/oauth/authorize", code_verifier=app.verifier)
        asked = query_of(url)
        shown = await owner.http.get("/api/oauth/authorize/", params=asked)
        assert shown.status_code == 200, shown.text
        assert (shown.json()["name"], shown.json()["host"]) == ("Chart Mill", "charts.example")
        assert shown.json()["scopes"] == SCOPE.split()
        decided = await owner.http.post("/api/oauth/authorize/", json={**asked, "allow": True})
        back = decided.json()["redirect_to"]
        assert back.startswith(REDIRECT + "?")
        assert query_of(back)["iss"] == ISSUER

        token = await library.fetch_token(
            f"{ISSUER}/api/oauth/token/", authorization_response=back, state=state, code_verifier=app.verifier
        )
        assert (token["token_type"], token["scope"], token["expires_in"]) == ("Bearer", SCOPE, 900)
        claims = jwt.get_unverified_claims(token["access_token"])
        assert (claims["sub"], claims["client_id"], claims["scope"]) == (str(owner.id), app.client_id, SCOPE)

        first = token["refresh_token"]
        renewed = await library.refresh_token(f"{ISSUER}/api/oauth/token/", first)
        assert renewed["refresh_token"] != first
        assert jwt.get_unverified_claims(renewed["access_token"])["sid"] == claims["sid"]

        if method != "none":
            answer = await library.introspect_token(f"{ISSUER}/api/oauth/introspect/", renewed["access_token"])
            assert answer.json() == {
                "active": True,
                "client_id": app.client_id,
                "scope": SCOPE,
                "sub": str(owner.id),
                "iss": ISSUER,
                "token_type": "Bearer",
                **{name: jwt.get_unverified_claims(renewed["access_token"])[name] for name in ("exp", "iat", "jti")},
            }
        revoked = await library.revoke_token(f"{ISSUER}/api/oauth/revoke/", renewed["refresh_token"])
        assert revoked.status_code == 200
    assert (await app.refresh(renewed["refresh_token"])).json()["error"] == "invalid_grant"
    assert (await owner.http.get("/api/users/me/apps/")).json()["items"] == []


async def test_a_refusal_goes_back_to_the_app(owner: Owner, mill: App) -> None:
    answer = await owner.http.post("/api/oauth/authorize/", json={**mill.asking(), "allow": False})
    back = query_of(answer.json()["redirect_to"])
    assert (back["error"], back["state"], back["iss"]) == ("access_denied", "af0ifjsldkj", ISSUER)
    assert "code" not in back


async def test_the_metadata_is_what_the_standard_wants(client: httpx.AsyncClient, app: FastAPI) -> None:
    answer = await client.get("/.well-known/oauth-authorization-server")
    assert answer.status_code == 200
    document = answer.json()
    assert document["issuer"] == ISSUER
    # The standard wants https of every address, and Authlib checks it; on one machine there is none.
    secure = {
        name: str(value).replace("http://", "https://") if "http" in str(value) and isinstance(value, str) else value
        for name, value in document.items()
    }
    AuthorizationServerMetadata(secure).validate()
    for name in ("token_endpoint", "revocation_endpoint", "introspection_endpoint"):
        path = urlsplit(document[name]).path
        assert (await client.post(path, data={"token": "x", "grant_type": "x"})).status_code in (400, 401)


async def test_an_answer_with_tokens_is_kept_by_nobody(owner: Owner, mill: App) -> None:
    answer = await mill.redeem((await allow(owner, mill))["code"])
    assert (answer.headers["cache-control"], answer.headers["pragma"]) == ("no-store", "no-cache")


async def test_nothing_that_opens_anything_is_stored(owner: Owner, mill: App, db: Database) -> None:
    code = (await allow(owner, mill))["code"]
    held = (await mill.redeem(code)).json()
    async with db.read() as session:
        rows = [
            str(row)
            for table in (
                "oauth_apps",
                "oauth_codes",
                "oauth_grants",
                "oauth_refresh_tokens",
                "security_events",
                "outbox",
            )
            for row in (await session.execute(text(f"SELECT * FROM {table}"))).all()
        ]
    secrets = [mill.secret, code, held["access_token"], held["refresh_token"], held["refresh_token"].split(".")[1]]
    assert not [secret for secret in secrets if any(str(secret) in row for row in rows)]


async def test_a_narrower_scope_at_refresh_is_for_that_token_alone(owner: Owner, mill: App) -> None:
    held = await tokens_of(owner, mill)
    narrow = (await mill.refresh(held["refresh_token"], scope="market:read")).json()
    assert narrow["scope"] == "market:read"
    assert jwt.get_unverified_claims(narrow["access_token"])["scope"] == "market:read"
    assert (await mill.refresh(narrow["refresh_token"])).json()["scope"] == SCOPE


async def test_the_same_client_that_lost_the_answer_gets_it_again(owner: Owner, mill: App, clock: FixedClock) -> None:
    held = await tokens_of(owner, mill)
    first = (await mill.refresh(held["refresh_token"])).json()["refresh_token"]
    clock.move(timedelta(seconds=9))
    assert (await mill.refresh(held["refresh_token"])).json()["refresh_token"] == first


async def test_connected_apps_are_listed_and_disconnected(owner: Owner, mill: App, register_app: RegisterApp) -> None:
    other = await register_app(name="Ledger", redirect_uris=[REDIRECT])
    held = await tokens_of(owner, mill)
    await tokens_of(owner, mill, scope="orders:read")
    await tokens_of(owner, other)
    items = (await owner.http.get("/api/users/me/apps/")).json()["items"]
    assert [(one["name"], one["scopes"]) for one in items] == [
        ("Ledger", ["alerts:read", "market:read"]),
        ("Chart Mill", ["alerts:read", "market:read", "orders:read"]),
    ]
    assert (await owner.http.delete(f"/api/users/me/apps/{mill.client_id}/")).status_code == 204
    assert not await mill.is_active(held["access_token"])
    assert not await mill.is_active(held["refresh_token"])
    assert [one["name"] for one in (await owner.http.get("/api/users/me/apps/")).json()["items"]] == ["Ledger"]
    kinds = [one["kind"] for one in (await owner.http.get("/api/users/me/security-log/")).json()["items"]]
    assert kinds[0] == "app_revoked"
    assert "app_authorised" in kinds


async def test_the_list_costs_the_same_for_one_and_for_many(owner: Owner, mill: App, register_app: RegisterApp) -> None:
    await tokens_of(owner, mill)
    with statements() as one:
        await owner.http.get("/api/users/me/apps/")
    for number in range(3):
        await tokens_of(owner, await register_app(name=f"App {number}"))
    with statements() as many:
        await owner.http.get("/api/users/me/apps/")
    assert len(one) == len(many)


async def test_the_oldest_of_too_many_grants_ends(owner: Owner, mill: App, clock: FixedClock) -> None:
    held = []
    for _ in range(11):
        held.append(await tokens_of(owner, mill))
        clock.move(timedelta(seconds=1))
    found = [await mill.is_active(one["refresh_token"]) for one in held]
    assert found == [False] + [True] * 10


async def test_a_grant_ends_after_a_year(owner: Owner, mill: App, clock: FixedClock, db: Database) -> None:
    token = (await tokens_of(owner, mill))["refresh_token"]
    for _ in range(12):
        clock.move(timedelta(days=29))
        token = (await mill.refresh(token)).json()["refresh_token"]
    clock.move(timedelta(days=17, seconds=1))
    assert (await mill.refresh(token)).json()["error"] == "invalid_grant"
    clock.move(timedelta(days=8))
    await purge_ended(db, clock)
    async with db.read() as session:
        assert await session.scalar(text("SELECT count(*) FROM oauth_grants")) == 0


class TestRegistering:
    async def test_an_app_is_changed_and_its_secret_renewed(self, developer: Owner, mill: App, owner: Owner) -> None:
        path = f"/api/oauth/apps/{mill.client_id}/"
        changed = await developer.http.patch(path, json={"name": "Mill", "redirect_uris": ["http://localhost:5000/cb"]})
        assert changed.json()["redirect_uris"] == ["http://localhost:5000/cb"]
        renewed = await developer.http.post(path + "secret/", json={})
        assert renewed.status_code == 201
        assert (await mill.post("/api/oauth/introspect/", token="x")).status_code == 401
        mill.secret = renewed.json()["client_secret"]
        assert not await mill.is_active("x")
        (listed,) = (await developer.http.get("/api/oauth/apps/")).json()["items"]
        assert "client_secret" not in listed

    async def test_with_the_app_goes_what_it_was_given(self, developer: Owner, mill: App, owner: Owner) -> None:
        held = await tokens_of(owner, mill)
        assert (await developer.http.delete(f"/api/oauth/apps/{mill.client_id}/")).status_code == 204
        assert (await mill.refresh(held["refresh_token"])).json()["error"] == "invalid_client"
        assert (await owner.http.get("/api/users/me/apps/")).json()["items"] == []

    async def test_a_public_app_has_no_secret(self, developer: Owner, register_app: RegisterApp) -> None:
        app = await register_app(confidential=False)
        assert app.secret is None
        assert (await developer.http.post(f"/api/oauth/apps/{app.client_id}/secret/", json={})).status_code == 409

    async def test_there_are_ten_at_most(self, developer: Owner, register_app: RegisterApp) -> None:
        for number in range(10):
            await register_app(name=f"App {number}")
        body: dict[str, Any] = {"name": "One more", "redirect_uris": [REDIRECT]}
        assert (await developer.http.post("/api/oauth/apps/", json=body)).status_code == 409

    @pytest.mark.parametrize(
        "changes",
        [
            {"redirect_uris": []},
            {"redirect_uris": [REDIRECT] * 11},
            {"name": "x"},
            {"name": "ShareWise Support"},
            {"name": "S h a r e - w i s e"},
            {"name": "\uff33hareWise"},
            {"owner_id": "0198c5a4-0000-7000-8000-000000000001"},
        ],
    )
    async def test_what_cannot_be_is_refused(self, developer: Owner, changes: dict[str, Any]) -> None:
        body = {"name": "Chart Mill", "redirect_uris": [REDIRECT], **changes}
        assert (await developer.http.post("/api/oauth/apps/", json=body)).status_code == 422

    async def test_another_developers_app_is_not_there(self, owner: Owner, mill: App) -> None:
        path = f"/api/oauth/apps/{mill.client_id}/"
        answers = [
            await owner.http.patch(path, json={"name": "Mine"}),
            await owner.http.post(path + "secret/", json={}),
            await owner.http.delete(path),
            await owner.http.delete(f"/api/users/me/apps/{mill.client_id}/"),
        ]
        assert [answer.status_code for answer in answers] == [404] * 4
        assert (await owner.http.get("/api/oauth/apps/")).json()["items"] == []
