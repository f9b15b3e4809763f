"""Credentials for tests: signed by a key of the test run, known to the app under test in place of auth's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from libs.common.clock import Clock, SystemClock
from libs.common.ids import uuid7
from libs.common.security.jwks import StaticKeys
from libs.common.security.principal import Actor, Principal
from libs.common.security.tokens import Purpose, SigningKey, issue, verify

ISSUER = "https://sharewise.local"
AUDIENCE = "sharewise"


class Tokens:
    """Mints what auth would. `keys` is what verifies it."""

    def __init__(self, clock: Clock | None = None) -> None:
        self.key = SigningKey.generate()
        self.keys = StaticKeys([self.key.public_key()])
        self._clock = clock or SystemClock()

    def at(self, clock: Clock) -> Tokens:
        """Mint by the same key and another clock."""
        other = Tokens(clock)
        other.key, other.keys = self.key, self.keys
        return other

    def user(
        self,
        user_id: UUID | None = None,
        *,
        tier: str = "BASIC",
        role: str = "USER",
        scope: str = "user",
        sid: UUID | None = None,
        version: int = 1,
        ttl: timedelta = timedelta(minutes=60),
        **claims: Any,
    ) -> str:
        """Mint a person's access token. Further claims are added as they are."""
        now = self._clock.now()
        token, _ = issue(
            {
                "sub": str(user_id or uuid7()),
                "sid": str(sid or uuid7()),
                "role": role,
                "tier": tier,
                "scope": scope,
                "ver": version,
                "amr": ["pwd"],
                "auth_time": int(now.timestamp()),
                **claims,
            },
            purpose=Purpose.ACCESS,
            key=self.key,
            issuer=ISSUER,
            audience=AUDIENCE,
            now=now,
            ttl=ttl,
        )
        return token

    @staticmethod
    def act(staff_id: UUID | None = None, *, sid: UUID | None = None, version: int = 1) -> dict[str, object]:
        """Give the claim `act` of a token by which somebody acts as another."""
        return Actor(staff_id or uuid7(), sid or uuid7(), version).claim()

    def principal(self, user_id: UUID | None = None, **options: Any) -> Principal:
        """Make the principal that an access token of `user` would give, for calling use cases without HTTP."""
        token = self.user(user_id, **options)
        claims = verify(
            token,
            purpose=Purpose.ACCESS,
            key_for=self.keys.known,
            issuer=ISSUER,
            audience=AUDIENCE,
            now=self._clock.now(),
        )
        return Principal.of(claims, token)

    def service(
        self,
        name: str,
        *,
        audience: str,
        scope: str | Sequence[str] = "internal",
        ttl: timedelta = timedelta(minutes=5),
        **claims: Any,
    ) -> str:
        """Mint a service's token for another one."""
        token, _ = issue(
            {"sub": f"service:{name}", "scope": scope if isinstance(scope, str) else " ".join(scope), **claims},
            purpose=Purpose.SERVICE,
            key=self.key,
            issuer=ISSUER,
            audience=audience,
            now=self._clock.now(),
            ttl=ttl,
        )
        return token

    def source(self, name: str) -> ServiceTokenSource:
        """Make what a `ServiceClient` of the service `name` takes as its tokens."""
        return ServiceTokenSource(self, name)


class ServiceTokenSource:
    """Gives freshly minted service tokens, where production asks auth."""

    def __init__(self, tokens: Tokens, name: str) -> None:
        self._tokens = tokens
        self._name = name

    async def token_for(self, audience: str) -> str:
        return self._tokens.service(self._name, audience=audience)

    def forget(self, audience: str) -> None:
        """Nothing is kept."""


@pytest.fixture(scope="session")
def tokens() -> Tokens:
    """Mints credentials that apps opened by `client_for` believe."""
    return Tokens()
