"""Making the first SUPER_ADMIN, opening a locked account, listing staff: audited, with nobody as the doer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from libs.common.clock import Clock
from libs.common.db import Database, Transaction
from libs.common.errors import Conflict, NotFound
from libs.common.ids import uuid7
from libs.common.security.passwords import Passwords
from libs.common.security.permissions import Role
from libs.common.security.tokens import new_secret
from libs.contracts.auth import SecurityKind, UserRegistered, UserVerified
from services.auth import audit
from services.auth.accounts import tables as accounts
from services.auth.accounts.rules import AccountStatus, email_key
from services.auth.accounts.tables import User
from services.auth.limits.service import Limiter
from services.auth.links.rules import LinkPurpose
from services.auth.links.service import Links
from services.auth.profile.service import store_default_settings
from services.auth.role_changes import tables as role_changes
from services.auth.security_log.service import SecurityLog
from services.auth.settings import AuthSettings
from services.auth.standing.service import Standings

LINK_LASTS = timedelta(hours=24)
NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Appointed:
    """A new SUPER_ADMIN. `link` sets the first password; None for who has one already."""

    user: User
    link: str | None


class Operators:
    def __init__(
        self,
        db: Database,
        passwords: Passwords,
        links: Links,
        limiter: Limiter,
        standings: Standings,
        security_log: SecurityLog,
        clock: Clock,
        settings: AuthSettings,
    ) -> None:
        self._db = db
        self._passwords = passwords
        self._links = links
        self._limiter = limiter
        self._standings = standings
        self._security_log = security_log
        self._clock = clock
        self._settings = settings

    async def create_super_admin(self, email: str, reason: str | None = None) -> Appointed:
        """Make a SUPER_ADMIN of an address: of the account that is there, or of a new one.

        Where there is an active one already, a further one is made by two of them; past that only with a reason. Raises
        Conflict.
        """
        # Nobody knows this password: the link sets the first one.
        password_hash = await self._passwords.hash(new_secret())
        async with self._db.transaction() as tx:
            await role_changes.lock_super_admins(tx.session)
            if reason is None and await role_changes.count_other_super_admins(tx.session, NOBODY):
                raise Conflict(
                    "There is a SUPER_ADMIN already. Further ones are made by two of them, in the staff pages."
                )
            user = await accounts.find_by_email(tx.session, email_key(email), lock=True)
            link: str | None = None
            if user is None:
                user = await self._add(tx, email, password_hash)
                link = self._links.make(tx, user, LinkPurpose.PASSWORD_RESET, lasts=LINK_LASTS)
            elif not user.is_verified or user.status != AccountStatus.ACTIVE:
                raise Conflict("This account is not confirmed or not active.")
            details = {"from": user.role, "to": Role.SUPER_ADMIN.value}
            if self._standings.change(tx, user, role=Role.SUPER_ADMIN) is None:
                raise Conflict("This person is a SUPER_ADMIN already.")
            self._security_log.note(tx, user.id, SecurityKind.ROLE_CHANGED, details=details)
            self._record(tx, "role.changed", user, reason or "the first one", details)
        return Appointed(user, link)

    async def unlock(self, email: str) -> User:
        """Open a locked account and forget the wrong tries at it. Raises NotFound, Conflict for a suspended one."""
        async with self._db.transaction() as tx:
            user = await accounts.find_by_email(tx.session, email_key(email), lock=True)
            if user is None:
                raise NotFound("There is no account of this address.")
            if user.status not in (AccountStatus.ACTIVE, AccountStatus.LOCKED):
                raise Conflict(f"The account is {user.status}, which is no lock.")
            self._standings.change(tx, user, status=AccountStatus.ACTIVE)
            self._security_log.note(tx, user.id, SecurityKind.UNLOCKED)
            self._record(tx, "account.unlocked", user, "by an operator", {})
        for name in filter(None, (user.email_key, user.username)):
            await self._limiter.forgive_everywhere(name)
        return user

    async def list_staff(self) -> Sequence[User]:
        """List everybody who is more than a user, by role and address."""
        async with self._db.read() as session:
            query = select(User).where(User.role != Role.USER).order_by(User.role, User.email_key)
            return (await session.scalars(query)).all()

    async def _add(self, tx: Transaction, email: str, password_hash: str) -> User:
        now = self._clock.now()
        user = User(
            id=uuid7(),
            email=email.strip(),
            email_key=email_key(email),
            password_hash=password_hash,
            first_name="Super",
            last_name="Admin",
            role=Role.USER,
            tier="BASIC",
            token_version=1,
            status=AccountStatus.ACTIVE,
            email_verified_at=now,
            terms_accepted_at=now,
            terms_version=self._settings.terms_version,
            walked_at=now,
            created_at=now,
            updated_at=now,
        )
        tx.session.add(user)
        await tx.session.flush()
        tx.announce(UserRegistered(user_id=user.id))
        tx.announce(UserVerified(user_id=user.id, email=user.email, first_name="Super", last_name="Admin"))
        await store_default_settings(tx, user.id, self._clock)
        return user

    @staticmethod
    def _record(tx: Transaction, action: str, user: User, reason: str, details: dict[str, str]) -> None:
        audit.record(tx, action, object_kind="user", object_id=user.id, caller=None, reason=reason, details=details)
