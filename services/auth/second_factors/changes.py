"""What goes with every change of a second factor."""

from __future__ import annotations

from collections.abc import Mapping

from libs.common.db import Transaction
from libs.common.errors import Conflict
from libs.common.security.permissions import NEEDS_SECOND_FACTOR
from libs.common.security.principal import Principal
from libs.common.security.revocation import Revocation
from libs.contracts.auth import SecurityKind
from services.auth import audit
from services.auth.limits.visitor import Visitor
from services.auth.second_factors import tables
from services.auth.second_factors.proofs import Proofs
from services.auth.security_log.service import SecurityLog
from services.auth.sessions.service import Sessions


class FactorChanges:
    """Notes a change where its owner and the audit see it, and ends the sessions that were opened before it."""

    def __init__(self, sessions: Sessions, proofs: Proofs, security_log: SecurityLog) -> None:
        self._sessions = sessions
        self._proofs = proofs
        self._security_log = security_log

    async def record(
        self,
        tx: Transaction,
        caller: Principal,
        kind: SecurityKind,
        visitor: Visitor,
        *,
        details: Mapping[str, str] | None = None,
        ends_others: bool = True,
    ) -> list[Revocation]:
        """Record a change with its transaction; give what this returns to `Sessions.tell` after it."""
        self._security_log.note(tx, caller.user_id, kind, visitor, details=details)
        audit.record(
            tx,
            f"second_factor.{kind}",
            object_kind="user",
            object_id=caller.user_id,
            caller=caller,
            visitor=visitor,
        )
        if not ends_others:
            return []
        return await self._sessions.end_others_with(tx, caller.user_id, caller.sid, "second_factor_changed")

    async def after_removal(self, tx: Transaction, caller: Principal) -> None:
        """Void the recovery codes with the last factor. Raises Conflict when the role may not be without one."""
        if await self._proofs.methods(tx.session, caller.user_id):
            return
        if caller.role in NEEDS_SECOND_FACTOR:
            raise Conflict("Your role needs a second factor: set another one up before you remove the last.")
        await tables.drop_recovery_codes(tx.session, caller.user_id)
