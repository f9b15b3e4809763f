"""Slack by incoming webhooks (messaging reference, section 6). The address is a secret, and a person gave it."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

import orjson

from libs.common.http import ForbiddenAddress, Guarded, HttpFailure
from services.alerts.channels.port import NotSent, Refused, patience

HOST = "hooks.slack.com"


@dataclass(frozen=True, slots=True)
class SlackMessage:
    url: str = field(repr=False)
    text: str


class SlackChannel:
    """Sends to Slack. host: of its webhooks, another one in tests."""

    def __init__(self, guarded: Guarded, *, host: str = HOST) -> None:
        self._guarded = guarded
        self._host = host

    async def send(self, message: SlackMessage) -> None:
        """Hand a message over. Raises Refused or NotSent."""
        parts = urlsplit(message.url)
        if parts.netloc != self._host or not parts.path.startswith("/services/"):
            raise Refused("it is no address of Slack's incoming webhooks", bad_address=True)
        body = orjson.dumps({"text": escaped(message.text), "unfurl_links": False})
        try:
            answer = await self._guarded.post(message.url, body, {"content-type": "application/json"})
        except ForbiddenAddress as failure:
            raise Refused(failure.reason, bad_address=True) from failure
        except HttpFailure as failure:
            raise NotSent(f"Slack: {failure.reason}") from failure
        if answer.status == 200:
            return
        if answer.status == 429:
            raise NotSent("Slack asks for patience", retry_after=patience(answer.headers))
        if answer.status >= 500:
            raise NotSent(f"Slack answered {answer.status}")
        raise Refused(f"Slack answered {answer.status}", bad_address=answer.status in (403, 404, 410))


def escaped(text: str) -> str:
    """Write text so that Slack reads no mark-up in it."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
