"""This service's own credential towards other services (decisions 3)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from pydantic import BaseModel, SecretStr

from libs.common.http.client import Http
from libs.common.http.failures import OutcomeUnknown, Refused
from libs.common.logging import get_logger

log = get_logger(__name__)

SPARE_S = 30.0
"""A token is renewed this long before its end, so that none ends on its way."""


class ServiceToken(BaseModel):
    """Answer of auth's `POST /internal/token`."""

    access_token: str
    expires_in: int
    scope: str


class ServiceTokens:
    """Gets tokens by client credentials and keeps them until shortly before their end."""

    def __init__(
        self,
        http: Http,
        *,
        service: str,
        secret: SecretStr,
        auth_url: str,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._http = http
        self._service = service
        self._secret = secret
        self._url = auth_url.rstrip("/") + "/internal/token"
        self._now = now
        self._kept: dict[str, tuple[str, float]] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def token_for(self, audience: str) -> str:
        """Give a token for calls to `audience`. Raises the errors of `libs.common.http`; Refused: auth allows none."""
        kept = self._good(audience)
        if kept is not None:
            return kept
        async with self._locks.setdefault(audience, asyncio.Lock()):
            kept = self._good(audience)
            return kept if kept is not None else await self._fetch(audience)

    def forget(self, audience: str) -> None:
        self._kept.pop(audience, None)

    def _good(self, audience: str) -> str | None:
        token, good_until = self._kept.get(audience, ("", 0.0))
        return token if self._now() < good_until else None

    async def _fetch(self, audience: str) -> str:
        asked_at = self._now()
        try:
            reply = await self._http.post(
                self._url,
                json={
                    "client_id": self._service,
                    "client_secret": self._secret.get_secret_value(),
                    "audience": audience,
                },
                repeatable=True,
            )
        except Refused as refusal:
            log.error("service_token_refused", audience=audience, status=refusal.status)
            raise
        try:
            answer = ServiceToken.model_validate_json(reply.body)
        except ValueError as error:
            raise OutcomeUnknown("auth's answer is no service token") from error
        self._kept[audience] = (answer.access_token, asked_at + max(1.0, answer.expires_in - SPARE_S))
        return answer.access_token
