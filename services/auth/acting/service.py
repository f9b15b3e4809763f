"""Acting as a person, and a person's word on whether the support may."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from libs.common.clock import Clock
from libs.common.db import Database, Transaction
from libs.common.errors import NotFound, PermissionDenied
from libs.common.ids import uuid7
from libs.common.logging import get_logger, hashed_id
from libs.common.security.principal import Principal
from libs.common.security.revocation import Revocation, RevocationKind
from libs.contracts.auth import SecurityKind
from services.auth.accounts import tables as accounts
from services.auth.accounts.rules import AccountStatus
from services.auth.accounts.tables import User
from services.auth.acting import rules, tables
from services.auth.acting.tables import ActingSession
from services.auth.audit import denials_recorded, record
from services.auth.limits.visitor import Visitor
from services.auth.revocations.service import Revocations
from services.auth.security_log.service import KEPT, SecurityLog
from services.auth.sessions.grants import Grants

log = get_logger(__name__)

NO_SUCH_PERSON = "There is no such person."


@dataclass(frozen=True, slots=True, repr=False)
class ActingGrant:
    """A token that acts as a person. There is no second one after it: it is not renewed."""

    user: User
    access_token: str
    expires_in_s: int


class Acting:
    """One member of staff acts as one person at a time, by a token that ends with the login it was asked from."""

    def __init__(
        self, db: Database, grants: Grants, revocations: Revocations, security_log: SecurityLog, clock: Clock
    ) -> None:
        self._db = db
        self._grants = grants
        self._revocations = revocations
        self._security_log = security_log
        self._clock = clock

    async def start(self, caller: Principal, visitor: Visitor, user_id: UUID, reason: str) -> ActingGrant:
        """Act as a person, ending what was open. Raises NotFound, PermissionDenied, Conflict (`rules.check_acting`)."""
        now = self._clock.now()
        async with (
            denials_recorded(
                self._db,
                "acting.started",
                object_kind="user",
                object_id=user_id,
                caller=caller,
                visitor=visitor,
                reason=reason,
            ),
            self._db.transaction() as tx,
        ):
            staff = await accounts.lock(tx.session, caller.user_id)
            if staff is None or staff.token_version != caller.version:
                raise PermissionDenied("Your own account has changed. Try again.")
            user = await accounts.find(tx.session, user_id)
            if user is None or not rules.may_see(staff.role, user.role):
                raise NotFound(NO_SUCH_PERSON)
            by_consent = rules.check_acting(
                staff.id,
                staff.role,
                user_id=user.id,
                role=user.role,
                is_usable=user.is_verified and user.status == AccountStatus.ACTIVE,
                consent_until=await tables.find_consent(tx.session, user_id, lock=True),
                now=now,
            )
            ended = await self._end(tx, await tables.end_of_staff(tx.session, staff.id, now), caller, visitor)
            held = ActingSession(
                id=uuid7(),
                staff_id=staff.id,
                user_id=user.id,
                reason=reason,
                by_consent=by_consent,
                started_at=now,
                ends_at=now + rules.LASTS,
            )
            tx.session.add(held)
            self._tell_person(tx, held, SecurityKind.ACTING_STARTED, staff.role)
            self._record(tx, "acting.started", held, caller, visitor)
        await self._revocations.tell(*ended)
        token, expires_in_s = await self._grants.acting_token(user, held.id, caller, rules.LASTS)
        log.info("acting_started", staff=hashed_id(staff.id), user=hashed_id(user.id), acting=held.id)
        return ActingGrant(user, token, expires_in_s)

    async def end(self, caller: Principal, visitor: Visitor) -> None:
        """Leave the other person's place: the acting token is refused everywhere within a second. Safe to repeat."""
        async with self._db.transaction() as tx:
            open_ones = await tables.end_of_staff(tx.session, caller.user_id, self._clock.now())
            ended = await self._end(tx, open_ones, caller, visitor)
        await self._revocations.tell(*ended)

    async def consent_until(self, user_id: UUID) -> datetime | None:
        """Say until when a person lets the support look; None when they do not."""
        async with self._db.read() as session:
            until = await tables.find_consent(session, user_id)
        return None if until is None or until <= self._clock.now() else until

    async def give_consent(self, caller: Principal, visitor: Visitor, lasts: timedelta) -> datetime:
        """Let the support look for some time."""
        now = self._clock.now()
        until = now + lasts
        async with self._db.transaction() as tx:
            await tables.put_consent(tx.session, caller.user_id, until, now)
            self._security_log.note(
                tx,
                caller.user_id,
                SecurityKind.SUPPORT_ACCESS_GIVEN,
                visitor,
                details={"until": until.isoformat()},
                by_mail=False,
            )
            record(
                tx,
                "support_access.given",
                object_kind="user",
                object_id=caller.user_id,
                caller=caller,
                visitor=visitor,
                details={"until": until.isoformat()},
            )
        return until

    async def withdraw_consent(self, caller: Principal, visitor: Visitor) -> None:
        """Take it back, with all that is open by it. Safe to repeat."""
        async with self._db.transaction() as tx:
            ended: list[Revocation] = []
            if await tables.drop_consent(tx.session, caller.user_id):
                open_ones = await tables.end_by_consent(tx.session, caller.user_id, self._clock.now())
                ended = await self._end(tx, open_ones, caller, visitor)
                self._security_log.note(
                    tx, caller.user_id, SecurityKind.SUPPORT_ACCESS_WITHDRAWN, visitor, by_mail=False
                )
                record(
                    tx,
                    "support_access.withdrawn",
                    object_kind="user",
                    object_id=caller.user_id,
                    caller=caller,
                    visitor=visitor,
                )
        await self._revocations.tell(*ended)

    async def export(self, user_id: UUID) -> Mapping[str, Any]:
        """Give what is kept about staff acting as a person."""
        async with self._db.read() as session:
            held = await tables.list_of(session, user_id)
            until = await tables.find_consent(session, user_id)
        return {
            "support_access_until": until,
            "acted_by_staff": [
                {"started_at": one.started_at, "ended_at": one.ended_at or one.ends_at, "reason": one.reason}
                for one in held
            ],
        }

    async def _end(
        self, tx: Transaction, ended: Sequence[ActingSession], caller: Principal, visitor: Visitor
    ) -> list[Revocation]:
        for held in ended:
            self._tell_person(tx, held, SecurityKind.ACTING_ENDED, None)
            self._record(tx, "acting.ended", held, caller, visitor)
        return [self._revocations.record(tx, RevocationKind.SID, str(held.id)) for held in ended]

    def _tell_person(self, tx: Transaction, held: ActingSession, kind: SecurityKind, role: str | None) -> None:
        # Without the visitor: where our staff sit is not for the log of a customer.
        details = {} if role is None else {"by": role, "reason": held.reason, "until": held.ends_at.isoformat()}
        by_mail = kind is SecurityKind.ACTING_STARTED
        self._security_log.note(tx, held.user_id, kind, actor_id=held.staff_id, details=details, by_mail=by_mail)

    def _record(self, tx: Transaction, action: str, held: ActingSession, caller: Principal, visitor: Visitor) -> None:
        record(
            tx,
            action,
            object_kind="user",
            object_id=held.user_id,
            caller=caller,
            visitor=visitor,
            reason=held.reason,
            details={"acting": str(held.id), "staff": str(held.staff_id), "by_consent": str(held.by_consent).lower()},
        )


async def purge_old(db: Database, clock: Clock) -> None:
    """Drop what happened long ago."""
    async with db.transaction() as tx:
        await tables.drop_before(tx.session, clock.now() - KEPT)
