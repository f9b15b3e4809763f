"""A problem as it goes over the wire (RFC 9457, decisions 11). Without a web framework: the gateway loads none."""

from __future__ import annotations

from typing import Any

import orjson

from libs.common.errors import InvalidInput, Problem

CONTENT_TYPE = "application/problem+json"
DOCS_PATH = "/docs/errors/"


def problem_document(problem: Problem, request_id: str | None) -> dict[str, Any]:
    """Make the members of a problem's answer."""
    document: dict[str, Any] = {
        "type": f"{DOCS_PATH}{problem.code}",
        "code": problem.code,
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "request_id": request_id,
        **problem.members,
    }
    if isinstance(problem, InvalidInput) and problem.errors:
        document["errors"] = [
            {"field": error.field, "code": error.code, "message": error.message} for error in problem.errors
        ]
    return document


def problem_body(problem: Problem, request_id: str | None) -> bytes:
    return orjson.dumps(problem_document(problem, request_id), default=str)
