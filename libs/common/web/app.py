"""`create_app`: what every service's HTTP side has in common."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager

import orjson
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from libs.common import telemetry
from libs.common.errors import Problem
from libs.common.health import Check, run_checks
from libs.common.http import NotSent, OutcomeUnknown
from libs.common.idempotency import Replay
from libs.common.security.middleware import CallerMiddleware
from libs.common.security.permissions import SCOPES, Permission
from libs.common.security.principal import PEOPLE, public, require, require_service
from libs.common.security.setup import Security
from libs.common.settings import CommonSettings
from libs.common.web import problems as rendering
from libs.common.web.edge import MAX_BODY_BYTES, EdgeMiddleware
from libs.common.web.idempotency import on_replay
from libs.common.web.openapi import api_routes, install_openapi
from libs.common.web.personal_data import Eraser, Exporter, personal_data_router
from libs.common.web.routing import JsonRoute, Router

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


class UndeclaredAccess(TypeError):
    """A route does not say who may call it, so the service does not start."""


def create_app(
    settings: CommonSettings,
    *,
    routers: Sequence[Router],
    exporter: Exporter,
    eraser: Eraser,
    readiness: Sequence[Check] = (),
    lifespan: Lifespan | None = None,
    security: Security | None = None,
    max_body_bytes: int = MAX_BODY_BYTES,
) -> FastAPI:
    """Make a service's app.

    exporter, eraser: what is kept about a person, given or erased at auth's word; no service starts without them.
    readiness: what `/readyz` looks at. lifespan: opens and closes what the routes use, inside the security's own.
    security: where keys and revocations come from; by default auth and Redis, as the settings say.
    Raises UndeclaredAccess for a route that names neither `require`, a login, require_service nor PUBLIC.
    """
    if not callable(exporter) or not callable(eraser):
        raise TypeError(f"The service {settings.service!r} must say how personal data is exported and erased.")
    security = security or Security.from_settings(settings)

    @contextlib.asynccontextmanager
    async def whole_life(app: FastAPI) -> AsyncIterator[None]:
        async with security.running():
            if lifespan is None:
                yield
            else:
                async with lifespan(app):
                    yield

    app = FastAPI(
        title=f"ShareWise {settings.service}",
        version="1",
        lifespan=whole_life,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False},
        middleware=[
            Middleware(EdgeMiddleware, max_body_bytes=max_body_bytes),
            Middleware(CallerMiddleware, verifier=security.verifier),
        ],
        exception_handlers={
            Problem: rendering.on_problem,
            RequestValidationError: rendering.on_validation_error,
            HTTPException: rendering.on_http_exception,
            NotSent: rendering.on_upstream_failure,
            OutcomeUnknown: rendering.on_upstream_failure,
            Replay: on_replay,
        },
    )
    app.state.settings = settings
    app.state.security = security
    for router in [*routers, personal_data_router(exporter, eraser)]:
        # Not include_router: it analyses each route anew for each app, although all that it needs is in the route.
        app.router.routes.extend(router.routes)
    app.router.default = _OtherSlash(app)
    install_openapi(app, _declared_access(app))
    _add_health(app, readiness)
    return app


class _OtherSlash:
    """Serve an address with or without its last slash alike (api.md), without a redirect that loses bodies."""

    def __init__(self, app: FastAPI) -> None:
        self._router = app.router

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope.get("path", "")
        if scope["type"] != "http" or path == "/" or "other_slash" in scope.get("state", {}):
            await self._router.not_found(scope, receive, send)
            return
        scope.setdefault("state", {})["other_slash"] = True
        scope["path"] = path[:-1] if path.endswith("/") else path + "/"
        await self._router.app(scope, receive, send)


def _declared_access(app: FastAPI) -> Mapping[tuple[str, str], Permission | None]:
    """Check that each route says who may call it.

    Returns those for signed-in people by (path, METHOD), each with the scope by which a key or an app may call it too;
    None where only a login of one's own may.
    """
    signed_in: dict[tuple[str, str], Permission | None] = {}
    for path, methods, route in api_routes(app):
        if not isinstance(route, JsonRoute):
            raise UndeclaredAccess(f"{path} was not made on a libs.common.web.Router.")
        calls = set(_calls(route.dependant))
        for_people = any(call in PEOPLE or isinstance(call, require) for call in calls)
        if not for_people and not any(call is public or isinstance(call, require_service) for call in calls):
            raise UndeclaredAccess(f"{sorted(methods)} {path} does not say who may call it.")
        if path.startswith("/internal/") and for_people:
            raise UndeclaredAccess(f"{sorted(methods)} {path} is internal, so it is for services and not for people.")
        if for_people:
            signed_in |= dict.fromkeys(((path, method) for method in methods), _scope_of(calls))
    return signed_in


def _scope_of(calls: Collection[object]) -> Permission | None:
    """Give the scope that opens a route to keys and apps, if any does."""
    needs = [call for call in calls if isinstance(call, require)]
    if any(call in PEOPLE for call in calls) or any(one.recent or one.permission not in SCOPES for one in needs):
        return None
    return needs[0].permission if len(needs) == 1 else None


def _calls(dependant: Dependant) -> list[object]:
    found: list[object] = []
    for dependency in dependant.dependencies:
        found.append(dependency.call)
        found.extend(_calls(dependency))
    return found


def _add_health(app: FastAPI, readiness: Sequence[Check]) -> None:
    async def healthz(_request: Request) -> Response:
        return Response(b'{"status":"ok"}', media_type="application/json")

    async def readyz(_request: Request) -> Response:
        ready, results = await run_checks(readiness)
        body = orjson.dumps({"status": "ok" if ready else "unavailable", "checks": results})
        return Response(body, status_code=200 if ready else 503, media_type="application/json")

    async def metrics(_request: Request) -> Response:
        return Response(telemetry.render_metrics(), media_type=telemetry.METRICS_CONTENT_TYPE)

    for path, endpoint in (("/healthz", healthz), ("/readyz", readyz), ("/metrics", metrics)):
        app.add_route(path, endpoint, include_in_schema=False)
