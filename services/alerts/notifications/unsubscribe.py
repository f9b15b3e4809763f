"""Leaving a kind of mail by one click, without a login (RFC 8058). Its route is `leaving.py`.

The address in the mail holds whose mails of which kind, signed; it works for as long as the key does.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from uuid import UUID

from pydantic import SecretStr

from services.alerts.notifications.rules import Kind

LEAVABLE = (Kind.ALERT, Kind.ACCOUNT, Kind.COMPANY, Kind.SIGNAL)
"""What can be left, by its number in the token: an entry keeps its place for ever."""

_MAC_BYTES = 16


class Unsubscribe:
    """Writes and reads the tokens. app_url: where the addresses lead."""

    def __init__(self, secret: SecretStr, app_url: str) -> None:
        self._key = hashlib.sha256(b"unsubscribe\0" + secret.get_secret_value().encode()).digest()
        self._app_url = app_url.rstrip("/")

    def url(self, user_id: UUID, kind: Kind) -> str | None:
        """Give the address that ends a person's mails of this kind; None for what cannot be left."""
        if kind not in LEAVABLE:
            return None
        said = user_id.bytes + bytes([LEAVABLE.index(kind)])
        token = base64.urlsafe_b64encode(said + self._mac(said)).decode().rstrip("=")
        return f"{self._app_url}/api/unsubscribe/{token}/"

    def read(self, token: str) -> tuple[UUID, Kind] | None:
        """Say whose mails of which kind a token ends; None for what we did not write."""
        try:
            raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        said, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
        if len(said) != 17 or not hmac.compare_digest(mac, self._mac(said)) or said[16] >= len(LEAVABLE):
            return None
        return UUID(bytes=said[:16]), LEAVABLE[said[16]]

    def _mac(self, said: bytes) -> bytes:
        return hmac.digest(self._key, said, "sha256")[:_MAC_BYTES]
