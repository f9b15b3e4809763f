"""Standard Webhooks 1.0.0: signatures, secrets and what may be heard. Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from libs.contracts.alerts import AlertCreated, AlertDeleted, AlertTriggered, AlertUpdated, NotificationFailed

SECRET_PREFIX = "whsec_"  # noqa: S105  what secrets begin with
SECRET_BYTES = 32

EVENTS = (
    AlertTriggered.type,
    AlertCreated.type,
    AlertUpdated.type,
    AlertDeleted.type,
    NotificationFailed.type,
)
"""What an endpoint may choose from."""

TEST_EVENT = "alerts.webhook.tested.v1"
"""What the test button sends, to every endpoint."""

MAX_ENDPOINTS = 10
MAX_OVERLAP_HOURS = 72
OFF_AFTER = timedelta(days=5)
"""An endpoint without a success for so long is switched off (decisions 14)."""

EXCERPT_CHARS = 2_000


def message_id(delivery_id: UUID) -> str:
    """Give `webhook-id`: the same in every try of a message, and without a dot."""
    return f"msg_{delivery_id.hex}"


def secret_of(key: bytes) -> str:
    """Write a key as people see it."""
    return SECRET_PREFIX + base64.b64encode(key).decode()


def signatures(secrets: Sequence[str], *, message: str, timestamp: int, body: bytes) -> str:
    """Sign a message: `v1,<base64>` for each secret, parted by spaces. timestamp: Unix seconds of this try."""
    content = f"{message}.{timestamp}.".encode() + body
    keys = [base64.b64decode(secret.removeprefix(SECRET_PREFIX)) for secret in secrets]
    return " ".join("v1," + base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode() for key in keys)


def excerpt(raw: bytes) -> str:
    """Cut what was sent or answered short, as text that can be stored and shown."""
    text = raw[: EXCERPT_CHARS * 4].decode("utf-8", "replace").replace("\x00", "\ufffd")
    return text if len(text) <= EXCERPT_CHARS else text[:EXCERPT_CHARS] + "…"
