"""The routes of API keys."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Self
from uuid import UUID

from fastapi import Depends, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from libs.common.errors import (
    Conflict,
    NotFound,
    PermissionDenied,
    PlanFeature,
    PlanLimit,
    SecondFactorRequired,
    StepUpRequired,
    UpstreamUnavailable,
)
from libs.common.security.api_keys import KeyKind
from libs.common.web import Myself, Permission, RecentLogin, Router, of_app, problems, require_service
from libs.contracts.auth import KeyExchange, KeyToken
from services.auth.api_keys import rules
from services.auth.api_keys.service import ApiKeys, HeldKey, KeyDraft
from services.auth.clients.rules import EXCHANGE_KEYS
from services.auth.limits.visitor import VisitorOf

router = Router(tags=["auth"])


ApiKeysOf = Annotated[ApiKeys, Depends(of_app("api_keys"))]

Name = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=rules.MAX_NAME_CHARS, pattern=r"^[^\x00-\x1f\x7f]+$"
    ),
]
Scopes = Annotated[list[Permission], Field(min_length=1, max_length=len(Permission))]
Networks = Annotated[
    list[Annotated[str, StringConstraints(min_length=1, max_length=50)]],
    Field(max_length=rules.MAX_NETWORKS, description="Addresses and CIDR networks; empty for anywhere."),
]


def _grantable(scopes: list[Permission] | None) -> list[Permission] | None:
    if scopes is not None and not rules.is_grantable(scopes):
        raise ValueError("A key cannot be given all of these scopes.")
    return None if scopes is None else sorted(set(scopes))


class KeyCreate(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"name": "My screener", "scopes": ["alerts:read", "market:read"]}]},
    )

    name: Name
    scopes: Scopes
    networks: Networks = Field(default_factory=list)
    kind: KeyKind = KeyKind.LIVE
    expires_in_days: int = Field(default=rules.DEFAULT_DAYS, strict=True, ge=1, le=rules.MAX_DAYS)

    _check_scopes = field_validator("scopes")(_grantable)


class KeyChange(BaseModel):
    """What is absent stays. Scopes can only be taken away."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"name": "My other screener"}]})

    name: Name | None = None
    scopes: Scopes | None = None
    networks: Networks | None = None

    _check_scopes = field_validator("scopes")(_grantable)

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if self.name is None and self.scopes is None and self.networks is None:
            raise ValueError("Send what is to change: name, scopes or networks.")
        return self


class KeyRotation(BaseModel):
    """`overlap_hours`: for how long the secret before stays good; 0 ends it at once."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"overlap_hours": 24}]})

    overlap_hours: int = Field(default=0, strict=True, ge=0, le=rules.MAX_OVERLAP_HOURS)


class KeyOut(BaseModel):
    """`prefix` is the part that may be shown. `old_secret_ends_at`: set while a rotation overlaps."""

    id: UUID
    name: str
    prefix: str
    kind: KeyKind
    scopes: list[str]
    networks: list[str]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    old_secret_ends_at: datetime | None

    @classmethod
    def of(cls, held: HeldKey) -> Self:
        row = held.row
        return cls(
            id=row.id,
            name=row.name,
            prefix=f"sw_{row.kind}_{row.public_id}",
            kind=KeyKind(row.kind),
            scopes=row.scopes,
            networks=row.networks,
            created_at=row.created_at,
            expires_at=row.expires_at,
            last_used_at=row.last_used_at,
            old_secret_ends_at=held.secrets[0].ends_at if len(held.secrets) > 1 else None,
        )


class NewKeyOut(KeyOut):
    """A key with its secret, which is shown this once."""

    key: str

    @classmethod
    def of(cls, held: HeldKey) -> Self:
        assert held.shown is not None
        return cls(**KeyOut.of(held).model_dump(), key=held.shown.text)


class KeysOut(BaseModel):
    """All keys: there are never many, so `next_cursor` is always null."""

    items: list[KeyOut]
    next_cursor: None = None


@router.post(
    "/api/api-keys/",
    status_code=201,
    responses=problems(PlanLimit, StepUpRequired, SecondFactorRequired, UpstreamUnavailable),
)
async def create_api_key(
    body: KeyCreate, response: Response, user: RecentLogin, api_keys: ApiKeysOf, visitor: VisitorOf
) -> NewKeyOut:
    """Make an API key. The whole key is in this answer and never again."""
    draft = KeyDraft(body.kind, body.name, body.scopes, body.networks, body.expires_in_days)
    held = await api_keys.create(user, draft, visitor)
    response.headers["Cache-Control"] = "no-store"
    return NewKeyOut.of(held)


@router.get("/api/api-keys/")
async def list_api_keys(user: Myself, api_keys: ApiKeysOf) -> KeysOut:
    """List one's own API keys, newest first."""
    return KeysOut(items=[KeyOut.of(held) for held in await api_keys.list_for(user.user_id)])


@router.patch("/api/api-keys/{key_id}/", responses=problems(NotFound, StepUpRequired, SecondFactorRequired))
async def change_api_key(
    key_id: UUID, body: KeyChange, user: RecentLogin, api_keys: ApiKeysOf, visitor: VisitorOf
) -> KeyOut:
    """Rename a key, take scopes from it, or set from where it may be used. In force within a second."""
    held = await api_keys.change(user, key_id, visitor, name=body.name, scopes=body.scopes, networks=body.networks)
    return KeyOut.of(held)


@router.post(
    "/api/api-keys/{key_id}/rotate/",
    status_code=201,
    responses=problems(NotFound, StepUpRequired, SecondFactorRequired, Conflict),
)
async def rotate_api_key(
    key_id: UUID, body: KeyRotation, response: Response, user: RecentLogin, api_keys: ApiKeysOf, visitor: VisitorOf
) -> NewKeyOut:
    """Make a new secret for a key. The one before stays good for the overlap, of at most a day."""
    held = await api_keys.rotate(user, key_id, visitor, overlap=timedelta(hours=body.overlap_hours))
    response.headers["Cache-Control"] = "no-store"
    return NewKeyOut.of(held)


@router.delete("/api/api-keys/{key_id}/", status_code=204, responses=problems(NotFound))
async def revoke_api_key(key_id: UUID, user: Myself, api_keys: ApiKeysOf, visitor: VisitorOf) -> Response:
    """End a key. It is refused everywhere within a second."""
    await api_keys.revoke(user, key_id, visitor)
    return Response(status_code=204)


@router.post(
    "/internal/keys/exchange",
    tags=["internal"],
    dependencies=[Depends(require_service("gateway", scope=EXCHANGE_KEYS))],
    responses=problems(NotFound, PermissionDenied, PlanFeature),
)
async def exchange_key(body: KeyExchange, response: Response, api_keys: ApiKeysOf) -> KeyToken:
    """Give the gateway a token of at most five minutes for an API key."""
    token = await api_keys.exchange(body.key, body.address)
    response.headers["Cache-Control"] = "no-store"
    return token
