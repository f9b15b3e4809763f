"""OAuth under attack: stolen codes and tokens, addresses that are nearly right, more than was given."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from jose import jwt
from sqlalchemy import update

from libs.common.clock import FixedClock
from libs.common.db import Database
from libs.common.errors import ErrorCode
from libs.common.security.permissions import SCOPES
from libs.common.security.tokens import new_secret
from libs.common.testing.tokens import Tokens
from services.auth.accounts.tables import User
from services.auth.tests.integrators.apps import ISSUER, REDIRECT, App, RegisterApp, allow, query_of, tokens_of
from services.auth.tests.integrators.support import Owner, OwnerWith

STRANGER = {"user-agent": "thief/1"}


def refused(answer: httpx.Response, error: str) -> bool:
    return (answer.status_code, answer.json().get("error")) == (401 if error == "invalid_client" else 400, error)


class TestCodes:
    async def test_a_replay_ends_what_the_first_use_gave(self, owner: Owner, mill: App) -> None:
        code = (await allow(owner, mill))["code"]
        held = (await mill.redeem(code)).json()
        assert await mill.is_active(held["access_token"])
        assert refused(await mill.redeem(code), "invalid_grant")
        assert not await mill.is_active(held["access_token"])
        assert refused(await mill.refresh(held["refresh_token"]), "invalid_grant")

    async def test_a_guess_at_a_used_code_ends_nothing(
        self, owner: Owner, mill: App, register_app: RegisterApp
    ) -> None:
        code = (await allow(owner, mill))["code"]
        held = (await mill.redeem(code)).json()
        assert refused(await mill.redeem(code, code_verifier=new_secret(48)), "invalid_grant")
        assert refused(await (await register_app(name="Other")).redeem(code), "invalid_grant")
        assert await mill.is_active(held["access_token"]), "who lacks the verifier has no say about the grant"

    async def test_one_of_fifty_at_once_gets_tokens(self, owner: Owner, mill: App) -> None:
        code = (await allow(owner, mill))["code"]
        answers = await asyncio.gather(*(mill.redeem(code) for _ in range(50)))
        assert sorted(answer.status_code for answer in answers) == [200] + [400] * 49

    async def test_it_is_good_for_a_minute(self, owner: Owner, mill: App, clock: FixedClock) -> None:
        code = (await allow(owner, mill))["code"]
        clock.move(timedelta(seconds=60))
        assert refused(await mill.redeem(code), "invalid_grant")

    async def test_it_is_bound_to_app_address_and_verifier(
        self, owner: Owner, mill: App, register_app: RegisterApp
    ) -> None:
        other = await register_app(name="Other", redirect_uris=[REDIRECT, "https://charts.example/other"])
        other.verifier = mill.verifier
        code = (await allow(owner, mill))["code"]
        for answer in (
            await other.redeem(code),
            await mill.redeem(code, redirect_uri="https://charts.example/other"),
            await mill.redeem(code, redirect_uri=None),
            await mill.redeem(code, code_verifier=new_secret(48)),
            await mill.redeem(code, code_verifier=mill.challenge),
            await mill.redeem("oac_" + new_secret()),
        ):
            assert refused(answer, "invalid_grant"), answer.text
        assert refused(await mill.redeem(code, code_verifier=None), "invalid_request")
        assert refused(await mill.redeem(code, code_verifier="short"), "invalid_request")
        assert (await mill.redeem(code)).status_code == 200, "nobody's try used it up"

    async def test_an_app_proves_who_it_is(self, owner: Owner, mill: App, register_app: RegisterApp) -> None:
        code = (await allow(owner, mill))["code"]
        public = await register_app(name="Public", confidential=False)
        for answer in (
            await mill.post("/api/oauth/token/", secret=None, grant_type="authorization_code", code=code),
            await mill.post("/api/oauth/token/", secret="ocs_wrong", grant_type="authorization_code", code=code),
            await public.post("/api/oauth/token/", secret="any", grant_type="authorization_code", code=code),
            await mill.post("/api/oauth/token/", grant_type="authorization_code", code=code, client_id=str(uuid4())),
            await public.post("/api/oauth/introspect/", token=code),
        ):
            assert answer.status_code in (400, 401), answer.text
            assert answer.json()["error"] == "invalid_client", answer.text

    async def test_no_other_grant_is_there(self, mill: App, owner: Owner) -> None:
        for kind in ("password", "client_credentials", "implicit", "urn:ietf:params:oauth:grant-type:device_code", "x"):
            answer = await mill.post("/api/oauth/token/", grant_type=kind, username="a", password="b")
            assert refused(answer, "unsupported_grant_type"), answer.text

    async def test_a_locked_person_gets_nothing(self, owner: Owner, mill: App, db: Database) -> None:
        code = (await allow(owner, mill))["code"]
        held = await tokens_of(owner, mill)
        async with db.transaction() as tx:
            await tx.session.execute(update(User).where(User.id == owner.id).values(status="locked"))
        assert refused(await mill.redeem(code), "invalid_grant")
        assert refused(await mill.refresh(held["refresh_token"]), "invalid_grant")


class TestAsking:
    @pytest.mark.parametrize(
        ("changes", "error"),
        [
            ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
            ({"code_challenge": None}, "invalid_request"),
            ({"code_challenge_method": None}, "invalid_request"),
            ({"code_challenge_method": "plain"}, "invalid_request"),
            ({"code_challenge": "x" * 42}, "invalid_request"),
            ({"scope": None}, "invalid_scope"),
            ({"scope": ""}, "invalid_scope"),
            ({"scope": "user"}, "invalid_scope"),
            ({"scope": "market:read users:manage"}, "invalid_scope"),
            ({"scope": "billing:write"}, "invalid_scope"),
            ({"response_type": "token"}, "unsupported_response_type"),
            ({"response_type": "code token"}, "unsupported_response_type"),
            ({"response_type": "id_token"}, "unsupported_response_type"),
            ({"response_type": None}, "unsupported_response_type"),
        ],
    )
    @pytest.mark.parametrize("method", ["GET", "POST"])
    async def test_a_known_app_is_told_what_is_wrong(
        self, owner: Owner, mill: App, changes: dict[str, Any], error: str, method: str
    ) -> None:
        asked = mill.asking(**changes)
        if method == "GET":
            answer = await owner.http.get("/api/oauth/authorize/", params=asked)
        else:
            answer = await owner.http.post("/api/oauth/authorize/", json={**asked, "allow": True})
        assert (answer.status_code, answer.json()["code"]) == (400, ErrorCode.APP_REQUEST_REFUSED), answer.text
        assert answer.json()["error"] == error
        back = answer.json()["redirect_to"]
        assert back.startswith(REDIRECT + "?")
        assert {name: query_of(back)[name] for name in ("error", "state", "iss")} == {
            "error": error,
            "state": "af0ifjsldkj",
            "iss": ISSUER,
        }

    @pytest.mark.parametrize(
        "changes",
        [
            {"client_id": None},
            {"client_id": "0198c5a4-0000-7000-8000-000000000001"},
            {"client_id": "x' OR 1=1 --"},
            {"redirect_uri": None},
            {"redirect_uri": REDIRECT + "/"},
            {"redirect_uri": REDIRECT + "/more"},
            {"redirect_uri": REDIRECT + "?next=evil"},
            {"redirect_uri": REDIRECT + "#fragment"},
            {"redirect_uri": REDIRECT.upper()},
            {"redirect_uri": "https://CHARTS.example/callback"},
            {"redirect_uri": "https://charts.example/Callback"},
            {"redirect_uri": "https://charts.example:443/callback"},
            {"redirect_uri": "https://charts.example@evil.example/callback"},
            {"redirect_uri": "https://evil.example\\@charts.example/callback"},
            {"redirect_uri": "https://charts.example.evil.example/callback"},
            {"redirect_uri": "https://charts.example/callback/../other"},
            {"redirect_uri": "https://charts.example/%63allback"},
            {"redirect_uri": "http://charts.example/callback"},
            {"redirect_uri": "//charts.example/callback"},
            {"redirect_uri": "javascript:alert(1)"},
            {"redirect_uri": 'https://charts.example/callback"'},
            {"redirect_uri": "https://ch\u0430rts.example/callback"},
            {"redirect_uri": "https://evil.example/callback", "response_type": "token"},
            {"redirect_uri": "https://evil.example/callback", "scope": "users:manage"},
        ],
    )
    async def test_nobody_is_sent_to_an_address_that_is_not_the_apps(
        self, owner: Owner, mill: App, changes: dict[str, Any]
    ) -> None:
        asked = mill.asking(**changes)
        for allow_it in (None, True, False):
            if allow_it is None:
                answer = await owner.http.get("/api/oauth/authorize/", params=asked)
            else:
                answer = await owner.http.post("/api/oauth/authorize/", json={**asked, "allow": allow_it})
            assert (answer.status_code, answer.json()["code"]) == (400, ErrorCode.APP_REQUEST_REFUSED), answer.text
            assert answer.json()["redirect_to"] is None
            assert "evil" not in str(answer.headers)

    async def test_a_parameter_twice_is_refused(self, owner: Owner, mill: App) -> None:
        twice = [*mill.asking().items(), ("redirect_uri", "https://evil.example/")]
        answer = await owner.http.get("/api/oauth/authorize/", params=twice)
        assert answer.status_code in (400, 422)
        form = f"grant_type=authorization_code&grant_type=refresh_token&client_id={mill.client_id}"
        headers = {"content-type": "application/x-www-form-urlencoded"}
        assert (await owner.http.post("/api/oauth/token/", content=form, headers=headers)).status_code == 400

    @pytest.mark.parametrize(
        "claims",
        [
            {"scope": " ".join(sorted(SCOPES)), "client_id": "0198c5a4-0000-7000-8000-000000000001"},
            {"act": Tokens.act(), "ttl": timedelta(minutes=15)},
        ],
    )
    async def test_only_the_person_decides(self, owner_with: OwnerWith, mill: App, claims: dict[str, Any]) -> None:
        other = await owner_with(**claims)
        assert (await other.http.get("/api/oauth/authorize/", params=mill.asking())).status_code == 403
        body = {**mill.asking(), "allow": True}
        assert (await other.http.post("/api/oauth/authorize/", json=body)).status_code == 403
        assert (await other.http.get("/api/users/me/apps/")).status_code == 403

    async def test_a_form_of_another_page_decides_nothing(self, owner: Owner, mill: App) -> None:
        """What a browser would send by itself: cookies, and a form. The bearer token is not among them."""
        form = {name: str(value) for name, value in {**mill.asking(), "allow": "true"}.items()}
        transport = httpx.ASGITransport(app=mill.asgi)
        async with httpx.AsyncClient(transport=transport, base_url=ISSUER, cookies={"rt": "x"}) as browser:
            assert (await browser.post("/api/oauth/authorize/", data=form)).status_code in (401, 415)
        assert (await owner.http.post("/api/oauth/authorize/", data=form)).status_code == 415

    async def test_orders_need_a_strong_login_and_an_app_with_a_secret(
        self, owner_with: OwnerWith, mill: App, register_app: RegisterApp, clock: FixedClock
    ) -> None:
        weak = await owner_with("weak@example.com")
        body = {**mill.asking(scope="orders:write"), "allow": True}
        answer = await weak.http.post("/api/oauth/authorize/", json=body)
        assert (answer.status_code, answer.json()["code"]) == (403, ErrorCode.SECOND_FACTOR_REQUIRED)
        long_ago = int((clock.now() - timedelta(minutes=6)).timestamp())
        stale = await owner_with("stale@example.com", amr=["pwd", "otp"], auth_time=long_ago)
        answer = await stale.http.post("/api/oauth/authorize/", json=body)
        assert (answer.status_code, answer.json()["code"]) == (403, ErrorCode.STEP_UP_REQUIRED)
        strong = await owner_with("strong@example.com", amr=["pwd", "hwk"])
        assert (await tokens_of(strong, mill, scope="orders:write"))["scope"] == "orders:write"
        public = await register_app(name="Public", confidential=False)
        answer = await strong.http.get("/api/oauth/authorize/", params=public.asking(scope="orders:write"))
        assert answer.json()["error"] == "invalid_scope"


class TestRefreshing:
    async def test_a_used_token_ends_the_family_and_the_owner_hears_of_it(
        self, owner: Owner, mill: App, clock: FixedClock
    ) -> None:
        held = await tokens_of(owner, mill)
        renewed = (await mill.refresh(held["refresh_token"])).json()
        clock.move(timedelta(seconds=11))
        assert refused(await mill.refresh(held["refresh_token"]), "invalid_grant")
        assert refused(await mill.refresh(renewed["refresh_token"]), "invalid_grant")
        assert not await mill.is_active(renewed["access_token"])
        (event, *_) = (await owner.http.get("/api/users/me/security-log/")).json()["items"]
        assert (event["kind"], event["details"]["reason"]) == ("app_revoked", "reuse_detected")

    async def test_another_client_has_no_grace(self, owner: Owner, register_app: RegisterApp) -> None:
        public = await register_app(confidential=False)
        held = await tokens_of(owner, public)
        await public.refresh(held["refresh_token"])
        fields = {"grant_type": "refresh_token", "refresh_token": held["refresh_token"], "client_id": public.client_id}
        transport = httpx.ASGITransport(app=public.asgi)
        async with httpx.AsyncClient(transport=transport, base_url=ISSUER, headers=STRANGER) as thief:
            assert refused(await thief.post("/api/oauth/token/", data=fields), "invalid_grant")
        assert (await owner.http.get("/api/users/me/apps/")).json()["items"] == []

    async def test_fifty_at_once_get_one_successor(self, owner: Owner, mill: App) -> None:
        held = await tokens_of(owner, mill)
        answers = await asyncio.gather(*(mill.refresh(held["refresh_token"]) for _ in range(50)))
        assert {answer.status_code for answer in answers} == {200}
        assert len({answer.json()["refresh_token"] for answer in answers}) == 1

    @pytest.mark.parametrize("scope", ["orders:write", "alerts:read market:read orders:read", "user", "users:manage"])
    async def test_more_than_was_given_is_refused(self, owner: Owner, mill: App, scope: str) -> None:
        held = await tokens_of(owner, mill)
        assert refused(await mill.refresh(held["refresh_token"], scope=scope), "invalid_scope")
        assert (await mill.refresh(held["refresh_token"])).status_code == 200, "the token was not used up"

    async def test_a_scope_at_the_code_changes_nothing(self, owner: Owner, mill: App) -> None:
        answer = await mill.redeem((await allow(owner, mill, scope="market:read"))["code"], scope="orders:write")
        assert answer.json()["scope"] == "market:read"
        assert jwt.get_unverified_claims(answer.json()["access_token"])["scope"] == "market:read"

    async def test_another_apps_token_says_and_ends_nothing(
        self, owner: Owner, mill: App, register_app: RegisterApp
    ) -> None:
        other = await register_app(name="Other")
        held = await tokens_of(owner, mill)
        for token in (held["access_token"], held["refresh_token"]):
            assert not await other.is_active(token)
            assert (await other.post("/api/oauth/revoke/", token=token)).status_code == 400
        assert refused(await other.refresh(held["refresh_token"]), "invalid_grant")
        assert await mill.is_active(held["refresh_token"])

    async def test_a_persons_own_token_is_no_apps(self, owner: Owner, mill: App) -> None:
        own = owner.http.headers["authorization"].removeprefix("Bearer ")
        for token in (own, "x", "", "ort_" + "0" * 32 + "." + "A" * 43, "eyJ.eyJ.x"):
            assert not await mill.is_active(token)
            assert (await mill.post("/api/oauth/revoke/", token=token)).status_code == 200

    async def test_an_app_does_no_more_than_it_was_given(self, owner: Owner, mill: App, app: FastAPI) -> None:
        token = (await tokens_of(owner, mill, scope=" ".join(sorted(SCOPES - {"orders:write"}))))["access_token"]
        transport = httpx.ASGITransport(app=app)
        headers = {"authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(transport=transport, base_url=ISSUER, headers=headers) as http:
            for path in (
                "/api/api-keys/",
                "/api/oauth/apps/",
                "/api/users/me/apps/",
                "/api/auth/sessions/",
                "/api/users/me/",
            ):
                assert (await http.get(path)).status_code == 403, path
