"""Notices as messages to chats and devices: a few plain words and where to look."""

from __future__ import annotations

from services.alerts.addresses.service import Addresses
from services.alerts.channels.push import PushChannel, PushMessage, Subscription
from services.alerts.channels.push.vapid import b64
from services.alerts.channels.slack import SlackChannel, SlackMessage
from services.alerts.channels.telegram import TelegramChannel, TelegramMessage
from services.alerts.notifications.claims import Claimed
from services.alerts.notifications.rules import Channel, Kind

ChatMessage = SlackMessage | TelegramMessage | PushMessage


class ChatWriter:
    """Writes messages to chats. app_url: where the links lead."""

    def __init__(self, addresses: Addresses, app_url: str) -> None:
        self._addresses = addresses
        self._app_url = app_url.rstrip("/")

    async def write(self, delivery: Claimed) -> ChatMessage | None:
        """Write a message; None when its address is gone."""
        if delivery.address_id is None or delivery.data is None:
            return None
        address = await self._addresses.reach(delivery.address_id)
        if address is None:
            return None
        data = delivery.data
        if delivery.channel is Channel.PUSH:
            return PushMessage(
                Subscription.read(address),
                data["title"],
                data["text"],
                data["link"],
                tag=str(delivery.triggered_id or delivery.id),
                topic=b64(delivery.id.bytes),
                is_urgent=data["kind"] in (Kind.ALERT, Kind.SECURITY),
            )
        text = f"{data['title']}\n{data['text']}\n{self._app_url}{data['link']}"
        if delivery.channel is Channel.SLACK:
            return SlackMessage(address, text)
        return TelegramMessage(int(address), text)


class ChatChannel:
    """Hands each message to the party that it is for."""

    def __init__(self, slack: SlackChannel, telegram: TelegramChannel, push: PushChannel) -> None:
        self._slack = slack
        self._telegram = telegram
        self._push = push

    async def send(self, message: ChatMessage) -> None:
        """Hand a message over. Raises Refused, NotSent or OutcomeUnknown."""
        if isinstance(message, SlackMessage):
            await self._slack.send(message)
        elif isinstance(message, PushMessage):
            await self._push.send(message)
        else:
            await self._telegram.send(message)
