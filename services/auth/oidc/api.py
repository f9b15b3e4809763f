"""The routes of signing in elsewhere."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Depends, Response
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from libs.common.errors import (
    AccountLocked,
    Conflict,
    InvalidToken,
    NotFound,
    PermissionDenied,
    TooManyRequests,
    UpstreamUnavailable,
)
from libs.common.web import PUBLIC, Myself, RecentLogin, Router, of_app, problems
from services.auth.limits.visitor import VisitorOf
from services.auth.oidc.service import ExternalSignIn, Started
from services.auth.second_factors.proofs import SecondStep
from services.auth.sessions import cookies
from services.auth.sessions.api import SecondStepOut, SettingsOf, TokensOut, hand_over

router = Router(tags=["auth"])


ExternalSignInOf = Annotated[ExternalSignIn, Depends(of_app("external_sign_in"))]


class ProviderOut(BaseModel):
    name: str


class ProvidersOut(BaseModel):
    """Where people may sign in besides here; empty unless the operator has set one up."""

    items: list[ProviderOut]
    next_cursor: None = None


class StartedOut(BaseModel):
    """Keep `browser_key` in the page (sessionStorage) and go to `authorization_url`."""

    authorization_url: str
    browser_key: str

    @classmethod
    def of(cls, started: Started) -> StartedOut:
        return cls(authorization_url=started.authorization_url, browser_key=started.browser_key)


class ComeBack(BaseModel):
    """What the provider put into the address, and the key that the page kept."""

    model_config = ConfigDict(extra="forbid")

    state: SecretStr = Field(min_length=1, max_length=200)
    code: SecretStr = Field(min_length=1, max_length=2_000)
    browser_key: SecretStr = Field(min_length=1, max_length=200)

    def secrets(self) -> tuple[str, str, str]:
        return self.state.get_secret_value(), self.code.get_secret_value(), self.browser_key.get_secret_value()


class LinkOut(BaseModel):
    issuer: str
    linked_at: datetime
    last_used_at: datetime


class LinksOut(BaseModel):
    items: list[LinkOut]
    next_cursor: None = None


@router.get("/api/auth/providers/", dependencies=[PUBLIC])
async def list_providers(settings: SettingsOf) -> ProvidersOut:
    """List the identity providers by which people may sign in."""
    return ProvidersOut(items=[] if settings.oidc_issuer is None else [ProviderOut(name=settings.oidc_name)])


@router.post(
    "/api/auth/oidc/start/", dependencies=[PUBLIC], responses=problems(NotFound, TooManyRequests, UpstreamUnavailable)
)
async def start_sign_in(response: Response, sign_in: ExternalSignInOf, visitor: VisitorOf) -> StartedOut:
    """Begin to sign in at the operator's identity provider."""
    response.headers["Cache-Control"] = "no-store"
    return StartedOut.of(await sign_in.start(visitor))


@router.post(
    "/api/auth/oidc/finish/",
    dependencies=[PUBLIC],
    responses=problems(InvalidToken, Conflict, AccountLocked, NotFound, PermissionDenied, UpstreamUnavailable),
    response_model_exclude_unset=True,
)
async def finish_sign_in(
    body: ComeBack, response: Response, sign_in: ExternalSignInOf, visitor: VisitorOf, settings: SettingsOf
) -> TokensOut | SecondStepOut:
    """Sign in with what the provider gave. An account with a second factor is asked for it, as at a login."""
    if visitor.wants_cookie:
        cookies.must_come_from_our_page(visitor, settings)
    outcome = await sign_in.sign_in(*body.secrets(), visitor)
    if isinstance(outcome, SecondStep):
        response.headers["Cache-Control"] = "no-store"
        return SecondStepOut.of(outcome)
    return hand_over(outcome, response, visitor.wants_cookie, settings)


@router.get("/api/users/me/sign-ins/")
async def list_links(user: Myself, sign_in: ExternalSignInOf) -> LinksOut:
    """List the identities elsewhere that open one's own account."""
    links = await sign_in.linked_to(user.user_id)
    return LinksOut(
        items=[LinkOut(issuer=one.issuer, linked_at=one.linked_at, last_used_at=one.last_used_at) for one in links]
    )


@router.post("/api/users/me/sign-ins/start/", responses=problems(NotFound, TooManyRequests, UpstreamUnavailable))
async def start_link(
    user: RecentLogin, response: Response, sign_in: ExternalSignInOf, visitor: VisitorOf
) -> StartedOut:
    """Begin to link an identity at the operator's provider to one's own account."""
    response.headers["Cache-Control"] = "no-store"
    return StartedOut.of(await sign_in.start(visitor, link_to=user.user_id))


@router.post(
    "/api/users/me/sign-ins/finish/",
    status_code=204,
    responses=problems(InvalidToken, Conflict, NotFound, UpstreamUnavailable),
)
async def finish_link(body: ComeBack, user: RecentLogin, sign_in: ExternalSignInOf, visitor: VisitorOf) -> Response:
    """Link the identity to one's own account: from now on it opens it."""
    await sign_in.link(*body.secrets(), visitor, user)
    return Response(status_code=204)


@router.delete("/api/users/me/sign-ins/", status_code=204, responses=problems(NotFound))
async def unlink(user: RecentLogin, sign_in: ExternalSignInOf, visitor: VisitorOf) -> Response:
    """Take the link away."""
    await sign_in.unlink(visitor, user)
    return Response(status_code=204)
