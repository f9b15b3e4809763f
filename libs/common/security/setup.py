"""What a process needs to check credentials, wired from its settings."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any

from redis.asyncio import Redis

from libs.common.clock import Clock
from libs.common.http.client import Http, Timeouts
from libs.common.redis import create_redis
from libs.common.security.jwks import JwksCache, KeySource
from libs.common.security.middleware import TokenVerifier
from libs.common.security.revocation import RevocationList, following
from libs.common.settings import CommonSettings

JWKS_PATH = "/api/auth/.well-known/jwks.json"


class Security:
    """The verifier of a process with what keeps it current. Use `running()` for the length of the process."""

    def __init__(self, verifier: TokenVerifier, *, redis: Redis, http: Http | None = None) -> None:
        self.verifier = verifier
        self._redis = redis
        self._http = http

    @classmethod
    def from_settings(
        cls, settings: CommonSettings, *, keys: KeySource | None = None, clock: Clock | None = None
    ) -> Security:
        """Wire it: keys from auth unless given, revocations from Redis."""
        redis = create_redis(settings)
        http: Http | None = None
        if keys is None:
            http = Http("jwks", timeouts=Timeouts(connect=1.0, read=2.0, total=3.0))
            keys = _keys_of_auth(http, settings)
        verifier = TokenVerifier(
            keys,
            RevocationList(redis, clock),
            issuer=settings.jwt_issuer,
            audience=settings.jwt_audience,
            service=settings.service,
            clock=clock,
        )
        return cls(verifier, redis=redis, http=http)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Follow the revocations for the length of the block, then close what was opened."""
        try:
            async with following(self.verifier.revocations):
                yield
        finally:
            if self._http is not None:
                await self._http.aclose()
            await self._redis.aclose()


def _keys_of_auth(http: Http, settings: CommonSettings) -> JwksCache:
    async def fetch() -> Any:
        return (await http.get(settings.auth_url.rstrip("/") + JWKS_PATH)).json()

    return JwksCache(fetch)
