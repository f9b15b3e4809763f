"""What every service's door does before and after its routes."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from fastapi import APIRouter, Depends, FastAPI
from pydantic import BaseModel, ConfigDict, Field

from libs.common import errors
from libs.common.errors import InvalidInput, NotFound, PlanLimit, Problem, TooManyRequests
from libs.common.health import Check
from libs.common.http import NotSent
from libs.common.ids import uuid7
from libs.common.testing.client import ClientFor
from libs.common.testing.tokens import Tokens
from libs.common.tests.sample import SampleSettings
from libs.common.web import (
    PUBLIC,
    CurrentUser,
    PriceIn,
    Router,
    ServicePrincipal,
    create_app,
    problems,
    require_service,
)
from libs.common.web.app import UndeclaredAccess
from libs.common.web.edge import MAX_BODY_BYTES

ERASED: list[UUID] = []


class Order(BaseModel):
    model_config = ConfigDict(extra="forbid")

    price: PriceIn
    note: str | None = Field(default=None, max_length=20)
    tags: list[str] = Field(default_factory=list, max_length=3)


async def export(user_id: UUID) -> Mapping[str, Any]:
    return {"things": [{"of": user_id}]}


async def erase(user_id: UUID) -> None:
    ERASED.append(user_id)


def make_router() -> Router:
    router = Router()

    @router.post("/api/orders/", status_code=201, responses=problems(NotFound, PlanLimit))
    async def create(body: Order, user: CurrentUser) -> dict[str, str]:
        return {"price": str(body.price), "user": str(user.user_id)}

    @router.get("/api/orders/{order_id}/", responses=problems(NotFound))
    async def show(order_id: UUID, user: CurrentUser) -> dict[str, str]:
        raise NotFound("There is no such order.")

    @router.get("/api/things/", dependencies=[PUBLIC])
    async def things(limit: int = 50) -> list[int]:
        return list(range(limit))

    @router.get("/api/raises/{name}/", dependencies=[PUBLIC])
    async def raises(name: str) -> None:
        raise PROBLEMS[name]

    @router.get("/internal/prices")
    async def prices(
        caller: Annotated[ServicePrincipal, Depends(require_service("alerts", scope="prices:read"))],
    ) -> dict[str, str | None]:
        behalf = caller.on_behalf_of
        return {"caller": caller.name, "for": None if behalf is None else str(behalf.user_id)}

    return router


PROBLEMS: dict[str, Exception] = {
    "limit": PlanLimit("Your plan allows 5 active alerts.", limit=5, used=5, upgrade_to="PRO"),
    "slow": TooManyRequests(retry_after=12.2),
    "upstream": NotSent("10.0.0.7:8003 cannot be reached"),
    "bug": KeyError("canary-secret"),
    "invalid": InvalidInput.of("/a/b", "odd", "This is odd."),
}


@pytest.fixture
def app(settings: SampleSettings) -> FastAPI:
    return create_app(settings, routers=[make_router()], exporter=export, eraser=erase)


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


@pytest.mark.parametrize(
    ("raw", "exact"),
    [
        ("230.10", "230.10"),
        ("230", "230"),
        ('"230.1000"', "230.1000"),
        ("0.0001", "0.0001"),
        ("2.3e2", "2.3E+2"),
        ("99999999999999.9999", "99999999999999.9999"),
        ("0.1000000000000000000", "0.1000000000000000000"),
    ],
)
async def test_a_price_is_read_from_the_raw_text(client: httpx.AsyncClient, raw: str, exact: str) -> None:
    answer = await post_raw(client, f'{{"price": {raw}}}')
    assert (answer.status_code, answer.json()["price"]) == (201, exact)


BAD_PRICES = {
    "NaN": "number_out_of_range",
    "Infinity": "number_out_of_range",
    "-Infinity": "number_out_of_range",
    "1e400": "number_out_of_range",
    "1" * 400: "number_out_of_range",
    "1" * 5000: "number_out_of_range",
    "0": "price_not_positive",
    "-1": "price_not_positive",
    "0.00001": "price_too_precise",
    "1e-400": "price_too_precise",
    "1e15": "price_too_large",
    '"NaN"': "finite_number",
    '"Infinity"': "finite_number",
    '"1_000"': "price_type",
    '"٢٣٠"': "price_type",
    '" 230"': "price_type",
    '""': "price_type",
    '"abc"': "price_type",
    "true": "price_type",
    "null": "price_type",
    "[230]": "price_type",
    "{}": "price_type",
    f'"{"9" * 50}"': "price_type",
}


@pytest.mark.parametrize(("raw", "code"), BAD_PRICES.items(), ids=[raw[:20] for raw in BAD_PRICES])
async def test_a_price_that_cannot_be_is_told_by_its_field(client: httpx.AsyncClient, raw: str, code: str) -> None:
    answer = await post_raw(client, f'{{"price": {raw}}}')
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [("/price", code)]


BAD_BODIES: dict[str, tuple[bytes, int, str]] = {
    "empty": (b"", 422, "validation_failed"),
    "cut off": (b'{"price": 1', 400, "malformed_json"),
    "not JSON": (b"price=1", 400, "malformed_json"),
    "comma": (b'{"price": 1,}', 400, "malformed_json"),
    "two values": (b"{} {}", 400, "malformed_json"),
    "not UTF-8": (b'{"price": "\xff"}', 400, "malformed_json"),
    "UTF-16": ('{"price": 1}'.encode("utf-16"), 400, "malformed_json"),
    "a list": (b"[]", 422, "validation_failed"),
    "a text": (b'"x"', 422, "validation_failed"),
    "null": (b"null", 422, "validation_failed"),
    "a member twice": (b'{"price": 1, "price": 2}', 422, "validation_failed"),
    "a member unknown": (b'{"price": 1, "user_id": "x"}', 422, "validation_failed"),
    "a NUL": (b'{"price": 1, "note": "a\\u0000b"}', 422, "validation_failed"),
    "a raw NUL": (b'{"price": 1, "note": "a\x00b"}', 400, "malformed_json"),
    "a NUL in a name": (b'{"price": 1, "a\\u0000": 1}', 422, "validation_failed"),
    "a lone surrogate": (b'{"price": 1, "note": "\\ud800"}', 422, "validation_failed"),
    "too deep": (b'{"price":' + b"[" * 33 + b"]" * 33 + b"}", 422, "validation_failed"),
    "much too deep": (b"[" * 100_000, 422, "validation_failed"),
    "too long": (b'{"price": 1, "note": "' + b"x" * 21 + b'"}', 422, "validation_failed"),
    "too many": (b'{"price": 1, "tags": ["a","b","c","d"]}', 422, "validation_failed"),
    "too large": (b'{"price": 1, "note": "' + b"x" * MAX_BODY_BYTES + b'"}', 413, "payload_too_large"),
}


@pytest.mark.parametrize(("body", "status", "code"), BAD_BODIES.values(), ids=BAD_BODIES.keys())
async def test_a_bad_body_is_a_clear_4xx(client: httpx.AsyncClient, body: bytes, status: int, code: str) -> None:
    answer = await post_raw(client, body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_brackets_inside_texts_are_no_depth(client: httpx.AsyncClient) -> None:
    assert (await post_raw(client, b'{"price": 1, "note": "[[[[[[[[[[[[[[[[[["}')).status_code == 201


async def test_text_with_an_escaped_backslash_is_no_nul(client: httpx.AsyncClient) -> None:
    assert (await post_raw(client, b'{"price": 1, "note": "\\\\u0000"}')).status_code == 201


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "json"])
async def test_only_json_is_taken(client: httpx.AsyncClient, kind: str) -> None:
    answer = await client.post("/api/orders/", content=b'{"price": 1}', headers={"content-type": kind})
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize(
    "kind", ["application/json; charset=utf-8", "APPLICATION/JSON", "application/merge-patch+json"]
)
async def test_json_by_its_other_names_is_taken(client: httpx.AsyncClient, kind: str) -> None:
    answer = await client.post("/api/orders/", content=b'{"price": 1}', headers={"content-type": kind})
    assert answer.status_code == 201


async def test_a_stream_without_length_is_cut_at_the_limit(client: httpx.AsyncClient) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(MAX_BODY_BYTES // 1000 + 2):
            yield b"x" * 1000

    answer = await client.post("/api/orders/", content=endless(), headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["limit"]) == (413, MAX_BODY_BYTES)


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
    acting = tokens.user(act={"sub": str(uuid7())}, ttl=timedelta(minutes=15))
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
    assert {"201", "401", "402", "404", "422", "default"} <= set(create["responses"])
    assert "security" not in document["paths"]["/api/things/"]["get"]
    assert "HTTPValidationError" not in document["components"]["schemas"]
    assert "/healthz" not in document["paths"]


def _kinds(of: type[Problem]) -> list[type[Problem]]:
    return [of, *(kind for below in of.__subclasses__() for kind in _kinds(below))]


def test_every_code_belongs_to_a_problem() -> None:
    public = [kind for kind in _kinds(Problem) if kind.__module__ == errors.__name__]
    assert {kind.code for kind in public} == set(errors.ErrorCode)


async def post_raw(client: httpx.AsyncClient, body: str | bytes) -> httpx.Response:
    content = body.encode() if isinstance(body, str) else body
    return await client.post("/api/orders/", content=content, headers={"content-type": "application/json"})
