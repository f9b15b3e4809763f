"""The routes of people's notices."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Response
from pydantic import BaseModel, Field

from libs.common.errors import NotFound, StoreUnavailable
from libs.common.pagination import Page
from libs.common.web import Router, problems
from libs.common.web.idempotency import IdempotencyKey
from libs.common.web.pagination import PageParams
from services.alerts.access import AlertsReader, AlertsWriter
from services.alerts.inbox.service import Inbox
from services.alerts.inbox.tables import NoticeRow
from services.alerts.notifications.rules import Channel, DeliveryStatus, Kind
from services.alerts.notifications.service import NoticesOf, Told
from services.alerts.notifications.tables import DeliveryRow

router = Router(tags=["notifications"])


def _inbox(request: Request) -> Inbox:
    inbox: Inbox = request.app.state.inbox
    return inbox


def _told(request: Request) -> NoticesOf:
    told: NoticesOf = request.app.state.told
    return told


InboxOf = Annotated[Inbox, Depends(_inbox)]


class LedgerOut(BaseModel):
    """What became of a notice by one channel. `reason` says why it waits, failed or was not sent."""

    channel: Channel
    status: DeliveryStatus
    reason: str | None
    at: datetime = Field(description="When it was delivered, or sent; when it is due, while it waits.")

    @classmethod
    def of(cls, row: DeliveryRow) -> LedgerOut:
        waits = row.status in (DeliveryStatus.QUEUED, DeliveryStatus.COLLECTED)
        return cls(
            channel=Channel(row.channel),
            status=DeliveryStatus(row.status),
            reason=row.reason,
            at=row.due_at if waits else row.delivered_at or row.sent_at or row.created_at,
        )


class NoticeOut(BaseModel):
    """A notice. `link` is a path of the application; `read_at` is null until it was read."""

    id: UUID
    kind: Kind
    title: str = Field(examples=["AAPL is now $232.50"])
    text: str = Field(examples=["Apple Inc. is now $232.50 (above $230.00)"])
    link: str = Field(examples=["/stocks/NASDAQ/AAPL"])
    created_at: datetime
    read_at: datetime | None
    deliveries: list[LedgerOut] = Field(description="By channel; the application itself is not among them.")

    @classmethod
    def of(cls, row: NoticeRow, ledger: Sequence[DeliveryRow]) -> NoticeOut:
        return cls(
            id=row.id,
            kind=Kind(row.kind),
            title=row.title,
            text=row.text,
            link=row.link,
            created_at=row.created_at,
            read_at=row.read_at,
            deliveries=[LedgerOut.of(delivery) for delivery in ledger],
        )

    @classmethod
    def of_told(cls, told: Told) -> NoticeOut:
        return cls.of(told.notice, told.ledger)


class UnreadOut(BaseModel):
    unread: int


class ReadOut(BaseModel):
    """How many notices were marked as read."""

    read: int

    @classmethod
    def of(cls, read: int) -> ReadOut:
        return cls(read=read)


@router.get("/api/notifications/", responses=problems(StoreUnavailable))
async def list_notifications(
    user: AlertsReader,
    told: Annotated[NoticesOf, Depends(_told)],
    page: PageParams,
    unread: Annotated[bool, Query(description="Only what was not read yet.")] = False,
    kind: Annotated[Kind | None, Query(description="Only notices of this kind.")] = None,
) -> Page[NoticeOut]:
    """List one's own notices, newest first, each with what became of it by every channel."""
    return (await told.list_for(user.user_id, page, unread=unread, kind=kind)).as_page(NoticeOut.of_told)


@router.get("/api/notifications/unread/", responses=problems(StoreUnavailable))
async def count_unread_notifications(user: AlertsReader, inbox: InboxOf) -> UnreadOut:
    """Count one's own notices that were not read yet."""
    return UnreadOut(unread=await inbox.count_unread(user.user_id))


@router.post("/api/notifications/read-all/", responses=problems(StoreUnavailable))
async def read_all_notifications(user: AlertsWriter, inbox: InboxOf, key: IdempotencyKey) -> ReadOut:
    """Mark all notices as read."""
    return ReadOut.of(await inbox.read_all(user.user_id, key.answering(ReadOut.of)))


@router.post("/api/notifications/{notice_id}/read/", status_code=204, responses=problems(NotFound, StoreUnavailable))
async def read_notification(notice_id: UUID, user: AlertsWriter, inbox: InboxOf) -> Response:
    """Mark a notice as read; doing it twice is doing it once."""
    await inbox.read(user.user_id, notice_id)
    return Response(status_code=204)
