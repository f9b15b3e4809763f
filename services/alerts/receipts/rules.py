"""What a provider's word means, whether it is the provider's, and how it moves a message. Pure."""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from services.alerts.notifications.rules import DeliveryStatus

FAR = datetime(2100, 1, 1, tzinfo=UTC)


class Outcome(StrEnum):
    """What became of a message after it was taken."""

    DELIVERED = "delivered"
    BOUNCED = "bounced"
    """It came back."""
    FAILED = "failed"
    """They gave it up without having tried."""
    COMPLAINED = "complained"
    """Its reader called it unwanted."""
    LEFT = "left"
    """Its reader wants no more of the kind."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """One word of a provider about one of our messages. `reason` names no address and no content.

    `address`: that it went to. `is_bad_address`: nothing reaches anybody there. `provider_id`: what they call it.
    """

    delivery_id: UUID
    outcome: Outcome
    at: datetime
    reason: str | None = None
    address: str | None = None
    is_bad_address: bool = False
    provider_id: str | None = None


_MOVES: Mapping[Outcome, frozenset[DeliveryStatus]] = {
    # Their word may overtake our own entry of having sent it, and may come after a try whose answer was lost.
    Outcome.DELIVERED: frozenset({DeliveryStatus.QUEUED, DeliveryStatus.SENT, DeliveryStatus.FAILED}),
    # Some mail servers take a mail first and send it back later.
    Outcome.BOUNCED: frozenset({DeliveryStatus.QUEUED, DeliveryStatus.SENT, DeliveryStatus.DELIVERED}),
    Outcome.FAILED: frozenset({DeliveryStatus.QUEUED, DeliveryStatus.SENT}),
}


def moved(status: DeliveryStatus, outcome: Outcome) -> DeliveryStatus | None:
    """Say where a receipt moves a message; None where it stays, since words come twice and out of order."""
    return DeliveryStatus(outcome.value) if status in _MOVES.get(outcome, frozenset()) else None


def is_of(held: str | None, told: str | None) -> bool:
    """Say whether a receipt is of the try that we know: SendGrid adds to the id that it gave at first."""
    return held is None or told is None or told == held or told.startswith(f"{held}.")


_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b|\b([45]\d\d)\b")
_SENDGRID = {
    "delivered": Outcome.DELIVERED,
    "bounce": Outcome.BOUNCED,
    "dropped": Outcome.FAILED,
    "spamreport": Outcome.COMPLAINED,
    "unsubscribe": Outcome.LEFT,
    "group_unsubscribe": Outcome.LEFT,
}


def read_sendgrid(event: Mapping[str, Any]) -> Receipt | None:
    """Read one event of SendGrid; None for what tells nothing of a message of ours (messaging reference, 3)."""
    outcome = _SENDGRID.get(str(event.get("event")))
    delivery_id = _uuid(event.get("delivery_id"))
    if outcome is None or delivery_id is None:
        return None
    address, told = event.get("email"), event.get("sg_message_id")
    code = _STATUS.search(f"{event.get('status', '')} {event.get('reason', '')}")
    number = "" if code is None else f": {code[0]}"
    is_blocked = event.get("type") == "blocked"
    reasons = {
        Outcome.BOUNCED: f"the mail server {'refused it' if is_blocked else 'sent it back'}{number}",
        Outcome.FAILED: "the provider dropped it: mail to this address came back before",
        Outcome.COMPLAINED: "its reader called it unwanted",
    }
    return Receipt(
        delivery_id,
        outcome,
        _instant(event.get("timestamp")),
        reasons.get(outcome),
        address if isinstance(address, str) else None,
        # `blocked` is a policy or a moment; only a real bounce says that the mailbox is not there.
        is_bad_address=outcome is Outcome.BOUNCED and not is_blocked,
        provider_id=told[:200] if isinstance(told, str) else None,
    )


_TWILIO_BAD_NUMBERS = frozenset({"21211", "21610", "21614", "30005", "30006"})


def read_twilio(fields: Mapping[str, str], delivery_id: UUID, now: datetime) -> Receipt | None:
    """Read a status of Twilio; None for one on the way (messaging reference, 4)."""
    outcome = {
        "delivered": Outcome.DELIVERED,
        "read": Outcome.DELIVERED,
        "undelivered": Outcome.BOUNCED,
        "failed": Outcome.FAILED,
    }.get(fields.get("MessageStatus", ""))
    if outcome is None:
        return None
    code = fields.get("ErrorCode", "")
    reason = None
    if outcome is not Outcome.DELIVERED:
        reason = f"the operator did not deliver it: {code}" if code.isdigit() else "the operator did not deliver it"
    return Receipt(
        delivery_id,
        outcome,
        now,
        reason,
        is_bad_address=code in _TWILIO_BAD_NUMBERS,
        provider_id=fields.get("MessageSid"),
    )


def is_sendgrids(key: str, *, signature: str, timestamp: str, body: bytes) -> bool:
    """Say whether SendGrid signed this body: ECDSA over timestamp and body. key: base64 of the public key.

    Old words are taken too: they are repeated for a day, and hearing one twice changes nothing.
    """
    try:
        public = load_der_public_key(base64.b64decode(key, validate=True))
        if not isinstance(public, ec.EllipticCurvePublicKey):
            return False
        public.verify(base64.b64decode(signature, validate=True), timestamp.encode() + body, ec.ECDSA(SHA256()))
    except (InvalidSignature, ValueError, binascii.Error):
        return False
    return True


def is_twilios(token: str, *, url: str, fields: Mapping[str, str], signature: str) -> bool:
    """Say whether Twilio signed this form: HMAC-SHA1 over the public address and the sorted fields."""
    said = url + "".join(name + fields[name] for name in sorted(fields))
    mac = base64.b64encode(hmac.digest(token.encode(), said.encode(), "sha1"))
    return hmac.compare_digest(mac, signature.encode())


def _uuid(value: object) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _instant(value: object) -> datetime:
    seconds = value if isinstance(value, int) else 0
    return datetime.fromtimestamp(min(max(seconds, 0), int(FAR.timestamp())), UTC)
