"""Codes that are sent to a number, and when a change of address is complete. Pure."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime
from uuid import UUID

CODE_DIGITS = 6
CODE_TRIES = 5


def hash_code(key: bytes, user_id: UUID, phone: str, code: str) -> bytes:
    """Hash a code for storing. Keyed, because a million codes are soon tried; bound to whom and where it was sent."""
    return hmac.digest(b"phone code\0" + key, f"{user_id}\0{phone}\0{code}".encode(), hashlib.sha256)


def write_code(number: int) -> str:
    """Write a number below a million as a code."""
    return f"{number:0{CODE_DIGITS}d}"


def is_complete(new_confirmed_at: datetime | None, old_confirmed_at: datetime | None) -> bool:
    """Say whether both addresses agree."""
    return new_confirmed_at is not None and old_confirmed_at is not None


def shown_email(email: str) -> str:
    """Write an address so that its owner knows it and nobody else learns it: `a***@example.com`."""
    local, _, domain = email.partition("@")
    return f"{local[:1]}***@{domain}"
