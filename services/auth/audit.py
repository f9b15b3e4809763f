"""Telling the audit trail what was done, in the transaction of the deed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Literal
from uuid import UUID

import structlog

from libs.common.db import Database, Transaction
from libs.common.errors import Conflict, NotFound, PermissionDenied
from libs.common.security.principal import Principal
from libs.contracts.auth import ActionRecorded, AuditRecord
from services.auth.accounts.tables import User
from services.auth.limits.visitor import Visitor


def record(
    tx: Transaction,
    action: str,
    *,
    object_kind: str,
    object_id: object,
    caller: Principal | None,
    visitor: Visitor | None = None,
    reason: str | None = None,
    details: Mapping[str, str] | None = None,
    outcome: Literal["done", "denied"] = "done",
) -> None:
    """Record a deed. caller: who did it, None for the command line and the platform itself."""
    bound = structlog.contextvars.get_contextvars().get("request_id")
    acting = caller is not None and caller.acting_by is not None
    tx.announce(
        ActionRecorded(
            record=AuditRecord(
                actor_id=None if caller is None else caller.acting_by or caller.user_id,
                actor_role=None if caller is None or acting else caller.role,
                acting_as=caller.user_id if caller is not None and acting else None,
                action=action,
                object_kind=object_kind,
                object_id=str(object_id),
                outcome=outcome,
                reason=reason,
                network=None if visitor is None else visitor.network,
                request_id=None if bound is None else str(bound),
                details=dict(details or {}),
            )
        )
    )


def record_login(tx: Transaction, user: User, session_id: UUID, amr: Sequence[str], visitor: Visitor) -> None:
    """Record that somebody logged in, and by what they proved it."""
    bound = structlog.contextvars.get_contextvars().get("request_id")
    tx.announce(
        ActionRecorded(
            record=AuditRecord(
                actor_id=user.id,
                actor_role=user.role,
                action="session.opened",
                object_kind="session",
                object_id=str(session_id),
                network=visitor.network,
                request_id=None if bound is None else str(bound),
                details={"proved_by": " ".join(amr), "device": visitor.device},
            )
        )
    )


@asynccontextmanager
async def denials_recorded(
    db: Database, action: str, *, object_kind: str, object_id: object, caller: Principal, visitor: Visitor, reason: str
) -> AsyncIterator[None]:
    """Record what the block refuses, in a transaction of its own: the one of the deed is rolled back by the refusal."""
    try:
        yield
    except (PermissionDenied, NotFound, Conflict) as refusal:
        async with db.transaction() as tx:
            record(
                tx,
                action,
                object_kind=object_kind,
                object_id=object_id,
                caller=caller,
                visitor=visitor,
                reason=reason,
                details={"code": refusal.code},
                outcome="denied",
            )
        raise
