"""What a user may do: asked by services, never by people."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends

from libs.common.errors import StoreUnavailable
from libs.common.web import Router, of_app, problems, require_service
from libs.contracts.billing import Entitlements
from services.billing.subscriptions.service import Subscriptions

router = Router(tags=["internal"])

_CALLERS = require_service("auth", "market", "alerts", "signals", "broker", "gateway", scope="entitlements:read")


@router.get(
    "/internal/entitlements/{user_id}",
    dependencies=[Depends(_CALLERS)],
    summary="Say what a user may do now",
    responses=problems(StoreUnavailable),
)
async def show_entitlements(
    user_id: UUID, subscriptions: Annotated[Subscriptions, Depends(of_app("subscriptions"))]
) -> Entitlements:
    """Say what a user may do now. A user of whom nothing is known has the free allowance, at version 0."""
    return await subscriptions.entitlements(user_id)
