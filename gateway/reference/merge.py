"""One document out of the services' own. Pure: the gateway fetches them, `deploy.openapi` makes them in process.

Schemas get their service's name in front (`AlertsAlertOut`), so that two services may each have their own `Order`;
those that `libs.common.web` gives every service alike stay as they are. Whatever would make the document say two things
at once is refused: a path, an operation id or a shared schema that two services define differently.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from gateway.routes import RouteTable

SHARED_SCHEMAS = frozenset(("Problem",))
INTERNAL_TAG = "internal"
METHODS = frozenset(("get", "put", "post", "delete", "patch", "head", "options"))

_REF = "#/components/schemas/"
_PROBLEM = {"content": {"application/problem+json": {"schema": {"$ref": f"{_REF}Problem"}}}}
_DESCRIPTION = """\
Prices and money are strings. Times are RFC 3339 in UTC. An instrument is written `EXCHANGE:SYMBOL`, such as
`NSE:RELIANCE`. `/api/v1` is this version; `/api` is an alias of the current one. A last slash is accepted and means
the same.

Every error is `application/problem+json` with a stable `code`: see [all codes](/docs/errors). Every answer tells your
limits in `RateLimit` and `RateLimit-Policy`. Live prices and your own events come over the WebSocket at `/ws`.
"""


class Clash(Exception):
    """Two services say different things about one name."""


def merge(documents: Mapping[str, Mapping[str, Any]], *, own: Mapping[str, Any]) -> dict[str, Any]:
    """Merge services' OpenAPI documents, by service. own: the gateway's own paths. Raises Clash."""
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = {}
    security: dict[str, Any] = {}
    operation_ids: dict[str, str] = {}
    for service, document in sorted(documents.items()):
        part = _renamed(deepcopy(dict(document)), service)
        _merge_shared(schemas, part.get("components", {}).get("schemas", {}), "schema")
        _merge_shared(security, part.get("components", {}).get("securitySchemes", {}), "security scheme")
        for path, item in part.get("paths", {}).items():
            public = {key: value for key, value in item.items() if not _is_internal(path, value)}
            if not METHODS & public.keys():
                continue
            if path in paths:
                raise Clash(f"Two services serve {path}: the second is {service}.")
            paths[path] = public
    paths |= deepcopy(dict(own))
    for path, method, operation in operations(paths):
        operation_id = operation.get("operationId")
        if operation_id is not None and operation_ids.setdefault(operation_id, path) != path:
            raise Clash(f"The operation id {operation_id} stands at {operation_ids[operation_id]} and {path}.")
        responses = operation.setdefault("responses", {})
        responses.setdefault("429", {"description": "Too many requests; `Retry-After` says when.", **_PROBLEM})
        responses.setdefault("503", {"description": "This part is away; `Retry-After` says when.", **_PROBLEM})
        _note_limit(path, method, operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "ShareWise", "version": "1", "description": _DESCRIPTION},
        "servers": [{"url": "/"}],
        "paths": dict(sorted(paths.items())),
        "components": {"schemas": _used(schemas, paths), "securitySchemes": security},
        "tags": [{"name": tag} for tag in sorted({tag for *_, op in operations(paths) for tag in op.get("tags", ())})],
    }


def operations(paths: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Walk a document's operations: path, method, operation."""
    for path, item in paths.items():
        for method, operation in item.items():
            if method in METHODS:
                yield path, method, operation


def unreachable(document: Mapping[str, Any], table: RouteTable) -> list[str]:
    """List the paths of a merged document that the door does not let through: a row of `routes` is missing."""
    return [
        path
        for path, _, operation in operations(document["paths"])
        if "gateway" not in operation.get("tags", ()) and table.find(path.encode()) is None
    ]


def _is_internal(path: str, operation: Any) -> bool:
    return path.startswith("/internal/") or (isinstance(operation, dict) and INTERNAL_TAG in operation.get("tags", ()))


def _renamed(document: dict[str, Any], service: str) -> dict[str, Any]:
    """Put the service's name in front of its schemas, where they stand and where they are referred to."""
    schemas = document.get("components", {}).get("schemas", {})
    names = {name: name if name in SHARED_SCHEMAS else f"{service.capitalize()}{name}" for name in schemas}
    if schemas:
        document["components"]["schemas"] = {names[name]: schema for name, schema in schemas.items()}
    for node in _nodes(document):
        reference = node.get("$ref")
        if isinstance(reference, str) and reference.startswith(_REF):
            node["$ref"] = _REF + names.get(reference[len(_REF) :], reference[len(_REF) :])
        mapping = node.get("mapping")
        if isinstance(mapping, dict):
            for key, target in mapping.items():
                if isinstance(target, str) and target.startswith(_REF):
                    mapping[key] = _REF + names.get(target[len(_REF) :], target[len(_REF) :])
    return document


def _nodes(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from _nodes(value)
    elif isinstance(node, list):
        for value in node:
            yield from _nodes(value)


def _merge_shared(into: dict[str, Any], part: Mapping[str, Any], what: str) -> None:
    for name, definition in part.items():
        if into.setdefault(name, definition) != definition:
            raise Clash(f"Two services define the {what} {name} differently.")


def _used(schemas: Mapping[str, Any], paths: Mapping[str, Any]) -> dict[str, Any]:
    """Keep the schemas that something public refers to, directly or through others."""
    wanted = list(_references(paths))
    used: set[str] = set()
    while wanted:
        name = wanted.pop()
        if name not in used:
            used.add(name)
            wanted += _references(schemas.get(name, {}))
    return {name: schemas[name] for name in sorted(used) if name in schemas}


def _references(node: Any) -> Iterator[str]:
    for part in _nodes(node):
        reference = part.get("$ref")
        if isinstance(reference, str) and reference.startswith(_REF):
            yield reference[len(_REF) :]


_TABLE = RouteTable()


def _note_limit(path: str, method: str, operation: dict[str, Any]) -> None:
    route = _TABLE.find(path.encode())
    if route is not None:
        operation["x-rate-limit"] = route.limit(method.upper()).value
