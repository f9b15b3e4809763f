"""The route of the security log."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel, Field

from libs.common.pagination import Page
from libs.common.web import Myself, Router, of_app
from libs.common.web.pagination import PageParams
from libs.contracts.auth import SecurityKind
from services.auth.limits.devices import device_of
from services.auth.security_log.service import SecurityLog
from services.auth.security_log.tables import SecurityEventRow

router = Router(tags=["auth"])


class SecurityEventOut(BaseModel):
    """`by_staff` says that it was not the owner who did it; `device` is the user agent in words, empty without one."""

    id: UUID
    kind: SecurityKind
    at: datetime
    network: str = Field(description="The address without its last part; empty when no request did it.")
    device: str
    user_agent: str
    by_staff: bool
    details: dict[str, str]

    @classmethod
    def of(cls, row: SecurityEventRow) -> Self:
        return cls(
            id=row.id,
            kind=SecurityKind(row.kind),
            at=row.at,
            network=row.network,
            device=device_of(row.user_agent) if row.user_agent else "",
            user_agent=row.user_agent,
            by_staff=row.actor_id is not None,
            details=row.details,
        )


@router.get("/api/users/me/security-log/")
async def list_security_events(
    user: Myself, log: Annotated[SecurityLog, Depends(of_app("security_log"))], page: PageParams
) -> Page[SecurityEventOut]:
    """List what happened to the safety of one's own account, newest first."""
    return (await log.list_for(user.user_id, page)).as_page(SecurityEventOut.of)
