"""Who sends, told to push services: VAPID, a JWT by ES256 for each of them (RFC 8292)."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta

import orjson
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from pydantic import SecretStr

from services.alerts.channels.push.encryption import written

LASTS = timedelta(hours=12)
"""They take a day at most."""

RENEW_BEFORE = timedelta(hours=1)
MOST_KEPT = 64
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of the curve P-256."""


class Vapid:
    """Signs for push services. Browsers subscribe to our key, so it must never change.

    contact: `mailto:` or https, for whoever runs a push service and has a question.
    """

    def __init__(self, key: ec.EllipticCurvePrivateKey, *, contact: str, now: Callable[[], datetime]) -> None:
        self._key = key
        self._contact = contact
        self._now = now
        self._kept: dict[str, tuple[str, datetime]] = {}
        self.public_key = b64(written(key.public_key()))
        """What browsers are told: base64url of 65 bytes."""

    def authorization(self, origin: str) -> str:
        """Give the header for a push service. origin: `https://push.example`. One signature serves for hours."""
        now = self._now()
        token, ends_at = self._kept.get(origin, ("", now))
        if ends_at - now <= RENEW_BEFORE:
            ends_at = now + LASTS
            token = self._sign({"aud": origin, "exp": int(ends_at.timestamp()), "sub": self._contact})
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            self._kept[origin] = (token, ends_at)
        return f"vapid t={token}, k={self.public_key}"

    def _sign(self, claims: dict[str, object]) -> str:
        said = b64(orjson.dumps({"typ": "JWT", "alg": "ES256"})) + "." + b64(orjson.dumps(claims))
        r, s = decode_dss_signature(self._key.sign(said.encode(), ec.ECDSA(SHA256())))
        return f"{said}.{b64(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def read_key(text: SecretStr) -> ec.EllipticCurvePrivateKey:
    """Read a private key: base64url of 32 bytes. Raises ValueError."""
    raw = unb64(text.get_secret_value())
    if len(raw) != 32:
        raise ValueError("A VAPID key is base64url of 32 bytes.")
    return ec.derive_private_key(int.from_bytes(raw, "big"), ec.SECP256R1())


def key_from(secret: SecretStr) -> ec.EllipticCurvePrivateKey:
    """Make a key of another secret, always the same: for machines where none is set."""
    digest = hashlib.sha512(b"push\0" + secret.get_secret_value().encode()).digest()
    return ec.derive_private_key(int.from_bytes(digest, "big") % (_ORDER - 1) + 1, ec.SECP256R1())


def b64(raw: bytes) -> str:
    """Write base64url without padding."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def unb64(text: str) -> bytes:
    """Read base64url, padded or not. Raises ValueError."""
    return base64.b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), altchars=b"-_", validate=True)
