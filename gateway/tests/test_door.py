"""Who comes in: credentials, revocation, acting as another, sensitive routes, origins, ids."""

from __future__ import annotations

import asyncio
import base64
import json
from datetime import timedelta
from typing import ClassVar
from uuid import UUID

import pytest
from redis.asyncio import Redis

from gateway.routes import ROUTES, Pages
from gateway.tests.conftest import FakeService, OpenGateway, Received, Running
from libs.common.clock import SystemClock
from libs.common.ids import uuid7
from libs.common.security.api_keys import ApiKey, KeyKind
from libs.common.security.jwks import StaticKeys
from libs.common.security.revocation import Revocation, RevocationKind, publish
from libs.common.security.tokens import Purpose, SigningKey, issue
from libs.common.testing.tokens import AUDIENCE, ISSUER, Tokens
from libs.common.testing.waiting import eventually
from libs.contracts.auth import KeyToken

UNTIL = 4_000_000_000


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def bad_credentials(tokens: Tokens) -> dict[str, str]:
    """A small corpus; the large one is tested where the checks live (libs/common/tests/forgeries.py)."""
    good = tokens.user()
    header, claims, signature = good.split(".")
    stranger = SigningKey.generate()
    now = SystemClock().now()

    def signed(**changes: object) -> str:
        full = {"sub": str(uuid7()), "sid": str(uuid7()), "role": "USER", "tier": "PRO", "scope": "", "ver": 1}
        full |= {"amr": ["pwd"], "auth_time": 1} | changes
        ttl = timedelta(minutes=5)
        token, _ = issue(
            full, purpose=Purpose.ACCESS, key=tokens.key, issuer=ISSUER, audience=AUDIENCE, now=now, ttl=ttl
        )
        return token

    foreign, _ = issue(
        {"sub": "x"}, purpose=Purpose.ACCESS, key=stranger, issuer=ISSUER, audience=AUDIENCE, now=now,
        ttl=timedelta(minutes=5),
    )  # fmt: skip
    return {
        "nothing": "",
        "no scheme": good,
        "another scheme": f"Basic {good}",
        "an empty token": "Bearer",
        "nonsense": "Bearer nonsense",
        "alg none": f"Bearer {part({'alg': 'none', 'typ': 'at+jwt'})}.{claims}.",
        "alg none with a signature": f"Bearer {part({'alg': 'none', 'typ': 'at+jwt'})}.{claims}.{signature}",
        "another key": f"Bearer {foreign}",
        "claims changed": f"Bearer {header}.{part({'sub': str(uuid7()), 'role': 'SUPER_ADMIN'})}.{signature}",
        "signature cut": f"Bearer {good[:-4]}",
        "bytes after it": f"Bearer {good}x",
        "a service's token": f"Bearer {tokens.service('alerts', audience='gateway')}",
        "another audience": f"Bearer {signed(aud='other')}",
        "another issuer": f"Bearer {signed(iss='https://evil.example')}",
        "ended": f"Bearer {signed(exp=int(now.timestamp()) - 60, iat=int(now.timestamp()) - 120)}",
        "not yet": f"Bearer {signed(nbf=int(now.timestamp()) + 600)}",
        "a list of audiences": f"Bearer {signed(aud=[AUDIENCE])}",
        "no user": f"Bearer {signed(sub='service:alerts')}",
        "nine thousand bytes": "Bearer " + "x" * 9_000,
        "not ASCII": "Bearer \xff\xfe.\xff.\xff",
    }


async def test_bad_credentials_are_all_the_same_401(door: Running, service: FakeService, tokens: Tokens) -> None:
    answers = set()
    for name, value in bad_credentials(tokens).items():
        answer = await door.http.get("/api/stocks/", headers={b"authorization": value.encode("latin-1")})
        assert answer.status_code == 401, name
        assert answer.headers["www-authenticate"] == "Bearer"
        document = answer.json()
        document.pop("request_id")
        answers.add(json.dumps(document, sort_keys=True))
    assert len(answers) == 1
    assert service.received == []


async def test_a_token_is_checked_once_and_known_afterwards(
    door: Running, bearer: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    await door.http.get("/api/stocks/", headers=bearer)
    verifier = door.gateway.security.verifier
    monkeypatch.setattr(verifier, "person", None)
    assert (await door.http.get("/api/stocks/", headers=bearer)).status_code == 200


async def test_a_known_token_ends_with_its_time(door: Running, tokens: Tokens, monkeypatch: pytest.MonkeyPatch) -> None:
    headers = {"authorization": f"Bearer {tokens.user()}"}
    assert (await door.http.get("/api/stocks/", headers=headers)).status_code == 200
    known = door.gateway.credentials._seen
    (visitor,) = known.values()
    visitor.ends_at = 0.0
    calls: list[str] = []

    async def checked(token: str) -> object:
        calls.append(token)
        return visitor.principal

    monkeypatch.setattr(door.gateway.security.verifier, "person", checked)
    await door.http.get("/api/stocks/", headers=headers)
    assert len(calls) == 1  # asked anew


@pytest.mark.parametrize("kind", list(RevocationKind))
async def test_a_revocation_holds_within_a_second(
    door: Running, redis: Redis, tokens: Tokens, kind: RevocationKind
) -> None:
    user, sid = uuid7(), uuid7()
    token = tokens.user(user, sid=sid, jti="the-token")
    headers = {"authorization": f"Bearer {token}"}
    assert (await door.http.get("/api/stocks/", headers=headers)).status_code == 200
    what = {RevocationKind.USER: str(user), RevocationKind.SID: str(sid), RevocationKind.JTI: "the-token"}[kind]
    await publish(redis, Revocation(kind, what, UNTIL))

    async def is_refused() -> bool:
        return (await door.http.get("/api/stocks/", headers=headers)).status_code == 401

    await eventually(is_refused, within=1.0)
    assert (
        await door.http.get("/api/stocks/", headers={"authorization": f"Bearer {tokens.user()}"})
    ).status_code == 200


async def test_a_key_that_auth_dropped_ends_its_tokens(
    door: Running, tokens: Tokens, bearer: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await door.http.get("/api/stocks/", headers=bearer)).status_code == 200
    monkeypatch.setattr(door.gateway.security.verifier, "keys", StaticKeys([SigningKey.generate().public_key()]))

    async def is_refused() -> bool:
        return (await door.http.get("/api/stocks/", headers=bearer)).status_code == 401

    await eventually(is_refused, within=2.0)


async def test_without_any_key_nobody_is_signed_out(
    door: Running, bearer: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door.gateway.security.verifier, "keys", StaticKeys())
    answer = await door.http.get("/api/stocks/", headers=bearer)
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert (await door.http.get("/readyz")).status_code == 503


async def test_acting_as_another_user_reads_and_writes_nothing(
    door: Running, service: FakeService, tokens: Tokens
) -> None:
    token = tokens.user(act=tokens.act(), ttl=timedelta(minutes=15))
    headers = {"authorization": f"Bearer {token}"}
    assert (await door.http.get("/api/alerts/", headers=headers)).status_code == 200
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        answer = await door.http.request(method, "/api/alerts/", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "acting_as")
    assert len(service.received) == 1


async def test_sensitive_routes_wait_for_a_fresh_revocation_list(
    open_gateway: OpenGateway, redis: Redis, bearer: dict[str, str]
) -> None:
    async with open_gateway(redis_url="redis://127.0.0.1:1/0") as door:
        for route in ROUTES:
            answer = await door.http.get(route.prefix + "/", headers=bearer)
            assert answer.status_code == (503 if route.sensitive else 200), route.prefix
            if route.sensitive:
                assert (answer.json()["code"], answer.headers["retry-after"]) == ("unavailable", "5")
    assert {route.upstream for route in ROUTES if route.sensitive} == {"alerts", "auth", "billing", "broker", "market"}


async def test_public_routes_need_no_credential_and_pass_one_on(
    door: Running, service: FakeService, bearer: dict[str, str]
) -> None:
    assert (await door.http.get("/api/plans/")).status_code == 200
    assert (await door.http.post("/api/auth/logout/", headers=bearer)).status_code == 200
    assert service.received[1].one("authorization") == bearer["authorization"]


class TestRequestIds:
    async def test_a_good_one_is_kept_through_every_hop(self, door: Running, service: FakeService) -> None:
        answer = await door.http.get("/api/plans/", headers={"x-request-id": "journey-request-77"})
        assert answer.headers["x-request-id"] == "journey-request-77"
        assert service.received[0].all("x-request-id") == ["journey-request-77"]

    @pytest.mark.parametrize("asked", ["short", "x" * 65, "with blanks in it", 'a"b"c"d"e"', "../../etc/passwd"])
    async def test_another_is_replaced(self, door: Running, service: FakeService, asked: str) -> None:
        answer = await door.http.get("/api/plans/", headers={"x-request-id": asked})
        assert answer.headers["x-request-id"] != asked
        assert service.received[0].one("x-request-id") == answer.headers["x-request-id"]

    async def test_a_refusal_names_it(self, door: Running) -> None:
        answer = await door.http.get("/api/stocks/", headers={"x-request-id": "journey-request-77"})
        assert answer.json()["request_id"] == answer.headers["x-request-id"] == "journey-request-77"


class TestOrigins:
    async def test_a_listed_page_may_call(
        self, open_gateway: OpenGateway, redis: Redis, bearer: dict[str, str], service: FakeService
    ) -> None:
        async with open_gateway(origins="https://app.example.com") as door:
            headers = {"origin": "https://app.example.com", "access-control-request-method": "POST"}
            preflight = await door.http.options("/api/alerts/", headers=headers)
            answer = await door.http.get("/api/alerts/", headers=bearer | headers)
        assert preflight.status_code == 204
        assert "authorization" in preflight.headers["access-control-allow-headers"]
        assert int(preflight.headers["access-control-max-age"]) <= 600
        assert answer.headers["access-control-allow-origin"] == "https://app.example.com"
        assert answer.headers["access-control-allow-credentials"] == "true"
        assert answer.headers["vary"] == "origin"
        assert len(service.received) == 1  # the preflight stays at the door

    @pytest.mark.parametrize(
        "origin",
        ["https://evil.example", "null", "https://app.example.com.evil.example", "http://app.example.com", "*", ""],
    )
    async def test_no_other_page_reads_an_answer(
        self, open_gateway: OpenGateway, redis: Redis, bearer: dict[str, str], origin: str
    ) -> None:
        async with open_gateway(origins="https://app.example.com") as door:
            headers = {"origin": origin, "access-control-request-method": "POST"}
            answers = [
                await door.http.options("/api/users/me/", headers=headers),
                await door.http.options("/api/orders/", headers=headers),
                await door.http.options("/api/plans/", headers=headers),
                await door.http.get("/api/users/me/", headers=bearer | headers),
                await door.http.get("/api/orders/", headers=headers),
                await door.http.get("/api/plans/", headers=headers),
                await door.http.get("/api/alerts/", headers=bearer | headers),
            ]
        assert [answer.status_code for answer in answers] == [403, 403, 403, 200, 401, 200, 200]
        for each in answers:
            assert not [name for name in each.headers if name.startswith("access-control-")]
        assert answers[-1].headers["vary"] == "origin"

    async def test_a_refusal_can_be_read_by_a_listed_page(self, door: Running) -> None:
        answer = await door.http.get("/api/alerts/", headers={"origin": door.url})
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (401, door.url)


class TestAppsInABrowser:
    """An app of somebody else, in pages of its own: with its token, never with cookies."""

    ELSEWHERE: ClassVar = {"origin": "https://charts.example"}

    @pytest.mark.parametrize(
        "address",
        [
            "/api/oauth/token/",
            "/api/oauth/revoke/",
            "/api/auth/.well-known/jwks.json",
            "/.well-known/oauth-authorization-server",
        ],
    )
    async def test_what_it_needs_for_a_token_is_open(self, door: Running, service: FakeService, address: str) -> None:
        asked = {"access-control-request-method": "POST", "access-control-request-headers": "content-type"}
        preflight = await door.http.options(address, headers=self.ELSEWHERE | asked)
        assert (preflight.status_code, preflight.headers["access-control-allow-origin"]) == (204, "*")
        assert "content-type" in preflight.headers["access-control-allow-headers"]
        method = "GET" if "well-known" in address else "POST"
        answer = await door.http.request(method, address, headers=self.ELSEWHERE | {"cookie": "rt=stolen"})
        assert answer.headers["access-control-allow-origin"] == "*"
        for each in (preflight, answer):
            assert "access-control-allow-credentials" not in each.headers
        assert service.received[-1].one("cookie") is None

    async def test_its_token_reads_and_no_other_does(self, door: Running, tokens: Tokens, held_key: str) -> None:
        app = {"authorization": f"Bearer {tokens.user(uuid7(), scope='alerts:read', client_id=str(uuid7()))}"}
        person = {"authorization": f"Bearer {tokens.user(uuid7())}"}
        asked = {"access-control-request-method": "GET", "access-control-request-headers": "authorization"}
        preflight = await door.http.options("/api/alerts/", headers=self.ELSEWHERE | asked)
        assert (preflight.status_code, preflight.headers["access-control-allow-origin"]) == (204, "*")
        answer = await door.http.get("/api/alerts/", headers=self.ELSEWHERE | app)
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, "*")
        for each in (preflight, answer):
            assert "access-control-allow-credentials" not in each.headers
        for credential in (person, {"x-api-key": held_key}):
            answer = await door.http.get("/api/alerts/", headers=self.ELSEWHERE | credential)
            assert (answer.status_code, answer.headers.get("access-control-allow-origin")) == (200, None)

    async def test_it_can_read_that_its_token_ended(self, door: Running) -> None:
        answer = await door.http.get("/api/alerts/", headers=self.ELSEWHERE | {"authorization": "Bearer ended"})
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (401, "*")

    @pytest.mark.parametrize("address", ["/api/oauth/introspect/", "/api/oauth/authorize/", "/api/oauth/apps/"])
    async def test_the_rest_of_oauth_is_for_our_own_pages(self, door: Running, address: str) -> None:
        asked = self.ELSEWHERE | {"access-control-request-method": "POST"}
        assert (await door.http.options(address, headers=asked)).status_code == 403

    async def test_no_route_of_money_or_staff_is_open(self) -> None:
        assert [route.prefix for route in ROUTES if route.sensitive and route.pages is not Pages.OURS] == []

    @pytest.fixture
    def held_key(self, door: Running, tokens: Tokens) -> str:
        key, owner = ApiKey.generate(KeyKind.LIVE).text, uuid7()
        door.billing.keys[key] = lambda: KeyToken(
            access_token=tokens.user(owner, scope="alerts:read", client_id=str(uuid7())),
            expires_in=300,
            key_id=uuid7(),
            networks=(),
            calls_per_minute=60,
        )
        return key


async def test_answers_carry_the_security_headers(
    open_gateway: OpenGateway, redis: Redis, bearer: dict[str, str]
) -> None:
    async with open_gateway(trusted_hops="127.0.0.1/32") as door:
        secure = {"x-forwarded-proto": "https", "x-forwarded-for": "9.9.9.9"}
        for answer in (
            await door.http.get("/api/stocks/", headers=bearer | secure),
            await door.http.get("/api/stocks/", headers=secure),
            await door.http.get("/api/nothing/", headers=secure),
        ):
            assert answer.headers["strict-transport-security"].startswith("max-age=63072000")
            assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["cache-control"] == "no-store"
        plain = await door.http.get("/api/stocks/", headers=bearer)
        assert "strict-transport-security" not in plain.headers  # over plain HTTP the norm forbids it


class TestProbes:
    async def test_health_asks_nobody(self, door: Running, service: FakeService) -> None:
        answer = await door.http.get("/healthz", headers={"host": "10.0.0.7:8000"})
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
        assert service.received == []

    async def test_readiness_shows_every_service_and_fails_for_none(self, door: Running, service: FakeService) -> None:
        async def reply(_request: Received, writer: asyncio.StreamWriter) -> None:
            body = b'{"status":"unavailable","checks":{"database":{"status":"failed","ms":1.0}}}'
            writer.write(b"HTTP/1.1 503 X\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))

        service.reply = reply
        answer = await door.http.get("/readyz")
        assert answer.status_code == 200
        document = answer.json()
        assert document["status"] == "degraded"
        assert set(document["services"]) == {"auth", "market", "alerts", "signals", "broker", "billing"}
        assert document["services"]["market"]["checks"]["database"]["status"] == "failed"
        await service.stop()

    async def test_readiness_ends_when_the_door_begins_to_leave(self, open_gateway: OpenGateway, redis: Redis) -> None:
        async with open_gateway() as door:
            assert (await door.http.get("/readyz")).status_code == 200
            await door.gateway.leave()
            assert (await door.http.get("/readyz")).status_code == 503

    async def test_metrics_are_for_this_machine(self, door: Running, bearer: dict[str, str]) -> None:
        await door.http.get("/api/stocks/", headers=bearer)
        with door.gateway.traffic.published():
            text = (await door.http.get("/metrics")).text
        assert 'sharewise_door_requests_total{method="GET",route="/api/stocks",status="200"} 1.0' in text
        assert 'sharewise_door_request_seconds_bucket{le="+Inf",route="/api/stocks"} 1.0' in text
        for header in ("x-forwarded-for", "forwarded"):
            assert (await door.http.get("/metrics", headers={header: "9.9.9.9"})).status_code == 404


async def test_a_request_is_logged_once_without_its_query(
    open_gateway: OpenGateway, redis: Redis, bearer: dict[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    async with open_gateway(access_log=True) as door:
        await door.http.get("/api/stocks/?token=secret", headers=bearer | {"x-request-id": "the-request-1"})
        await door.http.get("/healthz")
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines() if "request_answered" in line]
    assert len(lines) == 1
    (line,) = lines
    assert (line["request_id"], line["route"], line["status"]) == ("the-request-1", "/api/stocks", 200)
    assert line["service"] == "gateway"
    assert UUID(hex=line["user"].ljust(32, "0"))
    assert "secret" not in str(line)
    assert bearer["authorization"] not in str(line)
