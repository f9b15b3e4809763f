"""Telegram's Bot API (messaging reference, section 7)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import orjson
from pydantic import SecretStr

from libs.common import http
from libs.common.http import Http
from services.alerts.channels.port import NotSent, OutcomeUnknown, Refused

_GONE = ("chat not found", "user is deactivated", "bot was blocked", "bot was kicked")


@dataclass(frozen=True, slots=True)
class TelegramMessage:
    """Plain text to a chat, at most 4,096 characters."""

    chat_id: int
    text: str


class TelegramChannel:
    """Sends by a bot. api_url: of Telegram, or of a Bot API server of one's own."""

    def __init__(self, client: Http, token: SecretStr | None, *, api_url: str) -> None:
        self._client = client
        self._token = token
        self._api_url = api_url.rstrip("/")

    async def send(self, message: TelegramMessage) -> None:
        """Hand a message over. Raises Refused, NotSent or OutcomeUnknown."""
        if self._token is None:
            raise Refused("Telegram is not set up here")
        url = f"{self._api_url}/bot{self._token.get_secret_value()}/sendMessage"
        body = {"chat_id": message.chat_id, "text": message.text[:4_096], "link_preview_options": {"is_disabled": True}}
        try:
            await self._client.post(url, json=body, repeatable=False)
        except http.Refused as failure:
            words = str(_said(failure.body).get("description", ""))
            gone = failure.status == 403 or any(one in words.lower() for one in _GONE)
            raise Refused(f"Telegram refused with {failure.status}", bad_address=gone) from failure
        except http.NotSent as failure:
            seconds = _said(failure.body).get("parameters", {}).get("retry_after", failure.retry_after)
            wait = timedelta(seconds=min(float(seconds), 86_400.0)) if isinstance(seconds, int | float) else None
            raise NotSent("Telegram did not take it", retry_after=wait) from failure
        except http.OutcomeUnknown as failure:
            raise OutcomeUnknown("Telegram gave no answer") from failure


def _said(body: bytes) -> dict[str, Any]:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return document if isinstance(document, dict) else {}
