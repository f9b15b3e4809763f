"""The routes of the role-testing panel, and of a person's consent to the support's looking."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Response
from pydantic import BaseModel, ConfigDict, Field

from libs.common.errors import Conflict, NotFound, PermissionDenied
from libs.common.web import Myself, Permission, Principal, Router, of_app, problems
from services.auth.access import staff_may
from services.auth.acting import rules
from services.auth.acting.service import Acting
from services.auth.limits.visitor import VisitorOf
from services.auth.reasons import Reason
from services.auth.sessions.api import LoggedInUser

router = Router(tags=["staff"])

Actor = Annotated[Principal, Depends(staff_may(Permission.USERS_ACT_AS, recent=True))]
Leaver = Annotated[Principal, Depends(staff_may(Permission.USERS_ACT_AS))]


ActingOf = Annotated[Acting, Depends(of_app("acting"))]


class ActingIn(BaseModel):
    """The person reads the reason in the security log and in a mail."""

    model_config = ConfigDict(extra="forbid")

    user_id: UUID
    reason: Reason


class ActingOut(BaseModel):
    """A token that acts as a person: read-only, not renewable. The caller's own tokens stay as they are."""

    access_token: str
    token_type: str
    expires_in: int
    user: LoggedInUser


class SupportAccessIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    hours: int = Field(strict=True, ge=1, le=rules.MAX_CONSENT_HOURS, examples=[24])


class SupportAccessOut(BaseModel):
    """`until` is null when the support may not look."""

    until: datetime | None


@router.post("/api/role-testing/", responses=problems(NotFound, PermissionDenied, Conflict))
async def start_acting(
    body: ActingIn, user: Actor, visitor: VisitorOf, acting: ActingOf, response: Response
) -> ActingOut:
    """Act as another person for fifteen minutes, read-only. They see it at once, and get a mail."""
    grant = await acting.start(user, visitor, body.user_id, body.reason)
    response.headers["Cache-Control"] = "no-store"
    return ActingOut(
        access_token=grant.access_token,
        token_type="bearer",  # noqa: S106  the word of RFC 6750
        expires_in=grant.expires_in_s,
        # Terms and first steps are the person's own to take.
        user=LoggedInUser.of(grant.user, grant.user.terms_version).model_copy(update={"first_steps_due": False}),
    )


@router.delete("/api/role-testing/", status_code=204)
async def end_acting(user: Leaver, visitor: VisitorOf, acting: ActingOf) -> Response:
    """Leave the other person's place, by one's own token. Safe to repeat."""
    await acting.end(user, visitor)
    return Response(status_code=204)


@router.get("/api/users/me/support-access/")
async def show_support_access(user: Myself, acting: ActingOf) -> SupportAccessOut:
    """Show until when the support may look at one's account."""
    return SupportAccessOut(until=await acting.consent_until(user.user_id))


@router.put("/api/users/me/support-access/")
async def allow_support_access(
    body: SupportAccessIn, user: Myself, visitor: VisitorOf, acting: ActingOf
) -> SupportAccessOut:
    """Let the support look at one's account, read-only, for some hours."""
    return SupportAccessOut(until=await acting.give_consent(user, visitor, timedelta(hours=body.hours)))


@router.delete("/api/users/me/support-access/", status_code=204)
async def withdraw_support_access(user: Myself, visitor: VisitorOf, acting: ActingOf) -> Response:
    """Take that back; whoever looks by it is out within a second."""
    await acting.withdraw_consent(user, visitor)
    return Response(status_code=204)
