"""The router and route class of all services."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute

from libs.common.errors import UnsupportedMediaType
from libs.common.web.json_body import parse_json


class JsonRequest(Request):
    """A request whose JSON is read by `parse_json`."""

    async def json(self) -> Any:
        if not hasattr(self, "_json"):
            self._json = parse_json(await self.body())
        return self._json


class JsonRoute(APIRoute):
    """A route that takes JSON and nothing else."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        inner = super().get_route_handler()

        async def handle(request: Request) -> Response:
            request = JsonRequest(request.scope, request.receive)
            if await request.body():
                if not _says_json(request.headers.get("content-type", "")):
                    raise UnsupportedMediaType()
                # Read here, since FastAPI turns whatever is raised while it reads a body into its own 400.
                await request.json()
            return await inner(request)

        return handle


class Router(APIRouter):
    """What a room's routes are written on. `create_app` refuses routes made by any other router."""

    def __init__(self, **options: Any) -> None:
        super().__init__(route_class=JsonRoute, **options)


def _says_json(content_type: str) -> bool:
    kind = content_type.partition(";")[0].strip().lower()
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))
