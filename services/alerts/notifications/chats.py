"""Notices as messages to chats: a few plain words and where to look."""

from __future__ import annotations

from services.alerts.addresses.service import Addresses
from services.alerts.channels.slack import SlackChannel, SlackMessage
from services.alerts.channels.telegram import TelegramChannel, TelegramMessage
from services.alerts.notifications.rules import Channel
from services.alerts.notifications.tables import Claimed

ChatMessage = SlackMessage | TelegramMessage


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
        text = f"{data['title']}\n{data['text']}\n{self._app_url}{data['link']}"
        if delivery.channel is Channel.SLACK:
            return SlackMessage(address, text)
        return TelegramMessage(int(address), text)


class ChatChannel:
    """Hands each message to the party that it is for."""

    def __init__(self, slack: SlackChannel, telegram: TelegramChannel) -> None:
        self._slack = slack
        self._telegram = telegram

    async def send(self, message: ChatMessage) -> None:
        """Hand a message over. Raises Refused, NotSent or OutcomeUnknown."""
        if isinstance(message, SlackMessage):
            await self._slack.send(message)
        else:
            await self._telegram.send(message)
