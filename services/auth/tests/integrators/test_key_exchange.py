"""What the gateway gets for an API key."""

from __future__ import annotations

from datetime import timedelta

from jose import jwt
from sqlalchemy import update

from libs.common.clock import FixedClock
from libs.common.db import Database
from libs.common.errors import ErrorCode
from libs.common.security.api_keys import ApiKey, KeyKind
from libs.common.testing.tokens import Tokens
from libs.contracts.billing import EntitlementsChanged
from services.auth.accounts.tables import User
from services.auth.api_keys.service import KeyUpkeep
from services.auth.tests.integrators.peers import entitlements
from services.auth.tests.integrators.support import Exchange, Owner, make


class TestExchange:
    async def test_the_gateway_gets_a_short_token_with_the_keys_scopes(
        self, owner: Owner, exchange: Exchange, db: Database
    ) -> None:
        made = await make(owner, networks=["203.0.113.0/24"])
        answer = await exchange(made["key"])
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
        body = answer.json()
        claims = jwt.get_unverified_claims(body["access_token"])
        assert claims["sub"] == str(owner.id)
        assert (claims["client_id"], claims["scope"]) == (made["id"], "alerts:read market:read")
        assert claims["exp"] - claims["iat"] == body["expires_in"] == 300
        assert "test" not in claims
        assert (body["key_id"], body["networks"], body["calls_per_minute"]) == (made["id"], ["203.0.113.0/24"], 600)

    async def test_a_test_key_says_so(self, owner: Owner, exchange: Exchange) -> None:
        made = await make(owner, kind="test")
        assert made["key"].startswith("sw_test_")
        claims = jwt.get_unverified_claims((await exchange(made["key"])).json()["access_token"])
        assert claims["test"] is True

    async def test_a_test_key_is_not_made_a_live_one_by_its_first_word(self, owner: Owner, exchange: Exchange) -> None:
        key = ApiKey.parse((await make(owner, kind="test"))["key"])
        forged = ApiKey(KeyKind.LIVE, key.public_id, key.secret).text
        assert (await exchange(forged)).status_code == 404

    async def test_what_is_wrong_is_not_told(self, owner: Owner, exchange: Exchange) -> None:
        made = await make(owner)
        key = ApiKey.parse(made["key"])
        wrong = [
            ApiKey.generate(KeyKind.LIVE).text,
            ApiKey.generate(KeyKind.LIVE, key.public_id).text,
            made["key"][:-1] + ("A" if made["key"][-1] != "A" else "B"),
            "sw_live_nonsense",
            "",
        ]
        answers = [await exchange(text) for text in wrong]
        assert {answer.status_code for answer in answers} == {404}
        assert len({answer.json()["detail"] for answer in answers}) == 1

    async def test_another_address_is_refused(self, owner: Owner, exchange: Exchange) -> None:
        made = await make(owner, networks=["203.0.113.0/24"])
        assert (await exchange(made["key"], "198.51.100.1")).status_code == 403
        assert (await exchange(made["key"], "::ffff:203.0.113.9")).status_code == 200

    async def test_only_the_gateway_asks_and_only_with_that_scope(
        self, owner: Owner, exchange: Exchange, tokens: Tokens
    ) -> None:
        made = await make(owner)
        assert (await exchange(made["key"], scope="users:read")).status_code == 403
        alerts = tokens.service("alerts", audience="auth", scope="users:read keys:exchange")
        assert (await exchange(made["key"], token=alerts)).status_code == 403
        assert (await exchange(made["key"], token=tokens.user(owner.id))).status_code == 403
        assert (await exchange(made["key"], token="")).status_code == 401

    async def test_its_use_is_noted_once_a_minute(self, owner: Owner, exchange: Exchange, clock: FixedClock) -> None:
        made = await make(owner)

        async def last_used() -> str:
            (item,) = (await owner.http.get("/api/api-keys/")).json()["items"]
            return str(item["last_used_at"])

        await exchange(made["key"])
        first = await last_used()
        clock.move(timedelta(seconds=59))
        await exchange(made["key"])
        assert await last_used() == first
        clock.move(timedelta(seconds=1))
        await exchange(made["key"])
        assert await last_used() > first

    async def test_a_locked_owner_has_no_keys(self, owner: Owner, exchange: Exchange, db: Database) -> None:
        made = await make(owner)
        async with db.transaction() as tx:
            await tx.session.execute(update(User).values(status="suspended"))
        assert (await exchange(made["key"])).status_code == 404

    async def test_a_plan_without_api_serves_no_key(self, owner: Owner, exchange: Exchange, db: Database) -> None:
        made = await make(owner)
        event = EntitlementsChanged(entitlements=entitlements(owner.id, api_keys=0, calls=0))
        async with db.transaction() as tx:
            await KeyUpkeep(db, db.clock).note_plan(tx, event.entitlements)
        answer = await exchange(made["key"])
        assert (answer.status_code, answer.json()["code"]) == (402, ErrorCode.PLAN_FEATURE)
