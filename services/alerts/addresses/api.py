"""The routes of where one is reached, and of Telegram's updates."""

from __future__ import annotations

import hmac
from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from libs.common.errors import (
    Conflict,
    InvalidInput,
    NotFound,
    PermissionDenied,
    PlanFeature,
    StoreUnavailable,
    TooManyRequests,
    UpstreamUnavailable,
)
from libs.common.web import PUBLIC, CurrentUser, Myself, Router, problems
from libs.common.web.idempotency import IdempotencyKey
from services.alerts.addresses.rules import mobile_number
from services.alerts.addresses.service import Addresses, Begun
from services.alerts.addresses.tables import AddressRow
from services.alerts.channels.push import Subscription, Vapid
from services.alerts.channels.push.vapid import unb64
from services.alerts.settings import AlertsSettings

router = Router(tags=["notifications"])


def _addresses(request: Request) -> Addresses:
    addresses: Addresses = request.app.state.addresses
    return addresses


AddressesOf = Annotated[Addresses, Depends(_addresses)]


class SlackIn(BaseModel):
    """An incoming webhook of a Slack channel. A code is posted there."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"url": "https://hooks.slack.com/services/T0/B0/x"}]}
    )

    url: Annotated[str, StringConstraints(min_length=1, max_length=300, pattern=r"^https?://[\x21-\x7e]+$")]


_EXAMPLE_KEY = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"


PushSecret = Annotated[str, StringConstraints(min_length=20, max_length=30, pattern=r"^[A-Za-z0-9_-]+=*$")]


class PushKeysIn(BaseModel):
    """The browser's public key (65 bytes) and its secret (16 bytes), base64url."""

    model_config = ConfigDict(extra="forbid")

    p256dh: Annotated[str, StringConstraints(min_length=80, max_length=100, pattern=r"^[A-Za-z0-9_-]+=*$")]
    auth: PushSecret


_Endpoint = Annotated[str, StringConstraints(min_length=1, max_length=1_000, pattern=r"^https?://[\x21-\x7e]+$")]


class SubscriptionIn(BaseModel):
    """What `PushSubscription.toJSON()` gives."""

    model_config = ConfigDict(extra="forbid")

    endpoint: _Endpoint
    keys: PushKeysIn
    expirationTime: float | None = Field(default=None, strict=True, description="As the browser gives it; not used.")  # noqa: N815

    def subscription(self) -> Subscription:
        try:
            return Subscription.of(self.endpoint, self.keys.p256dh, self.keys.auth)
        except ValueError as error:
            raise InvalidInput.of("/keys", "not_keys", f"These are no keys of a browser: {error}") from error


class PushIn(SubscriptionIn):
    """A browser's subscription, and a name for the device."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "endpoint": "https://fcm.googleapis.com/fcm/send/x",
                    "keys": {
                        "p256dh": _EXAMPLE_KEY,
                        "auth": "BTBZMqHH6r4Tts7J_aSIgg",
                    },
                    "label": "Chrome on Linux",
                }
            ]
        },
    )

    label: Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f\x7f]+$")]


class PreviousPushIn(BaseModel):
    """The subscription that ended: its address, and its secret as the proof that this is the browser which had it."""

    model_config = ConfigDict(extra="forbid")

    endpoint: _Endpoint
    auth: PushSecret


class PushMovedIn(SubscriptionIn):
    """What a browser's push service has given it in place of `previous`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "previous": {"endpoint": "https://fcm.googleapis.com/fcm/send/x", "auth": "BTBZMqHH6r4Tts7J_aSIgg"},
                    "endpoint": "https://fcm.googleapis.com/fcm/send/y",
                    "keys": {"p256dh": _EXAMPLE_KEY, "auth": "BTBZMqHH6r4Tts7J_aSIgg"},
                }
            ]
        },
    )

    previous: PreviousPushIn


class SmsIn(BaseModel):
    """A mobile number; without a + it is Indian. A code is sent there."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"number": "+91 98765 43210"}]})

    number: Annotated[str, StringConstraints(min_length=4, max_length=30, pattern=r"^[+0-9 ()-]+$")]

    def mobile(self) -> str:
        number = mobile_number(self.number)
        if number is None:
            raise InvalidInput.of("/number", "not_mobile", "This is no number that takes short messages.")
        return number


class CodeIn(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"code": "012345"}]})

    code: Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]


class AddressOut(BaseModel):
    """`pending` waits for its code. `reason`: why one that is disabled is. `link`: where to open it, for Telegram."""

    id: UUID
    channel: Literal["push", "telegram", "slack", "sms"]
    label: str
    status: Literal["pending", "active", "disabled"]
    reason: str | None
    created_at: datetime
    link: str | None = None

    @classmethod
    def of(cls, row: AddressRow, link: str | None = None) -> Self:
        members: dict[str, Any] = {
            "id": row.id,
            "channel": row.channel,
            "label": row.label,
            "status": row.status,
            "reason": row.reason,
            "created_at": row.created_at,
            "link": link,
        }
        return cls(**members)

    @classmethod
    def of_begun(cls, begun: Begun) -> Self:
        return cls.of(begun.row, begun.link)


class AddressTestOut(BaseModel):
    """The id of the message, as staff see it in the ledger."""

    delivery_id: UUID

    @classmethod
    def of(cls, delivery_id: UUID) -> Self:
        return cls(delivery_id=delivery_id)


class AddressesOut(BaseModel):
    """All addresses: there are never many, so `next_cursor` is always null.

    `telegram`: whether there is a bot. `sms`: whether short messages are sent. `push_key`: our public key, which
    browsers subscribe to; null where push is not set up.
    """

    items: list[AddressOut]
    telegram: bool
    sms: bool
    push_key: str | None
    next_cursor: None = None


class _Chat(BaseModel):
    id: Annotated[int, Field(strict=True)]


class _ChatMessage(BaseModel):
    text: Annotated[str, StringConstraints(max_length=5_000)] = ""
    chat: _Chat


class TelegramUpdate(BaseModel):
    """What Telegram tells our bot, of which we read messages alone."""

    model_config = ConfigDict(extra="ignore")

    message: _ChatMessage | None = None


@router.get("/api/notification-addresses/", responses=problems(StoreUnavailable))
async def list_notification_addresses(user: CurrentUser, addresses: AddressesOf, request: Request) -> AddressesOut:
    """List where else one is reached."""
    settings: AlertsSettings = request.app.state.settings
    items = [AddressOut.of(row) for row in await addresses.list_for(user.user_id)]
    vapid: Vapid | None = request.app.state.vapid
    return AddressesOut(
        items=items,
        telegram=settings.telegram_bot is not None,
        sms=settings.sms_channel != "none",
        push_key=None if vapid is None else vapid.public_key,
    )


@router.post(
    "/api/notification-addresses/push/",
    status_code=201,
    responses=problems(PlanFeature, Conflict, StoreUnavailable, UpstreamUnavailable),
)
async def add_push_device(body: PushIn, user: Myself, addresses: AddressesOf) -> AddressOut:
    """Be reached on the device that this browser runs on. The same browser again is the same device."""
    return AddressOut.of(await addresses.add_device(user.user_id, body.subscription(), body.label))


@router.post(
    "/api/notification-addresses/push/moved/",
    status_code=204,
    dependencies=[PUBLIC],
    responses=problems(NotFound, StoreUnavailable),
)
async def move_push_device(body: PushMovedIn, addresses: AddressesOf) -> Response:
    """Follow a device whose push service gave it another address: its worker tells, while nobody is signed in there."""
    try:
        secret = unb64(body.previous.auth)
    except ValueError as error:
        raise InvalidInput.of("/previous/auth", "not_base64", "This is no secret of a browser.") from error
    await addresses.move_device(body.previous.endpoint, secret, body.subscription())
    return Response(status_code=204)


@router.post(
    "/api/notification-addresses/slack/",
    status_code=201,
    responses=problems(PlanFeature, Conflict, StoreUnavailable, UpstreamUnavailable),
)
async def connect_slack(body: SlackIn, user: Myself, addresses: AddressesOf, key: IdempotencyKey) -> AddressOut:
    """Post a code to a Slack channel; the channel is used once the code is confirmed."""
    return AddressOut.of_begun(await addresses.begin_slack(user.user_id, body.url, key.answering(AddressOut.of_begun)))


@router.post(
    "/api/notification-addresses/sms/",
    status_code=201,
    responses=problems(PlanFeature, Conflict, TooManyRequests, StoreUnavailable, UpstreamUnavailable),
)
async def connect_number(body: SmsIn, user: Myself, addresses: AddressesOf, key: IdempotencyKey) -> AddressOut:
    """Send a code to a mobile number, 5 a day at most; the number is used once the code is confirmed."""
    once = key.answering(AddressOut.of_begun)
    return AddressOut.of_begun(await addresses.begin_sms(user.user_id, body.mobile(), once))


@router.post(
    "/api/notification-addresses/telegram/",
    status_code=201,
    responses=problems(PlanFeature, Conflict, StoreUnavailable, UpstreamUnavailable),
)
async def connect_telegram(user: Myself, addresses: AddressesOf) -> AddressOut:
    """Give a link that opens our bot; the chat is used once it was started from there."""
    return AddressOut.of_begun(await addresses.begin_telegram(user.user_id))


@router.post("/api/notification-addresses/{address_id}/confirm/", responses=problems(NotFound, StoreUnavailable))
async def confirm_notification_address(
    address_id: UUID, body: CodeIn, user: Myself, addresses: AddressesOf
) -> AddressOut:
    """Confirm an address by the code that was sent there."""
    return AddressOut.of(await addresses.confirm(user.user_id, address_id, body.code))


@router.post(
    "/api/notification-addresses/{address_id}/test/",
    status_code=202,
    responses=problems(NotFound, Conflict, TooManyRequests, StoreUnavailable),
)
async def test_notification_address(
    address_id: UUID, user: Myself, addresses: AddressesOf, key: IdempotencyKey
) -> AddressTestOut:
    """Send a test message to a chat, a number or a device, 10 an hour at most."""
    return AddressTestOut.of(await addresses.test(user.user_id, address_id, key.answering(AddressTestOut.of)))


@router.delete(
    "/api/notification-addresses/{address_id}/", status_code=204, responses=problems(NotFound, StoreUnavailable)
)
async def remove_notification_address(address_id: UUID, user: Myself, addresses: AddressesOf) -> Response:
    """Be reached there no more."""
    await addresses.remove(user.user_id, address_id)
    return Response(status_code=204)


@router.post(
    "/api/telegram/updates/",
    dependencies=[PUBLIC],
    responses=problems(PermissionDenied, StoreUnavailable),
)
async def take_telegram_update(
    update: TelegramUpdate,
    request: Request,
    addresses: AddressesOf,
    secret: Annotated[str, Header(alias="X-Telegram-Bot-Api-Secret-Token", max_length=256)] = "",
) -> dict[str, Any]:
    """Take what Telegram tells our bot. The answer is what the bot says, if anything."""
    settings: AlertsSettings = request.app.state.settings
    known = settings.telegram_webhook_secret
    if known is None or not hmac.compare_digest(secret.encode(), known.get_secret_value().encode()):
        raise PermissionDenied("This is for Telegram.")
    if update.message is None or not update.message.text.startswith("/start"):
        return {}
    chat_id = update.message.chat.id
    good = await addresses.hear_start(update.message.text.removeprefix("/start").strip(), chat_id)
    text = "ShareWise writes to you here now." if good else "This link is too old. Make a new one in your settings."
    return {"method": "sendMessage", "chat_id": chat_id, "text": text}
