"""What the tests of keys and apps share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx

BODY: dict[str, Any] = {"name": "My screener", "scopes": ["market:read", "alerts:read"]}
ORDERS: dict[str, Any] = {"name": "Trader", "scopes": ["orders:write"], "networks": ["203.0.113.0/24"]}

Exchange = Callable[..., Awaitable[httpx.Response]]


@dataclass
class Owner:
    """A person with an account, and a client with their login."""

    id: UUID
    http: httpx.AsyncClient


OwnerWith = Callable[..., Awaitable[Owner]]


async def make(owner: Owner, **changes: Any) -> dict[str, Any]:
    """Make a key."""
    answer = await owner.http.post("/api/api-keys/", json={**BODY, **changes})
    assert answer.status_code == 201, answer.text
    assert answer.headers["cache-control"] == "no-store"
    made: dict[str, Any] = answer.json()
    return made
