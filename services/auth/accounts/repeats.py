"""Idempotency keys of people who are nobody yet: registering, confirming, asking for a link.

The key belongs to the body that it came with, so nobody can probe for the keys of others. The body holds a password or
a token, so its digest is keyed: what is stored could be matched with guesses otherwise.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import Annotated

from fastapi import Depends, Header, Request

from libs.common.errors import InvalidInput
from libs.common.idempotency import RequestKey
from libs.common.web.idempotency import HeldKey

_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")


async def _held_key(request: Request, idempotency_key: Annotated[str | None, Header()] = None) -> HeldKey:
    if idempotency_key is None:
        return HeldKey(None)
    if not _KEY.fullmatch(idempotency_key):
        raise InvalidInput.of(
            "/header/idempotency-key", "invalid_key", "An Idempotency-Key is 1 to 64 of A-Z, a-z, 0-9, _ and -."
        )
    state, route = request.app.state, request.scope["route"]
    secret: str = state.settings.field_key.get_secret_value()
    digest = hmac.digest(b"repeats\0" + secret.encode(), await request.body(), hashlib.sha256)
    key = RequestKey(
        owner=f"anonymous:{digest.hex()}",
        route=f"{request.method} {route.path}",
        key=idempotency_key,
        body_hash=digest,
        status=route.status_code or 200,
    )
    await key.replay_if_answered(state.db)
    return HeldKey(key)


AnonymousKey = Annotated[HeldKey, Depends(_held_key)]
"""Honoured when it comes; kept for a day."""
