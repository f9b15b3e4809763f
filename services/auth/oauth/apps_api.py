"""The routes by which developers register apps."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import Depends, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from libs.common.errors import Conflict, NotFound, StepUpRequired
from libs.common.web import Myself, RecentLogin, Router, of_app, problems
from services.auth.limits.visitor import VisitorOf
from services.auth.oauth import rules
from services.auth.oauth.registry import AppRegistry, RegisteredApp

router = Router(tags=["oauth"])


RegistryOf = Annotated[AppRegistry, Depends(of_app("app_registry"))]

Name = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=2, max_length=rules.MAX_NAME_CHARS, pattern=r"^[^\x00-\x1f\x7f]+$"
    ),
]
Redirects = Annotated[
    list[Annotated[str, StringConstraints(min_length=1, max_length=rules.MAX_REDIRECT_CHARS)]],
    Field(min_length=1, max_length=rules.MAX_REDIRECTS, description="Exact addresses: https, or http on localhost."),
]


class AppCreate(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"name": "Chart Mill", "redirect_uris": ["https://charts.example/callback"]}]},
    )

    name: Name
    redirect_uris: Redirects
    confidential: bool = Field(
        default=True, strict=True, description="Whether it can keep a secret: true for one on a server."
    )


class AppChange(BaseModel):
    """What is absent stays."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"name": "Chart Mill 2"}]})

    name: Name | None = None
    redirect_uris: Redirects | None = None

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if self.name is None and self.redirect_uris is None:
            raise ValueError("Send what is to change: name or redirect_uris.")
        return self


class AppOut(BaseModel):
    client_id: UUID
    name: str
    redirect_uris: list[str]
    confidential: bool
    created_at: datetime

    @classmethod
    def of(cls, app: RegisteredApp) -> Self:
        row = app.row
        return cls(
            client_id=row.id,
            name=row.name,
            redirect_uris=row.redirect_uris,
            confidential=row.is_confidential,
            created_at=row.created_at,
        )


class NewAppOut(AppOut):
    """An app with its secret, which is shown this once; null for an app without one."""

    client_secret: str | None

    @classmethod
    def of(cls, app: RegisteredApp) -> Self:
        return cls(**AppOut.of(app).model_dump(), client_secret=app.secret)


class AppsOut(BaseModel):
    """All of one's apps; `next_cursor` is always null."""

    items: list[AppOut]
    next_cursor: None = None


@router.post("/api/oauth/apps/", status_code=201, responses=problems(StepUpRequired, Conflict))
async def register_app(
    body: AppCreate, response: Response, user: RecentLogin, registry: RegistryOf, visitor: VisitorOf
) -> NewAppOut:
    """Register an app that asks people for access. Its secret is in this answer and never again."""
    app = await registry.register(user, body.name, body.redirect_uris, visitor, confidential=body.confidential)
    response.headers["Cache-Control"] = "no-store"
    return NewAppOut.of(app)


@router.get("/api/oauth/apps/")
async def list_registered_apps(user: Myself, registry: RegistryOf) -> AppsOut:
    """List the apps that one has registered, newest first."""
    return AppsOut(items=[AppOut.of(app) for app in await registry.list_for(user.user_id)])


@router.patch("/api/oauth/apps/{app_id}/", responses=problems(NotFound, StepUpRequired))
async def change_app(
    app_id: UUID, body: AppChange, user: RecentLogin, registry: RegistryOf, visitor: VisitorOf
) -> AppOut:
    """Change the name or the redirect addresses of one's app."""
    return AppOut.of(await registry.change(user, app_id, visitor, name=body.name, redirect_uris=body.redirect_uris))


@router.post(
    "/api/oauth/apps/{app_id}/secret/", status_code=201, responses=problems(NotFound, StepUpRequired, Conflict)
)
async def renew_app_secret(
    app_id: UUID, response: Response, user: RecentLogin, registry: RegistryOf, visitor: VisitorOf
) -> NewAppOut:
    """Make another secret for one's app. The one before ends now; what people gave the app stays."""
    app = await registry.renew_secret(user, app_id, visitor)
    response.headers["Cache-Control"] = "no-store"
    return NewAppOut.of(app)


@router.delete("/api/oauth/apps/{app_id}/", status_code=204, responses=problems(NotFound))
async def delete_app(app_id: UUID, user: Myself, registry: RegistryOf, visitor: VisitorOf) -> Response:
    """Delete one's app. All that people gave it ends within a second."""
    await registry.delete(user, app_id, visitor)
    return Response(status_code=204)
