"""The answers that the gateway writes itself: refusals as problem+json, and the headers of its two kinds of page."""

from __future__ import annotations

import random
from http import HTTPStatus
from typing import Any, Protocol

from libs.common.errors import Problem
from libs.common.problem_json import CONTENT_TYPE, problem_body

Header = tuple[bytes, bytes]

API_HEADERS: tuple[Header, ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-site"),
    (b"permissions-policy", b"geolocation=(), camera=(), microphone=()"),
)
"""On every answer of the API (security reference, section 9)."""

TRANSPORT_SECURITY: Header = (b"strict-transport-security", b"max-age=63072000; includeSubDomains")
"""Sent when the client came by TLS: over plain HTTP the norm forbids it (RFC 6797, 7.2)."""

NO_STORE: Header = (b"cache-control", b"no-store")


class Send(Protocol):
    async def __call__(self, message: dict[str, Any]) -> None: ...


class Receive(Protocol):
    async def __call__(self) -> dict[str, Any]: ...


def problem_headers(problem: Problem) -> list[Header]:
    """The headers that belong to a refusal, besides those of every answer."""
    return [
        (b"content-type", CONTENT_TYPE.encode()),
        NO_STORE,
        *((name.lower().encode(), value.encode()) for name, value in problem.headers.items()),
    ]


async def answer(send: Send, status: int, headers: list[Header], body: bytes) -> None:
    """Send a whole answer."""
    headers.append((b"content-length", b"%d" % len(body)))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def bare_refusal(problem: Problem) -> bytes:
    """Write, as it goes over the wire, a refusal of what never became a request. The connection ends with it."""
    request_id = f"{random.getrandbits(128):032x}"
    body = problem_body(problem, request_id)
    headers = [
        (b"x-request-id", request_id.encode()),
        *problem_headers(problem),
        *API_HEADERS,
        (b"content-length", b"%d" % len(body)),
        (b"connection", b"close"),
    ]
    lines = b"".join(b"%b: %b\r\n" % header for header in headers)
    return b"HTTP/1.1 %d %b\r\n%b\r\n%b" % (problem.status, HTTPStatus(problem.status).phrase.encode(), lines, body)
