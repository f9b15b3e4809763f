"""The routes of roles and permissions."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel, Field

from libs.common.security.permissions import HIDDEN_WHILE_ACTING, NEEDS_SECOND_FACTOR, ROLES, SCOPES, STAFF, Role
from libs.common.web import CurrentUser, Permission, Principal, Router
from services.auth.access import staff_may

router = Router(tags=["auth"])

Reader = Annotated[Principal, Depends(staff_may(Permission.USERS_READ))]


class RoleOut(BaseModel):
    """`scopes`: which of its permissions a key or an app of such a person may be given."""

    name: Role
    permissions: list[Permission]
    scopes: list[Permission]
    is_staff: bool
    needs_second_factor: bool


class RolesOut(BaseModel):
    """All roles; `next_cursor` is always null."""

    items: list[RoleOut]
    next_cursor: None = None


class PermissionsOut(BaseModel):
    """What the caller may do now, by this login. What is not here is refused."""

    role: str
    tier: str
    permissions: list[Permission]
    second_factor_needed: bool = Field(description="Whether the role asks for one.")
    second_factor_given: bool = Field(description="Whether this login was proved by one.")
    acting_by: UUID | None = Field(description="Who is really there, when somebody acts as this person.")
    expires_at: datetime


@router.get("/api/roles/")
async def list_roles(user: Reader) -> RolesOut:
    """List the roles, with what each may do."""
    return RolesOut(
        items=[
            RoleOut(
                name=role,
                permissions=sorted(permissions),
                scopes=sorted(permissions & SCOPES),
                is_staff=not permissions.isdisjoint(STAFF),
                needs_second_factor=role in NEEDS_SECOND_FACTOR,
            )
            for role, permissions in ROLES.items()
        ]
    )


@router.get("/api/users/me/permissions/")
async def show_my_permissions(user: CurrentUser) -> PermissionsOut:
    """Show what the caller may do now. Staff permissions appear once a second factor was given."""
    held = {permission for permission in Permission if user.may(permission)}
    if user.actor is not None:
        held -= HIDDEN_WHILE_ACTING
    if not user.has_second_factor:
        held -= STAFF
    return PermissionsOut(
        role=user.role,
        tier=user.tier,
        permissions=sorted(held),
        second_factor_needed=user.role in NEEDS_SECOND_FACTOR,
        second_factor_given=user.has_second_factor,
        acting_by=user.acting_by,
        expires_at=user.expires_at,
    )
