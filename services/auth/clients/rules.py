"""Which service may call which, and with what scope: the table, and the check of a client's secret. Pure."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

PERSONAL_DATA = "personal-data"
"""Asking a service to export or erase what it keeps about a person: auth only."""

EXCHANGE_KEYS = "keys:exchange"
"""Getting an access token for an API key: the gateway only."""

ALLOWED: Mapping[str, Mapping[str, str]] = {
    "gateway": {
        "auth": f"users:read {EXCHANGE_KEYS}",
        "market": "prices:read",
        "billing": "entitlements:read",
    },
    "auth": {
        "auth": PERSONAL_DATA,
        "market": PERSONAL_DATA,
        "alerts": f"mails:send {PERSONAL_DATA}",
        "signals": PERSONAL_DATA,
        "broker": PERSONAL_DATA,
        "billing": f"entitlements:read {PERSONAL_DATA}",
    },
    "market": {"alerts": "alerts:read", "billing": "entitlements:read"},
    "alerts": {
        "auth": "users:read",
        "market": "prices:read",
        "billing": "entitlements:read",
        "signals": "strategies:read",
    },
    "signals": {"auth": "users:read", "market": "prices:read", "billing": "entitlements:read"},
    "broker": {"auth": "users:read", "market": "prices:read", "billing": "entitlements:read"},
    "billing": {"auth": "users:read"},
}
"""caller -> callee -> the scopes of its token, separated by spaces. What is not here is refused."""

KNOWN_CLIENTS = frozenset(ALLOWED)


def scope_for(caller: str, callee: str) -> str | None:
    """Give the scope of a caller's token at a callee; None when it may not call it."""
    return ALLOWED.get(caller, {}).get(callee)


def is_secret_of(secret: str, stored_hash: str | None) -> bool:
    """Compare a client's secret with its SHA-256 (hex), in constant time. Without a hash the answer is no."""
    given = hashlib.sha256(secret.encode()).hexdigest()
    return hmac.compare_digest(given, stored_hash or "") and stored_hash is not None


def hash_secret(secret: str) -> str:
    """Give the form in which a client's secret is set at auth."""
    return hashlib.sha256(secret.encode()).hexdigest()
