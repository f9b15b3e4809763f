"""The routes by which providers tell what became of messages. Each proves by its signature that it is them."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import Body, Depends, Header, Query, Request, Response

from libs.common.errors import PermissionDenied, StoreUnavailable
from libs.common.web import PUBLIC, FormFields, Router, problems
from services.alerts.receipts import rules
from services.alerts.receipts.service import Receipts
from services.alerts.settings import AlertsSettings

router = Router(tags=["notifications"])

MAX_BODY_BYTES = 1024 * 1024
"""SendGrid gathers up to 768 kB."""

MOST_EVENTS = 5_000
TWILIO_STATUS = "/api/twilio/status/"


def _receipts(request: Request) -> Receipts:
    receipts: Receipts = request.app.state.receipts
    return receipts


ReceiptsOf = Annotated[Receipts, Depends(_receipts)]


@router.post(
    "/api/sendgrid/events/",
    status_code=204,
    dependencies=[PUBLIC],
    responses=problems(PermissionDenied, StoreUnavailable),
)
async def take_sendgrid_events(
    events: Annotated[list[dict[str, Any]], Body(max_length=MOST_EVENTS)],
    request: Request,
    receipts: ReceiptsOf,
    signature: Annotated[str, Header(alias="X-Twilio-Email-Event-Webhook-Signature", max_length=200)] = "",
    timestamp: Annotated[str, Header(alias="X-Twilio-Email-Event-Webhook-Timestamp", max_length=40)] = "",
) -> Response:
    """Take what SendGrid tells of mails: delivered, come back, not wanted. Words about others are passed over."""
    settings: AlertsSettings = request.app.state.settings
    key, body = settings.sendgrid_webhook_key, await request.body()
    if key is None or not rules.is_sendgrids(key, signature=signature, timestamp=timestamp, body=body):
        raise PermissionDenied("This is for SendGrid.")
    await receipts.note([receipt for receipt in map(rules.read_sendgrid, events) if receipt is not None])
    return Response(status_code=204)


@router.post_form(
    TWILIO_STATUS,
    fields=["MessageSid", "MessageStatus", "ErrorCode"],
    required=["MessageSid", "MessageStatus"],
    status_code=204,
    dependencies=[PUBLIC],
    responses=problems(PermissionDenied, StoreUnavailable),
)
async def take_twilio_status(
    request: Request,
    fields: FormFields,
    receipts: ReceiptsOf,
    delivery: Annotated[UUID, Query()],
    signature: Annotated[str, Header(alias="X-Twilio-Signature", max_length=200)] = "",
) -> Response:
    """Take what Twilio tells of a short message. `delivery` is ours: it stands in the address that we give for it."""
    settings: AlertsSettings = request.app.state.settings
    token = settings.twilio_auth_token
    # Signed is the address that Twilio called, which is our public one, whatever stands between.
    url = f"{settings.public_url.rstrip('/')}{TWILIO_STATUS}?{request.url.query}"
    if token is None or not rules.is_twilios(token.get_secret_value(), url=url, fields=fields, signature=signature):
        raise PermissionDenied("This is for Twilio.")
    receipt = rules.read_twilio(fields, delivery, request.app.state.db.clock.now())
    if receipt is not None:
        await receipts.note([receipt])
    return Response(status_code=204)
