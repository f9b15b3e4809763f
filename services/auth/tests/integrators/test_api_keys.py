"""API keys: who may make which, and what becomes of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from jose import jwt
from sqlalchemy import text

from libs.common.clock import FixedClock
from libs.common.db import Database
from libs.common.errors import ErrorCode
from libs.common.events.envelope import Envelope
from libs.common.security.api_keys import ApiKey
from libs.common.security.permissions import SCOPES
from libs.common.testing.client import ClientFor
from libs.common.testing.statements import statements
from libs.common.testing.tokens import Tokens
from libs.contracts.auth import ActionRecorded, SecurityNoticed
from services.auth.api_keys.service import KeyUpkeep
from services.auth.tests.integrators.peers import FakeBilling
from services.auth.tests.integrators.support import BODY, ORDERS, Exchange, Owner, OwnerWith, make


class TestMaking:
    async def test_the_key_is_shown_once_and_only_its_hash_is_kept(self, owner: Owner, db: Database) -> None:
        made = await make(owner)
        secret = ApiKey.parse(made["key"]).secret
        assert made["prefix"] + "_" == made["key"][:17]
        assert made["last_used_at"] is None
        listed = await owner.http.get("/api/api-keys/")
        assert made["key"] not in listed.text
        assert secret not in listed.text
        assert listed.json()["items"] == [{name: value for name, value in made.items() if name != "key"}]
        async with db.read() as session:
            kept = await session.scalar(text("SELECT k::text || s::text FROM api_keys k, api_key_secrets s"))
        assert kept is not None
        assert secret not in kept

    async def test_it_ends_by_itself(self, owner: Owner, exchange: Exchange, clock: FixedClock) -> None:
        made = await make(owner, expires_in_days=1)
        clock.move(timedelta(days=1, seconds=-30))
        short = (await exchange(made["key"])).json()
        assert short["expires_in"] == 30, "a token does not outlive its key"
        clock.move(timedelta(seconds=30))
        assert (await exchange(made["key"])).status_code == 404

    @pytest.mark.parametrize(
        "changes",
        [
            {"scopes": []},
            {"scopes": ["users:manage"]},
            {"scopes": ["user"]},
            {"scopes": ["billing:write"]},
            {"scopes": ["market:read", "tickets:manage"]},
            {"scopes": ["market:read "]},
            {"networks": ["0.0.0.0/0"]},
            {"networks": ["203.0.113.1"] * 21},
            {"networks": ["x" * 51]},
            {"expires_in_days": 366},
            {"expires_in_days": 0},
            {"name": ""},
            {"name": "x" * 61},
            {"name": "a\nb"},
            {"kind": "root"},
            {"user_id": "0198c5a4-0000-7000-8000-000000000001"},
            {"created_by": "0198c5a4-0000-7000-8000-000000000001"},
        ],
    )
    async def test_what_cannot_be_is_refused(self, owner: Owner, changes: dict[str, Any]) -> None:
        answer = await owner.http.post("/api/api-keys/", json={**BODY, **changes})
        assert (answer.status_code, answer.json()["code"]) == (422, ErrorCode.VALIDATION_FAILED)

    async def test_it_needs_a_login_of_a_moment_ago(self, owner_with: OwnerWith, clock: FixedClock) -> None:
        stale = await owner_with(auth_time=int((clock.now() - timedelta(minutes=6)).timestamp()))
        answer = await stale.http.post("/api/api-keys/", json=BODY)
        assert (answer.status_code, answer.json()["code"]) == (403, ErrorCode.STEP_UP_REQUIRED)

    @pytest.mark.parametrize(
        "claims",
        [
            {"scope": " ".join(sorted(SCOPES)), "client_id": "0198c5a4-0000-7000-8000-000000000001"},
            {"act": Tokens.act(), "ttl": timedelta(minutes=15)},
        ],
    )
    async def test_no_key_makes_or_sees_keys_and_nobody_who_acts_for_another(
        self, owner_with: OwnerWith, claims: dict[str, Any]
    ) -> None:
        other = await owner_with(**claims)
        assert (await other.http.post("/api/api-keys/", json=BODY)).status_code == 403
        assert (await other.http.get("/api/api-keys/")).status_code == 403

    async def test_orders_need_a_second_factor_and_a_list_of_addresses(self, owner_with: OwnerWith) -> None:
        weak = await owner_with("weak@example.com")
        answer = await weak.http.post("/api/api-keys/", json=ORDERS)
        assert (answer.status_code, answer.json()["code"]) == (403, ErrorCode.SECOND_FACTOR_REQUIRED)
        strong = await owner_with("strong@example.com", amr=["pwd", "otp"])
        answer = await strong.http.post("/api/api-keys/", json={**ORDERS, "networks": []})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "/networks")
        made = await make(strong, **ORDERS)
        answer = await strong.http.patch(f"/api/api-keys/{made['id']}/", json={"networks": []})
        assert answer.status_code == 422, "the list cannot be taken away later"

    async def test_the_plan_says_how_many(self, owner: Owner, billing: FakeBilling) -> None:
        billing.api_keys = 2
        await asyncio.gather(*(owner.http.post("/api/api-keys/", json=BODY) for _ in range(12)))
        assert len((await owner.http.get("/api/api-keys/")).json()["items"]) == 2
        answer = await owner.http.post("/api/api-keys/", json=BODY)
        assert answer.status_code == 402
        assert {name: answer.json()[name] for name in ("code", "limit", "used", "upgrade_to")} == {
            "code": "plan_limit",
            "limit": 2,
            "used": 2,
            "upgrade_to": "ELITE",
        }

    async def test_without_billing_there_is_no_new_key(self, owner: Owner, billing: FakeBilling) -> None:
        billing.is_away = True
        answer = await owner.http.post("/api/api-keys/", json=BODY)
        assert (answer.status_code, answer.json()["code"]) == (503, ErrorCode.UPSTREAM_UNAVAILABLE)

    async def test_billing_is_asked_with_our_own_token(self, owner: Owner, billing: FakeBilling) -> None:
        await make(owner)
        claims = jwt.get_unverified_claims(billing.asked[0].removeprefix("Bearer "))
        assert (claims["sub"], claims["aud"]) == ("service:auth", "billing")
        assert claims["exp"] - claims["iat"] <= 300

    async def test_the_owner_and_the_audit_trail_are_told(
        self, owner: Owner, db: Database, published: Callable[[Database], Awaitable[list[Envelope]]]
    ) -> None:
        made = await make(owner)
        await owner.http.patch(f"/api/api-keys/{made['id']}/", json={"name": "Other"})
        await owner.http.post(f"/api/api-keys/{made['id']}/rotate/", json={})
        await owner.http.delete(f"/api/api-keys/{made['id']}/")
        announced = await published(db)
        kinds = [one.data["kind"] for one in announced if one.type == SecurityNoticed.type]
        deeds = [one.data["record"]["action"] for one in announced if one.type == ActionRecorded.type]
        assert kinds == ["key_created", "key_changed", "key_rotated", "key_revoked"]
        assert deeds == ["session.opened", "api_key.created", "api_key.changed", "api_key.rotated", "api_key.revoked"]
        assert ApiKey.parse(made["key"]).secret not in str(announced)
        events = (await owner.http.get("/api/users/me/security-log/")).json()["items"]
        assert [event["kind"] for event in events] == list(reversed(kinds))

    async def test_a_list_costs_the_same_for_one_and_for_many(self, owner: Owner) -> None:
        await make(owner)
        with statements() as one:
            await owner.http.get("/api/api-keys/")
        for _ in range(4):
            await make(owner)
        with statements() as many:
            await owner.http.get("/api/api-keys/")
        assert len(one) == len(many)


class TestChanging:
    async def test_scopes_are_taken_away_and_never_added(self, owner: Owner, exchange: Exchange) -> None:
        made = await make(owner)
        before = jwt.get_unverified_claims((await exchange(made["key"])).json()["access_token"])
        changed = await owner.http.patch(f"/api/api-keys/{made['id']}/", json={"scopes": ["market:read"]})
        assert (changed.status_code, changed.json()["scopes"]) == (200, ["market:read"])
        after = jwt.get_unverified_claims((await exchange(made["key"])).json()["access_token"])
        assert after["scope"] == "market:read"
        assert after["sid"] != before["sid"], "tokens with more than that are taken back"
        wider = await owner.http.patch(f"/api/api-keys/{made['id']}/", json={"scopes": ["alerts:read", "market:read"]})
        assert (wider.status_code, wider.json()["errors"][0]["code"]) == (422, "not_narrower")

    async def test_a_new_list_ends_tokens_in_use(
        self, owner: Owner, exchange: Exchange, app: FastAPI, client_for: ClientFor
    ) -> None:
        made = await make(owner)
        token = (await exchange(made["key"])).json()["access_token"]
        await owner.http.patch(f"/api/api-keys/{made['id']}/", json={"networks": ["198.51.100.0/24"]})
        sid = jwt.get_unverified_claims(token)["sid"]
        async with app.state.db.read() as session:
            revoked = (await session.scalars(text("SELECT subject FROM revocations WHERE kind = 'sid'"))).all()
        assert revoked == [sid]
        assert (await exchange(made["key"])).status_code == 403

    async def test_nothing_to_change_is_refused(self, owner: Owner) -> None:
        made = await make(owner)
        assert (await owner.http.patch(f"/api/api-keys/{made['id']}/", json={})).status_code == 422

    async def test_another_persons_key_is_not_there(self, owner_with: OwnerWith) -> None:
        made = await make(await owner_with())
        stranger = await owner_with("ravi@example.com")
        path = f"/api/api-keys/{made['id']}/"
        answers = [
            await stranger.http.patch(path, json={"name": "Mine"}),
            await stranger.http.post(path + "rotate/", json={}),
            await stranger.http.delete(path),
        ]
        assert [answer.status_code for answer in answers] == [404, 404, 404]
        assert (await stranger.http.get("/api/api-keys/")).json()["items"] == []


class TestRotating:
    async def test_both_secrets_are_good_for_the_overlap(
        self, owner: Owner, exchange: Exchange, clock: FixedClock
    ) -> None:
        made = await make(owner)
        rotated = (await owner.http.post(f"/api/api-keys/{made['id']}/rotate/", json={"overlap_hours": 2})).json()
        assert rotated["id"] == made["id"]
        assert rotated["key"] != made["key"]
        assert rotated["old_secret_ends_at"] is not None
        assert {(await exchange(key)).status_code for key in (made["key"], rotated["key"])} == {200}
        clock.move(timedelta(hours=2))
        assert (await exchange(made["key"])).status_code == 404
        assert (await exchange(rotated["key"])).status_code == 200

    async def test_without_an_overlap_the_old_one_ends_and_the_new_one_does_not(
        self, owner: Owner, exchange: Exchange
    ) -> None:
        made = await make(owner)
        old_sid = jwt.get_unverified_claims((await exchange(made["key"])).json()["access_token"])["sid"]
        rotated = (await owner.http.post(f"/api/api-keys/{made['id']}/rotate/", json={})).json()
        assert (await exchange(made["key"])).status_code == 404
        new_sid = jwt.get_unverified_claims((await exchange(rotated["key"])).json()["access_token"])["sid"]
        assert old_sid != new_sid

    async def test_never_are_three_good(self, owner: Owner, exchange: Exchange) -> None:
        made = await make(owner)
        path = f"/api/api-keys/{made['id']}/rotate/"
        answers = await asyncio.gather(*(owner.http.post(path, json={"overlap_hours": 1}) for _ in range(20)))
        assert sorted(answer.status_code for answer in answers) == [201] + [409] * 19
        (won,) = [answer.json()["key"] for answer in answers if answer.status_code == 201]
        assert {(await exchange(key)).status_code for key in (made["key"], won)} == {200}
        last = (await owner.http.post(path, json={})).json()["key"]
        found = [(await exchange(key)).status_code for key in (made["key"], won, last)]
        assert found == [404, 404, 200], "a leaked key can be replaced at once, overlap or not"

    @pytest.mark.parametrize("hours", [25, -1, "x"])
    async def test_an_overlap_is_at_most_a_day(self, owner: Owner, hours: object) -> None:
        made = await make(owner)
        path = f"/api/api-keys/{made['id']}/rotate/"
        assert (await owner.http.post(path, json={"overlap_hours": hours})).status_code == 422


class TestEnding:
    async def test_a_revoked_key_is_gone(self, owner: Owner, exchange: Exchange) -> None:
        made = await make(owner)
        assert (await owner.http.delete(f"/api/api-keys/{made['id']}/")).status_code == 204
        assert (await exchange(made["key"])).status_code == 404
        assert (await owner.http.get("/api/api-keys/")).json()["items"] == []
        assert (await owner.http.delete(f"/api/api-keys/{made['id']}/")).status_code == 404

    async def test_it_goes_with_the_account(
        self, owner: Owner, exchange: Exchange, client: httpx.AsyncClient, tokens: Tokens
    ) -> None:
        made = await make(owner)
        headers = {"authorization": f"Bearer {tokens.service('auth', audience='auth')}"}
        kept = (await client.get(f"/internal/users/{owner.id}/export", headers=headers)).json()
        assert [key["name"] for key in kept["api_keys"]] == ["My screener"]
        assert made["key"] not in str(kept)
        assert (await client.post(f"/internal/users/{owner.id}/erase", headers=headers)).status_code == 204
        assert (await exchange(made["key"])).status_code == 404

    async def test_what_ended_long_ago_is_dropped(self, owner: Owner, db: Database, clock: FixedClock) -> None:
        await make(owner, expires_in_days=1)
        clock.move(timedelta(days=32))
        await KeyUpkeep(db, clock).purge_ended()
        async with db.read() as session:
            assert await session.scalar(text("SELECT count(*) FROM api_keys")) == 0
