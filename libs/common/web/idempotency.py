"""The `Idempotency-Key` header on a route: one parameter of the type `IdempotencyKey` or `RequiredIdempotencyKey`.

The service's database stands at `app.state.db`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Annotated, TypeVar

from fastapi import Depends, Header, Request
from pydantic import BaseModel
from starlette.responses import Response

from libs.common.errors import IdempotencyKeyRequired, InvalidInput, NotAuthenticated
from libs.common.idempotency import KEPT, KEPT_FOR_MONEY, Once, Replay, RequestKey
from libs.common.security.principal import Caller, Principal, ServicePrincipal

T = TypeVar("T")

REPLAYED_HEADER = "Idempotent-Replayed"

_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")


class HeldKey:
    """The key of the current request, or that it has none."""

    def __init__(self, key: RequestKey | None) -> None:
        self._key = key

    def answering(self, render: Callable[[T], BaseModel]) -> Once[T]:
        """Say how the use case's result becomes the answer; it must be what the route returns."""
        return Once(self._key, render)


class _KeyOf:
    def __init__(self, *, required: bool) -> None:
        self._required = required
        self._kept = KEPT_FOR_MONEY if required else KEPT

    async def __call__(
        self,
        request: Request,
        idempotency_key: Annotated[
            str | None,
            Header(description="1 to 64 of A-Z, a-z, 0-9, _ and -. The same key gives the same answer, for a day."),
        ] = None,
    ) -> HeldKey:
        if idempotency_key is None:
            if self._required:
                raise IdempotencyKeyRequired()
            return HeldKey(None)
        if not _KEY.fullmatch(idempotency_key):
            raise InvalidInput.of(
                "/header/idempotency-key", "invalid_key", "An Idempotency-Key is 1 to 64 of A-Z, a-z, 0-9, _ and -."
            )
        route = request.scope["route"]
        key = RequestKey(
            owner=_owner(request.state.caller),
            route=f"{request.method} {route.path}",
            key=idempotency_key,
            body_hash=hashlib.sha256(request.url.path.encode() + b"\0" + await request.body()).digest(),
            status=route.status_code or 200,
            kept=self._kept,
        )
        await key.replay_if_answered(request.app.state.db)
        return HeldKey(key)


IdempotencyKey = Annotated[HeldKey, Depends(_KeyOf(required=False))]
"""Honoured when it comes; kept for a day."""

RequiredIdempotencyKey = Annotated[HeldKey, Depends(_KeyOf(required=True))]
"""For orders and payments: 400 without one; kept for seven days."""


async def on_replay(_request: Request, error: Exception) -> Response:
    """Send the first answer again."""
    assert isinstance(error, Replay)
    return Response(
        error.answer.body,
        status_code=error.answer.status,
        media_type=error.answer.media_type,
        headers={REPLAYED_HEADER: "true"},
    )


def _owner(caller: Caller) -> str:
    if isinstance(caller, Principal):
        return str(caller.user_id)
    if isinstance(caller, ServicePrincipal):
        return f"service:{caller.name}"
    # Nobody's keys would be everybody's: one visitor could read another's answer.
    raise NotAuthenticated()
