"""The service's OpenAPI document: every route with its problems and its credential."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute, iter_route_contexts

from libs.common.errors import InvalidInput, NotAuthenticated, Problem
from libs.common.problem_json import CONTENT_TYPE, DOCS_PATH

_PROBLEM_REF = {"$ref": "#/components/schemas/Problem"}

_PROBLEM_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "description": "RFC 9457. Test `code`; the other words are for people.",
    "required": ["type", "code", "title", "status", "detail", "request_id"],
    "additionalProperties": True,
    "properties": {
        "type": {"type": "string", "examples": [f"{DOCS_PATH}not_found"]},
        "code": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "request_id": {"type": ["string", "null"]},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "code", "message"],
                "properties": {
                    "field": {"type": "string", "description": "JSON pointer", "examples": ["/threshold_price"]},
                    "code": {"type": "string"},
                    "message": {"type": "string"},
                },
            },
        },
        "retry_after": {"type": "integer", "description": "seconds"},
        "limit": {"type": "integer"},
        "used": {"type": "integer"},
        "upgrade_to": {"type": ["string", "null"]},
    },
}

_SECURITY_SCHEMES: Mapping[str, Any] = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "An access token: of a login, or of an app (OAuth) where `api_key` stands beside it.",
    },
    "api_key": {
        "type": "apiKey",
        "in": "header",
        "name": "X-API-Key",
        "description": "A key of one's own, which holds the scope that is named. Never in an address.",
    },
}


def problems(*kinds: type[Problem]) -> dict[int | str, dict[str, Any]]:
    """Say which problems a route may answer with, beyond 401 and 422 which are added by themselves.

    For a route's `responses=`.
    """
    by_status: dict[int | str, dict[str, Any]] = {}
    for kind in kinds:
        known = by_status.setdefault(kind.status, {"description": "", "content": {CONTENT_TYPE: {"examples": {}}}})
        known["content"][CONTENT_TYPE]["examples"][kind.code.value] = {"value": _example(kind)}
        known["description"] = " Or: ".join(filter(None, [known["description"], f"{kind.title}."]))
        known["content"][CONTENT_TYPE]["schema"] = _PROBLEM_REF
    return by_status


def install_openapi(app: FastAPI, signed_in_paths: Mapping[tuple[str, str], str | None]) -> None:
    """Replace the app's document maker.

    signed_in_paths: (path, METHOD) of routes that need a signed-in person, each with the scope by which an API key may
    call it too, or None.
    """

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _finish(
                get_openapi(title=app.title, version=app.version, routes=app.routes), signed_in_paths
            )
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]


def _finish(document: dict[str, Any], signed_in_paths: Mapping[tuple[str, str], str | None]) -> dict[str, Any]:
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas["Problem"] = dict(_PROBLEM_SCHEMA)
    components["securitySchemes"] = dict(_SECURITY_SCHEMES)
    for path, operations in document.get("paths", {}).items():
        for method, operation in operations.items():
            for parameter in operation.get("parameters", ()):
                _drop_null(parameter)
            responses = operation["responses"]
            if "422" in responses and "application/json" in responses["422"].get("content", {}):
                responses["422"] = problems(InvalidInput)[422]
            if (path, method.upper()) in signed_in_paths:
                scope = signed_in_paths[path, method.upper()]
                operation["security"] = [{"bearer": []}, *([] if scope is None else [{"api_key": [str(scope)]}])]
                responses.setdefault("401", problems(NotAuthenticated)[401])
            responses.setdefault(
                "default", {"description": "A problem.", "content": {CONTENT_TYPE: {"schema": _PROBLEM_REF}}}
            )
    return document


def _drop_null(parameter: dict[str, Any]) -> None:
    """Say of an optional parameter what it may be when sent: no query and no header can hold null."""
    schema = parameter["schema"]
    kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
    if len(kinds) == 1 and len(schema["anyOf"]) == 2:
        parameter["schema"] = {**{key: value for key, value in schema.items() if key != "anyOf"}, **kinds[0]}


def _example(kind: type[Problem]) -> dict[str, Any]:
    return {
        "type": f"{DOCS_PATH}{kind.code}",
        "code": kind.code.value,
        "title": kind.title,
        "status": kind.status,
        "detail": f"{kind.title}.",
        "request_id": "0198c5a4-0000-7000-8000-000000000000",
    }


def api_routes(app: FastAPI) -> list[tuple[str, frozenset[str], APIRoute]]:
    """List the app's API routes: path, methods, route. Those of included routers too."""
    found: list[tuple[str, frozenset[str], APIRoute]] = []
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, APIRoute):
            found.append((context.path or route.path, frozenset(context.methods or ()), route))
    return found
