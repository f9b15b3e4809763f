"""Telling the audit trail what staff did, in the transaction of the deed (decisions 24)."""

from __future__ import annotations

from collections.abc import Mapping

import structlog

from libs.common.db import Transaction
from libs.common.security.principal import Principal
from libs.contracts.auth import ActionRecorded, AuditRecord


def record(
    tx: Transaction,
    action: str,
    *,
    object_kind: str,
    object_id: object,
    caller: Principal | None,
    reason: str | None = None,
    details: Mapping[str, str] | None = None,
) -> None:
    """Record a deed. caller: who did it, None for the command line."""
    bound = structlog.contextvars.get_contextvars().get("request_id")
    tx.announce(
        ActionRecorded(
            record=AuditRecord(
                actor_id=None if caller is None else caller.user_id,
                actor_role=None if caller is None else caller.role,
                action=action,
                object_kind=object_kind,
                object_id=str(object_id),
                reason=reason,
                request_id=None if bound is None else str(bound),
                details=dict(details or {}),
            )
        )
    )
