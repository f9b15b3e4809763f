"""The router and route class of all services."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.routing import APIRoute

from libs.common.errors import UnsupportedMediaType
from libs.common.web.form_body import parse_form
from libs.common.web.json_body import parse_json

FORM = "application/x-www-form-urlencoded"


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


class FormRoute(JsonRoute):
    """A route that takes a form and nothing else, because a standard says so. Made by `Router.post_form`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        inner = APIRoute.get_route_handler(self)

        async def handle(request: Request) -> Response:
            body = await request.body()
            if body and request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
                raise UnsupportedMediaType(f"Send {FORM}.")
            request.state.form = parse_form(body)
            return await inner(request)

        return handle


class UnreadRoute(JsonRoute):
    """A route that looks at no body, because a standard lets callers send one in several forms."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        return APIRoute.get_route_handler(self)


def _form(request: Request) -> Mapping[str, str]:
    fields: Mapping[str, str] = request.state.form
    return fields


FormFields = Annotated[Mapping[str, str], Depends(_form)]
"""The fields of a `FormRoute`'s body, each of which stands there once."""


class Router(APIRouter):
    """What a room's routes are written on. `create_app` refuses routes made by any other router."""

    def __init__(self, **options: Any) -> None:
        super().__init__(route_class=JsonRoute, generate_unique_id_function=_operation_id, **options)

    def post_unread(self, path: str, **options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Make a POST route that passes over whatever body comes."""

        def decorate(endpoint: Callable[..., Any]) -> Callable[..., Any]:
            self.add_api_route(path, endpoint, methods=["POST"], route_class_override=UnreadRoute, **options)
            return endpoint

        return decorate

    def post_form(
        self, path: str, *, fields: Sequence[str], required: Sequence[str] = (), **options: Any
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Make a POST route that takes a form in place of JSON. fields: their names, for the document."""
        schema = {"type": "object", "properties": {name: {"type": "string"} for name in fields}}
        body = {"required": True, "content": {FORM: {"schema": {**schema, "required": list(required)}}}}

        def decorate(endpoint: Callable[..., Any]) -> Callable[..., Any]:
            self.add_api_route(
                path,
                endpoint,
                methods=["POST"],
                route_class_override=FormRoute,
                openapi_extra={"requestBody": body},
                **options,
            )
            return endpoint

        return decorate


def _operation_id(route: APIRoute) -> str:
    """Name an operation by its function alone: generated clients are read by people. A clash shows when apps merge."""
    return route.name


def _says_json(content_type: str) -> bool:
    kind = content_type.partition(";")[0].strip().lower()
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))
