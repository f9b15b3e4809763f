"""Every knob of auth."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import ClassVar, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator

from libs.common.security.passwords import MIN_COST, MIN_PRODUCTION_COST
from libs.common.security.permissions import NEEDS_SECOND_FACTOR
from libs.common.settings import ServiceSettings, own_secret

DEVELOPMENT_FACTOR = 10
"""How many times more tries a developer has (decisions 5)."""


class AuthSettings(ServiceSettings):
    service: ClassVar[str] = "auth"

    port: int = 8001
    worker_port: int = 8101

    password_pepper: SecretStr = own_secret("password-pepper")
    password_pepper_id: str = "p1"  # noqa: S105  the name of a secret
    previous_password_peppers: dict[str, SecretStr] = Field(default_factory=dict)
    password_cost: int = Field(default=11, ge=MIN_COST, le=16)
    password_workers: int = Field(default=2, ge=1)
    password_queue_limit: int = Field(default=40, ge=0)
    min_password_score: int = Field(default=3, ge=0, le=4)

    breached_passwords_file: Path | None = None
    """Passwords that are refused: SHA-1 lines sorted as Have I Been Pwned gives them, or one password a line."""

    previous_field_keys: tuple[SecretStr, ...] = ()

    access_token_minutes: int = Field(default=60, ge=1, le=60)
    refresh_token_days: int = Field(default=7, ge=1)
    session_days: int = Field(default=30, ge=1)
    refresh_grace_s: int = Field(default=10, ge=0, le=60)
    sessions_per_user: int = Field(default=10, ge=1)
    verification_hours: int = Field(default=24, ge=1)

    reset_minutes: int = Field(default=60, ge=5, le=24 * 60)
    email_change_hours: int = Field(default=24, ge=1, le=72)
    resend_wait_s: int = Field(default=60, ge=0)
    """How long somebody waits before the same mail or code can be asked for again."""
    phone_code_minutes: int = Field(default=10, ge=1, le=60)
    terms_version: str = Field(default="2026-11", min_length=1, max_length=20, pattern=r"^[A-Za-z0-9._-]+$")
    """A newer one is asked of everybody at the next login."""
    kyc_required: bool = False
    """Whether the first steps ask for identity papers: alerts need none, orders will."""
    erase_grace_days: int = Field(default=7, ge=1, le=30)
    """How long a person can take the deletion of the account back."""
    export_hours: int = Field(default=24, ge=1, le=72)
    app_token_minutes: int = Field(default=15, ge=1, le=60)
    """The life of an access token of somebody's app."""
    app_refresh_days: int = Field(default=30, ge=1)
    app_grant_days: int = Field(default=365, ge=1)
    """After which a person is asked again whether an app may go on."""
    apps_per_user: int = Field(default=10, ge=1)

    tries_per_account_a_minute: int = Field(default=5, ge=1)
    calls_per_address_a_minute: int = Field(default=30, ge=1)
    tries_per_code: int = Field(default=5, ge=1)
    """Tries at a person's second factor before a block of five minutes, then ten, up to the longest."""
    longest_block_minutes: int = Field(default=15, ge=1)
    limiter_processes: int = Field(default=1, ge=1)
    """How many processes share the limits: each takes its part when Redis is away."""

    staff_idle_minutes: int = Field(default=30, ge=3)
    """After so long without a call a session of a role that needs a second factor ends."""
    idle_minutes: int | None = Field(default=None, ge=3)
    """The same for everybody else; unset, their sessions last as long as their refresh tokens."""

    passkey_domain: str = ""
    """The domain that passkeys belong to (the RP id): that of `public_url` unless set. Changing it voids them all."""
    geoip_file: Path | None = None
    """A database in MaxMind's format, from which sessions show their country."""

    signing_key_days: int = Field(default=30, ge=1)

    allowed_origins: tuple[str, ...] = ()
    """Origins besides `public_url` whose pages may use the refresh cookie, such as `http://localhost:3000`."""
    trusted_proxies: frozenset[str] = frozenset({"127.0.0.1", "::1"})
    """Addresses of the gateway, whose `X-Forwarded-For` is believed."""

    oidc_issuer: str | None = None
    """An OpenID Connect provider by which people may sign in too. It sends them back to `<public_url>/login/return`."""
    oidc_name: str = Field(default="your organisation", min_length=1, max_length=40)
    oidc_client_id: str | None = None
    oidc_client_secret: SecretStr | None = None

    client_secret_hashes: dict[str, str] = Field(default_factory=dict)
    """Service name -> SHA-256 (hex) of its client secret. Outside production one that is not named has the default."""

    @property
    def access_token_ttl(self) -> timedelta:
        return timedelta(minutes=self.access_token_minutes)

    @property
    def refresh_token_ttl(self) -> timedelta:
        return timedelta(days=self.refresh_token_days)

    @property
    def session_ttl(self) -> timedelta:
        return timedelta(days=self.session_days)

    @property
    def verification_ttl(self) -> timedelta:
        return timedelta(hours=self.verification_hours)

    def idle_limit(self, role: str) -> timedelta | None:
        """How long a session of this role may be idle; None for as long as its refresh token lasts."""
        minutes = self.staff_idle_minutes if role in NEEDS_SECOND_FACTOR else self.idle_minutes
        return None if minutes is None else timedelta(minutes=minutes)

    def app_url(self, path: str) -> str:
        """Write the address of a page of ours. Mailed links lead nowhere else, whatever a request says."""
        return self.public_url.rstrip("/") + path

    @property
    def tries_per_account(self) -> int:
        """Tries a minute per (account, network, device)."""
        return self.tries_per_account_a_minute * (DEVELOPMENT_FACTOR if self.is_development else 1)

    @property
    def calls_per_address(self) -> int:
        """Calls a minute per address."""
        return self.calls_per_address_a_minute * (DEVELOPMENT_FACTOR if self.is_development else 1)

    @property
    def origins(self) -> frozenset[str]:
        """The origins whose pages may use cookies of ours: on one machine, every spelling of loopback."""
        found = {_origin(self.public_url), *map(_origin, self.allowed_origins)}
        if not self.is_production:
            port = urlsplit(self.public_url).port
            found |= {f"http://{host}:{p}" for host in ("localhost", "127.0.0.1", "[::1]") for p in (port, 3000)}
        return frozenset(found)

    @property
    def rp_id(self) -> str:
        """The domain that passkeys belong to."""
        return self.passkey_domain or urlsplit(self.public_url).hostname or "localhost"

    @property
    def passkey_origins(self) -> list[str]:
        """The exact origins whose pages may use passkeys: those of ours that lie in their domain."""
        hosts = {origin: urlsplit(origin).hostname or "" for origin in self.origins}
        return sorted(o for o, host in hosts.items() if host == self.rp_id or host.endswith(f".{self.rp_id}"))

    @property
    def has_secure_cookies(self) -> bool:
        return self.public_url.startswith("https://")

    @model_validator(mode="after")
    def _know_the_provider(self) -> Self:
        if self.oidc_issuer is not None and not (self.oidc_client_id and self.oidc_client_secret):
            raise ValueError("oidc_issuer wants oidc_client_id and oidc_client_secret.")
        return self

    @model_validator(mode="after")
    def _refuse_toys_in_production(self) -> Self:
        if not self.is_production:
            return self
        if self.password_cost < MIN_PRODUCTION_COST:
            raise ValueError(f"In production password_cost is at least {MIN_PRODUCTION_COST}.")
        if not self.has_secure_cookies:
            raise ValueError("In production public_url begins with https://, since cookies need it.")
        if self.oidc_issuer is not None and not self.oidc_issuer.startswith("https://"):
            raise ValueError("In production oidc_issuer begins with https://.")
        if not self.client_secret_hashes:
            raise ValueError("In production client_secret_hashes names every service that may call another.")
        return self


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()
