"""The routes by which staff find people and look after their accounts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, model_validator
from pydantic_core import PydanticCustomError

from libs.common.errors import Conflict, NotFound, PermissionDenied
from libs.common.pagination import Cursors, Page, PageRequest
from libs.common.security.permissions import Role
from libs.common.web import Permission, Principal, Router, of_app, problems
from libs.common.web.idempotency import IdempotencyKey
from libs.common.web.pagination import PageParams
from libs.contracts.billing import Tier
from services.auth.access import staff_may
from services.auth.accounts.rules import AccountStatus
from services.auth.accounts.tables import User
from services.auth.limits.devices import device_of
from services.auth.limits.visitor import VisitorOf
from services.auth.reasons import Reason
from services.auth.role_changes.service import RoleChanges
from services.auth.role_changes.tables import RoleChange
from services.auth.second_factors.service import FactorState
from services.auth.security_log.api import SecurityEventOut
from services.auth.sessions.tables import UserSession
from services.auth.staff.service import EVENTS_SHOWN, Detail, Staff
from services.auth.staff.tables import Filter

router = Router(tags=["staff"])

Reader = Annotated[Principal, Depends(staff_may(Permission.USERS_READ))]
Helper = Annotated[Principal, Depends(staff_may(Permission.USERS_UNLOCK, recent=True))]
Manager = Annotated[Principal, Depends(staff_may(Permission.USERS_MANAGE, recent=True))]


StaffOf = Annotated[Staff, Depends(of_app("staff"))]
RoleChangesOf = Annotated[RoleChanges, Depends(of_app("role_changes"))]


class PersonOut(BaseModel):
    """A person, as staff see them in a list."""

    id: UUID
    email: str
    username: str | None
    first_name: str
    last_name: str
    phone: str | None
    role: Role
    tier: str
    status: AccountStatus
    email_verified: bool
    created_at: datetime

    @classmethod
    def of(cls, user: User) -> Self:
        return cls(
            id=user.id,
            email=user.email,
            username=user.username,
            first_name=user.first_name,
            last_name=user.last_name,
            phone=user.phone,
            role=Role(user.role),
            tier=user.tier,
            status=AccountStatus(user.status),
            email_verified=user.is_verified,
            created_at=user.created_at,
        )


class PersonSessionOut(BaseModel):
    """One of a person's open sessions. `second_factor`: it was proved by more than a password."""

    id: UUID
    created_at: datetime
    last_seen_at: datetime
    network: str
    device: str
    user_agent: str
    second_factor: bool

    @classmethod
    def of(cls, held: UserSession) -> Self:
        return cls(
            id=held.id,
            created_at=held.created_at,
            last_seen_at=held.last_seen_at,
            network=held.network,
            device=device_of(held.user_agent),
            user_agent=held.user_agent,
            second_factor=held.amr != ["pwd"],
        )


class WaitingChangeOut(BaseModel):
    """A change of role that waits for a second word."""

    id: UUID
    to_role: Role
    reason: str
    asked_by: UUID
    expires_at: datetime

    @classmethod
    def of(cls, change: RoleChange) -> Self:
        return cls(
            id=change.id,
            to_role=Role(change.to_role),
            reason=change.reason,
            asked_by=change.asked_by,
            expires_at=change.expires_at,
        )


class PersonFactorsOut(BaseModel):
    """Which second factors a person has. `needed`: the role asks for one."""

    totp: bool
    passkeys: int
    recovery_codes_left: int
    needed: bool

    @classmethod
    def of(cls, state: FactorState) -> Self:
        return cls(
            totp=state.totp_since is not None,
            passkeys=state.passkeys,
            recovery_codes_left=state.recovery_codes_left,
            needed=state.is_required,
        )


class PersonDetailOut(PersonOut):
    """A person with open sessions and what lately happened to the account's safety, newest first."""

    second_factors: PersonFactorsOut
    sessions: list[PersonSessionOut]
    security_log: list[SecurityEventOut]
    waiting_role_change: WaitingChangeOut | None

    @classmethod
    def of_detail(cls, detail: Detail) -> Self:
        return cls(
            **PersonOut.of(detail.user).model_dump(),
            second_factors=PersonFactorsOut.of(detail.factors),
            sessions=[PersonSessionOut.of(held) for held in detail.sessions],
            security_log=[SecurityEventOut.of(event) for event in detail.events],
            waiting_role_change=None if detail.waiting is None else WaitingChangeOut.of(detail.waiting),
        )


class PersonChange(BaseModel):
    """Either a role or a status, and why."""

    model_config = ConfigDict(extra="forbid")

    role: Role | None = None
    status: AccountStatus | None = None
    reason: Reason

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if (self.role is None) == (self.status is None):
            raise PydanticCustomError("one_change", "Send either role or status.")
        return self


class PersonChanged(BaseModel):
    """The person afterwards; with `waiting` the change waits for the word of a second SUPER_ADMIN (202)."""

    user: PersonOut
    waiting: WaitingChangeOut | None


class ReasonIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: Reason


@router.get("/api/users/")
async def list_users(
    user: Reader,
    staff: StaffOf,
    page: PageParams,
    search: Annotated[
        str, Query(max_length=100, description="Words of name, e-mail, username or phone; all must be found.")
    ] = "",
    role: Role | None = None,
    tier: Tier | None = None,
    status: AccountStatus | None = None,
    verified: bool | None = None,
) -> Page[PersonOut]:
    """List people, newest first. Members of staff are seen by a SUPER_ADMIN only."""
    wanted = Filter(search=search, role=role, tier=tier, status=status, verified=verified)
    return (await staff.list(user, wanted, page)).as_page(PersonOut.of)


@router.get("/api/users/{user_id}/", responses=problems(NotFound))
async def show_person(user_id: UUID, user: Reader, staff: StaffOf, request: Request) -> PersonDetailOut:
    """Show a person with sessions and security log, and without secrets."""
    newest = PageRequest(Cursors(request.app.state.settings.cursor_secret), EVENTS_SHOWN)
    return PersonDetailOut.of_detail(await staff.show(user, user_id, newest))


@router.patch(
    "/api/users/{user_id}/",
    responses={202: {"model": PersonChanged}, **problems(NotFound, PermissionDenied, Conflict)},
)
async def change_person(
    user_id: UUID,
    body: PersonChange,
    user: Manager,
    visitor: VisitorOf,
    staff: StaffOf,
    role_changes: RoleChangesOf,
    response: Response,
) -> PersonChanged:
    """Change a person's role or status. Making or unmaking a SUPER_ADMIN waits for the word of a second one (202)."""
    if body.role is not None:
        if not user.may(Permission.ROLES_MANAGE):
            raise PermissionDenied(f"This needs the permission {Permission.ROLES_MANAGE}.")
        changed, waiting = await role_changes.ask(user, visitor, user_id, body.role, body.reason)
        response.status_code = 200 if waiting is None else 202
        return PersonChanged(
            user=PersonOut.of(changed), waiting=None if waiting is None else WaitingChangeOut.of(waiting)
        )
    assert body.status is not None
    changed = await staff.change_status(user, visitor, user_id, body.status, body.reason)
    return PersonChanged(user=PersonOut.of(changed), waiting=None)


@router.post("/api/users/{user_id}/unlock/", responses=problems(NotFound, Conflict))
async def unlock_person(
    user_id: UUID, body: ReasonIn, user: Helper, visitor: VisitorOf, staff: StaffOf, key: IdempotencyKey
) -> PersonOut:
    """Open a locked account again, and forget the wrong tries at it."""
    return PersonOut.of(await staff.unlock(user, visitor, user_id, body.reason, key.answering(PersonOut.of)))


@router.post("/api/users/{user_id}/force-password-reset/", responses=problems(NotFound, Conflict))
async def force_password_reset(
    user_id: UUID, body: ReasonIn, user: Helper, visitor: VisitorOf, staff: StaffOf, key: IdempotencyKey
) -> PersonOut:
    """Have a person choose a new password: the old one and all sessions end, and a link is mailed."""
    answer = key.answering(PersonOut.of)
    return PersonOut.of(await staff.force_password_reset(user, visitor, user_id, body.reason, answer))


@router.delete("/api/users/{user_id}/sessions/", status_code=204, responses=problems(NotFound))
async def end_sessions_of(user_id: UUID, user: Helper, visitor: VisitorOf, staff: StaffOf) -> Response:
    """End all of a person's sessions."""
    await staff.end_sessions(user, visitor, user_id)
    return Response(status_code=204)


@router.delete("/api/users/{user_id}/sessions/{session_id}/", status_code=204, responses=problems(NotFound))
async def end_session_of(user_id: UUID, session_id: UUID, user: Helper, visitor: VisitorOf, staff: StaffOf) -> Response:
    """End one of a person's sessions."""
    await staff.end_sessions(user, visitor, user_id, session_id)
    return Response(status_code=204)
