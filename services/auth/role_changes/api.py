"""The routes of role changes that wait for a second word."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel

from libs.common.errors import Conflict, NotFound, PermissionDenied
from libs.common.pagination import Page
from libs.common.security.permissions import Role
from libs.common.web import Permission, Principal, Router, of_app, problems
from libs.common.web.idempotency import IdempotencyKey
from libs.common.web.pagination import PageParams
from services.auth.access import staff_may
from services.auth.limits.visitor import VisitorOf
from services.auth.role_changes.rules import ChangeState
from services.auth.role_changes.service import Asked, RoleChanges

router = Router(tags=["staff"])

Reader = Annotated[Principal, Depends(staff_may(Permission.ROLES_MANAGE))]
Manager = Annotated[Principal, Depends(staff_may(Permission.ROLES_MANAGE, recent=True))]

DECISION_PROBLEMS = problems(NotFound, PermissionDenied, Conflict)


RoleChangesOf = Annotated[RoleChanges, Depends(of_app("role_changes"))]


class RoleChangeOut(BaseModel):
    """A change of role that makes or unmakes a SUPER_ADMIN."""

    id: UUID
    user_id: UUID
    email: str
    name: str
    from_role: Role
    to_role: Role
    reason: str
    state: ChangeState
    asked_by: UUID
    asked_at: datetime
    expires_at: datetime
    decided_by: UUID | None
    decided_at: datetime | None

    @classmethod
    def of(cls, asked: Asked) -> Self:
        change, user = asked.change, asked.user
        return cls(
            id=change.id,
            user_id=user.id,
            email=user.email,
            name=f"{user.first_name} {user.last_name}".strip(),
            from_role=Role(change.from_role),
            to_role=Role(change.to_role),
            reason=change.reason,
            state=asked.state,
            asked_by=change.asked_by,
            asked_at=change.asked_at,
            expires_at=change.expires_at,
            decided_by=change.decided_by,
            decided_at=change.decided_at,
        )


@router.get("/api/role-changes/")
async def list_role_changes(
    user: Reader, changes: RoleChangesOf, page: PageParams, state: ChangeState | None = None
) -> Page[RoleChangeOut]:
    """List changes of role that were asked for, newest first."""
    return (await changes.list(state, page)).as_page(RoleChangeOut.of)


@router.post("/api/role-changes/{change_id}/approve/", responses=DECISION_PROBLEMS)
async def approve_role_change(
    change_id: UUID, user: Manager, visitor: VisitorOf, changes: RoleChangesOf, key: IdempotencyKey
) -> RoleChangeOut:
    """Give the second word to a change of role. Not by who asked for it, nor by whom it is about."""
    return RoleChangeOut.of(await changes.approve(user, visitor, change_id, key.answering(RoleChangeOut.of)))


@router.post("/api/role-changes/{change_id}/refuse/", responses=DECISION_PROBLEMS)
async def refuse_role_change(
    change_id: UUID, user: Manager, visitor: VisitorOf, changes: RoleChangesOf, key: IdempotencyKey
) -> RoleChangeOut:
    """Refuse a change of role, or withdraw one that one has asked for."""
    return RoleChangeOut.of(await changes.refuse(user, visitor, change_id, key.answering(RoleChangeOut.of)))
