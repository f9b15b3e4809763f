"""Talking to an OpenID Connect provider: discovery, the address to go to, and what a code is worth.

OpenID Connect Core 1.0 (authorization code flow, section 3.1) with PKCE (RFC 7636) and the issuer in the answer
(RFC 9207); keys and claims are joserfc's work. Nothing of the provider's answers is believed before it is checked.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self
from urllib.parse import urlencode, urlsplit

from email_validator import EmailNotValidError, validate_email
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jwt import JWTClaimsRegistry

from libs.common.clock import Clock
from libs.common.errors import UpstreamUnavailable
from libs.common.http import Http, NotSent, OutcomeUnknown, Refused
from libs.common.logging import get_logger
from services.auth.settings import AuthSettings

log = get_logger(__name__)

ALGORITHMS = ["RS256", "PS256", "ES256"]
LEEWAY_S = 60
DOCUMENT_AGE = timedelta(hours=1)
KEYS_AGE = timedelta(minutes=10)
MAX_SUBJECT_CHARS = 255
"""OpenID Connect Core 1.0, section 2: `sub` has at most 255 characters."""


class SignInRefused(Exception):
    """What came back is not good. The reason is for our logs, never for the browser."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom the provider vouches for. `email` only when the provider says that it is confirmed."""

    issuer: str
    subject: str
    email: str | None
    first_name: str
    last_name: str


@dataclass(frozen=True, slots=True)
class _Addresses:
    authorization: str
    token: str
    keys: str


class Provider:
    """One provider, by its issuer. `redirect_uri`: where it sends people back to."""

    def __init__(
        self, http: Http, clock: Clock, *, issuer: str, client_id: str, client_secret: str, redirect_uri: str
    ) -> None:
        self.issuer = issuer
        self._http = http
        self._clock = clock
        self._client_id = client_id
        self._client_secret = client_secret
        self._redirect_uri = redirect_uri
        self._addresses: tuple[float, _Addresses] | None = None
        self._keys: tuple[float, KeySet] | None = None
        self._lock = asyncio.Lock()

    @classmethod
    def from_settings(cls, settings: AuthSettings, http: Http, clock: Clock) -> Self | None:
        """Make the one that the operator has set up; None when there is none."""
        if settings.oidc_issuer is None:
            return None
        assert settings.oidc_client_id is not None, "the settings want it with the issuer"
        assert settings.oidc_client_secret is not None, "the settings want it with the issuer"
        return cls(
            http,
            clock,
            issuer=settings.oidc_issuer,
            client_id=settings.oidc_client_id,
            client_secret=settings.oidc_client_secret.get_secret_value(),
            redirect_uri=f"{settings.public_url.rstrip('/')}/login/return",
        )

    async def authorization_url(self, *, state: str, nonce: str, verifier: str) -> str:
        """Make the address that the browser goes to. Raises UpstreamUnavailable when the provider cannot be asked."""
        addresses = await self._find_addresses()
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        query = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": self._redirect_uri,
            "scope": "openid email profile",
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        glue = "&" if "?" in addresses.authorization else "?"
        return addresses.authorization + glue + urlencode(query)

    async def redeem(self, code: str, *, verifier: str, nonce: str) -> Identity:
        """Exchange a code for whom it stands for. Raises SignInRefused, and UpstreamUnavailable."""
        addresses = await self._find_addresses()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri,
            "code_verifier": verifier,
        }
        basic = base64.b64encode(f"{self._client_id}:{self._client_secret}".encode()).decode()
        try:
            # Not repeatable: a code is good once.
            reply = await self._http.post(addresses.token, data=form, headers={"authorization": f"Basic {basic}"})
            body = reply.json()
        except Refused as refusal:
            raise SignInRefused(f"the provider refused the code with {refusal.status}") from refusal
        except (NotSent, OutcomeUnknown) as failure:
            raise UpstreamUnavailable("The sign-in service does not answer. Try again in a moment.") from failure
        token = body.get("id_token") if isinstance(body, dict) else None
        if not isinstance(token, str):
            raise SignInRefused("no id_token")
        return self._identity(await self._claims(token), nonce)

    async def _claims(self, token: str) -> Mapping[str, Any]:
        """Check an id_token (OpenID Connect Core 1.0, 3.1.3.7), with the keys of now if those at hand do not fit."""
        for is_last in (False, True):
            keys = await self._find_keys(is_last)
            try:
                decoded = jwt.decode(token, keys, algorithms=ALGORITHMS)
                JWTClaimsRegistry(
                    now=lambda: int(self._clock.now().timestamp()),
                    leeway=LEEWAY_S,
                    iss={"essential": True, "value": self.issuer},
                    aud={"essential": True, "value": self._client_id},
                    sub={"essential": True},
                    exp={"essential": True},
                    iat={"essential": True},
                ).validate(decoded.claims)
            except (JoseError, ValueError) as error:
                if is_last:
                    raise SignInRefused(f"id_token: {type(error).__name__}") from error
            else:
                return decoded.claims
        raise AssertionError("the last try returns or raises")

    def _identity(self, claims: Mapping[str, Any], nonce: str) -> Identity:
        if claims.get("nonce") != nonce:
            raise SignInRefused("nonce")
        audience = claims["aud"]
        if isinstance(audience, list) and len(audience) > 1 and claims.get("azp") != self._client_id:
            raise SignInRefused("azp")
        subject, email = claims["sub"], claims.get("email")
        if not isinstance(subject, str) or not 0 < len(subject) <= MAX_SUBJECT_CHARS:
            raise SignInRefused("sub")
        return Identity(
            self.issuer,
            subject,
            _address_of(email) if claims.get("email_verified") is True else None,
            _words(claims.get("given_name")) or _words(claims.get("name")),
            _words(claims.get("family_name")),
        )

    async def _find_addresses(self) -> _Addresses:
        now = self._clock.now().timestamp()
        if self._addresses is None or now - self._addresses[0] > DOCUMENT_AGE.total_seconds():
            async with self._lock:
                document = await self._fetch(self.issuer.rstrip("/") + "/.well-known/openid-configuration")
                # A document of another issuer would send people and our secret elsewhere (Discovery 1.0, 4.3).
                if document.get("issuer") != self.issuer:
                    raise UpstreamUnavailable("The sign-in service calls itself by another name.")
                self._addresses = (
                    now,
                    _Addresses(
                        *(
                            self._address(document, name)
                            for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")
                        )
                    ),
                )
        return self._addresses[1]

    async def _find_keys(self, must_be_new: bool) -> KeySet:
        now = self._clock.now().timestamp()
        if must_be_new or self._keys is None or now - self._keys[0] > KEYS_AGE.total_seconds():
            document = await self._fetch((await self._find_addresses()).keys)
            try:
                self._keys = (now, KeySet.import_key_set(document))  # type: ignore[arg-type]
            except (JoseError, ValueError, KeyError, TypeError) as error:
                raise UpstreamUnavailable("The sign-in service has no keys that can be read.") from error
        return self._keys[1]

    async def _fetch(self, url: str) -> dict[str, Any]:
        try:
            document = (await self._http.get(url)).json()
        except (Refused, NotSent, OutcomeUnknown) as failure:
            raise UpstreamUnavailable("The sign-in service does not answer. Try again in a moment.") from failure
        if not isinstance(document, dict):
            raise UpstreamUnavailable("The sign-in service answers nonsense.")
        return document

    def _address(self, document: Mapping[str, Any], name: str) -> str:
        address = document.get(name)
        wanted = urlsplit(self.issuer).scheme
        if not isinstance(address, str) or urlsplit(address).scheme not in {wanted, "https"}:
            raise UpstreamUnavailable(f"The sign-in service has no good {name}.")
        return address


def _address_of(value: object) -> str | None:
    try:
        return validate_email(value, check_deliverability=False).normalized if isinstance(value, str) else None
    except EmailNotValidError:
        return None


def _words(value: object) -> str:
    """Take a name of the provider's as far as it is one."""
    return " ".join(value.split())[:80] if isinstance(value, str) and value.isprintable() else ""
