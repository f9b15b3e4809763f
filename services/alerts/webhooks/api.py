"""The routes of outgoing webhooks."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from fastapi import Depends, Query, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from libs.common.errors import Conflict, NotFound, PlanFeature, StepUpRequired, StoreUnavailable, UpstreamUnavailable
from libs.common.pagination import Page
from libs.common.web import CurrentUser, Myself, RecentLogin, Router, problems
from libs.common.web.idempotency import IdempotencyKey
from libs.common.web.pagination import PageParams
from services.alerts.notifications.rules import DeliveryStatus
from services.alerts.webhooks import rules
from services.alerts.webhooks.service import EndpointDraft, Held, Logged, Webhooks
from services.alerts.webhooks.tables import AttemptRow

router = Router(tags=["webhooks"])

EventName = Literal[
    "alerts.alert.triggered.v1",
    "alerts.alert.created.v1",
    "alerts.alert.updated.v1",
    "alerts.alert.deleted.v1",
    "alerts.notification.failed.v1",
]
Url = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=r"^[\x21-\x7e]+$")]
Events = Annotated[list[EventName], Field(min_length=1, max_length=len(rules.EVENTS))]
Description = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$")]


def _webhooks(request: Request) -> Webhooks:
    webhooks: Webhooks = request.app.state.webhooks
    return webhooks


WebhooksOf = Annotated[Webhooks, Depends(_webhooks)]


class WebhookCreate(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"url": "https://example.com/hooks", "events": ["alerts.alert.triggered.v1"]}]},
    )

    url: Url
    events: Events
    description: Description = ""


class WebhookChange(BaseModel):
    """What is absent stays."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"status": "active"}]})

    url: Url | None = None
    events: Events | None = None
    description: Description | None = None
    status: Literal["active", "disabled"] | None = None

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if all(value is None for value in self.model_dump().values()):
            raise ValueError("Send what is to change: url, events, description or status.")
        return self


class WebhookRotation(BaseModel):
    """`overlap_hours`: for how long the secret before signs beside the new one; 0 ends it at once."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"overlap_hours": 24}]})

    overlap_hours: int = Field(default=24, strict=True, ge=0, le=rules.MAX_OVERLAP_HOURS)


class ReplayRange(BaseModel):
    """What was queued from `begins` to before `ends` is sent again; `ends` is now unless said."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"begins": "2026-11-20T10:00:00Z"}]})

    begins: AwareDatetime
    ends: AwareDatetime | None = None


class WebhookOut(BaseModel):
    """`reason`: why it is off. `failing_since`: no success since then. `old_secret_ends_at`: while two secrets sign."""

    id: UUID
    url: str
    description: str
    events: list[str]
    status: Literal["active", "disabled"]
    reason: str | None
    failing_since: datetime | None
    old_secret_ends_at: datetime | None
    created_at: datetime

    @classmethod
    def of(cls, held: Held) -> Self:
        return cls(**_members(held))


class NewWebhookOut(WebhookOut):
    """A webhook with its secret, which is shown this once."""

    secret: str = Field(examples=["whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="])

    @classmethod
    def of(cls, held: Held) -> Self:
        return cls(**_members(held), secret=held.secret)


class WebhooksOut(BaseModel):
    """All webhooks: there are never many, so `next_cursor` is always null."""

    items: list[WebhookOut]
    next_cursor: None = None


class AttemptOut(BaseModel):
    """One try. `http_status` is null when there was no answer; then `error` says why. Both texts are cut short."""

    number: int
    at: datetime
    took_ms: int
    http_status: int | None
    error: str | None
    request: str
    response: str | None

    @classmethod
    def of(cls, row: AttemptRow) -> Self:
        return cls(
            number=row.number,
            at=row.at,
            took_ms=row.took_ms,
            http_status=row.http_status,
            error=row.error,
            request=row.request,
            response=row.response,
        )


class MessageOut(BaseModel):
    """A message to a webhook. `message_id` is the header webhook-id. `due_at`: when it is tried next, while queued."""

    id: UUID
    message_id: str
    type: str
    status: DeliveryStatus
    reason: str | None
    created_at: datetime
    due_at: datetime
    attempts: list[AttemptOut]

    @classmethod
    def of(cls, logged: Logged) -> Self:
        row = logged.row
        return cls(
            id=row.id,
            message_id=row.message_id,
            type=(row.data or {}).get("type", ""),
            status=DeliveryStatus(row.status),
            reason=row.reason,
            created_at=row.created_at,
            due_at=row.due_at,
            attempts=[AttemptOut.of(attempt) for attempt in logged.attempts],
        )


class ReplayedOut(BaseModel):
    replayed: int

    @classmethod
    def of(cls, replayed: int) -> ReplayedOut:
        return cls(replayed=replayed)


class QueuedOut(BaseModel):
    id: UUID

    @classmethod
    def of(cls, delivery_id: UUID) -> QueuedOut:
        return cls(id=delivery_id)


@router.get("/api/webhooks/", responses=problems(StoreUnavailable))
async def list_webhooks(user: CurrentUser, webhooks: WebhooksOf) -> WebhooksOut:
    """List one's own webhooks."""
    return WebhooksOut(items=[WebhookOut.of(held) for held in await webhooks.list_for(user.user_id)])


@router.post(
    "/api/webhooks/",
    status_code=201,
    responses=problems(PlanFeature, Conflict, StepUpRequired, StoreUnavailable, UpstreamUnavailable),
)
async def create_webhook(body: WebhookCreate, user: RecentLogin, webhooks: WebhooksOf) -> NewWebhookOut:
    """Add a webhook and show its secret once. Messages are signed by Standard Webhooks 1.0.0."""
    draft = EndpointDraft(body.url, body.events, body.description)
    return NewWebhookOut.of(await webhooks.create(user.user_id, draft))


@router.get("/api/webhooks/{webhook_id}/", responses=problems(NotFound, StoreUnavailable))
async def show_webhook(webhook_id: UUID, user: CurrentUser, webhooks: WebhooksOf) -> WebhookOut:
    """Show one of one's own webhooks."""
    return WebhookOut.of(await webhooks.get(user.user_id, webhook_id))


@router.patch(
    "/api/webhooks/{webhook_id}/", responses=problems(NotFound, PlanFeature, StoreUnavailable, UpstreamUnavailable)
)
async def change_webhook(webhook_id: UUID, body: WebhookChange, user: Myself, webhooks: WebhooksOf) -> WebhookOut:
    """Change where a webhook goes, what it hears, or switch it on or off."""
    draft = EndpointDraft(body.url, body.events, body.description, body.status)
    return WebhookOut.of(await webhooks.change(user.user_id, webhook_id, draft))


@router.delete("/api/webhooks/{webhook_id}/", status_code=204, responses=problems(NotFound, StoreUnavailable))
async def delete_webhook(webhook_id: UUID, user: Myself, webhooks: WebhooksOf) -> Response:
    """Delete a webhook with its secrets and its log."""
    await webhooks.delete(user.user_id, webhook_id)
    return Response(status_code=204)


@router.post("/api/webhooks/{webhook_id}/rotate/", responses=problems(NotFound, StepUpRequired, StoreUnavailable))
async def rotate_webhook(
    webhook_id: UUID, body: WebhookRotation, user: RecentLogin, webhooks: WebhooksOf
) -> NewWebhookOut:
    """Give a webhook a new secret and show it once. For the overlap every message carries both signatures."""
    overlap = timedelta(hours=body.overlap_hours)
    return NewWebhookOut.of(await webhooks.rotate(user.user_id, webhook_id, overlap))


@router.post(
    "/api/webhooks/{webhook_id}/test/", status_code=202, responses=problems(NotFound, Conflict, StoreUnavailable)
)
async def test_webhook(webhook_id: UUID, user: Myself, webhooks: WebhooksOf, key: IdempotencyKey) -> QueuedOut:
    """Send a test message (`alerts.webhook.tested.v1`); its log shows what came back."""
    return QueuedOut.of(await webhooks.test(user.user_id, webhook_id, key.answering(QueuedOut.of)))


@router.get("/api/webhooks/{webhook_id}/messages/", responses=problems(NotFound, StoreUnavailable))
async def list_webhook_messages(
    webhook_id: UUID,
    user: CurrentUser,
    webhooks: WebhooksOf,
    page: PageParams,
    status: Annotated[DeliveryStatus | None, Query(description="Only messages of this status.")] = None,
) -> Page[MessageOut]:
    """List what was sent to a webhook, newest first, with every attempt."""
    return (await webhooks.log_of(user.user_id, webhook_id, page, status=status)).as_page(MessageOut.of)


@router.post(
    "/api/webhooks/{webhook_id}/messages/{message_id}/replay/",
    status_code=202,
    responses=problems(NotFound, StoreUnavailable),
)
async def replay_webhook_message(
    webhook_id: UUID, message_id: UUID, user: Myself, webhooks: WebhooksOf, key: IdempotencyKey
) -> QueuedOut:
    """Send a message again, under the same webhook-id. One that still waits is not there for this."""
    once = key.answering(QueuedOut.of)
    return QueuedOut.of(await webhooks.replay_one(user.user_id, webhook_id, message_id, once))


@router.post("/api/webhooks/{webhook_id}/replay/", status_code=202, responses=problems(NotFound, StoreUnavailable))
async def replay_webhook(
    webhook_id: UUID, body: ReplayRange, request: Request, user: Myself, webhooks: WebhooksOf, key: IdempotencyKey
) -> ReplayedOut:
    """Send again what was queued within a time, each under its own webhook-id."""
    ends = body.ends or request.app.state.db.clock.now()
    once = key.answering(ReplayedOut.of)
    return ReplayedOut.of(await webhooks.replay_range(user.user_id, webhook_id, body.begins, ends, once))


def _members(held: Held) -> dict[str, Any]:
    row = held.row
    return {
        "id": row.id,
        "url": row.url,
        "description": row.description,
        "events": row.events,
        "status": row.status,
        "reason": row.reason,
        "failing_since": row.failing_since,
        "old_secret_ends_at": held.old_secret_ends_at,
        "created_at": row.created_at,
    }
