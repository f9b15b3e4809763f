"""The routes of OAuth: what apps call, in the form of the standards, and what the consent page asks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

import orjson
from fastapi import Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from libs.common.errors import (
    AppRequestRefused,
    BadRequest,
    NotFound,
    SecondFactorRequired,
    StepUpRequired,
    UnsupportedMediaType,
)
from libs.common.security.permissions import SCOPES
from libs.common.web import PUBLIC, FormFields, Myself, Router, of_app, problems
from services.auth.limits.visitor import VisitorOf
from services.auth.oauth import rules
from services.auth.oauth.protocol import Reply
from services.auth.oauth.service import Asked, ConnectedApp, OAuth
from services.auth.oauth.shown import ALL_METHODS, WITH_SECRET

router = Router(tags=["oauth"])

_OAUTH_ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {"error": {"type": "string"}, "error_description": {"type": "string"}},
}


def _answers(*, ok: Mapping[str, Any]) -> dict[int | str, dict[str, Any]]:
    """Say how the endpoints of the standards answer: their errors are RFC 6749's, ours problems as everywhere."""
    refused = problems(BadRequest)[400]
    refused["content"]["application/json"] = {"schema": _OAUTH_ERROR}
    return {
        **problems(UnsupportedMediaType),
        200: {"description": "Done.", "content": {"application/json": {"schema": dict(ok)}}},
        400: refused,
        401: {"description": "The app is not who it says.", "content": {"application/json": {"schema": _OAUTH_ERROR}}},
    }


OAuthOf = Annotated[OAuth, Depends(of_app("oauth"))]
Parameter = Annotated[str | None, Field(max_length=rules.MAX_PARAMETER_CHARS)]


class AuthorizationRequest(BaseModel):
    """What an app asks for (RFC 6749, 4.1.1; RFC 7636). All are checked by the protocol, which has words for each."""

    model_config = ConfigDict(extra="forbid")

    response_type: Parameter = None
    client_id: Parameter = None
    redirect_uri: Parameter = None
    scope: Parameter = None
    state: Parameter = None
    code_challenge: Parameter = None
    code_challenge_method: Parameter = None

    @property
    def fields(self) -> Mapping[str, str]:
        return self.model_dump(exclude_none=True)


class Decision(AuthorizationRequest):
    """The same request, with the person's word."""

    allow: bool


class AskedOut(BaseModel):
    """Who asks, and for what. `host`: where the answer goes; the only thing of an app that it cannot make up."""

    app_id: UUID
    name: str
    host: str
    scopes: list[str]
    registered_at: datetime

    @classmethod
    def of(cls, asked: Asked) -> Self:
        app = asked.app
        host = rules.host_of(asked.redirect_uri)
        return cls(app_id=app.id, name=app.name, host=host, scopes=list(asked.scopes), registered_at=app.created_at)


class RedirectOut(BaseModel):
    """Where the browser goes now: back to the app."""

    redirect_to: str


class ConnectedAppOut(BaseModel):
    app_id: UUID
    name: str
    hosts: list[str]
    scopes: list[str]
    connected_at: datetime
    last_used_at: datetime

    @classmethod
    def of(cls, one: ConnectedApp) -> Self:
        return cls(
            app_id=one.app.id,
            name=one.app.name,
            hosts=rules.hosts_of(one.app.redirect_uris),
            scopes=one.scopes,
            connected_at=min(grant.created_at for grant in one.grants),
            last_used_at=max(grant.last_used_at for grant in one.grants),
        )


class ConnectedAppsOut(BaseModel):
    """All connected apps; `next_cursor` is always null."""

    items: list[ConnectedAppOut]
    next_cursor: None = None


@router.get("/api/oauth/authorize/", responses=problems(AppRequestRefused))
async def show_authorization(
    request: Annotated[AuthorizationRequest, Query()], _user: Myself, oauth: OAuthOf
) -> AskedOut:
    """Check what an app asks for, to show it to the person who is to decide."""
    return AskedOut.of(await oauth.look(request.fields))


@router.post("/api/oauth/authorize/", responses=problems(AppRequestRefused, SecondFactorRequired, StepUpRequired))
async def decide_authorization(body: Decision, user: Myself, oauth: OAuthOf, visitor: VisitorOf) -> RedirectOut:
    """Let an app in, or not. The answer says where to go: back to the app, with a code or with the refusal."""
    fields = AuthorizationRequest(**body.model_dump(exclude={"allow"})).fields
    return RedirectOut(redirect_to=await oauth.decide(user, fields, visitor, allow=body.allow))


@router.post_form(
    "/api/oauth/token/",
    fields=(
        "grant_type",
        "code",
        "redirect_uri",
        "code_verifier",
        "refresh_token",
        "scope",
        "client_id",
        "client_secret",
    ),
    required=("grant_type",),
    dependencies=[PUBLIC],
    responses=_answers(
        ok={
            "type": "object",
            "required": ["access_token", "token_type", "expires_in", "refresh_token", "scope"],
            "properties": {
                "access_token": {"type": "string"},
                "token_type": {"type": "string"},
                "expires_in": {"type": "integer"},
                "refresh_token": {"type": "string"},
                "scope": {"type": "string"},
            },
        }
    ),
)
async def issue_app_tokens(request: Request, form: FormFields, oauth: OAuthOf, visitor: VisitorOf) -> Response:
    """Give an app tokens for a code or for a refresh token, which is used up (RFC 6749, 3.2)."""
    return _answer(await oauth.token(form, request.headers.get("authorization"), visitor))


@router.post_form(
    "/api/oauth/revoke/",
    fields=("token", "token_type_hint", "client_id", "client_secret"),
    required=("token",),
    dependencies=[PUBLIC],
    responses=_answers(ok={"type": "object"}),
)
async def revoke_app_tokens(request: Request, form: FormFields, oauth: OAuthOf) -> Response:
    """End what a token stands for, whichever of its tokens it is (RFC 7009)."""
    return _answer(await oauth.revoke(form, request.headers.get("authorization")))


@router.post_form(
    "/api/oauth/introspect/",
    fields=("token", "token_type_hint", "client_id", "client_secret"),
    required=("token",),
    dependencies=[PUBLIC],
    responses=_answers(ok={"type": "object", "required": ["active"], "properties": {"active": {"type": "boolean"}}}),
)
async def introspect_app_token(request: Request, form: FormFields, oauth: OAuthOf) -> Response:
    """Say whether a token is good. For apps with a secret, about tokens of their own (RFC 7662)."""
    return _answer(await oauth.introspect(form, request.headers.get("authorization")))


@router.get("/.well-known/oauth-authorization-server", dependencies=[PUBLIC])
async def show_oauth_metadata(response: Response, oauth: OAuthOf) -> dict[str, Any]:
    """Say where everything is and what is taken (RFC 8414)."""
    response.headers["Cache-Control"] = "public, max-age=300"
    issuer = oauth.issuer
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/oauth/authorize",
        "token_endpoint": f"{issuer}/api/oauth/token/",
        "revocation_endpoint": f"{issuer}/api/oauth/revoke/",
        "introspection_endpoint": f"{issuer}/api/oauth/introspect/",
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": sorted(SCOPES),
        "token_endpoint_auth_methods_supported": ALL_METHODS,
        "revocation_endpoint_auth_methods_supported": ALL_METHODS,
        "introspection_endpoint_auth_methods_supported": WITH_SECRET,
        "authorization_response_iss_parameter_supported": True,
        "service_documentation": f"{issuer}/docs",
    }


@router.get("/api/users/me/apps/")
async def list_connected_apps(user: Myself, oauth: OAuthOf) -> ConnectedAppsOut:
    """List the apps that one let in, with what they were given."""
    return ConnectedAppsOut(items=[ConnectedAppOut.of(one) for one in await oauth.list_connected(user.user_id)])


@router.delete("/api/users/me/apps/{app_id}/", status_code=204, responses=problems(NotFound))
async def disconnect_app(app_id: UUID, user: Myself, oauth: OAuthOf, visitor: VisitorOf) -> Response:
    """Take back all that one gave an app. Its tokens are refused everywhere within a second."""
    await oauth.disconnect(user, app_id, visitor)
    return Response(status_code=204)


def _answer(reply: Reply) -> Response:
    headers = {"Cache-Control": "no-store", "Pragma": "no-cache"}
    if reply.challenge is not None:
        headers["WWW-Authenticate"] = reply.challenge
    body = reply.body if isinstance(reply.body, dict) else dict(reply.body)
    return Response(orjson.dumps(body), reply.status, headers, media_type="application/json")
