"""What staff do for people and with their accounts. Each deed is recorded, and its owner sees it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from libs.common.clock import Clock
from libs.common.db import Database, Transaction
from libs.common.errors import Conflict, NotFound
from libs.common.idempotency import UNKEYED, Once
from libs.common.pagination import Found, PageRequest, paginate
from libs.common.security.principal import Principal
from libs.common.security.revocation import Revocation
from libs.contracts.auth import SecurityKind
from services.auth.accounts.rules import AccountStatus
from services.auth.accounts.tables import User
from services.auth.audit import denials_recorded, record
from services.auth.limits.service import Limiter
from services.auth.limits.visitor import Visitor
from services.auth.recovery.service import Recovery
from services.auth.role_changes.service import RoleChanges
from services.auth.role_changes.tables import RoleChange
from services.auth.second_factors.service import FactorState, SecondFactors
from services.auth.security_log.service import SecurityLog
from services.auth.security_log.tables import SecurityEventRow
from services.auth.sessions.service import Sessions
from services.auth.sessions.tables import UserSession
from services.auth.staff import rules, tables
from services.auth.staff.tables import Filter
from services.auth.standing.service import Standings

NO_SUCH_PERSON = "There is no such person."
EVENTS_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Detail:
    """All that staff see of a person. `waiting`: a change of role that waits for a second word."""

    user: User
    sessions: Sequence[UserSession]
    events: Sequence[SecurityEventRow]
    waiting: RoleChange | None
    factors: FactorState


class Staff:
    def __init__(
        self,
        db: Database,
        sessions: Sessions,
        standings: Standings,
        role_changes: RoleChanges,
        recovery: Recovery,
        second_factors: SecondFactors,
        security_log: SecurityLog,
        limiter: Limiter,
        clock: Clock,
    ) -> None:
        self._db = db
        self._sessions = sessions
        self._standings = standings
        self._role_changes = role_changes
        self._recovery = recovery
        self._second_factors = second_factors
        self._security_log = security_log
        self._limiter = limiter
        self._clock = clock

    async def list(self, caller: Principal, wanted: Filter, page: PageRequest) -> Found[User]:
        """List the people whom the caller may see, newest first."""
        visible = rules.visible_roles(caller.role)
        async with self._db.read() as session:
            return await paginate(
                session, tables.people(visible, wanted), page, key=(User.created_at, User.id), scope=f"people {wanted}"
            )

    async def show(self, caller: Principal, user_id: UUID, page: PageRequest) -> Detail:
        """Give what is known of a person, without secrets. Raises NotFound, also for whom the caller may not see."""
        async with self._db.read() as session:
            user = await tables.find(session, user_id, rules.visible_roles(caller.role))
        if user is None:
            raise NotFound(NO_SUCH_PERSON)
        return Detail(
            user,
            await self._sessions.list_open(user_id),
            (await self._security_log.list_for(user_id, page)).items,
            await self._role_changes.waiting_for(user_id),
            await self._second_factors.state_of(user_id, user.role),
        )

    async def change_status(
        self, caller: Principal, visitor: Visitor, user_id: UUID, to: AccountStatus, reason: str
    ) -> User:
        """Lock, suspend or reopen an account; closing it ends its sessions.

        Raises NotFound, PermissionDenied for one's own, Conflict.
        """
        revoked: list[Revocation | None] = []
        async with self._deed(caller, visitor, user_id, "status.changed", reason) as (tx, user):
            rules.check_status_change(caller.user_id, user_id, role=user.role, status=user.status, to=to)
            details = {"from": user.status, "to": to.value}
            revoked.append(self._standings.change(tx, user, status=to))
            if to is not AccountStatus.ACTIVE:
                revoked += await self._sessions.end_all(tx, user_id, "revoked_by_staff")
            self._note(tx, caller, user, SecurityKind.STATUS_CHANGED, details)
            self._record(tx, caller, visitor, user, "status.changed", reason, details)
        await self._standings.tell(*revoked)
        return user

    async def unlock(
        self, caller: Principal, visitor: Visitor, user_id: UUID, reason: str, once: Once[User] = UNKEYED
    ) -> User:
        """Open a locked account and forget the wrong tries at it. Raises NotFound, Conflict for a suspended one."""
        revoked: Revocation | None = None
        async with self._deed(caller, visitor, user_id, "account.unlocked", reason, once) as (tx, user):
            if user.status == AccountStatus.SUSPENDED:
                raise Conflict("The account is suspended, which is no lock. Its status has to be changed.")
            if user.status == AccountStatus.CLOSING:
                raise Conflict("The account is being deleted. Its owner's link takes that back.")
            revoked = self._standings.change(tx, user, status=AccountStatus.ACTIVE)
            self._note(tx, caller, user, SecurityKind.UNLOCKED)
            self._record(tx, caller, visitor, user, "account.unlocked", reason)
        await self._standings.tell(revoked)
        for name in filter(None, (user.email_key, user.username)):
            await self._limiter.forgive_everywhere(name)
        return user

    async def force_password_reset(
        self, caller: Principal, visitor: Visitor, user_id: UUID, reason: str, once: Once[User] = UNKEYED
    ) -> User:
        """Have a person choose a new password: the old one opens nothing, every session ends, a link is mailed.

        Raises NotFound, Conflict for an account that no link would open.
        """
        revoked: list[Revocation] = []
        unusable = await self._recovery.unusable_hash()
        async with self._deed(caller, visitor, user_id, "password.reset_forced", reason, once) as (tx, user):
            if not user.is_verified or user.status == AccountStatus.CLOSING:
                raise Conflict("The address is not confirmed, or the account is being deleted.")
            revoked = await self._recovery.force(tx, user, unusable)
            # The mail with the link says it already.
            self._security_log.note(
                tx, user.id, SecurityKind.PASSWORD_RESET_FORCED, actor_id=caller.user_id, by_mail=False
            )
            self._record(tx, caller, visitor, user, "password.reset_forced", reason)
        await self._sessions.tell(revoked)
        return user

    async def end_sessions(
        self, caller: Principal, visitor: Visitor, user_id: UUID, session_id: UUID | None = None
    ) -> None:
        """End one of a person's sessions, or all. Raises NotFound."""
        revoked: list[Revocation] = []
        async with self._deed(caller, visitor, user_id, "sessions.ended", "") as (tx, user):
            if session_id is None:
                revoked = await self._sessions.end_all(tx, user_id, "revoked_by_staff")
            else:
                revoked = [await self._sessions.end_one(tx, user_id, session_id, "revoked_by_staff")]
            details = {"count": str(len(revoked))}
            self._note(tx, caller, user, SecurityKind.SESSIONS_ENDED, details)
            self._record(tx, caller, visitor, user, "sessions.ended", None, details)
        await self._sessions.tell(revoked)

    @asynccontextmanager
    async def _deed(
        self,
        caller: Principal,
        visitor: Visitor,
        user_id: UUID,
        action: str,
        reason: str,
        once: Once[User] = UNKEYED,
    ) -> AsyncIterator[tuple[Transaction, User]]:
        """Take a person whom the caller may touch, in a transaction. A refusal within is recorded as a denial."""
        async with (
            denials_recorded(
                self._db, action, object_kind="user", object_id=user_id, caller=caller, visitor=visitor, reason=reason
            ),
            self._db.transaction() as tx,
            once.held(tx) as answer,
        ):
            user = await tables.find(tx.session, user_id, rules.visible_roles(caller.role), lock=True)
            if user is None:
                raise NotFound(NO_SUCH_PERSON)
            yield tx, user
            answer(user)

    def _note(
        self,
        tx: Transaction,
        caller: Principal,
        user: User,
        kind: SecurityKind,
        details: dict[str, str] | None = None,
    ) -> None:
        # Without the visitor: where our staff sit is not for the log of a customer.
        self._security_log.note(tx, user.id, kind, actor_id=caller.user_id, details=details)

    def _record(
        self,
        tx: Transaction,
        caller: Principal,
        visitor: Visitor,
        user: User,
        action: str,
        reason: str | None,
        details: dict[str, str] | None = None,
    ) -> None:
        record(
            tx,
            action,
            object_kind="user",
            object_id=user.id,
            caller=caller,
            visitor=visitor,
            reason=reason,
            details=details,
        )
