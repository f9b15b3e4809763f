"""The outermost layer of every service: ids, logs, metrics, limits on the body, and the last handler of all."""

from __future__ import annotations

import re
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from libs.common import telemetry
from libs.common.errors import InternalError, InvalidInput, PayloadTooLarge, Problem
from libs.common.ids import uuid7
from libs.common.logging import bind_request, clear_request, get_logger
from libs.common.web.problems import problem_response

log = get_logger(__name__)

MAX_BODY_BYTES = 256 * 1024

_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_UNOBSERVED = frozenset({"/healthz", "/readyz", "/metrics"})

_requests = telemetry.counter("sharewise_http_requests_total", "HTTP answers.", ["method", "route", "status"])
_durations = telemetry.histogram("sharewise_http_request_seconds", "Time to answer.", ["method", "route"])
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class EdgeMiddleware:
    """Give each request an id and a trace, refuse what no route could take, log and count the answer.

    An exception that nobody handled becomes a 500 without its words, and is logged with them once.
    """

    def __init__(self, app: ASGIApp, max_body_bytes: int = MAX_BODY_BYTES) -> None:
        self._app = app
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in _UNOBSERVED:
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        request_id = _enter(scope)
        status = 500

        async def send_marked(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message.setdefault("headers", []).append((b"x-request-id", request_id.encode()))
            await send(message)

        method = scope["method"] if scope["method"] in _METHODS else "other"
        with telemetry.span(method, "server") as name_span:
            await self._answer(scope, receive, send_marked)
            # Not the path: it holds ids, and there would be as many names as objects.
            route = getattr(scope.get("route"), "path", "unmatched")
            name_span(f"{method} {route}")
        seconds = time.perf_counter() - started
        _requests.labels(method, route, str(status)).inc()
        _durations.labels(method, route).observe(seconds)
        log.info("request_answered", method=method, route=route, status=status, duration_ms=round(seconds * 1_000, 2))

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        answering = False

        async def send_watched(message: Message) -> None:
            nonlocal answering
            answering = answering or message["type"] == "http.response.start"
            await send(message)

        try:
            _refuse_nul(scope)
            body = await self._read(scope, receive)
            await self._app(scope, _replay(body, receive), send_watched)
        except Problem as problem:
            log.info("request_refused", code=problem.code, status=problem.status)
            await problem_response(problem)(scope, receive, send)
        except Exception:  # the last handler of all: whatever it was, the client gets an answer and we get the stack
            log.exception("request_failed")
            if answering:
                raise
            await problem_response(InternalError())(scope, receive, send)

    async def _read(self, scope: Scope, receive: Receive) -> bytes:
        """Read the whole body, up to the limit: every route takes small JSON."""
        declared = _header(scope, b"content-length")
        if declared is None and _header(scope, b"transfer-encoding") is None:
            return b""
        if declared is not None and declared.isdigit() and int(declared) > self._max_body_bytes:
            raise self._too_large()
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return bytes(body)
            body += message.get("body", b"")
            if len(body) > self._max_body_bytes:
                raise self._too_large()
            if not message.get("more_body", False):
                return bytes(body)

    def _too_large(self) -> PayloadTooLarge:
        return PayloadTooLarge(f"A body holds at most {self._max_body_bytes} bytes.", limit=self._max_body_bytes)


def _enter(scope: Scope) -> str:
    clear_request()
    asked = (_header(scope, b"x-request-id") or b"").decode("latin-1")
    request_id = asked if _REQUEST_ID.fullmatch(asked) else str(uuid7())
    telemetry.set_request_id(request_id)
    telemetry.enter_trace((_header(scope, b"traceparent") or b"").decode("latin-1"))
    scope.setdefault("state", {})["request_id"] = request_id
    bind_request(request_id=request_id)
    return request_id


def _refuse_nul(scope: Scope) -> None:
    if "\x00" in scope["path"] or b"%00" in scope.get("query_string", b"") or b"\x00" in scope.get("query_string", b""):
        raise InvalidInput.of("/query", "invalid_text", "An address holds characters that we cannot store.")


def _header(scope: Scope, name: bytes) -> bytes | None:
    for key, value in scope["headers"]:
        if key == name:
            found: bytes = value
            return found
    return None


def _replay(body: bytes, receive: Receive) -> Receive:
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
