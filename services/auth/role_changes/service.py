"""Changing roles: at once, or once a second SUPER_ADMIN has said yes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from libs.common.clock import Clock
from libs.common.db import Database, Transaction
from libs.common.errors import Conflict, NotFound
from libs.common.idempotency import UNKEYED, Once
from libs.common.ids import uuid7
from libs.common.pagination import Found, PageRequest, paginate
from libs.common.security.permissions import Role
from libs.common.security.principal import Principal
from libs.common.security.revocation import Revocation
from libs.contracts.auth import SecurityKind
from services.auth.accounts import tables as accounts
from services.auth.accounts.rules import AccountStatus
from services.auth.accounts.tables import User
from services.auth.audit import denials_recorded, record
from services.auth.limits.visitor import Visitor
from services.auth.role_changes import rules, tables
from services.auth.role_changes.rules import ChangeState
from services.auth.role_changes.tables import RoleChange
from services.auth.security_log.service import SecurityLog
from services.auth.standing.service import Standings

NO_SUCH_CHANGE = "There is no such change of role."


@dataclass(frozen=True, slots=True)
class Asked:
    """A change of role with whom it is about. `state` is that of now: what has waited too long is expired."""

    change: RoleChange
    user: User
    state: ChangeState

    @classmethod
    def of(cls, change: RoleChange, user: User, now: datetime) -> Asked:
        state = ChangeState(change.state)
        is_late = state is ChangeState.WAITING and change.expires_at <= now
        return cls(change, user, ChangeState.EXPIRED if is_late else state)


class RoleChanges:
    def __init__(self, db: Database, standings: Standings, security_log: SecurityLog, clock: Clock) -> None:
        self._db = db
        self._standings = standings
        self._security_log = security_log
        self._clock = clock

    async def ask(
        self, caller: Principal, visitor: Visitor, user_id: UUID, to_role: Role, reason: str
    ) -> tuple[User, RoleChange | None]:
        """Change a role at once, or have the change wait for a second word; then it is returned too.

        Raises NotFound, PermissionDenied for one's own role, Conflict.
        """
        async with denials_recorded(
            self._db,
            "role.changed",
            object_kind="user",
            object_id=user_id,
            caller=caller,
            visitor=visitor,
            reason=reason,
        ):
            async with self._db.transaction() as tx:
                await tables.lock_super_admins(tx.session)
                user = await accounts.lock(tx.session, user_id)
                if user is None:
                    raise NotFound("There is no such person.")
                is_usable = user.is_verified and user.status == AccountStatus.ACTIVE
                rules.check_change(caller.user_id, user_id, from_role=user.role, to_role=to_role, is_usable=is_usable)
                revoked: Revocation | None = None
                change: RoleChange | None = None
                if rules.needs_second_word(user.role, to_role):
                    change = await self._wait(tx, caller, visitor, user, to_role, reason)
                else:
                    revoked = self._apply(tx, caller, visitor, user, to_role, reason)
            await self._standings.tell(revoked)
        return user, change

    async def approve(self, caller: Principal, visitor: Visitor, change_id: UUID, once: Once[Asked] = UNKEYED) -> Asked:
        """Give the second word: the role changes. Raises NotFound, PermissionDenied, Conflict."""
        return await self._decide(caller, visitor, change_id, ChangeState.APPROVED, once)

    async def refuse(self, caller: Principal, visitor: Visitor, change_id: UUID, once: Once[Asked] = UNKEYED) -> Asked:
        """Refuse a change, or withdraw one's own. Raises NotFound, PermissionDenied, Conflict."""
        return await self._decide(caller, visitor, change_id, ChangeState.REFUSED, once)

    async def list(self, state: ChangeState | None, page: PageRequest) -> Found[Asked]:
        """List what was asked for, newest first."""
        now = self._clock.now()
        async with self._db.read() as session:
            found = await paginate(
                session,
                tables.listed(state, now),
                page,
                key=(RoleChange.asked_at, RoleChange.id),
                scope=f"role changes {state}",
            )
        return Found([Asked.of(change, user, now) for change, user in found.items], found.next_cursor)

    async def waiting_for(self, user_id: UUID) -> RoleChange | None:
        """Find the change that waits for a person."""
        async with self._db.read() as session:
            return await tables.find_waiting(session, user_id, self._clock.now())

    async def _wait(
        self, tx: Transaction, caller: Principal, visitor: Visitor, user: User, to_role: Role, reason: str
    ) -> RoleChange:
        now = self._clock.now()
        rules.check_others_remain(user.role, await tables.count_other_super_admins(tx.session, user.id))
        await tables.expire(tx.session, now)
        if await tables.find_waiting(tx.session, user.id, now) is not None:
            raise Conflict("A change of this person's role waits already. Have it decided first.")
        change = RoleChange(
            id=uuid7(),
            user_id=user.id,
            from_role=user.role,
            to_role=to_role,
            reason=reason,
            asked_by=caller.user_id,
            asked_at=now,
            expires_at=now + rules.WAITS_FOR,
        )
        tx.session.add(change)
        details = {"from": user.role, "to": to_role, "change": str(change.id)}
        record(
            tx,
            "role_change.asked",
            object_kind="user",
            object_id=user.id,
            caller=caller,
            visitor=visitor,
            reason=reason,
            details=details,
        )
        return change

    async def _decide(
        self, caller: Principal, visitor: Visitor, change_id: UUID, state: ChangeState, once: Once[Asked]
    ) -> Asked:
        approves = state is ChangeState.APPROVED
        action = "role_change.approved" if approves else "role_change.refused"
        async with denials_recorded(
            self._db, action, object_kind="role_change", object_id=change_id, caller=caller, visitor=visitor, reason=""
        ):
            revoked: Revocation | None = None
            async with self._db.transaction() as tx, once.held(tx) as answer:
                await tables.lock_super_admins(tx.session)
                known = await tables.find(tx.session, change_id)
                if known is None:
                    raise NotFound(NO_SUCH_CHANGE)
                rules.check_decider(caller.user_id, asked_by=known.asked_by, user_id=known.user_id, approves=approves)
                change = await tables.decide(tx.session, change_id, state, caller.user_id, self._clock.now())
                user = None if change is None else await accounts.lock(tx.session, change.user_id)
                if change is None or user is None:
                    raise Conflict("This change does not wait any more.")
                if approves:
                    await self._check_still_right(tx, change, user)
                    revoked = self._apply(tx, caller, visitor, user, Role(change.to_role), change.reason)
                record(
                    tx,
                    action,
                    object_kind="role_change",
                    object_id=change.id,
                    caller=caller,
                    visitor=visitor,
                    reason=change.reason,
                    details={"user": str(user.id), "from": change.from_role, "to": change.to_role},
                )
                asked = Asked(change, user, state)
                answer(asked)
            await self._standings.tell(revoked)
        return asked

    async def _check_still_right(self, tx: Transaction, change: RoleChange, user: User) -> None:
        """Raise Conflict when what the change was asked for is not so any more."""
        asker = await accounts.find(tx.session, change.asked_by)
        if asker is None or asker.role != Role.SUPER_ADMIN or asker.status != AccountStatus.ACTIVE:
            raise Conflict("Who asked for this change is no active SUPER_ADMIN any more. Refuse it.")
        if user.role != change.from_role:
            raise Conflict(f"The role is {user.role} by now. Refuse this change and ask for a new one.")
        if change.to_role != Role.USER and user.status != AccountStatus.ACTIVE:
            raise Conflict("The account is not active any more. Refuse this change.")
        rules.check_others_remain(user.role, await tables.count_other_super_admins(tx.session, user.id))

    def _apply(
        self, tx: Transaction, caller: Principal, visitor: Visitor, user: User, to_role: Role, reason: str
    ) -> Revocation | None:
        details = {"from": user.role, "to": to_role.value}
        revoked = self._standings.change(tx, user, role=to_role)
        self._security_log.note(tx, user.id, SecurityKind.ROLE_CHANGED, actor_id=caller.user_id, details=details)
        record(
            tx,
            "role.changed",
            object_kind="user",
            object_id=user.id,
            caller=caller,
            visitor=visitor,
            reason=reason,
            details=details,
        )
        return revoked
