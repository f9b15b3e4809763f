"""Mail by SendGrid's API (messaging reference, section 3). What becomes of a mail they tell later: `receipts/`."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parseaddr
from typing import Any

from pydantic import SecretStr

from libs.common import http
from libs.common.http import Http
from libs.common.logging import get_logger
from services.alerts.channels.port import Mail, NotSent, OutcomeUnknown, Refused

log = get_logger(__name__)

LONGEST_WAIT_S = 3_600.0


@dataclass(frozen=True, slots=True)
class SendGridOptions:
    """`sender` and `reply_to` are `Name <address>`. is_dry: they check each mail and send none."""

    key: SecretStr
    api_url: str
    sender: str
    reply_to: str
    is_dry: bool = False


class SendGridChannel:
    """Hands mails over, one a call."""

    def __init__(self, client: Http, options: SendGridOptions) -> None:
        self._client = client
        self._options = options

    async def send(self, mail: Mail) -> str | None:
        """Hand a mail over. Returns what they call it. Raises Refused, NotSent or OutcomeUnknown."""
        options = self._options
        try:
            reply = await self._client.post(
                f"{options.api_url.rstrip('/')}/v3/mail/send",
                json=written(mail, options),
                headers={"authorization": f"Bearer {options.key.get_secret_value()}"},
                repeatable=False,
            )
        except http.Refused as failure:
            raise _refusal(failure.status) from failure
        except http.NotSent as failure:
            wait = None if failure.retry_after is None else timedelta(seconds=min(failure.retry_after, LONGEST_WAIT_S))
            raise NotSent(f"the mail provider did not take it: {failure.reason}", retry_after=wait) from failure
        except http.OutcomeUnknown as failure:
            raise OutcomeUnknown("the mail provider gave no answer") from failure
        return reply.headers.get("x-message-id")

    async def aclose(self) -> None:
        """Holds nothing of its own."""


def _refusal(status: int | None) -> Refused | NotSent:
    """Read a refusal: a login or sender that they do not take is our fault, so all mails wait."""
    if status in (401, 403):
        log.error("sendgrid_login_refused", status=status)
        return NotSent(f"the mail provider refused our login or sender with {status}", channel_down=True)
    return Refused(f"the mail provider refused with {status}")


def written(mail: Mail, options: SendGridOptions) -> dict[str, Any]:
    """Write a mail as SendGrid takes it. `delivery_id` comes back in all that they tell of it."""
    headers = {
        "Message-ID": mail.message_id,
        "Auto-Submitted": "auto-generated",
        "X-Entity-Ref-ID": mail.reference,
    }
    if mail.unsubscribe_url is not None:
        headers["List-Unsubscribe"] = f"<{mail.unsubscribe_url}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    body: dict[str, Any] = {
        "personalizations": [
            {"to": [{"email": mail.to}], "custom_args": {"delivery_id": mail.delivery_id}, "headers": headers}
        ],
        "from": _address(options.sender),
        "reply_to": _address(options.reply_to),
        "subject": mail.subject,
        # Text first, as they ask.
        "content": [{"type": "text/plain", "value": mail.text}, {"type": "text/html", "value": mail.html}],
        # Links stay ours, and nobody is told who opened a mail.
        "tracking_settings": {"click_tracking": {"enable": False}, "open_tracking": {"enable": False}},
    }
    if mail.pictures:
        body["attachments"] = [
            {
                "content": base64.b64encode(picture.png).decode(),
                "type": "image/png",
                "filename": "chart.png",
                "disposition": "inline",
                "content_id": picture.cid,
            }
            for picture in mail.pictures
        ]
    if options.is_dry:
        body["mail_settings"] = {"sandbox_mode": {"enable": True}}
    return body


def _address(text: str) -> dict[str, str]:
    name, address = parseaddr(text)
    return {"email": address, "name": name} if name else {"email": address}
