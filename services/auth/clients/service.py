"""Tokens for services, by client credentials (decisions 3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from libs.common.errors import InvalidCredentials, PermissionDenied
from libs.common.logging import get_logger
from libs.common.security.principal import SERVICE_PREFIX
from libs.common.security.tokens import MAX_TTL, Purpose
from libs.common.settings import DEVELOPMENT_SECRET
from services.auth.clients import rules
from services.auth.keys.service import Keyring
from services.auth.settings import AuthSettings

log = get_logger(__name__)

OWN_TTL = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class IssuedToken:
    token: str
    expires_in_s: int
    scope: str


class Clients:
    """Knows the services' secrets and gives them tokens."""

    def __init__(self, keyring: Keyring, hashes: Mapping[str, str]) -> None:
        self._keyring = keyring
        self._hashes = hashes

    @classmethod
    def from_settings(cls, keyring: Keyring, settings: AuthSettings) -> Clients:
        """Take the hashes of the settings; outside production a service that is not named has the default secret."""
        hashes = dict(settings.client_secret_hashes)
        if not settings.is_production:
            default = rules.hash_secret(f"{DEVELOPMENT_SECRET}service-secret")
            hashes = {**dict.fromkeys(rules.KNOWN_CLIENTS, default), **hashes}
        return cls(keyring, hashes)

    async def issue(self, client_id: str, secret: str, audience: str) -> IssuedToken:
        """Give a service a token for one other service.

        Raises InvalidCredentials, the same for an unknown service and a wrong secret, and PermissionDenied when the
        service may not call that one.
        """
        if not rules.is_secret_of(secret, self._hashes.get(client_id)):
            log.warning("client_refused", client=client_id if client_id in rules.KNOWN_CLIENTS else "unknown")
            raise InvalidCredentials("The client is unknown or its secret is wrong.")
        scope = rules.scope_for(client_id, audience)
        if scope is None:
            log.warning("client_not_allowed", client=client_id, audience=audience)
            raise PermissionDenied(f"{client_id} may not call {audience}.")
        ttl = MAX_TTL[Purpose.SERVICE]
        token, _ = await self._keyring.sign(
            {"sub": f"{SERVICE_PREFIX}{client_id}", "scope": scope},
            purpose=Purpose.SERVICE,
            ttl=ttl,
            audience=audience,
        )
        return IssuedToken(token, int(ttl.total_seconds()), scope)


class OwnTokens:
    """auth's own tokens towards other services: it holds the keys, so it asks nobody for them."""

    def __init__(self, keyring: Keyring, service: str) -> None:
        self._keyring = keyring
        self._service = service

    async def token_for(self, audience: str) -> str:
        """Sign a token for calls to `audience`. Raises PermissionDenied when we may not call it."""
        scope = rules.scope_for(self._service, audience)
        if scope is None:
            raise PermissionDenied(f"{self._service} may not call {audience}.")
        token, _ = await self._keyring.sign(
            {"sub": f"{SERVICE_PREFIX}{self._service}", "scope": scope},
            purpose=Purpose.SERVICE,
            ttl=OWN_TTL,
            audience=audience,
        )
        return token

    def forget(self, audience: str) -> None:
        """Nothing is kept: each call signs anew."""
