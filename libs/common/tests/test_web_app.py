"""What every service's door does before and after its routes."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from fastapi import APIRouter, FastAPI

from libs.common import errors
from libs.common.errors import Problem
from libs.common.health import Check
from libs.common.ids import uuid7
from libs.common.testing.client import ClientFor
from libs.common.testing.tokens import Tokens
from libs.common.tests.door import ERASED, erase, export, make_app
from libs.common.tests.sample import SampleSettings
from libs.common.web import (
    PUBLIC,
    CurrentUser,
    Router,
    create_app,
)
from libs.common.web.app import UndeclaredAccess


@pytest.fixture
def app(settings: SampleSettings) -> FastAPI:
    return make_app(settings)


@pytest_asyncio.fixture
async def client(app: FastAPI, client_for: ClientFor) -> AsyncIterator[httpx.AsyncClient]:
    async with client_for(app, user=uuid7()) as signed_in:
        yield signed_in


async def test_a_route_answers(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/orders/", json={"price": "230.10"})
    assert (answer.status_code, answer.json()["price"]) == (201, "230.10")


async def test_the_last_slash_does_not_matter(client: httpx.AsyncClient) -> None:
    assert (await client.get("/api/things")).status_code == 200
    assert (await client.get("/internal/prices/")).status_code == 403
    assert (await client.get("/api/nothing")).status_code == 404
    assert (await client.get("/")).status_code == 404


@pytest.mark.parametrize("path", ["/api/things/?limit=%00", "/api/things/%00/", "/api/raises/a%00b/"])
async def test_a_nul_in_the_address_is_refused(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 422


@pytest.mark.parametrize("value", ["x", "1e3", "9" * 5000, "", "1.5"])
async def test_a_bad_query_names_its_member(client: httpx.AsyncClient, value: str) -> None:
    answer = await client.get("/api/things/", params={"limit": value})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "/query/limit"


async def test_a_problem_has_the_members_of_its_code(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/raises/limit/", headers={"x-request-id": "my-request-1"})
    assert answer.status_code == 402
    assert answer.json() == {
        "type": "/docs/errors/plan_limit",
        "code": "plan_limit",
        "title": "Your plan's limit is reached",
        "status": 402,
        "detail": "Your plan allows 5 active alerts.",
        "request_id": "my-request-1",
        "limit": 5,
        "used": 5,
        "upgrade_to": "PRO",
    }
    assert answer.headers["x-request-id"] == "my-request-1"


async def test_retry_after_is_a_header_and_a_member(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/raises/slow/")
    assert (answer.status_code, answer.headers["retry-after"], answer.json()["retry_after"]) == (429, "13", 13)


async def test_a_service_that_is_away_is_a_503(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/raises/upstream/")
    assert (answer.status_code, answer.json()["code"]) == (503, "upstream_unavailable")
    assert "10.0.0.7" not in answer.text
    assert "retry-after" in answer.headers


async def test_a_bug_is_a_500_without_its_words(client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture) -> None:
    answer = await client.get("/api/raises/bug/")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert "canary" not in answer.text
    assert "Traceback" not in answer.text
    assert any("request_failed" in str(record.msg) for record in caplog.records)


@pytest.mark.parametrize("asked", ["short", "x" * 65, "a b c d e f g", "ünïcödé-ids", "<script>alert(1)"])
async def test_a_strange_request_id_is_replaced(client: httpx.AsyncClient, asked: str) -> None:
    answer = await client.get("/api/things/", headers=[(b"x-request-id", asked.encode())])
    assert UUID(answer.headers["x-request-id"]).version == 7


async def test_unknown_and_wrong_method_are_problems(client: httpx.AsyncClient) -> None:
    assert (await client.get("/api/nothing/")).json()["code"] == "not_found"
    answer = await client.put("/api/orders/")
    assert (answer.status_code, answer.json()["code"], answer.headers["allow"]) == (405, "method_not_allowed", "POST")
    assert (await client.patch("/healthz")).headers["allow"] == "GET, HEAD"


async def test_a_service_needs_its_own_token_and_scope(app: FastAPI, client_for: ClientFor, tokens: Tokens) -> None:
    async with client_for(app) as anonymous:

        async def ask(token: str, **headers: str) -> httpx.Response:
            return await anonymous.get("/internal/prices", headers={"authorization": f"Bearer {token}", **headers})

        good = tokens.service("alerts", audience="sample", scope="prices:read")
        assert (await ask(good)).json() == {"caller": "alerts", "for": None}
        person = tokens.principal()
        assert (await ask(good, **{"x-on-behalf-of": person.token})).json()["for"] == str(person.user_id)
        assert (await ask(good, **{"x-on-behalf-of": "forged"})).status_code == 401
        assert (await ask(good, **{"x-on-behalf-of": good})).status_code == 401
        assert (await ask(tokens.service("alerts", audience="sample", scope="other"))).status_code == 403
        assert (await ask(tokens.service("broker", audience="sample", scope="prices:read"))).status_code == 403
        assert (await ask(tokens.service("alerts", audience="broker", scope="prices:read"))).status_code == 401
        assert (await ask(tokens.user(scope="prices:read", role="ADMIN"))).status_code == 403
        assert (await anonymous.get("/internal/prices")).status_code == 401
        as_person = await anonymous.get("/api/orders/x/", headers={"authorization": f"Bearer {good}"})
        assert as_person.status_code == 401


async def test_acting_as_another_is_read_only(app: FastAPI, client_for: ClientFor, tokens: Tokens) -> None:
    acting = tokens.user(act=tokens.act(), ttl=timedelta(minutes=15))
    async with client_for(app, user=acting) as client:
        assert (await client.get(f"/api/orders/{uuid7()}/")).status_code == 404
        answer = await client.post("/api/orders/", json={"price": 1})
        assert (answer.status_code, answer.json()["code"]) == (403, "acting_as")


async def test_personal_data_is_given_and_erased_for_auth_only(
    app: FastAPI, client_for: ClientFor, tokens: Tokens
) -> None:
    user_id = uuid7()
    async with client_for(app) as client:
        auth = {"authorization": f"Bearer {tokens.service('auth', audience='sample')}"}
        other = {"authorization": f"Bearer {tokens.service('alerts', audience='sample')}"}
        assert (await client.get(f"/internal/users/{user_id}/export", headers=other)).status_code == 403
        assert (await client.post(f"/internal/users/{user_id}/erase", headers=other)).status_code == 403
        answer = await client.get(f"/internal/users/{user_id}/export", headers=auth)
        assert answer.json() == {"things": [{"of": str(user_id)}]}
        assert ERASED == []
        assert (await client.post(f"/internal/users/{user_id}/erase", headers=auth)).status_code == 204
        assert [user_id] == ERASED


def test_a_service_without_personal_data_hooks_does_not_start(settings: SampleSettings) -> None:
    with pytest.raises(TypeError):
        create_app(settings, routers=[])  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="personal data"):
        create_app(settings, routers=[], exporter=None, eraser=None)  # type: ignore[arg-type]


def test_a_route_that_names_nobody_does_not_start(settings: SampleSettings) -> None:
    router = Router()

    @router.get("/api/open/")
    async def undeclared() -> None: ...

    with pytest.raises(UndeclaredAccess, match="/api/open/"):
        create_app(settings, routers=[router], exporter=export, eraser=erase)


def test_an_internal_route_for_people_does_not_start(settings: SampleSettings) -> None:
    router = Router()

    @router.get("/internal/x")
    async def internal(user: CurrentUser) -> None: ...

    with pytest.raises(UndeclaredAccess, match="internal"):
        create_app(settings, routers=[router], exporter=export, eraser=erase)


def test_a_foreign_router_does_not_start(settings: SampleSettings) -> None:
    router = APIRouter()

    @router.get("/api/x/", dependencies=[PUBLIC])
    async def foreign() -> None: ...

    with pytest.raises(UndeclaredAccess, match="Router"):
        create_app(settings, routers=[router], exporter=export, eraser=erase)  # type: ignore[list-item]


async def test_readiness_names_what_is_missing(settings: SampleSettings, client_for: ClientFor) -> None:
    async def there() -> None: ...

    async def gone() -> None:
        raise ConnectionError("postgres://user:canary@10.0.0.1")

    async def status_of(*checks: Check) -> httpx.Response:
        app = create_app(settings, routers=[], exporter=export, eraser=erase, readiness=checks)
        async with client_for(app) as client:
            assert (await client.get("/healthz")).status_code == 200
            return await client.get("/readyz")

    assert (await status_of(Check("database", there))).status_code == 200
    answer = await status_of(Check("database", gone), Check("redis", there))
    assert answer.status_code == 503
    assert answer.json()["checks"]["database"]["status"] == "failed"
    assert "canary" not in answer.text
    assert (await status_of(Check("redis", gone, required=False))).status_code == 200


async def test_requests_are_counted_by_route(client: httpx.AsyncClient) -> None:
    await client.get(f"/api/orders/{uuid7()}/")
    text = (await client.get("/metrics")).text
    assert 'sharewise_http_requests_total{method="GET",route="/api/orders/{order_id}/",status="404"}' in text


async def test_the_log_names_the_request_and_not_the_person(
    app: FastAPI, client_for: ClientFor, caplog: pytest.LogCaptureFixture
) -> None:
    user_id = uuid7()
    with caplog.at_level(logging.INFO):
        async with client_for(app, user=user_id) as client:
            await client.get("/api/things/", headers={"x-request-id": "my-request-2"})
    [line] = [record.msg for record in caplog.records if "request_answered" in str(record.msg)]
    assert isinstance(line, dict)
    assert (line["request_id"], line["route"], line["status"]) == ("my-request-2", "/api/things/", 200)
    assert str(user_id) not in str(line)
    assert len(line["user"]) == 12


async def test_the_document_tells_problems_and_credentials(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    create = document["paths"]["/api/orders/"]["post"]
    assert create["security"] == [{"bearer": []}]
    scheme = document["components"]["securitySchemes"]["api_key"]
    assert (scheme["type"], scheme["in"], scheme["name"]) == ("apiKey", "header", "X-API-Key")
    assert {"201", "401", "402", "404", "422", "default"} <= set(create["responses"])
    assert "security" not in document["paths"]["/api/things/"]["get"]
    assert "HTTPValidationError" not in document["components"]["schemas"]
    assert "/healthz" not in document["paths"]


def _kinds(of: type[Problem]) -> list[type[Problem]]:
    return [of, *(kind for below in of.__subclasses__() for kind in _kinds(below))]


def test_every_code_belongs_to_a_problem() -> None:
    public = [kind for kind in _kinds(Problem) if kind.__module__ == errors.__name__]
    assert {kind.code for kind in public} == set(errors.ErrorCode)
