"""Every service can hand over and erase what it keeps about a person: auth asks, at the person's wish."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

from fastapi import Depends, Response

from libs.common.security.principal import require_service
from libs.common.web.routing import Router

Exporter = Callable[[UUID], Awaitable[Mapping[str, Any]]]
"""Gives all that the service keeps about a user, as JSON values by kind; an empty mapping when it keeps nothing."""

Eraser = Callable[[UUID], Awaitable[None]]
"""Erases or makes nameless all that the service keeps about a user, save what the law makes us keep. Safe to repeat."""

EXPORT_PATH = "/internal/users/{user_id}/export"
ERASE_PATH = "/internal/users/{user_id}/erase"


def personal_data_router(exporter: Exporter, eraser: Eraser) -> Router:
    """Make the two routes of a service."""
    router = Router(tags=["internal"])
    only_auth = Depends(require_service("auth"))

    @router.get(EXPORT_PATH, dependencies=[only_auth], summary="Hand over what is kept about a user")
    async def export_user(user_id: UUID) -> dict[str, Any]:
        return dict(await exporter(user_id))

    @router.post(ERASE_PATH, dependencies=[only_auth], status_code=204, summary="Erase what is kept about a user")
    async def erase_user(user_id: UUID) -> Response:
        await eraser(user_id)
        return Response(status_code=204)

    return router
