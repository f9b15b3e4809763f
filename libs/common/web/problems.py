"""Turning whatever went wrong into `application/problem+json` (RFC 9457, decisions 11)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match

from libs.common import telemetry
from libs.common.errors import (
    BadRequest,
    FieldError,
    InvalidInput,
    MethodNotAllowed,
    NotFound,
    PayloadTooLarge,
    Problem,
    UnsupportedMediaType,
    UpstreamUnavailable,
)
from libs.common.logging import get_logger
from libs.common.problem_json import CONTENT_TYPE, problem_body
from libs.common.web.json_body import pointer

log = get_logger(__name__)

_BY_STATUS: Mapping[int, type[Problem]] = {
    400: BadRequest,
    404: NotFound,
    413: PayloadTooLarge,
    415: UnsupportedMediaType,
}
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
# Where pydantic's word for what is wrong would mean nothing to a client.
_CODES: Mapping[str, str] = {"extra_forbidden": "unknown_member", "missing": "required"}


def problem_response(problem: Problem, extra_headers: Mapping[str, str] | None = None) -> Response:
    """Make the answer to the current request."""
    return Response(
        problem_body(problem, telemetry.current_request_id()),
        status_code=problem.status,
        headers={**(extra_headers or {}), **problem.headers},
        media_type=CONTENT_TYPE,
    )


async def on_problem(_request: Request, problem: Exception) -> Response:
    assert isinstance(problem, Problem)
    log.info("request_refused", code=problem.code, status=problem.status)
    return problem_response(problem)


async def on_validation_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    problem = InvalidInput(errors=field_errors(error.errors()))
    log.info("request_refused", code=problem.code, status=problem.status, fields=[e.field for e in problem.errors])
    return problem_response(problem)


async def on_http_exception(request: Request, error: Exception) -> Response:
    """Render what Starlette and FastAPI raise themselves."""
    assert isinstance(error, HTTPException)
    if error.status_code == MethodNotAllowed.status:
        return problem_response(MethodNotAllowed(allow=_methods_of(request)))
    kind = _BY_STATUS.get(error.status_code)
    if kind is None:
        raise RuntimeError(f"A route raised HTTPException({error.status_code}): raise a Problem.") from error
    return problem_response(kind(), error.headers)


def _methods_of(request: Request) -> list[str]:
    """List what an address takes: Starlette names the methods of its first route only, and each method is a route."""

    def is_taken(method: str) -> bool:
        scope = {**request.scope, "method": method}
        return any(route.matches(scope)[0] is Match.FULL for route in request.app.routes)

    return [method for method in _METHODS if is_taken(method)]


async def on_upstream_failure(_request: Request, error: Exception) -> Response:
    """Another service did not answer, and the use case had no better word for it."""
    log.warning("upstream_unavailable", error=type(error).__name__, reason=str(error))
    return problem_response(UpstreamUnavailable())


def field_errors(errors: Sequence[Mapping[str, Any]]) -> list[FieldError]:
    """Translate pydantic's errors. The value sent is never repeated: it may be a password."""
    found: list[FieldError] = []
    for error in errors[:50]:
        place, *rest = error["loc"] or ("body",)
        field = pointer(rest) if place == "body" else f"/{place}{pointer(rest)}"
        code = error["type"]
        message = str(error["msg"]).removeprefix("Value error, ")
        found.append(FieldError(field, _CODES.get(code, code), message))
    return found
