"""Forgetting, resetting and changing a password; letting an owner in whose login is blocked."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from libs.common.clock import Clock
from libs.common.db import Database, Transaction
from libs.common.errors import InvalidInput, InvalidToken, NotFound
from libs.common.idempotency import UNKEYED, Once
from libs.common.logging import get_logger, hashed_id
from libs.common.security.passwords import Passwords
from libs.common.security.principal import Principal
from libs.common.security.revocation import Revocation, RevocationKind
from libs.common.security.tokens import new_secret
from libs.contracts.auth import SecurityKind
from services.auth import audit
from services.auth.accounts import tables as accounts
from services.auth.accounts.rules import AccountStatus, email_key
from services.auth.accounts.service import Accounts
from services.auth.accounts.tables import User
from services.auth.afterwards import Afterwards
from services.auth.contacts import tables as contacts
from services.auth.limits.service import Limiter
from services.auth.limits.visitor import Visitor
from services.auth.links.rules import LinkPurpose
from services.auth.links.service import Links
from services.auth.passwords.rules import Owner
from services.auth.passwords.service import PasswordRules
from services.auth.revocations.service import Revocations
from services.auth.security_log.service import SecurityLog
from services.auth.sessions import tables as sessions_tables
from services.auth.sessions.service import Sessions
from services.auth.settings import AuthSettings

log = get_logger(__name__)

RESETS_AN_HOUR = 5
UNBLOCK_LASTS = timedelta(hours=1)

VOIDED = (
    LinkPurpose.PASSWORD_RESET,
    LinkPurpose.LOGIN_UNBLOCK,
    LinkPurpose.EMAIL_CHANGE_NEW,
    LinkPurpose.EMAIL_CHANGE_OLD,
)
"""Links that a new password makes good for nothing: whoever had the old one may have asked for them."""


class Unblocking:
    """Tells owners of refused tries, and lets them in from the device on which they open the mail.

    Tries are counted by network and device, so a stranger blocks strangers alone; but an owner may share a network with
    one, or have mistyped too often.
    """

    def __init__(
        self,
        db: Database,
        links: Links,
        limiter: Limiter,
        security_log: SecurityLog,
        clock: Clock,
        afterwards: Afterwards,
    ) -> None:
        self._db = db
        self._links = links
        self._limiter = limiter
        self._security_log = security_log
        self._clock = clock
        self._afterwards = afterwards

    def tell_owner(self, user_id: UUID, visitor: Visitor) -> None:
        """Mail the owner, at most once an hour, after the answer to whoever tried."""
        self._afterwards.do(self._mail(user_id, visitor))

    async def open(self, token: str, visitor: Visitor) -> str | None:
        """Let the next tries through from here. Gives the device's new id where it takes a cookie and has none.

        Raises InvalidToken.
        """
        made = new_secret() if visitor.wants_cookie and visitor.device_id is None else None
        here = visitor if made is None else visitor.with_device(made)
        async with self._db.transaction() as tx:
            link = await self._links.use(tx, token, LinkPurpose.LOGIN_UNBLOCK)
            user = await accounts.lock(tx.session, link.user_id)
            if user is None:
                raise InvalidToken()
            if here.device_print is not None:
                await sessions_tables.remember_device(tx.session, user.id, here.device_print, self._clock.now())
            self._security_log.note(tx, user.id, SecurityKind.UNLOCKED, visitor, by_mail=False)
        await self.forgive(user, here)
        return made

    async def forgive(self, user: User, visitor: Visitor) -> None:
        """Forget the tries from this network and device, by either name."""
        for name in filter(None, (user.email_key, user.username)):
            await self._limiter.forgive_login(name, visitor)

    async def _mail(self, user_id: UUID, visitor: Visitor) -> None:
        async with self._db.transaction() as tx:
            user = await accounts.lock(tx.session, user_id)
            if user is None or not user.is_verified or user.status != AccountStatus.ACTIVE:
                return
            purpose = LinkPurpose.LOGIN_UNBLOCK
            if not await self._links.may_mail(tx, user, purpose, most=1, within=UNBLOCK_LASTS):
                return
            self._security_log.note(tx, user.id, SecurityKind.LOGIN_BLOCKED, visitor, by_mail=False)
            # Not the device: what a stranger's program calls itself has no place in a mail.
            words = {"network": visitor.network}
            await self._links.mail(tx, user, purpose, lasts=UNBLOCK_LASTS, details=words)


class Recovery:
    def __init__(
        self,
        db: Database,
        accounts: Accounts,
        passwords: Passwords,
        password_rules: PasswordRules,
        links: Links,
        sessions: Sessions,
        revocations: Revocations,
        unblocking: Unblocking,
        limiter: Limiter,
        security_log: SecurityLog,
        clock: Clock,
        settings: AuthSettings,
        afterwards: Afterwards,
    ) -> None:
        self._db = db
        self._accounts = accounts
        self._passwords = passwords
        self._password_rules = password_rules
        self._links = links
        self._sessions = sessions
        self._revocations = revocations
        self._unblocking = unblocking
        self._limiter = limiter
        self._security_log = security_log
        self._clock = clock
        self._reset_lasts = timedelta(minutes=settings.reset_minutes)
        self._afterwards = afterwards

    def forgot(self, email: str) -> None:
        """Have a link mailed if the address is known. The caller learns nothing, not by time either."""
        self._afterwards.do(self._mail_reset(email))

    async def reset(self, token: str, password: str, visitor: Visitor, once: Once[None] = UNKEYED) -> None:
        """Set a new password by a mailed link: every session ends, every other link is void, a blocked login is free.

        Raises InvalidToken, and InvalidInput for a password that is not good enough, which leaves the link as it is.
        """
        link = await self._links.peek(self._db, token, LinkPurpose.PASSWORD_RESET)
        owner = await self._accounts.get(link.user_id)
        await self._password_rules.must_be_good(password, _owner(owner), field="/password")
        password_hash = await self._passwords.hash(password)
        async with self._db.transaction() as tx, once.held(tx) as answer:
            link = await self._links.use(tx, token, LinkPurpose.PASSWORD_RESET)
            user = await accounts.lock(tx.session, link.user_id)
            if user is None:
                raise InvalidToken()
            user.password_hash = password_hash
            user.password_changed_at = user.updated_at = self._clock.now()
            # Also what sessions do not end: tokens of keys, of apps, of staff who act as this person.
            user.token_version += 1
            revoked = await self._sessions.end_all(tx, user.id, "password_reset")
            revoked.append(self._revocations.record(tx, RevocationKind.USER, str(user.id), version=user.token_version))
            await self._links.void(tx, user.id, *VOIDED)
            await contacts.end_open_changes(tx.session, user.id, self._clock.now())
            await sessions_tables.forget_devices(tx.session, user.id)
            self._security_log.note(tx, user.id, SecurityKind.PASSWORD_RESET, visitor)
            _audit(tx, "password.reset", user.id, None, visitor)
            answer(None)
        await self._sessions.tell(revoked)
        await self._unblocking.forgive(user, visitor)
        log.info("password_reset", user=hashed_id(user.id))

    async def unusable_hash(self) -> str:
        """Give the hash of a password that nobody knows."""
        return await self._passwords.hash(new_secret())

    async def force(self, tx: Transaction, user: User, unusable_hash: str) -> list[Revocation]:
        """Have a person choose a new password: the old one opens nothing, all ends, and a link is mailed.

        The transaction has locked the person. Give what this returns to `tell` after it.
        """
        user.password_hash = unusable_hash
        user.password_changed_at = user.updated_at = self._clock.now()
        user.token_version += 1
        revoked = await self._sessions.end_all(tx, user.id, "revoked_by_staff")
        revoked.append(self._revocations.record(tx, RevocationKind.USER, str(user.id), version=user.token_version))
        await self._links.void(tx, user.id, *VOIDED)
        await contacts.end_open_changes(tx.session, user.id, self._clock.now())
        await self._links.mail(tx, user, LinkPurpose.PASSWORD_RESET, lasts=self._reset_lasts)
        return revoked

    async def change(self, caller: Principal, current: str, password: str, visitor: Visitor) -> None:
        """Change one's own password; all other sessions end.

        Raises InvalidInput for a wrong current password or one that is not good enough, TooManyRequests.
        """
        # Whoever sits at an open session must not find the password out.
        key = f"change {caller.user_id}"
        tries = await self._limiter.take_login(key, visitor, is_known_device=False)
        checked = await self._accounts.get(caller.user_id)
        if not (await self._passwords.check(current, checked.password_hash)).is_right:
            raise InvalidInput.of("/current_password", "password_wrong", "This is not your current password.")
        await self._limiter.forgive(tries)
        if password == current:
            raise InvalidInput.of("/password", "password_same", "This is the password that you have already.")
        await self._password_rules.must_be_good(password, _owner(checked), field="/password")
        password_hash = await self._passwords.hash(password)
        async with self._db.transaction() as tx:
            user = await accounts.lock(tx.session, caller.user_id)
            if user is None:
                raise NotFound("There is no such account.")
            if user.password_changed_at != checked.password_changed_at:
                raise InvalidInput.of("/current_password", "password_wrong", "This is not your current password.")
            user.password_hash = password_hash
            user.password_changed_at = user.updated_at = self._clock.now()
            revoked = await self._sessions.end_others_with(tx, user.id, caller.sid, "password_changed")
            await self._links.void(tx, user.id, *VOIDED)
            await contacts.end_open_changes(tx.session, user.id, self._clock.now())
            self._security_log.note(tx, user.id, SecurityKind.PASSWORD_CHANGED, visitor)
            _audit(tx, "password.changed", user.id, caller, visitor)
        await self._sessions.tell(revoked)

    async def _mail_reset(self, email: str) -> None:
        async with self._db.transaction() as tx:
            user = await accounts.find_by_email(tx.session, email_key(email), lock=True)
            if user is not None and user.is_verified and user.status != AccountStatus.CLOSING:
                purpose = LinkPurpose.PASSWORD_RESET
                if await self._links.may_mail(tx, user, purpose, most=RESETS_AN_HOUR, within=timedelta(hours=1)):
                    await self._links.mail(tx, user, purpose, lasts=self._reset_lasts)
                return
        if user is not None and not user.is_verified:
            # There is no password to come back to yet: what is missing is the confirmation.
            await self._accounts.resend_link(email)


def _owner(user: User) -> Owner:
    return Owner.of(user.email_key, user.first_name, user.last_name, user.username)


def _audit(tx: Transaction, action: str, user_id: UUID, caller: Principal | None, visitor: Visitor) -> None:
    audit.record(tx, action, object_kind="user", object_id=user_id, caller=caller, visitor=visitor)
