"""An app with a route of each kind, for tests of what every service's door does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

import httpx
from fastapi import Depends, FastAPI
from pydantic import BaseModel, ConfigDict, Field

from libs.common.errors import InvalidInput, NotFound, PlanLimit, TooManyRequests
from libs.common.http import NotSent
from libs.common.settings import CommonSettings
from libs.common.web import (
    PUBLIC,
    CurrentUser,
    PriceIn,
    Router,
    ServicePrincipal,
    create_app,
    problems,
    require_service,
)

ERASED: list[UUID] = []


class Order(BaseModel):
    model_config = ConfigDict(extra="forbid")

    price: PriceIn
    note: str | None = Field(default=None, max_length=20)
    tags: list[str] = Field(default_factory=list, max_length=3)


async def export(user_id: UUID) -> Mapping[str, Any]:
    return {"things": [{"of": user_id}]}


async def erase(user_id: UUID) -> None:
    ERASED.append(user_id)


def make_router() -> Router:
    router = Router()

    @router.post("/api/orders/", status_code=201, responses=problems(NotFound, PlanLimit))
    async def create(body: Order, user: CurrentUser) -> dict[str, str]:
        return {"price": str(body.price), "user": str(user.user_id)}

    @router.get("/api/orders/{order_id}/", responses=problems(NotFound))
    async def show(order_id: UUID, user: CurrentUser) -> dict[str, str]:
        raise NotFound("There is no such order.")

    @router.get("/api/things/", dependencies=[PUBLIC])
    async def things(limit: int = 50) -> list[int]:
        return list(range(limit))

    @router.get("/api/raises/{name}/", dependencies=[PUBLIC])
    async def raises(name: str) -> None:
        raise PROBLEMS[name]

    @router.get("/internal/prices")
    async def prices(
        caller: Annotated[ServicePrincipal, Depends(require_service("alerts", scope="prices:read"))],
    ) -> dict[str, str | None]:
        behalf = caller.on_behalf_of
        return {"caller": caller.name, "for": None if behalf is None else str(behalf.user_id)}

    return router


PROBLEMS: dict[str, Exception] = {
    "limit": PlanLimit("Your plan allows 5 active alerts.", limit=5, used=5, upgrade_to="PRO"),
    "slow": TooManyRequests(retry_after=12.2),
    "upstream": NotSent("10.0.0.7:8003 cannot be reached"),
    "bug": KeyError("canary-secret"),
    "invalid": InvalidInput.of("/a/b", "odd", "This is odd."),
}


def make_app(settings: CommonSettings) -> FastAPI:
    return create_app(settings, routers=[make_router()], exporter=export, eraser=erase)


async def post_raw(client: httpx.AsyncClient, body: str | bytes) -> httpx.Response:
    content = body.encode() if isinstance(body, str) else body
    return await client.post("/api/orders/", content=content, headers={"content-type": "application/json"})
