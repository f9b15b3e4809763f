"""Encryption of what a push service carries: RFC 8291, so that only the browser reads it. Pure but for dice.

shared = ECDH(a key pair made for this one message, the browser's key)
key and nonce = HKDF of shared, the browser's secret, both public keys and a salt
"""

from __future__ import annotations

import hmac
import os
import struct

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

MOST_BYTES = 3_993
"""Of the plain text: with what is around it, 4,096, which is all that a push service must take."""

_RECORD_BYTES = 4_096
_LAST_RECORD = b"\x02"
_CURVE = ec.SECP256R1()


def read_public(point: bytes) -> ec.EllipticCurvePublicKey:
    """Read a public key of 65 bytes. Raises ValueError for what is no point of the curve."""
    if len(point) != 65 or point[0] != 4:
        raise ValueError("A key of a browser is an uncompressed point of 65 bytes.")
    return ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, point)


def written(key: ec.EllipticCurvePublicKey) -> bytes:
    """Write a public key as 65 bytes."""
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def encrypt(
    plain: bytes,
    *,
    browser_point: bytes,
    browser_secret: bytes,
    own: ec.EllipticCurvePrivateKey | None = None,
    salt: bytes | None = None,
) -> bytes:
    """Encrypt at most MOST_BYTES for a browser. own, salt: made anew for each message; tests give those of the RFC.

    Raises ValueError for what is too long, or for a key that is none.
    """
    if len(plain) > MOST_BYTES:
        raise ValueError(f"A push message has at most {MOST_BYTES} bytes.")
    browser = read_public(browser_point)
    own = own or ec.generate_private_key(_CURVE)
    salt = os.urandom(16) if salt is None else salt
    own_point = written(own.public_key())
    shared = own.exchange(ec.ECDH(), browser)
    secret = _hkdf(browser_secret, shared, b"WebPush: info\0" + browser_point + own_point, 32)
    key = _hkdf(salt, secret, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _hkdf(salt, secret, b"Content-Encoding: nonce\0", 12)
    head = salt + struct.pack("!IB", _RECORD_BYTES, len(own_point)) + own_point
    return head + AESGCM(key).encrypt(nonce, plain + _LAST_RECORD, None)


def _hkdf(salt: bytes, material: bytes, info: bytes, length: int) -> bytes:
    """HKDF-SHA-256 of one block, which is all that is needed here."""
    return hmac.digest(hmac.digest(salt, material, "sha256"), info + b"\x01", "sha256")[:length]
