"""Changing the address and confirming the number."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from libs.common.clock import Clock
from libs.common.db import Database, Transaction
from libs.common.errors import Conflict, InvalidInput, InvalidToken, NotFound, TooManyRequests
from libs.common.idempotency import UNKEYED, Once
from libs.common.ids import uuid7
from libs.common.logging import get_logger, hashed_id
from libs.common.security.principal import Principal
from libs.contracts.auth import MailCommand, ProfileChanged, SecurityKind
from services.auth import audit
from services.auth.accounts import tables as accounts
from services.auth.accounts.rules import email_key
from services.auth.accounts.tables import User
from services.auth.contacts import rules, tables
from services.auth.contacts.short_messages import ShortMessages
from services.auth.contacts.tables import EmailChange, PhoneCode
from services.auth.limits.service import Limiter
from services.auth.limits.visitor import Visitor
from services.auth.links.rules import LinkPurpose
from services.auth.links.service import Links
from services.auth.mails.service import MailBox
from services.auth.security_log.service import SecurityLog
from services.auth.settings import AuthSettings

log = get_logger(__name__)

CODES_A_DAY = 10
"""To one number, and by one person."""

CONFIRM_LINKS = (LinkPurpose.EMAIL_CHANGE_NEW, LinkPurpose.EMAIL_CHANGE_OLD)


@dataclass(frozen=True, slots=True)
class ChangeState:
    """How far a change of address is. `done`: both sides agreed and it has happened."""

    email: str
    new_confirmed: bool
    old_confirmed: bool
    expires_at: datetime
    done: bool

    @classmethod
    def of(cls, change: EmailChange, *, done: bool = False) -> ChangeState:
        return cls(
            change.email,
            change.new_confirmed_at is not None,
            change.old_confirmed_at is not None,
            change.expires_at,
            done,
        )


class EmailChanges:
    """An address changes when the new and the old one agree, so that a stolen session alone takes no account away."""

    def __init__(
        self,
        db: Database,
        links: Links,
        mails: MailBox,
        limiter: Limiter,
        security_log: SecurityLog,
        clock: Clock,
        settings: AuthSettings,
    ) -> None:
        self._db = db
        self._links = links
        self._mails = mails
        self._limiter = limiter
        self._security_log = security_log
        self._clock = clock
        self._settings = settings
        self._lasts = timedelta(hours=settings.email_change_hours)

    async def ask(
        self, caller: Principal, email: str, visitor: Visitor, once: Once[ChangeState] = UNKEYED
    ) -> ChangeState:
        """Ask both addresses. Whether somebody has the new one is not told: its owner gets a mail that says so.

        Raises InvalidInput for one's own address, TooManyRequests when it is asked too soon after the last time.
        """
        key = email_key(email)
        await self._limiter.take_mail(key)
        async with self._db.transaction() as tx, once.held(tx) as answer:
            user = await _lock(tx, caller.user_id)
            if key == user.email_key:
                raise InvalidInput.of("/email", "email_same", "This is your address already.")
            now = self._clock.now()
            open_change = await tables.find_open_change(tx.session, user.id, now)
            if open_change is not None:
                _must_have_waited(open_change.created_at, now, self._settings)
                await self._links.void_of(tx, open_change.id)
            await tables.end_open_changes(tx.session, user.id, now)
            change = EmailChange(
                id=uuid7(), user_id=user.id, email=email, email_key=key, created_at=now, expires_at=now + self._lasts
            )
            tx.session.add(change)
            await self._mail_new(tx, user, change)
            await self._links.mail(
                tx,
                user,
                LinkPurpose.EMAIL_CHANGE_OLD,
                lasts=self._lasts,
                subject_id=change.id,
                details={"email": email},
            )
            # The mail to the old address tells already.
            self._security_log.note(tx, user.id, SecurityKind.EMAIL_CHANGE_ASKED, visitor, by_mail=False)
            state = ChangeState.of(change)
            answer(state)
        return state

    async def state(self, user_id: UUID) -> ChangeState | None:
        """Give the change that is under way."""
        async with self._db.read() as session:
            change = await tables.find_open_change(session, user_id, self._clock.now())
        return None if change is None else ChangeState.of(change)

    async def withdraw(self, user_id: UUID) -> None:
        """End a change that is under way; without one nothing happens."""
        async with self._db.transaction() as tx:
            await _lock(tx, user_id)
            await self._links.void(tx, user_id, *CONFIRM_LINKS)
            await tables.end_open_changes(tx.session, user_id, self._clock.now())

    async def confirm(self, token: str, visitor: Visitor, once: Once[ChangeState] = UNKEYED) -> ChangeState:
        """Let one side agree; with the second the address changes.

        Raises InvalidToken, and Conflict when somebody else has confirmed the address in the meantime: whoever asks has
        its mailbox, so that may be told.
        """
        async with self._db.transaction() as tx, once.held(tx) as answer:
            link = await self._links.use(tx, token, *CONFIRM_LINKS)
            # Always the person first and then the change, so that two confirmations wait for each other.
            user = await _lock(tx, link.user_id)
            change = None if link.subject_id is None else await tables.lock_change(tx.session, link.subject_id)
            now = self._clock.now()
            if change is None or change.ended_at is not None or change.expires_at <= now:
                raise InvalidToken("This link is not valid any more. Ask for the change again.")
            if link.purpose == LinkPurpose.EMAIL_CHANGE_NEW:
                change.new_confirmed_at = now
            else:
                change.old_confirmed_at = now
            done = rules.is_complete(change.new_confirmed_at, change.old_confirmed_at)
            if done:
                await self._apply(tx, user, change, visitor)
            state = ChangeState.of(change, done=done)
            answer(state)
        return state

    async def _apply(self, tx: Transaction, user: User, change: EmailChange, visitor: Visitor) -> None:
        if not await tables.free_email(tx.session, change.email_key):
            raise Conflict("Another account has this address by now.")
        now = self._clock.now()
        self._security_log.note(
            tx,
            user.id,
            SecurityKind.EMAIL_CHANGED,
            visitor,
            details={"from": rules.shown_email(user.email), "to": rules.shown_email(change.email)},
        )
        user.email, user.email_key = change.email, change.email_key
        user.email_verified_at = user.updated_at = now
        change.ended_at = now
        try:
            await tx.session.flush()
        except IntegrityError as error:
            raise Conflict("Another account has this address by now.") from error
        # A reset that was mailed to the old address must not open the account that has left it.
        await self._links.void(tx, user.id, *CONFIRM_LINKS, LinkPurpose.PASSWORD_RESET, LinkPurpose.LOGIN_UNBLOCK)
        tx.announce(
            ProfileChanged(user_id=user.id, email=user.email, first_name=user.first_name, last_name=user.last_name)
        )
        audit.record(tx, "email.changed", object_kind="user", object_id=user.id, caller=None, visitor=visitor)
        log.info("email_changed", user=hashed_id(user.id))

    async def _mail_new(self, tx: Transaction, user: User, change: EmailChange) -> None:
        holder = await accounts.find_by_email(tx.session, change.email_key)
        if holder is None or not holder.is_verified:
            await self._links.mail(
                tx, user, LinkPurpose.EMAIL_CHANGE_NEW, lasts=self._lasts, to=change.email, subject_id=change.id
            )
            return
        command = MailCommand(
            key=f"account_exists-{holder.id}-{self._clock.now():%Y%m%d%H}",  # once an hour is enough
            user_id=holder.id,
            to=holder.email,
            name=holder.first_name,
            purpose="account_exists",
            secret_url=self._settings.app_url("/login"),
        )
        await self._mails.keep(tx, command, expires_at=change.expires_at)


class Phones:
    """A number is confirmed by a code that is sent to it. One number confirms one account."""

    def __init__(
        self,
        db: Database,
        mails: MailBox,
        limiter: Limiter,
        security_log: SecurityLog,
        clock: Clock,
        settings: AuthSettings,
        short_messages: ShortMessages,
    ) -> None:
        self._db = db
        self._mails = mails
        self._limiter = limiter
        self._security_log = security_log
        self._clock = clock
        self._settings = settings
        self._short_messages = short_messages
        self._key = settings.field_key.get_secret_value().encode()

    async def can_confirm(self) -> bool:
        """Say whether numbers can be confirmed here: whether a code would reach one."""
        return await self._short_messages.are_sent()

    async def send_code(self, caller: Principal, phone: str, once: Once[datetime] = UNKEYED) -> datetime:
        """Send a code to a number; the one before is void. Returns when it ends.

        Raises Conflict where no short messages are sent, TooManyRequests. Whether another account has confirmed the
        number is told only to who has the code.
        """
        if not await self.can_confirm():
            raise Conflict("No text messages are sent from here yet, so a number cannot be confirmed.")
        await self._limiter.take_sms(phone)
        async with self._db.transaction() as tx, once.held(tx) as answer:
            user = await _lock(tx, caller.user_id)
            now = self._clock.now()
            newest = await tables.newest_code_at(tx.session, user.id)
            if newest is not None:
                _must_have_waited(newest, now, self._settings)
            if max(await tables.count_codes(tx.session, user.id, phone, now - timedelta(days=1))) >= CODES_A_DAY:
                raise TooManyRequests("That is enough codes for a day.", retry_after=3600)
            await tables.end_codes(tx.session, user.id, now)
            expires_at = now + timedelta(minutes=self._settings.phone_code_minutes)
            text = rules.write_code(secrets.randbelow(10**rules.CODE_DIGITS))
            code = PhoneCode(
                id=uuid7(),
                user_id=user.id,
                phone=phone,
                code_hash=rules.hash_code(self._key, user.id, phone, text),
                tries=0,
                created_at=now,
                expires_at=expires_at,
            )
            tx.session.add(code)
            command = MailCommand(
                key=f"phone_code-{code.id}",
                user_id=user.id,
                to=phone,
                name=user.first_name,
                purpose="phone_code",
                code=text,
                details={"minutes": str(self._settings.phone_code_minutes)},
            )
            await self._mails.keep(tx, command, expires_at=expires_at)
            answer(expires_at)
        return expires_at

    async def confirm(self, caller: Principal, text: str, visitor: Visitor) -> User:
        """Confirm the number that the code was sent to.

        Raises InvalidInput for a wrong code, Conflict when another account has confirmed the number.
        """
        async with self._db.transaction() as tx:  # of its own, so that a wrong try counts
            code = await tables.try_code(tx.session, caller.user_id, self._clock.now())
        if code is None or not hmac.compare_digest(
            code.code_hash, rules.hash_code(self._key, caller.user_id, code.phone, text)
        ):
            raise InvalidInput.of(
                "/code", "code_wrong", "This code is wrong or too old. After five wrong ones ask for another."
            )
        async with self._db.transaction() as tx:
            user = await _lock(tx, caller.user_id)
            await tables.lock_phone(tx.session, code.phone)
            now = self._clock.now()
            if not await tables.use_code(tx.session, code.id, now):
                raise InvalidInput.of("/code", "code_wrong", "This code was used already.")
            if await tables.is_phone_confirmed_elsewhere(tx.session, code.phone, user.id):
                raise Conflict("Another account has confirmed this number.")
            user.phone, user.phone_confirmed_at, user.updated_at = code.phone, now, now
            self._security_log.note(
                tx, user.id, SecurityKind.PHONE_CONFIRMED, visitor, details={"phone": f"…{code.phone[-4:]}"}
            )
            audit.record(tx, "phone.confirmed", object_kind="user", object_id=user.id, caller=caller, visitor=visitor)
        return user

    async def remove(self, caller: Principal, visitor: Visitor) -> None:
        """Forget one's own number. Safe to repeat."""
        async with self._db.transaction() as tx:
            user = await _lock(tx, caller.user_id)
            user.phone = user.phone_confirmed_at = None
            user.updated_at = self._clock.now()
            await tables.end_codes(tx.session, user.id, self._clock.now())
            audit.record(tx, "phone.removed", object_kind="user", object_id=user.id, caller=caller, visitor=visitor)


async def _lock(tx: Transaction, user_id: UUID) -> User:
    user = await accounts.lock(tx.session, user_id)
    if user is None:
        raise NotFound("There is no such account.")
    return user


def _must_have_waited(since: datetime, now: datetime, settings: AuthSettings) -> None:
    left = (since + timedelta(seconds=settings.resend_wait_s) - now).total_seconds()
    if left > 0:
        raise TooManyRequests("One is on its way. Wait a little before you ask for another.", retry_after=left)


async def purge_ended(db: Database, clock: Clock) -> None:
    """Drop changes and codes of the day before yesterday."""
    async with db.transaction() as tx:
        await tables.drop_ended(tx.session, clock.now() - timedelta(days=2))
