"""Hands push messages to browsers' push services, each encrypted for its browser."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import orjson

from libs.common.http import ForbiddenAddress, Guarded, HttpFailure
from libs.common.http import OutcomeUnknown as NoAnswer
from libs.common.logging import get_logger
from services.alerts.channels.port import NotSent, OutcomeUnknown, Refused, patience
from services.alerts.channels.push.encryption import encrypt
from services.alerts.channels.push.subscription import Subscription
from services.alerts.channels.push.vapid import Vapid

log = get_logger(__name__)

LASTS = timedelta(days=1)
"""How long a push service keeps a message for a device that is off."""

MOST_TITLE, MOST_TEXT = 150, 600
"""Characters: what a device shows, and far within what a message may hold."""


@dataclass(frozen=True, slots=True)
class PushMessage:
    """A notice for one device. `topic` is the same in every try: a repeat replaces what was not fetched yet.

    `tag` names the notice, so that a device that gets it twice shows it once.
    """

    subscription: Subscription
    title: str
    text: str
    link: str
    tag: str
    topic: str
    is_urgent: bool

    def payload(self) -> bytes:
        said = {"title": self.title[:MOST_TITLE], "text": self.text[:MOST_TEXT], "link": self.link, "tag": self.tag}
        return orjson.dumps(said)


@dataclass(frozen=True, slots=True)
class PushOptions:
    """vapid: None where push is not set up. hosts: of the push services that are called, each with what is under it."""

    vapid: Vapid | None
    hosts: tuple[str, ...]


class PushChannel:
    """Sends to push services."""

    def __init__(self, guarded: Guarded, options: PushOptions) -> None:
        self._guarded = guarded
        self._options = options

    async def send(self, message: PushMessage) -> None:
        """Hand a message over. Raises Refused, NotSent or OutcomeUnknown."""
        vapid, subscription = self._options.vapid, message.subscription
        if vapid is None:
            raise Refused("push is not set up here")
        if not subscription.is_at(self._options.hosts):
            raise Refused("it is no push service that we know", bad_address=True)
        body = encrypt(message.payload(), browser_point=subscription.point, browser_secret=subscription.secret)
        headers = {
            "authorization": vapid.authorization(subscription.origin),
            "content-encoding": "aes128gcm",
            "content-type": "application/octet-stream",
            "ttl": str(int(LASTS.total_seconds())),
            "topic": message.topic,
            "urgency": "high" if message.is_urgent else "normal",
        }
        try:
            answer = await self._guarded.post(subscription.endpoint, body, headers)
        except ForbiddenAddress as failure:
            raise Refused(failure.reason, bad_address=True) from failure
        except NoAnswer as failure:
            raise OutcomeUnknown("the push service gave no answer") from failure
        except HttpFailure as failure:
            raise NotSent(f"the push service: {failure.reason}") from failure
        if 200 <= answer.status < 300:
            return
        if answer.status in (404, 410):
            raise Refused("the device takes no messages any more", bad_address=True)
        if answer.status == 429 or answer.status >= 500:
            raise NotSent(f"the push service answered {answer.status}", retry_after=patience(answer.headers))
        if answer.status in (400, 401, 403):
            # Not this message's fault: our key is not the one that the browser subscribed to, or our clock is wrong.
            log.error("push_signature_refused", status=answer.status, origin=subscription.origin)
        raise Refused(f"the push service answered {answer.status}")
