"""The routes by which staff look at the ledger and have messages sent again."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import Depends, Query, Request
from pydantic import BaseModel

from libs.common.errors import NotFound, StoreUnavailable
from libs.common.pagination import Page
from libs.common.web import Permission, Principal, Router, problems, require
from libs.common.web.idempotency import IdempotencyKey
from libs.common.web.pagination import PageParams
from services.alerts.notifications.ledger import Ledger
from services.alerts.notifications.rules import Channel, DeliveryStatus
from services.alerts.notifications.tables import DeliveryRow

router = Router(tags=["staff"])

Reader = Annotated[Principal, Depends(require(Permission.USERS_READ))]
Manager = Annotated[Principal, Depends(require(Permission.USERS_MANAGE))]


def _ledger(request: Request) -> Ledger:
    ledger: Ledger = request.app.state.ledger
    return ledger


LedgerOf = Annotated[Ledger, Depends(_ledger)]


class DeliveryOut(BaseModel):
    """One message to one person. Neither its words nor its address are here. `reason` says why it failed or waits."""

    id: UUID
    user_id: UUID
    channel: Channel
    purpose: str
    status: DeliveryStatus
    reason: str | None
    attempts: int
    created_at: datetime
    due_at: datetime
    sent_at: datetime | None
    can_replay: bool

    @classmethod
    def of(cls, row: DeliveryRow) -> Self:
        return cls(
            id=row.id,
            user_id=row.user_id,
            channel=Channel(row.channel),
            purpose=row.purpose,
            status=DeliveryStatus(row.status),
            reason=row.reason,
            attempts=row.attempts,
            created_at=row.created_at,
            due_at=row.due_at,
            sent_at=row.sent_at,
            # What carried a secret has lost it; what went out was not lost.
            can_replay=row.status == DeliveryStatus.FAILED and row.data is not None,
        )


@router.get("/api/deliveries/", responses=problems(StoreUnavailable))
async def list_deliveries(
    _staff: Reader,
    ledger: LedgerOf,
    page: PageParams,
    status: Annotated[DeliveryStatus | None, Query(description="Only messages of this status.")] = None,
    channel: Annotated[Channel | None, Query(description="Only messages by this channel.")] = None,
    user_id: Annotated[UUID | None, Query(description="Only messages to this person.")] = None,
) -> Page[DeliveryOut]:
    """List messages to people, newest first, and why they failed."""
    return (await ledger.list_all(page, status=status, channel=channel, user_id=user_id)).as_page(DeliveryOut.of)


@router.post("/api/deliveries/{delivery_id}/replay/", status_code=202, responses=problems(NotFound, StoreUnavailable))
async def replay_delivery(delivery_id: UUID, _staff: Manager, ledger: LedgerOf, key: IdempotencyKey) -> DeliveryOut:
    """Send a message again that failed, under the same ids. What carried a secret is gone and cannot be."""
    return DeliveryOut.of(await ledger.replay_failed(delivery_id, key.answering(DeliveryOut.of)))
