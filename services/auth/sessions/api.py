"""The routes of sessions."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from fastapi import Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from libs.common.errors import (
    AccountLocked,
    ActingAs,
    EmailUnverified,
    InvalidCredentials,
    InvalidInput,
    NotAuthenticated,
    NotFound,
    PermissionDenied,
    TooManyRequests,
    Unavailable,
)
from libs.common.security.permissions import Role
from libs.common.web import PUBLIC, Myself, Principal, RecentLogin, Router, of_app, problems
from services.auth.accounts.rules import MAX_PASSWORD_CHARS
from services.auth.accounts.tables import User
from services.auth.limits.devices import device_of
from services.auth.limits.visitor import VisitorOf
from services.auth.second_factors.proofs import SecondStep
from services.auth.second_factors.rules import Method
from services.auth.sessions import cookies
from services.auth.sessions.countries import Countries
from services.auth.sessions.grants import Grant
from services.auth.sessions.service import Sessions
from services.auth.sessions.tables import UserSession
from services.auth.settings import AuthSettings

router = Router(tags=["auth"])

LOGIN_PROBLEMS = problems(
    InvalidCredentials, EmailUnverified, AccountLocked, PermissionDenied, TooManyRequests, Unavailable
)


CountriesOf = Annotated[Countries, Depends(of_app("countries"))]
SessionsOf = Annotated[Sessions, Depends(of_app("sessions"))]
SettingsOf = Annotated[AuthSettings, Depends(of_app("settings"))]


class LoginIn(BaseModel):
    """Either `email` or `username`, which may also hold an address."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"email": "trader@example.com", "password": "a good long one"}]}
    )

    email: str | None = Field(default=None, min_length=1, max_length=254)
    username: str | None = Field(default=None, min_length=1, max_length=254)
    password: SecretStr = Field(min_length=1, max_length=MAX_PASSWORD_CHARS)

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if (self.email is None) == (self.username is None):
            raise ValueError("Send either email or username.")
        return self

    @property
    def name(self) -> str:
        return self.email or self.username or ""


class LoggedInUser(BaseModel):
    id: UUID
    email: str
    username: str | None
    first_name: str
    last_name: str
    role: str
    tier: str
    email_verified: bool
    second_factor_setup_required: bool
    """The role asks for a second factor and none is set up: until then staff routes answer 403."""
    idle_minutes: int | None
    """After so long without a call the session ends; null for no such limit."""
    terms_acceptance_required: bool = False
    """There are newer terms than those that were accepted."""
    first_steps_due: bool = False
    """The first steps were never shown."""

    @classmethod
    def of(
        cls,
        user: User,
        terms_version: str,
        *,
        needs_second_factor: bool = False,
        idle_limit: timedelta | None = None,
    ) -> Self:
        return cls(
            id=user.id,
            email=user.email,
            username=user.username,
            first_name=user.first_name,
            last_name=user.last_name,
            role=user.role,
            tier=user.tier,
            email_verified=user.is_verified,
            second_factor_setup_required=needs_second_factor,
            idle_minutes=None if idle_limit is None else int(idle_limit.total_seconds()) // 60,
            terms_acceptance_required=user.terms_version != terms_version,
            first_steps_due=user.walked_at is None and user.role == Role.USER,
        )


class TokensOut(BaseModel):
    """A pair of tokens. With `X-Token-Transport: cookie` the refresh token is a cookie and absent here."""

    access_token: str
    refresh_token: str = ""
    token_type: str
    expires_in: int
    user: LoggedInUser


class PasskeyRequest(BaseModel):
    """`public_key` is for `PublicKeyCredential.parseRequestOptionsFromJSON`."""

    public_key: dict[str, Any]


class SecondStepOut(BaseModel):
    """The password was right; `POST /api/auth/login/two-factor/` takes the challenge with one of the methods.

    The challenge is good once, for `expires_in` seconds, from the same client.
    """

    two_factor_required: Literal[True]
    challenge: str
    methods: list[Method]
    passkey: PasskeyRequest | None
    expires_in: int

    @classmethod
    def of(cls, step: SecondStep) -> Self:
        options = step.passkey_options
        return cls(
            two_factor_required=True,
            challenge=step.challenge,
            methods=list(step.methods),
            passkey=None if options is None else PasskeyRequest(public_key=dict(options)),
            expires_in=step.expires_in_s,
        )


class RefreshIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    refresh_token: SecretStr = Field(max_length=200)


class SessionOut(BaseModel):
    """`network` is the address without its last part, `device` the user agent in words; `current` asks this.

    `country` is the ISO code that the operator's database gives the network, null without one.
    """

    id: UUID
    created_at: datetime
    last_seen_at: datetime
    ends_at: datetime
    network: str
    country: str | None
    device: str
    user_agent: str
    current: bool

    @classmethod
    def of(cls, held: UserSession, current: UUID, countries: Countries) -> Self:
        return cls(
            id=held.id,
            created_at=held.created_at,
            last_seen_at=held.last_seen_at,
            ends_at=held.ends_at,
            network=held.network,
            country=countries.of(held.network),
            device=device_of(held.user_agent),
            user_agent=held.user_agent,
            current=held.id == current,
        )


class SessionsOut(BaseModel):
    """All open sessions: there are never many, so `next_cursor` is always null."""

    items: list[SessionOut]
    next_cursor: None = None


@router.post(
    "/api/auth/login/",
    dependencies=[PUBLIC],
    responses=LOGIN_PROBLEMS,
    response_model_exclude_unset=True,
)
@router.post(
    "/api/users/login/",
    dependencies=[PUBLIC],
    responses=LOGIN_PROBLEMS,
    response_model_exclude_unset=True,
    name="log_in_alias",
)
async def log_in(
    body: LoginIn, response: Response, sessions: SessionsOf, visitor: VisitorOf, settings: SettingsOf
) -> TokensOut | SecondStepOut:
    """Log in by address or username. Without the right password the answer is always 401, whoever is named.

    An account with a second factor answers `two_factor_required` and a challenge in place of tokens.
    """
    if visitor.wants_cookie:
        cookies.must_come_from_our_page(visitor, settings)
    outcome = await sessions.log_in(body.name, body.password.get_secret_value(), visitor)
    if isinstance(outcome, SecondStep):
        response.headers["Cache-Control"] = "no-store"
        return SecondStepOut.of(outcome)
    return hand_over(outcome, response, visitor.wants_cookie, settings)


@router.post(
    "/api/auth/refresh/",
    dependencies=[PUBLIC],
    responses=problems(NotAuthenticated, PermissionDenied),
    response_model_exclude_unset=True,
)
async def refresh(
    request: Request,
    response: Response,
    sessions: SessionsOf,
    visitor: VisitorOf,
    settings: SettingsOf,
    body: RefreshIn | None = None,
) -> TokensOut:
    """Exchange a refresh token for a new pair. A token used twice ends its whole family.

    Programs send the token in the body; browsers (`X-Token-Transport: cookie`) send no body but the cookie.
    """
    token = _refresh_token(request, body, visitor, settings)
    grant = await sessions.refresh(token, visitor)
    return hand_over(grant, response, visitor.wants_cookie, settings)


@router.post(
    "/api/auth/logout/", status_code=204, dependencies=[PUBLIC], responses=problems(PermissionDenied, ActingAs)
)
async def log_out(
    request: Request,
    sessions: SessionsOf,
    visitor: VisitorOf,
    settings: SettingsOf,
    body: RefreshIn | None = None,
) -> Response:
    """End the session of the refresh token, or else of the access token. Safe to repeat."""
    response = Response(status_code=204)
    caller = request.state.caller
    if isinstance(caller, Principal) and caller.actor is not None:
        raise ActingAs("Leave the other person's place first.")
    if body is not None:
        await sessions.log_out(body.refresh_token.get_secret_value())
    elif visitor.wants_cookie:
        cookies.must_come_from_our_page(visitor, settings)
        await sessions.log_out(cookies.refresh_cookie_of(request, settings) or "")
        cookies.drop_refresh_cookie(response, settings)
    if isinstance(caller, Principal):
        await _end_quietly(sessions, caller)
    return response


@router.get("/api/auth/sessions/")
async def list_sessions(user: Myself, sessions: SessionsOf, countries: CountriesOf) -> SessionsOut:
    """List one's own open sessions, newest first."""
    held = await sessions.list_open(user.user_id)
    return SessionsOut(items=[SessionOut.of(one, user.sid, countries) for one in held])


@router.delete("/api/auth/sessions/", status_code=204)
async def end_other_sessions(user: RecentLogin, sessions: SessionsOf, visitor: VisitorOf) -> Response:
    """End all of one's own sessions but this one."""
    await sessions.end_others(user, visitor)
    return Response(status_code=204)


@router.delete("/api/auth/sessions/{session_id}/", status_code=204, responses=problems(NotFound))
async def end_session(session_id: UUID, user: RecentLogin, sessions: SessionsOf) -> Response:
    """End one of one's own sessions. Its tokens are refused everywhere within a second."""
    await sessions.end(user.user_id, session_id, "revoked_by_user")
    return Response(status_code=204)


def _refresh_token(request: Request, body: RefreshIn | None, visitor: VisitorOf, settings: AuthSettings) -> str:
    if not visitor.wants_cookie:
        if body is None:
            raise InvalidInput.of("/refresh_token", "required", "Send the refresh token.")
        return body.refresh_token.get_secret_value()
    cookies.must_come_from_our_page(visitor, settings)
    if body is not None:
        raise InvalidInput.of("", "unexpected_body", "With the cookie there is no body.")
    token = cookies.refresh_cookie_of(request, settings)
    if token is None:
        raise NotAuthenticated()
    return token


def hand_over(grant: Grant, response: Response, by_cookie: bool, settings: AuthSettings) -> TokensOut:
    """Answer a grant: with the cookies of a browser, or with both tokens in the body."""
    response.headers["Cache-Control"] = "no-store"
    if by_cookie:
        cookies.set_refresh_cookie(response, grant.refresh_token, grant.refresh_expires_in_s, settings)
        if grant.device_id is not None:
            cookies.set_device_cookie(response, grant.device_id, settings)
    in_body = {} if by_cookie else {"refresh_token": grant.refresh_token}
    return TokensOut(
        access_token=grant.access_token,
        token_type="bearer",  # noqa: S106  the word of RFC 6750
        expires_in=grant.expires_in_s,
        user=LoggedInUser.of(
            grant.user,
            settings.terms_version,
            needs_second_factor=grant.needs_second_factor,
            idle_limit=settings.idle_limit(grant.user.role),
        ),
        **in_body,
    )


async def _end_quietly(sessions: Sessions, caller: Principal) -> None:
    try:
        await sessions.end(caller.user_id, caller.sid, "logout")
    except NotFound:
        return
