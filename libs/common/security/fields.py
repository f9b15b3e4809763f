"""Encryption of single fields: what the database holds is of no use without the key, nor in another row.

Envelope encryption: each value has a data key of its own (AES-256-GCM), wrapped by the key-encryption key. Both are
bound to the place of the value, so a ciphertext copied into another row, column or user does not open (security
reference, section 14). A key is replaced by wrapping the data keys anew (`rewrap`), values untouched.
"""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Mapping
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import SecretStr

_VERSION = "f1"
_NONCE_BYTES = 12
_DATA_KEY_BYTES = 32


class CannotDecrypt(Exception):
    """The text was not encrypted by one of our keys for this place, or was changed. It says nothing of the value."""


class FieldCipher:
    """Encrypts fields under the current of several keys, and decrypts under any.

    `place` names where a value lives, such as `signing_keys|<row id>|private_pem`; it must be the same both ways.
    """

    def __init__(self, keys: Mapping[str, bytes], *, current: str) -> None:
        self._keys = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self._current = current
        if current not in self._keys:
            raise ValueError("The current key must be one of the keys.")

    @classmethod
    def from_secrets(cls, current: SecretStr, *previous: SecretStr) -> Self:
        """Derive the keys from secrets of any form; a key's id is a print of it, so that nobody has to name keys."""
        derived = [_derive(secret) for secret in (current, *previous)]
        return cls(dict(derived), current=derived[0][0])

    def encrypt(self, value: str | bytes, *, place: str) -> str:
        """Encrypt a value for its place. The result is ASCII, about 150 characters longer than the value."""
        data_key, nonce = os.urandom(_DATA_KEY_BYTES), os.urandom(_NONCE_BYTES)
        plain = value.encode() if isinstance(value, str) else value
        sealed = nonce + AESGCM(data_key).encrypt(nonce, plain, _bound(place, "value"))
        return ".".join((_VERSION, self._current, _b64(self._wrap(data_key, place)), _b64(sealed)))

    def decrypt(self, text: str, *, place: str) -> bytes:
        """Decrypt a value. Raises CannotDecrypt."""
        data_key, sealed = self._open(text, place)
        try:
            return AESGCM(data_key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _bound(place, "value"))
        except (InvalidTag, ValueError) as error:
            raise CannotDecrypt(f"a value of {place.partition('|')[0]} does not open") from error

    def decrypt_text(self, text: str, *, place: str) -> str:
        """Decrypt what was a str. Raises CannotDecrypt."""
        return self.decrypt(text, place=place).decode()

    def is_outdated(self, text: str) -> bool:
        """Say whether the value's key is not the current one, so that `rewrap` has something to do."""
        return text.split(".")[1:2] != [self._current]

    def rewrap(self, text: str, *, place: str) -> str:
        """Wrap the value's data key under the current key; the value itself stays as it is. Raises CannotDecrypt."""
        data_key, _ = self._open(text, place)
        return ".".join((_VERSION, self._current, _b64(self._wrap(data_key, place)), text.rsplit(".", 1)[1]))

    def _wrap(self, data_key: bytes, place: str) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._keys[self._current].encrypt(nonce, data_key, _bound(place, "key"))

    def _open(self, text: str, place: str) -> tuple[bytes, bytes]:
        try:
            version, key_id, wrapped, sealed = text.split(".")
            if version != _VERSION:
                raise ValueError("unknown form")
            raw = _unb64(wrapped)
            data_key = self._keys[key_id].decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], _bound(place, "key"))
            return data_key, _unb64(sealed)
        except (InvalidTag, ValueError, KeyError) as error:
            raise CannotDecrypt(f"a value of {place.partition('|')[0]} does not open") from error


def _derive(secret: SecretStr) -> tuple[str, bytes]:
    raw = secret.get_secret_value().encode()
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"sharewise field encryption").derive(raw)
    return hashlib.sha256(b"id" + key).hexdigest()[:8], key


def _bound(place: str, part: str) -> bytes:
    return f"{_VERSION}|{part}|{place}".encode()


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode()


def _unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text)
