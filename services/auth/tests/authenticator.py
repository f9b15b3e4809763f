"""An authenticator in software: what a phone or a security key does, and what a broken one could do."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

USER_PRESENT, USER_VERIFIED, BACKUP_ELIGIBLE, BACKED_UP, WITH_KEY = 0x01, 0x04, 0x08, 0x10, 0x40

ORIGIN = "http://localhost:8000"


@dataclass
class Authenticator:
    """Holds one passkey. Its fields are what it does; change them for one that misbehaves."""

    origin: str = ORIGIN
    rp_id: str = "localhost"
    flags: int = USER_PRESENT | USER_VERIFIED
    count: int = 0
    counts: bool = True
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    user_handle: bytes | None = None

    def create(self, options: dict[str, Any]) -> dict[str, Any]:
        """Make the passkey that `navigator.credentials.create` is asked for."""
        self.user_handle = base64url_to_bytes(options["user"]["id"])
        public = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: public.x.to_bytes(32, "big"), -3: public.y.to_bytes(32, "big")}
        attested = bytes(16) + len(self.credential_id).to_bytes(2, "big") + self.credential_id + cbor2.dumps(cose)
        statement = {"fmt": "none", "attStmt": {}, "authData": self._data(WITH_KEY) + attested}
        return self._credential(
            clientDataJSON=self._client_data("webauthn.create", options["challenge"]),
            attestationObject=cbor2.dumps(statement),
        )

    def use(self, options: dict[str, Any], *, with_handle: bool = True) -> dict[str, Any]:
        """Sign what `navigator.credentials.get` is asked for."""
        if self.counts:
            self.count += 1
        client_data, data = self._client_data("webauthn.get", options["challenge"]), self._data()
        signed = data + hashlib.sha256(client_data).digest()
        parts = {
            "clientDataJSON": client_data,
            "authenticatorData": data,
            "signature": self.key.sign(signed, ec.ECDSA(hashes.SHA256())),
        }
        if with_handle and self.user_handle is not None:
            parts["userHandle"] = self.user_handle
        return self._credential(**parts)

    def _data(self, more_flags: int = 0) -> bytes:
        flags = (self.flags | more_flags).to_bytes(1, "big")
        return hashlib.sha256(self.rp_id.encode()).digest() + flags + self.count.to_bytes(4, "big")

    def _client_data(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}).encode()

    def _credential(self, **parts: bytes) -> dict[str, Any]:
        name = bytes_to_base64url(self.credential_id)
        response = {key: bytes_to_base64url(value) for key, value in parts.items()}
        return {
            "id": name,
            "rawId": name,
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": response,
        }
