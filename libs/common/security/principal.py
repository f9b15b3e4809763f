"""Who a request comes from, and the dependencies by which routes say who may call them.

    async def create_alert(body: AlertCreate, user: CurrentUser, alerts: Alerts) -> AlertOut: ...
    @router.post("/internal/prices", dependencies=[Depends(require_service("alerts"))])
    @router.post("/api/auth/login/", dependencies=[PUBLIC])

A route that says none of these stops the service from starting (`libs.common.web`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import Depends, Request

from libs.common.errors import ActingAs, NotAuthenticated, PermissionDenied
from libs.common.security.tokens import TokenRefused

SERVICE_PREFIX = "service:"


@dataclass(frozen=True, slots=True)
class Principal:
    """The person whose access token came with the request. `token` is that token, for passing on (decisions 3)."""

    user_id: UUID
    sid: UUID
    jti: str
    role: str
    tier: str
    scopes: frozenset[str]
    version: int
    amr: tuple[str, ...]
    auth_time: datetime
    expires_at: datetime
    acting_by: UUID | None = None
    token: str = field(default="", repr=False)

    @classmethod
    def of(cls, claims: Mapping[str, Any], token: str) -> Self:
        """Read the claims of a verified access token. Raises TokenRefused when one is missing or of the wrong type."""
        try:
            act = claims.get("act")
            scope, role, tier, version, amr = (claims[name] for name in ("scope", "role", "tier", "ver", "amr"))
            if not (isinstance(scope, str) and isinstance(role, str) and isinstance(tier, str)):
                raise TokenRefused("claims")
            if type(version) is not int or not isinstance(amr, list) or type(claims["auth_time"]) is not int:
                raise TokenRefused("claims")
            return cls(
                user_id=UUID(claims["sub"]),
                sid=UUID(claims["sid"]),
                jti=claims["jti"],
                role=role,
                tier=tier,
                scopes=frozenset(scope.split()),
                version=version,
                amr=tuple(map(str, amr)),
                auth_time=datetime.fromtimestamp(claims["auth_time"], UTC),
                expires_at=datetime.fromtimestamp(claims["exp"], UTC),
                acting_by=None if act is None else UUID(act["sub"]),
                token=token,
            )
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError) as error:
            raise TokenRefused("claims") from error


@dataclass(frozen=True, slots=True)
class ServicePrincipal:
    """The service whose token came with the request. It acts for nobody unless `on_behalf_of` says so."""

    name: str
    jti: str
    scopes: frozenset[str]
    expires_at: datetime
    on_behalf_of: Principal | None = None

    @classmethod
    def of(cls, claims: Mapping[str, Any]) -> Self:
        """Read the claims of a verified service token. Raises TokenRefused when one is missing or of the wrong type."""
        subject, scope = claims["sub"], claims.get("scope")
        if not subject.startswith(SERVICE_PREFIX) or not isinstance(scope, str):
            raise TokenRefused("claims")
        return cls(
            name=subject.removeprefix(SERVICE_PREFIX),
            jti=claims["jti"],
            scopes=frozenset(scope.split()),
            expires_at=datetime.fromtimestamp(claims["exp"], UTC),
        )


Caller = Principal | ServicePrincipal | None
"""What the security middleware puts at `request.state.caller`; a bad credential is None there and counts as none."""


async def current_user(request: Request) -> Principal:
    """Give the signed-in person. Raises NotAuthenticated without one, ActingAs for a write while acting as another."""
    caller: Caller = request.state.caller
    if not isinstance(caller, Principal):
        raise NotAuthenticated()
    if caller.acting_by is not None and request.method not in {"GET", "HEAD", "OPTIONS"}:
        raise ActingAs()
    return caller


CurrentUser = Annotated[Principal, Depends(current_user)]


class require_service:  # noqa: N801  it is used like a function: Depends(require_service("alerts"))
    """A dependency that lets the named services in, and gives the one that calls as a ServicePrincipal.

    With `scope`, the service's token must hold it. A person's token is never enough for an internal route.
    """

    def __init__(self, *names: str, scope: str | None = None) -> None:
        if not names:
            raise TypeError("require_service names the services that may call.")
        self.names = frozenset(names)
        self.scope = scope

    async def __call__(self, request: Request) -> ServicePrincipal:
        caller: Caller = request.state.caller
        if caller is None:
            raise NotAuthenticated()
        if not isinstance(caller, ServicePrincipal) or caller.name not in self.names:
            raise PermissionDenied("This route is for our own services.")
        if self.scope is not None and self.scope not in caller.scopes:
            raise PermissionDenied("The service's token does not hold the scope of this route.")
        return caller


async def public() -> None:
    """Let everybody in. Written at a route so that it is open by intent and not by oversight."""


PUBLIC = Depends(public)
