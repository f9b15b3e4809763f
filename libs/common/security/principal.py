"""Who a request comes from, and the dependencies by which routes say who may call them.

    AlertsWriter = Annotated[Principal, Depends(require(Permission.ALERTS_WRITE))]

    async def create_alert(body: AlertCreate, user: AlertsWriter, alerts: Alerts) -> AlertOut: ...
    async def list_sessions(user: Myself, sessions: SessionsOf) -> SessionsOut: ...
    @router.post("/internal/prices", dependencies=[Depends(require_service("alerts"))])
    @router.post("/api/auth/login/", dependencies=[PUBLIC])

`require` is the usual one, and the only one by which keys and apps come in; with `recent=True` it asks for a recent
login too. `CurrentUser` is a person's own login, `Myself` the same and nobody acting as them, not even to look;
`RecentLogin` also asks that they proved themselves in the last minutes. A route that says none of these stops the
service from starting (`libs.common.web`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import Depends, Request

from libs.common.clock import Clock
from libs.common.errors import (
    ActingAs,
    NotAuthenticated,
    PermissionDenied,
    SecondFactorRequired,
    StepUpRequired,
)
from libs.common.security.permissions import (
    HIDDEN_WHILE_ACTING,
    MONEY,
    SESSION_SCOPE,
    STAFF,
    Permission,
    permissions_of,
)
from libs.common.security.tokens import TokenRefused

SERVICE_PREFIX = "service:"

RECENT = timedelta(minutes=5)
"""How old a login may be for what needs a recent one."""

_UNSEEN = "Who acts as another user does not see this."

SECOND_FACTORS = frozenset({"otp", "hwk"})
"""Words of RFC 8176 for `amr`: a code of an authenticator app, a passkey."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is really there while a token acts as another person: the member of staff, and the login they act from.

    When that login ends, or the actor's role does, the acting token ends with it.
    """

    user_id: UUID
    sid: UUID
    version: int

    @classmethod
    def of(cls, claim: Mapping[str, Any]) -> Self:
        """Read the claim `act`. Raises KeyError, TypeError, ValueError or AttributeError for what is none."""
        if type(claim["ver"]) is not int:
            raise TypeError("ver")
        return cls(UUID(claim["sub"]), UUID(claim["sid"]), claim["ver"])

    def claim(self) -> dict[str, object]:
        return {"sub": str(self.user_id), "sid": str(self.sid), "ver": self.version}


@dataclass(frozen=True, slots=True)
class Principal:
    """The person whose access token came with the request. `token` is that token, for passing on (decisions 3).

    client: the API key or the app that holds the token, None for a person's own login. actor: who is really there.
    is_test: a test key holds it, so that nothing which costs or moves money may come of it.
    """

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
    actor: Actor | None = None
    client: str | None = None
    is_test: bool = False
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
                actor=None if act is None else Actor.of(act),
                client=_client_of(claims),
                is_test=_is_test(claims),
                token=token,
            )
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError) as error:
            raise TokenRefused("claims") from error

    @property
    def acting_by(self) -> UUID | None:
        """Who is really there, None when it is the person themselves."""
        return None if self.actor is None else self.actor.user_id

    @property
    def is_own_login(self) -> bool:
        """Whether the person signed in for this token, and no key or app holds it."""
        return SESSION_SCOPE in self.scopes

    @property
    def has_second_factor(self) -> bool:
        """Whether this login was proved by more than a password."""
        return not SECOND_FACTORS.isdisjoint(self.amr)

    def may(self, permission: Permission) -> bool:
        """Say whether the role allows it and, of a key or an app, its scopes too."""
        return permission in permissions_of(self.role) and (self.is_own_login or permission in self.scopes)

    def proved_within(self, age: timedelta, now: datetime) -> bool:
        """Say whether the person gave password, code or passkey so lately."""
        return now - self.auth_time <= age


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


def _person(request: Request) -> Principal:
    caller: Caller = request.state.caller
    if not isinstance(caller, Principal):
        raise NotAuthenticated()
    if caller.actor is not None and request.method not in {"GET", "HEAD", "OPTIONS"}:
        raise ActingAs()
    return caller


class require:  # noqa: N801  it is used like a function: Depends(require(Permission.ALERTS_READ))
    """A dependency that lets in who holds a permission, by login, key or app, and gives them as a Principal.

    allow_test: let test keys use a permission of `MONEY`, where the route itself sends them to a sandbox.
    Raises NotAuthenticated, PermissionDenied, ActingAs for a write while acting as another, and SecondFactorRequired
    for a staff permission with a login that was proved by a password alone. recent: only by a login of one's own that
    was proved in the last minutes, else StepUpRequired.
    """

    def __init__(self, permission: Permission, *, recent: bool = False, allow_test: bool = False) -> None:
        self.permission = permission
        self.recent = recent
        self.allow_test = allow_test

    async def __call__(self, request: Request) -> Principal:
        person = _person(request)
        if not person.may(self.permission):
            raise PermissionDenied(f"This needs the permission {self.permission}.")
        if person.actor is not None and self.permission in HIDDEN_WHILE_ACTING:
            raise ActingAs(_UNSEEN)
        if person.is_test and self.permission in MONEY and not self.allow_test:
            raise PermissionDenied("A test key moves no money. Use a live key.")
        if self.permission in STAFF:
            if not person.is_own_login:
                raise PermissionDenied("Keys and apps do no staff work.")
            if not person.has_second_factor:
                raise SecondFactorRequired()
        if self.recent:
            await recent_login(request)
        return person


async def current_user(request: Request) -> Principal:
    """Give the signed-in person. Raises NotAuthenticated, PermissionDenied (a key or an app), ActingAs for a write."""
    person = _person(request)
    if not person.is_own_login:
        raise PermissionDenied("This needs your own login; a key or an app cannot do it.")
    return person


async def myself(request: Request) -> Principal:
    """Give the signed-in person. Raises as `current_user`, and ActingAs also for reads."""
    person = await current_user(request)
    if person.actor is not None:
        raise ActingAs(_UNSEEN)
    return person


async def recent_login(request: Request) -> Principal:
    """Give the signed-in person. Raises as `myself`, and StepUpRequired when they proved themselves too long ago."""
    person = await myself(request)
    clock: Clock = request.app.state.security.verifier.clock
    if not person.proved_within(RECENT, clock.now()):
        raise StepUpRequired()
    return person


CurrentUser = Annotated[Principal, Depends(current_user)]
Myself = Annotated[Principal, Depends(myself)]
RecentLogin = Annotated[Principal, Depends(recent_login)]

PEOPLE = (current_user, myself, recent_login)
"""The dependencies for people's own logins."""


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


def _is_test(claims: Mapping[str, Any]) -> bool:
    marked = claims.get("test", False)
    if type(marked) is not bool:
        raise TokenRefused("claims")
    return marked


def _client_of(claims: Mapping[str, Any]) -> str | None:
    client = claims.get("client_id")
    if client is not None and not isinstance(client, str):
        raise TokenRefused("claims")
    return client
