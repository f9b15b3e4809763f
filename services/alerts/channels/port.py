"""What we need of a channel, in our words, and the three ways in which a send fails (house style, section 5).

DeliveryFailure
├── Refused          they said no; final
├── NotSent          it certainly was not taken; safe to repeat
└── OutcomeUnknown   it may have been taken: repeated with the same message id only
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Picture:
    """A PNG inside a mail, which its HTML names as `cid:<cid>`."""

    cid: str
    png: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail to one person. `message_id` (with its angle brackets) is the same in every try of the same mail.

    `reference` names the event that it tells of, so that a mail program does not thread unrelated notices.
    `unsubscribe_url` ends mails of this kind by one click; None for those that always come. `delivery_id` names it to
    providers who tell later what became of it.
    """

    to: str
    subject: str
    text: str
    html: str
    message_id: str
    reference: str
    unsubscribe_url: str | None = None
    pictures: tuple[Picture, ...] = ()
    delivery_id: str = ""


@dataclass(frozen=True, slots=True)
class Sms:
    """A short message to one number (E.164).

    Indian operators know the text by `template_id`, registered for the header `sender`; empty where there is none.
    """

    to: str
    text: str
    template_id: str = ""
    sender: str = ""
    delivery_id: str = ""


Letterlike = Mail | Sms
"""What a delivery becomes."""


class DeliveryFailure(Exception):
    """Base of the three. `reason` is for the ledger and the log: it names no address and no content."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Refused(DeliveryFailure):
    """They said no; final. `bad_address`: the mailbox does not exist, so nothing more is sent there."""

    def __init__(self, reason: str, *, bad_address: bool = False) -> None:
        super().__init__(reason)
        self.bad_address = bad_address


class NotSent(DeliveryFailure):
    """It certainly was not taken. `channel_down`: no message would be now, so all of them wait.

    `retry_after`: they said for how long they want to be left alone.
    """

    def __init__(self, reason: str, *, channel_down: bool = False, retry_after: timedelta | None = None) -> None:
        super().__init__(reason)
        self.channel_down = channel_down
        self.retry_after = retry_after


class OutcomeUnknown(DeliveryFailure):
    """The connection was lost after the message was handed over: it may have been taken."""


def patience(headers: Mapping[str, str]) -> timedelta | None:
    """Read for how long an answer asks to be left alone (`Retry-After` in seconds), a day at most."""
    seconds = headers.get("retry-after", "")
    if not (seconds.isascii() and seconds.isdigit() and len(seconds) < 10):
        return None
    return min(timedelta(seconds=int(seconds)), timedelta(days=1))


class SmsChannel(Protocol):
    async def send(self, sms: Sms) -> str | None:
        """Hand a short message over. Returns what they call it, if they say.

        Raises Refused or NotSent, never with `channel_down`: mails do not wait.
        """
        ...


class MailChannel(Protocol):
    async def send(self, mail: Mail) -> str | None:
        """Hand a mail over. Returns what they call it, if they say. Raises Refused, NotSent or OutcomeUnknown."""
        ...

    async def aclose(self) -> None:
        """Give back what the channel holds."""
        ...
