"""Any provider that takes one POST a message, told by settings: MSG91, Gupshup, Exotel, Twilio (messaging.md, 4 and 5).

An Indian operator drops a text that is not registered letter by letter, without a word: its number travels with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from libs.common import http
from libs.common.http import Http
from services.alerts.channels.port import NotSent, Refused, Sms


@dataclass(frozen=True, slots=True)
class SmsOptions:
    """body: member -> text with `{to}`, `{digits}` (no plus), `{text}`, `{template}`, `{sender}`, `{entity}`.

    sender: of messages whose text is registered for no other.
    """

    url: str
    encoding: Literal["json", "form"]
    headers: Mapping[str, str] = field(repr=False)
    body: Mapping[str, str]
    sender: str
    entity: str


class HttpSms:
    def __init__(self, client: Http, options: SmsOptions) -> None:
        self._client = client
        self._options = options

    async def send(self, sms: Sms) -> None:
        """Hand a message over. Raises Refused or NotSent.

        An answer that did not come counts as refused: a provider knows no key by which a second message would be the
        same, and the person asks for another code sooner than we could know.
        """
        options = self._options
        words = {
            "to": sms.to,
            "digits": sms.to.removeprefix("+"),
            "text": sms.text,
            "template": sms.template_id,
            "sender": sms.sender or options.sender,
            "entity": options.entity,
        }
        body = {member: _filled(pattern, words) for member, pattern in options.body.items()}
        try:
            if options.encoding == "json":
                await self._client.post(options.url, json=body, headers=options.headers, repeatable=False)
            else:
                await self._client.post(options.url, data=body, headers=options.headers, repeatable=False)
        except http.NotSent as failure:
            raise NotSent(f"the SMS provider cannot be reached: {failure.reason}") from failure
        except http.Refused as failure:
            raise Refused(f"the SMS provider refused with {failure.status}") from failure
        except http.OutcomeUnknown as failure:
            raise Refused("the SMS provider gave no answer; not repeated") from failure


def _filled(pattern: str, words: Mapping[str, str]) -> str:
    """Fill words in by name. Not `str.format`: a pattern is data and reaches nothing but these words."""
    for name, word in words.items():
        pattern = pattern.replace(f"{{{name}}}", word)
    return pattern
