"""Short messages by Twilio (messaging reference, section 4). What becomes of one they tell later: `receipts/`."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import timedelta

import orjson
from pydantic import SecretStr

from libs.common import http
from libs.common.http import Http
from libs.common.logging import get_logger
from services.alerts.channels.port import NotSent, Refused, Sms

log = get_logger(__name__)

_NO_NUMBER = frozenset({21211, 21610, 21614})
"""Not valid, has asked for no more, cannot take short messages."""

_OUR_FAULT = frozenset({20003, 20403, 20404, 21606, 21659})
"""Login or sender are not accepted."""


@dataclass(frozen=True, slots=True)
class TwilioOptions:
    """status_url: where they tell of it.

    `sender` is a number, a registered name, or a messaging service (`MG...`), of messages that have none of their own.
    """

    account: str
    token: SecretStr
    sender: str
    api_url: str
    status_url: str


class TwilioSms:
    def __init__(self, client: Http, options: TwilioOptions) -> None:
        self._client = client
        self._options = options

    async def send(self, sms: Sms) -> str | None:
        """Hand a short message over. Returns what they call it. Raises Refused or NotSent.

        An answer that did not come counts as refused: they know no key by which a second message would be the same.
        """
        options = self._options
        sender = sms.sender or options.sender
        form = {
            "To": sms.to,
            "MessagingServiceSid" if sender.startswith("MG") else "From": sender,
            "Body": sms.text,
            "StatusCallback": f"{options.status_url}?delivery={sms.delivery_id}",
        }
        login = base64.b64encode(f"{options.account}:{options.token.get_secret_value()}".encode()).decode()
        url = f"{options.api_url.rstrip('/')}/2010-04-01/Accounts/{options.account}/Messages.json"
        try:
            reply = await self._client.post(
                url, data=form, headers={"authorization": f"Basic {login}"}, repeatable=False
            )
        except http.Refused as failure:
            code = _code(failure.body)
            if failure.status in (401, 403) or code in _OUR_FAULT:
                log.error("twilio_login_or_sender_refused", status=failure.status, code=code)
            words = f"the SMS provider refused with {failure.status}" + ("" if code is None else f" ({code})")
            raise Refused(words, bad_address=code in _NO_NUMBER) from failure
        except http.NotSent as failure:
            wait = None if failure.retry_after is None else timedelta(seconds=min(failure.retry_after, 3_600.0))
            raise NotSent(f"the SMS provider did not take it: {failure.reason}", retry_after=wait) from failure
        except http.OutcomeUnknown as failure:
            raise Refused("the SMS provider gave no answer; not repeated") from failure
        sid = _said(reply.body).get("sid")
        return sid if isinstance(sid, str) else None


def _code(body: bytes) -> int | None:
    code = _said(body).get("code")
    return code if isinstance(code, int) else None


def _said(body: bytes) -> dict[str, object]:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return document if isinstance(document, dict) else {}
