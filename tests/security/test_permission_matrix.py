"""Who may call what: every route of every service, as its code has it, by every kind of caller, as the file says.

Handlers are replaced, so that what answers is the guard alone: no store is needed and nothing has an effect.
"""

from __future__ import annotations

import re
from collections.abc import MutableMapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

import orjson
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.responses import Response

from libs.common.errors import StoreUnavailable
from libs.common.provision import SERVICES
from libs.common.security.permissions import HIDDEN_WHILE_ACTING, ROLES, SCOPES, STAFF, Permission, Role
from libs.common.testing.tokens import Tokens
from libs.common.web.openapi import api_routes
from libs.contracts.billing import Tier
from services.auth.clients.rules import ALLOWED
from tests.security import matrix
from tests.security.matrix import ACTING, EVERYBODY, FILE, IN, READS, Caller

REACHED = 299
ID = "00000000-0000-7000-8000-000000000000"
STALE = timedelta(minutes=10)

SERVICE_SCOPES = frozenset(" ".join(scope for callees in ALLOWED.values() for scope in callees.values()).split())

LOGINS = [Caller(role, tier) for role in Role for tier in Tier]
CALLERS = [
    Caller(),
    *LOGINS,
    *(Caller(role, second_factor=False) for role in Role),
    *(Caller(role, recent=False) for role in Role),
    *(Caller(role, acts=True) for role in Role),
    *(Caller(role, scopes=frozenset()) for role in Role),
    *(Caller(role, scopes=frozenset(SCOPES)) for role in Role),
    *(Caller("USER", scopes=frozenset({scope})) for scope in sorted(SCOPES)),
    # Scopes that no key can have, should one have them.
    *(Caller(role, scopes=frozenset(Permission)) for role in (Role.SUPER_ADMIN, Role.SUPPORT)),
    *(Caller(service=name, scopes=SERVICE_SCOPES) for name in (*SERVICES, "gateway", "stranger")),
    *(Caller(service=name, scopes=frozenset()) for name in (*SERVICES, "gateway")),
]


class _Away:
    """A database that is not there: nothing in front of a handler may need one."""

    def transaction(self) -> Any:
        raise StoreUnavailable()

    read = transaction


async def _reached(**_arguments: Any) -> Response:
    return Response(status_code=REACHED)


def app_of(service: str) -> FastAPI:
    app: FastAPI = import_module(f"services.{service}.app").build_app()
    app.state.db = _Away()
    return app


def routes_of(app: FastAPI) -> dict[str, Any]:
    """Give the app's routes by the name that they have in the file."""
    return {
        f"{method} {path}": route for path, methods, route in api_routes(app) for method in sorted(methods - {"HEAD"})
    }


@pytest.mark.parametrize("service", SERVICES)
def test_the_file_has_a_row_for_each_route_and_no_other(service: str) -> None:
    routes = routes_of(app_of(service))
    rows = matrix.read().routes.get(service, {})
    missing = [f"  {name}: {matrix.word_of(routes[name].dependant)}" for name in sorted(set(routes) - set(rows))]
    gone = sorted(set(rows) - set(routes))
    assert not missing, f"Say who may call these, under {service} in {FILE.name} (a guess stands beside each):\n" + (
        "\n".join(missing)
    )
    assert not gone, f"{FILE.name} has rows of {service} for routes that are no more: {gone}"


def test_every_word_of_the_file_is_one() -> None:
    for rows in matrix.read().routes.values():
        for name, word in rows.items():
            what = word.split(",")[0]
            known = {EVERYBODY, matrix.SIGNED_IN, matrix.LOGIN, matrix.ONESELF, *map(str, Permission)}
            assert what in known or re.fullmatch(r"services:( [a-z]+)+(, [a-z:]+)?", word), f"{name}: {word}"


def test_roles_and_permissions_are_those_of_the_file() -> None:
    """A role that is given more must be given it in the reviewed file too."""
    rows = matrix.read().permissions
    assert set(rows) == set(map(str, Permission))
    for permission in Permission:
        row = rows[permission]
        assert set(row["roles"]) == {role for role in Role if permission in ROLES[role]}, permission
        assert row.get("staff", False) == (permission in STAFF), permission
        assert row.get("key", False) == (permission in SCOPES), permission
        assert row.get("acting", True) == (permission not in HIDDEN_WHILE_ACTING), permission


@pytest.fixture(params=SERVICES)
def guarded(request: pytest.FixtureRequest, tokens: Tokens) -> tuple[str, FastAPI]:
    """A service whose handlers do nothing."""
    app = app_of(request.param)
    app.state.security.verifier.keys = tokens.keys
    for context in iter_route_contexts(app.routes):
        if isinstance(context.original_route, APIRoute):
            context.dependant.call = _reached
    return request.param, app


def credential(caller: Caller, tokens: Tokens, service: str) -> dict[str, str]:
    if caller.service is not None:
        token = tokens.service(caller.service, audience=service, scope=sorted(caller.scopes or ()))
        return {"authorization": f"Bearer {token}"}
    if caller.role is None:
        return {}
    proved = datetime.now(UTC) - (timedelta() if caller.recent else STALE)
    more: dict[str, Any] = {} if caller.scopes is None else {"client_id": "a-key"}
    if caller.acts:
        more = {"act": tokens.act(), "ttl": timedelta(minutes=15)}
    token = tokens.user(
        role=caller.role,
        tier=caller.tier,
        scope="user" if caller.scopes is None else " ".join(sorted(caller.scopes)),
        amr=["pwd", "otp"] if caller.second_factor else ["pwd"],
        auth_time=int(proved.timestamp()),
        **more,
    )
    return {"authorization": f"Bearer {token}"}


async def answer_of(app: FastAPI, name: str, headers: dict[str, str]) -> str:
    """Call a route, and say whether the guard let in or what it said."""
    method, path = name.split(" ")
    status, told, body = await call(app, method, re.sub(r"\{[^}]*\}", ID, path), headers)
    if status in (REACHED, 422):
        return IN  # a body is looked at behind the guard
    assert told[b"content-type"] == b"application/problem+json", f"{name}: {body!r}"
    return f"{status} {orjson.loads(body)['code']}"


async def call(app: FastAPI, method: str, path: str, headers: dict[str, str]) -> tuple[int, dict[bytes, bytes], bytes]:
    """Call an app in process: status, headers, body. A client would cost as much again, tens of thousands of times."""
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "server": ("localhost", 8000),
        "client": ("127.0.0.1", 123),
        "root_path": "",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [
            (b"host", b"localhost:8000"),
            *((name.encode(), value.encode()) for name, value in headers.items()),
        ],
    }
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(dict(message))

    await app(scope, receive, send)
    start, *parts = sent
    return start["status"], dict(start["headers"]), b"".join(part.get("body", b"") for part in parts)


async def test_each_route_lets_in_whom_the_file_names(guarded: tuple[str, FastAPI], tokens: Tokens) -> None:
    service, app = guarded
    rows, wrong = matrix.read(), []
    credentials = [(caller, credential(caller, tokens, service)) for caller in CALLERS]
    for name in routes_of(app):
        word, method = rows.routes[service][name], name.split(" ")[0]
        for caller, headers in credentials:
            expected = rows.expect(word, method, caller)
            got = await answer_of(app, name, headers)
            if got != expected:
                wrong.append(f"{name} ({word}) for {caller}: {got}, not {expected}")
    assert wrong == []


async def test_no_route_that_changes_anything_is_open_to_who_acts(guarded: tuple[str, FastAPI], tokens: Tokens) -> None:
    """From the code alone, whatever the file says: a write by an acting token is refused by every route for people."""
    service, app = guarded
    for name, route in routes_of(app).items():
        if name.split(" ")[0] in READS or matrix.word_of(route.dependant).startswith(("services", EVERYBODY)):
            continue
        for role in Role:
            headers = credential(Caller(role, acts=True), tokens, service)
            assert await answer_of(app, name, headers) == ACTING, name


@pytest.mark.parametrize("field", ["role", "second_factor", "recent", "acts", "scopes"])
def test_the_matrix_tells_callers_apart(field: str) -> None:
    """Each thing that a caller is or is not changes some cell: none is looked at in vain."""
    other: dict[str, Any] = {
        "role": "USER",
        "second_factor": False,
        "recent": False,
        "acts": True,
        "scopes": frozenset(),
    }
    rows, one = matrix.read(), Caller("SUPER_ADMIN")
    words = [(name.split(" ")[0], word) for routes in rows.routes.values() for name, word in routes.items()]
    changed = replace(one, **{field: other[field]})
    assert [1 for method, word in words if rows.expect(word, method, one) != rows.expect(word, method, changed)]
