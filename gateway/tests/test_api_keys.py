"""API keys at the door: swapped, kept, limited, and ended within a second; what is no good key costs its address."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from redis.asyncio import Redis

from gateway.tests.conftest import FakeService, OpenGateway, Running, entitlements
from gateway.tests.socket_client import APPLE, settled, socket_to
from libs.common.ids import uuid7
from libs.common.security.api_keys import ApiKey, KeyKind
from libs.common.security.revocation import Revocation, RevocationKind, publish
from libs.common.testing.tokens import Tokens
from libs.common.testing.waiting import eventually
from libs.contracts.auth import KeyToken

ALERTS = "/api/alerts/"
HOME = ("127.0.0.1/32",)
FAR = ("203.0.113.0/24",)


class Held:
    """A key that auth knows. `sid` may be another one later, as after a change of the key."""

    def __init__(
        self,
        door: Running,
        tokens: Tokens,
        *,
        scope: str = "alerts:read alerts:write market:read orders:write",
        networks: tuple[str, ...] = (),
        calls: int = 600,
        ttl_s: int = 300,
        **claims: object,
    ) -> None:
        self.key = ApiKey.generate(KeyKind.LIVE).text
        self.id, self.user, self.sid = uuid7(), uuid7(), uuid7()
        self.networks = networks
        self._tokens, self._scope, self._calls, self._ttl_s, self._claims = tokens, scope, calls, ttl_s, claims
        door.billing.keys[self.key] = self.give

    def give(self) -> KeyToken:
        token = self._tokens.user(
            self.user,
            scope=self._scope,
            sid=self.sid,
            ttl=timedelta(seconds=self._ttl_s),
            client_id=str(self.id),
            **self._claims,
        )
        return KeyToken(
            access_token=token,
            expires_in=self._ttl_s,
            key_id=self.id,
            networks=self.networks,
            calls_per_minute=self._calls,
        )

    @property
    def headers(self) -> dict[str, str]:
        return {"x-api-key": self.key}


Hold = Callable[..., Held]


@pytest.fixture
def held(door: Running, tokens: Tokens) -> Held:
    return Held(door, tokens)


async def revoke(door: Running, redis: Redis, sid: UUID) -> None:
    await publish(redis, Revocation(RevocationKind.SID, str(sid), 4_000_000_000))
    revocations = door.gateway.security.verifier.revocations
    await eventually(lambda: settled(revocations.is_revoked("", str(sid), "", 1)))


class TestTheSwap:
    @pytest.mark.parametrize("form", ["x-api-key", "bearer", "Bearer"])
    async def test_the_service_sees_a_token_and_never_the_key(
        self, door: Running, service: FakeService, held: Held, form: str
    ) -> None:
        headers = held.headers if form == "x-api-key" else {"authorization": f"{form} {held.key}"}
        assert (await door.http.get(ALERTS, headers=headers)).status_code == 200
        (seen,) = service.received
        assert seen.one("x-api-key") is None
        token = seen.one("authorization")
        assert token is not None
        claims = base64.urlsafe_b64decode(token.split(".")[1] + "==").decode()
        assert str(held.id) in claims
        assert held.key not in repr(seen)

    async def test_it_is_asked_for_once_however_many_come(self, door: Running, held: Held) -> None:
        door.billing.exchange_may_end.clear()
        calls = [asyncio.create_task(door.http.get(ALERTS, headers=held.headers)) for _ in range(20)]
        await eventually(lambda: settled(door.billing.shown))
        door.billing.exchange_may_end.set()
        assert {(await call).status_code for call in calls} == {200}
        await door.http.get(ALERTS, headers=held.headers)
        assert door.billing.shown == [(held.key, "127.0.0.1")]

    async def test_one_who_leaves_does_not_take_the_answer_from_the_others(self, door: Running, held: Held) -> None:
        door.billing.exchange_may_end.clear()
        leaver = asyncio.create_task(door.http.get(ALERTS, headers=held.headers))
        await eventually(lambda: settled(door.billing.shown))
        stayer = asyncio.create_task(door.http.get(ALERTS, headers=held.headers))
        leaver.cancel()
        await asyncio.gather(leaver, return_exceptions=True)
        door.billing.exchange_may_end.set()
        assert (await stayer).status_code == 200

    async def test_a_token_is_renewed_before_its_end_and_used_on_while_auth_is_away(
        self, door: Running, tokens: Tokens
    ) -> None:
        held = Held(door, tokens, ttl_s=300)
        assert (await door.http.get(ALERTS, headers=held.headers)).status_code == 200
        kept = next(iter(door.gateway.keys._kept.values()))
        assert kept.ends_at - kept.renew_at == pytest.approx(30)
        kept.renew_at = 0
        door.billing.is_away = True
        assert (await door.http.get(ALERTS, headers=held.headers)).status_code == 200
        assert len(door.billing.shown) == 2
        kept.ends_at = 0
        answer = await door.http.get(ALERTS, headers=held.headers)
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        door.billing.is_away = False
        assert (await door.http.get(ALERTS, headers=held.headers)).status_code == 200, "away is never kept as refused"

    async def test_a_public_route_takes_no_key_and_passes_none_on(
        self, door: Running, service: FakeService, held: Held
    ) -> None:
        for headers in (held.headers, {"authorization": f"Bearer {held.key}"}):
            assert (await door.http.get("/api/plans/", headers=headers)).status_code == 200
        assert held.key not in repr(service.received)
        assert door.billing.shown == []

    async def test_a_login_still_goes_on_unchanged(
        self, door: Running, service: FakeService, bearer: dict[str, str]
    ) -> None:
        await door.http.get(ALERTS, headers=bearer)
        assert service.received[0].one("authorization") == bearer["authorization"]


class TestWhatIsRefused:
    @pytest.mark.parametrize("name", ["api_key", "x", "token"])
    @pytest.mark.parametrize("path", [ALERTS, "/api/plans/", "/docs", "/"])
    async def test_a_key_in_an_address(
        self, door: Running, held: Held, service: FakeService, path: str, name: str
    ) -> None:
        for text in (held.key, held.key.replace("_", "%5F"), held.key.replace("_", "%5f")):
            answer = await door.http.get(f"{path}?a=1&{name}={text}", headers=held.headers)
            assert answer.status_code == 400
            assert "address" in answer.json()["detail"]
            assert held.key not in answer.text
        assert service.received == []

    async def test_two_credentials(self, door: Running, held: Held, bearer: dict[str, str]) -> None:
        assert (await door.http.get(ALERTS, headers={**held.headers, **bearer})).status_code == 400
        lines = [f"GET {ALERTS} HTTP/1.1", "Host: 127.0.0.1", f"X-API-Key: {held.key}", "X-API-Key: x"]
        request = "\r\n".join([*lines, "Connection: close", "", ""])
        assert b" 400 " in (await door.raw(request.encode())).split(b"\r\n")[0]

    @pytest.mark.parametrize("text", ["", "x", "sw_live_", "sw_live_AAAAAAAA_" + "A" * 49, "sw_live_é"])
    async def test_a_typo_costs_auth_nothing(self, door: Running, text: str) -> None:
        answer = await door.http.get(ALERTS, headers={"x-api-key": text.encode()})
        assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
        assert door.billing.shown == []

    async def test_an_unknown_key_is_asked_for_once_in_some_seconds(self, door: Running) -> None:
        key = ApiKey.generate(KeyKind.LIVE).text
        for _ in range(5):
            assert (await door.http.get(ALERTS, headers={"x-api-key": key})).status_code == 401
        assert len(door.billing.shown) == 1
        door.gateway.keys._now = lambda: 4_000_000_000.0
        await door.http.get(ALERTS, headers={"x-api-key": key})
        assert len(door.billing.shown) == 2

    async def test_guesses_do_not_lock_the_good_key_out(self, door: Running, held: Held) -> None:
        good = ApiKey.parse(held.key)
        for _ in range(30):
            guess = ApiKey.generate(KeyKind.LIVE, good.public_id).text
            assert (await door.http.get(ALERTS, headers={"x-api-key": guess})).status_code == 401
        assert (await door.http.get(ALERTS, headers=held.headers)).status_code == 200

    async def test_a_flood_of_unknown_keys_is_429_and_the_good_key_of_the_same_address_still_serves(
        self, open_gateway: OpenGateway, redis: Redis, tokens: Tokens
    ) -> None:
        async with open_gateway(limit_factor=0.05) as door:
            held = Held(door, tokens, calls=60_000)
            found = [
                (await door.http.get(ALERTS, headers={"x-api-key": ApiKey.generate(KeyKind.LIVE).text})).status_code
                for _ in range(12)
            ]
            assert set(found) == {401, 429}
            assert (await door.http.get(ALERTS, headers=held.headers)).status_code == 200

    async def test_one_address_asks_four_at_a_time(self, door: Running) -> None:
        door.billing.exchange_may_end.clear()
        calls = [
            asyncio.create_task(door.http.get(ALERTS, headers={"x-api-key": ApiKey.generate(KeyKind.LIVE).text}))
            for _ in range(12)
        ]
        await eventually(lambda: settled(len(door.gateway.keys._flights) == 12 and door.billing.shown))
        assert len(door.billing.shown) == 4
        door.billing.exchange_may_end.set()
        assert {(await call).status_code for call in calls} <= {401, 429}
        assert len(door.billing.shown) == 12
        assert door.gateway.keys._lanes == {}

    async def test_another_address_at_the_exchange_and_at_every_request(
        self, open_gateway: OpenGateway, redis: Redis, tokens: Tokens
    ) -> None:
        async with open_gateway(trusted_hops="127.0.0.1/32") as door:
            held = Held(door, tokens, networks=FAR)

            async def call(address: str) -> int:
                answer = await door.http.get(ALERTS, headers={**held.headers, "x-forwarded-for": address})
                return answer.status_code

            assert await call("198.51.100.7") == 403
            assert await call("203.0.113.7") == 200, "the refusal was for the other address"
            assert await call("198.51.100.8") == 403
            assert await call("203.0.113.8") == 200
            assert [address for _, address in door.billing.shown] == ["198.51.100.7", "203.0.113.7"]


class TestLimits:
    async def test_a_key_has_the_limit_of_its_plan_and_says_so(self, door: Running, tokens: Tokens) -> None:
        held, other = Held(door, tokens, calls=10), Held(door, tokens, calls=10)
        answers = [await door.http.get(ALERTS, headers=held.headers) for _ in range(12)]
        factor = door.gateway.settings.factor
        assert answers[0].headers["ratelimit-policy"] == f'"api";q={int(10 * factor)};w=60'
        assert answers[0].headers["ratelimit"].startswith('"api";r=')
        assert [answer.status_code for answer in answers].count(429) == 12 - 2 * factor
        assert (await door.http.get(ALERTS, headers=other.headers)).status_code == 200, "each key counts for itself"

    async def test_orders_count_also_against_the_persons_own_limit(
        self, open_gateway: OpenGateway, redis: Redis, tokens: Tokens
    ) -> None:
        async with open_gateway(limit_factor=0.5) as door:
            held = Held(door, tokens, calls=60_000)
            found = [(await door.http.post("/api/orders/", headers=held.headers)).status_code for _ in range(8)]
            login = {"authorization": f"Bearer {tokens.user(held.user)}"}
            assert 429 in found
            assert (await door.http.post("/api/orders/", headers=login)).status_code == 429

    async def test_an_app_does_not_use_its_owners_limit_up(
        self, open_gateway: OpenGateway, redis: Redis, tokens: Tokens
    ) -> None:
        async with open_gateway(limit_factor=0.02) as door:
            user = uuid7()
            app = {"authorization": f"Bearer {tokens.user(user, scope='alerts:read', client_id='app')}"}
            found = [(await door.http.get(ALERTS, headers=app)).status_code for _ in range(15)]
            assert 429 in found
            login = {"authorization": f"Bearer {tokens.user(user)}"}
            assert (await door.http.get(ALERTS, headers=login)).status_code == 200


class TestEnding:
    async def test_a_revoked_key_is_refused_within_a_second(self, door: Running, redis: Redis, held: Held) -> None:
        assert (await door.http.get(ALERTS, headers=held.headers)).status_code == 200
        del door.billing.keys[held.key]
        async with asyncio.timeout(1):
            await revoke(door, redis, held.sid)
            assert (await door.http.get(ALERTS, headers=held.headers)).status_code == 401

    async def test_a_changed_key_goes_on_with_what_it_is_now(self, door: Running, redis: Redis, held: Held) -> None:
        await door.http.get(ALERTS, headers=held.headers)
        ended, held.sid = held.sid, uuid7()
        held.networks = FAR
        await revoke(door, redis, ended)
        assert (await door.http.get(ALERTS, headers=held.headers)).status_code == 403
        held.networks = HOME
        door.gateway.keys._refused.clear()
        assert (await door.http.get(ALERTS, headers=held.headers)).status_code == 200


class TestSockets:
    async def test_a_key_opens_a_socket_and_hears_what_it_was_given(self, door: Running, tokens: Tokens) -> None:
        held = Held(door, tokens, scope="market:read")
        door.billing.plans[held.user] = entitlements(held.user)
        async with socket_to(door) as client:
            assert (await client.answer_to(op="auth", token=held.key))["user_id"] == str(held.user)
            answer = await client.answer_to(op="subscribe", channels=["notifications", APPLE])
            assert answer["channels"] == [APPLE]
            assert [(one["channel"], one["code"]) for one in answer["refused"]] == [
                ("notifications", "permission_denied")
            ]

    async def test_it_closes_within_a_second_of_the_revocation(self, door: Running, redis: Redis, held: Held) -> None:
        async with socket_to(door) as client:
            assert (await client.answer_to(op="auth", token=held.key))["op"] == "ack"
            async with asyncio.timeout(1):
                await publish(redis, Revocation(RevocationKind.SID, str(held.sid), 4_000_000_000))
                assert await client.closed() == 4401

    @pytest.mark.parametrize(
        "text",
        ["sw_live_nonsense", "sw_test_\ud800", pytest.param(ApiKey.generate(KeyKind.LIVE).text, id="unknown")],
    )
    async def test_a_bad_key_closes_4401(self, door: Running, text: str) -> None:
        async with socket_to(door) as client:
            await client.say(op="auth", token=text)
            assert (await client.hear())["op"] == "error"
            assert await client.closed() == 4401

    async def test_bad_credentials_count_with_those_of_http(
        self, open_gateway: OpenGateway, redis: Redis, tokens: Tokens
    ) -> None:
        async with open_gateway(limit_factor=0.15) as door:  # six refusals at once
            held = Held(door, tokens)
            for text in ("no.token.at-all", ApiKey.generate(KeyKind.LIVE).text):
                async with socket_to(door) as client:
                    await client.say(op="auth", token=text)
                    assert (await client.hear())["code"] == "not_authenticated"
                    assert await client.closed() == 4401
            async with socket_to(door, held.key) as client:
                answers = [await client.answer_to(op="auth", token="sw_live_nonsense") for _ in range(5)]
                assert [answer["code"] for answer in answers] == ["not_authenticated"] * 4 + ["too_many_requests"]
                assert answers[-1]["retry_after"] > 0
                assert await client.closed() == 4429
            assert (await door.http.get(ALERTS, headers={"x-api-key": "sw_live_nonsense"})).status_code == 429
            assert (await door.http.get(ALERTS, headers=held.headers)).status_code == 200

    async def test_a_flood_of_bad_credentials_closes_4429(
        self, open_gateway: OpenGateway, redis: Redis, tokens: Tokens
    ) -> None:
        async with open_gateway(limit_factor=0.05) as door:  # two refusals at once
            for _ in range(2):
                await door.http.get(ALERTS, headers={"x-api-key": "sw_live_nonsense"})
            async with socket_to(door) as client:
                answer = await client.answer_to(op="auth", token="sw_live_nonsense")
                assert answer["code"] == "too_many_requests"
                assert await client.closed() == 4429

    async def test_a_key_from_another_address_opens_nothing(self, door: Running, tokens: Tokens) -> None:
        held = Held(door, tokens, networks=FAR)
        async with socket_to(door) as client:
            await client.say(op="auth", token=held.key)
            assert (await client.hear())["code"] == "permission_denied"
            assert await client.closed() == 4401

    async def test_a_socket_begins_with_a_token_that_lasts(self, door: Running, held: Held) -> None:
        await door.http.get(ALERTS, headers=held.headers)
        kept = next(iter(door.gateway.keys._kept.values()))
        kept.ends_at -= 200
        async with socket_to(door) as client:
            assert (await client.answer_to(op="auth", token=held.key))["op"] == "ack"
        assert len(door.billing.shown) == 2

    async def test_a_weaker_credential_on_the_same_socket_hears_less(
        self, door: Running, tokens: Tokens, held: Held
    ) -> None:
        async with socket_to(door) as client:
            await client.answer_to(op="auth", token=tokens.user(held.user))
            await client.answer_to(op="subscribe", channels=["notifications"])
            held._scope = "market:read"
            await client.answer_to(op="auth", token=held.key)
            (session,) = door.gateway.room.sessions.all()
            assert session.channels == set()

    async def test_a_ticket_for_a_key_is_no_login(self, door: Running, tokens: Tokens) -> None:
        held = Held(door, tokens, scope="market:read", test=True)
        ticket = (await door.http.post("/api/ws/ticket/", headers=held.headers)).json()["ticket"]
        async with socket_to(door) as client:
            await client.answer_to(op="auth", token=ticket)
            (session,) = door.gateway.room.sessions.all()
            principal = session.visitor.principal
            assert (principal.client, principal.is_test, principal.sid) == (str(held.id), True, held.sid)
            answer = await client.answer_to(op="subscribe", channels=["notifications"])
            assert answer["channels"] == []
