"""The door and the services say the same about what is public, and who may come."""

from __future__ import annotations

from typing import Any

import pytest

from deploy.openapi import document
from gateway.reference.merge import operations, unreachable
from gateway.routes import Access, RouteTable
from libs.common.security.permissions import SCOPES
from tests.security import matrix

TABLE = RouteTable()


@pytest.fixture(scope="module")
def merged() -> dict[str, Any]:
    return document()


def test_the_door_lets_every_public_path_through(merged: dict[str, Any]) -> None:
    assert unreachable(merged, TABLE) == []


def test_the_door_asks_for_a_credential_where_the_service_does(merged: dict[str, Any]) -> None:
    """Where the door asked for less, forged tokens would reach services; for more, nobody could sign up."""
    differing = []
    for path, method, operation in operations(merged["paths"]):
        route = TABLE.find(path.encode())
        if route is not None and (route.access is Access.USER) != bool(operation.get("security")):
            differing.append(f"{method} {path}")
    assert differing == []


def test_the_document_names_api_keys_where_they_are_let_in(merged: dict[str, Any]) -> None:
    """The reviewed matrix says by which scope; the document must say the same, and no more."""
    words = {name: word for routes in matrix.read().routes.values() for name, word in routes.items()}
    told = {
        f"{method.upper()} {path}": [scopes[0] for way in operation["security"] for scopes in way.values() if scopes]
        for path, method, operation in operations(merged["paths"])
        if operation.get("security") and "gateway" not in operation["tags"]
    }
    assert {"GET /api/alerts/", "POST /api/alerts/", "GET /api/stocks/"} <= told.keys()
    assert told == {name: [words[name]] if words[name] in SCOPES else [] for name in told}


def test_nothing_internal_is_published(merged: dict[str, Any]) -> None:
    assert not [path for path in merged["paths"] if "/internal" in path]


def test_every_route_says_what_it_does_and_how_it_may_fail(merged: dict[str, Any]) -> None:
    for path, method, operation in operations(merged["paths"]):
        assert operation.get("summary"), f"{method} {path} has no summary"
        assert {"429", "503"} <= operation["responses"].keys(), f"{method} {path}"
        if operation.get("security"):
            assert "401" in operation["responses"], f"{method} {path}"
