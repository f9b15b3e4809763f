"""Registering, confirming an address, reading and changing one's own account."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from libs.common.clock import Clock
from libs.common.db import Database, Transaction
from libs.common.errors import Conflict, InvalidInput, InvalidToken, NotFound
from libs.common.idempotency import UNKEYED, Once
from libs.common.ids import uuid7
from libs.common.logging import get_logger, hashed_id
from libs.common.security.passwords import Passwords
from libs.common.security.tokens import hash_secret, new_secret
from libs.contracts.auth import MailCommand, ProfileChanged, UserInfo, UserRegistered, UserVerified
from services.auth.accounts import rules, tables
from services.auth.accounts.rules import Registration
from services.auth.accounts.tables import EmailVerification, User
from services.auth.mails.service import MailBox
from services.auth.passwords.service import PasswordRules
from services.auth.profile.service import settings_of, store_default_settings
from services.auth.settings import AuthSettings

log = get_logger(__name__)

LINKS_AN_HOUR = 5
"""Mailed links per address and hour, however many networks ask: a stranger's mailbox is not ours to fill."""

USERNAME_TRIES = 20


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What confirming an address led to. `wanted_was_taken`: the username that was asked for had gone to another."""

    user: User
    wanted_was_taken: bool


@dataclass(frozen=True, slots=True)
class Changes:
    """What a person changes of the own account; None leaves as it is. An empty phone removes it."""

    first_name: str | None = None
    last_name: str | None = None
    phone: str | None = None
    username: str | None = None


class Accounts:
    def __init__(
        self,
        db: Database,
        passwords: Passwords,
        password_rules: PasswordRules,
        mails: MailBox,
        clock: Clock,
        settings: AuthSettings,
    ) -> None:
        self._db = db
        self._password_rules = password_rules
        self._passwords = passwords
        self._mails = mails
        self._clock = clock
        self._settings = settings

    def must_be_current_terms(self, version: str | None) -> None:
        """Refuse the acceptance of terms that are not those of today. Raises InvalidInput."""
        if version not in {None, self._settings.terms_version}:
            raise InvalidInput.of(
                "/terms_version",
                "terms_outdated",
                f"There are newer terms, {self._settings.terms_version}. Read and accept them.",
            )

    async def register(self, registration: Registration, once: Once[None] = UNKEYED) -> None:
        """Take a registration. Known address or not, the caller learns nothing and a mail follows.

        Raises InvalidInput for a password that is easy to guess.
        """
        await self._password_rules.must_be_good(registration.password, registration.owner(), field="/password")
        password_hash = await self._passwords.hash(registration.password)
        async with self._db.transaction() as tx, once.held(tx) as answer:
            user = await self._enter(tx, registration, password_hash)
            if user.is_verified:
                await self._mail_account_exists(tx, user)
            else:
                await self._mail_link(tx, user)
            answer(None)

    async def resend_link(self, email: str, once: Once[None] = UNKEYED) -> None:
        """Mail a new link to an address that is registered and not confirmed; do nothing, silently, for any other."""
        async with self._db.transaction() as tx, once.held(tx) as answer:
            user = await tables.find_by_email(tx.session, rules.email_key(email), lock=True)
            if user is not None and not user.is_verified:
                await self._mail_link_again(tx, user)
            answer(None)

    async def confirm_email(self, token: str, once: Once[Confirmed] = UNKEYED) -> Confirmed:
        """Use a mailed link up: the address is confirmed and the registration it carries comes into force.

        Raises InvalidToken for a link that is unknown, used or past its end.
        """
        async with self._db.transaction() as tx, once.held(tx) as answer:
            now = self._clock.now()
            link = await tables.use_verification(tx.session, hash_secret(token), now)
            user = None if link is None else await tables.find(tx.session, link.user_id)
            if link is None or user is None:
                raise InvalidToken("This link is not valid any more. Ask for a new one.")
            wanted_was_taken = await self._take_username(
                tx, user, link.wanted_username, link.first_name, link.last_name
            )
            user.password_hash = link.password_hash
            user.first_name, user.last_name, user.phone = link.first_name, link.last_name, link.phone
            user.email_verified_at = user.updated_at = now
            await tx.session.flush()
            await tables.void_verifications(tx.session, user.id)
            tx.announce(
                UserVerified(user_id=user.id, email=user.email, first_name=user.first_name, last_name=user.last_name)
            )
            confirmed = Confirmed(user, wanted_was_taken)
            await store_default_settings(tx, user.id, self._clock)
            answer(confirmed)
        log.info("email_confirmed", user=hashed_id(user.id), wanted_username_taken=wanted_was_taken)
        return confirmed

    async def enter_vouched(
        self, tx: Transaction, email: str, password_hash: str, *, first_name: str, last_name: str
    ) -> User:
        """Make the account of an address that somebody whom we trust has confirmed. It must not be confirmed here yet.

        What others registered for the address gives way to this: `password_hash` is of a password that nobody knows.
        """
        user = await self._enter(
            tx,
            Registration(
                email=email,
                email_key=rules.email_key(email),
                password="",
                first_name=first_name,
                last_name=last_name,
                phone=None,
                wanted_username=None,
            ),
            password_hash,
        )
        assert not user.is_verified, "the caller looked"
        now = self._clock.now()
        await self._take_username(tx, user, None, first_name, last_name)
        user.email_verified_at = user.updated_at = now
        await tx.session.flush()
        await tables.void_verifications(tx.session, user.id)
        tx.announce(
            UserVerified(user_id=user.id, email=user.email, first_name=user.first_name, last_name=user.last_name)
        )
        return user

    async def get(self, user_id: UUID) -> User:
        """Give a person's account. Raises NotFound."""
        async with self._db.read() as session:
            user = await tables.find(session, user_id)
        if user is None:
            raise NotFound("There is no such account.")
        return user

    async def change(self, user_id: UUID, changes: Changes) -> User:
        """Change one's own account.

        Raises NotFound, and Conflict for a username that is taken and for a number that is confirmed: that one changes
        by a code.
        """
        async with self._db.transaction() as tx:
            user = await tables.lock(tx.session, user_id)
            if user is None:
                raise NotFound("There is no such account.")
            if changes.username is not None and changes.username != user.username:
                await tables.lock_username(tx.session, changes.username)
                if await tables.is_username_taken(tx.session, changes.username):
                    raise Conflict(f"The username {changes.username} is taken.")
                user.username = changes.username
            _set_phone(user, changes.phone)
            names = (user.first_name, user.last_name)
            user.first_name = user.first_name if changes.first_name is None else changes.first_name
            user.last_name = user.last_name if changes.last_name is None else changes.last_name
            if (user.first_name, user.last_name) != names:
                tx.announce(
                    ProfileChanged(
                        user_id=user.id, email=user.email, first_name=user.first_name, last_name=user.last_name
                    )
                )
            user.updated_at = self._clock.now()
        return user

    async def info(self, user_id: UUID) -> UserInfo:
        """Give what another service needs to write to a person. Raises NotFound."""
        async with self._db.read() as session:
            user = await tables.find(session, user_id)
            settings = await settings_of(session, user_id)
        if user is None:
            raise NotFound("There is no such account.")
        return UserInfo(
            user_id=user.id,
            email=user.email,
            first_name=user.first_name,
            last_name=user.last_name,
            email_verified=user.is_verified,
            is_active=user.is_verified and user.status == rules.AccountStatus.ACTIVE,
            time_zone=settings.time_zone,
            alert_mails=settings.alert_mails,
        )

    async def export(self, user_id: UUID) -> Mapping[str, Any]:
        """Give what is kept about a person, without secrets."""
        async with self._db.read() as session:
            user = await tables.find(session, user_id)
        if user is None:
            return {}
        return {
            "account": {
                "id": user.id,
                "email": user.email,
                "username": user.username,
                "first_name": user.first_name,
                "last_name": user.last_name,
                "phone": user.phone,
                "role": user.role,
                "tier": user.tier,
                "status": user.status,
                "email_verified_at": user.email_verified_at,
                "phone_confirmed_at": user.phone_confirmed_at,
                "terms_accepted_at": user.terms_accepted_at,
                "terms_version": user.terms_version,
                "created_at": user.created_at,
            }
        }

    async def erase(self, tx: Transaction, user_id: UUID) -> None:
        """Delete a person's account with all that hangs on it. Safe to repeat."""
        await tables.erase(tx.session, user_id)

    async def _enter(self, tx: Transaction, registration: Registration, password_hash: str) -> User:
        """Find or make the account of an address; one that is not confirmed yet takes what was typed last."""
        now = self._clock.now()
        user = User(
            id=uuid7(),
            email=registration.email,
            email_key=registration.email_key,
            wanted_username=registration.wanted_username,
            password_hash=password_hash,
            first_name=registration.first_name,
            last_name=registration.last_name,
            phone=registration.phone,
            terms_accepted_at=now,
            terms_version=self._settings.terms_version,
            created_at=now,
            updated_at=now,
        )
        if await tables.add_if_new(tx.session, user):
            tx.announce(UserRegistered(user_id=user.id))
        known = await tables.find_by_email(tx.session, registration.email_key, lock=True)
        assert known is not None, "it was inserted, or it was there"
        if not known.is_verified:
            known.password_hash = password_hash
            known.wanted_username = registration.wanted_username
            known.first_name, known.last_name = registration.first_name, registration.last_name
            known.phone = registration.phone
            known.terms_accepted_at = known.updated_at = now
            known.terms_version = self._settings.terms_version
        return known

    async def _mail_link_again(self, tx: Transaction, user: User) -> None:
        wait = timedelta(seconds=self._settings.resend_wait_s)
        if await tables.count_verifications_since(tx.session, user.id, self._clock.now() - wait) == 0:
            await self._mail_link(tx, user)

    async def _mail_link(self, tx: Transaction, user: User) -> None:
        now = self._clock.now()
        sent = await tables.count_verifications_since(tx.session, user.id, now - timedelta(hours=1))
        if sent >= LINKS_AN_HOUR:
            log.info("link_not_mailed", user=hashed_id(user.id), sent_in_last_hour=sent)
            return
        token = new_secret()
        expires_at = now + self._settings.verification_ttl
        link = EmailVerification(
            id=uuid7(),
            user_id=user.id,
            token_hash=hash_secret(token),
            password_hash=user.password_hash,
            first_name=user.first_name,
            last_name=user.last_name,
            phone=user.phone,
            wanted_username=user.wanted_username,
            created_at=now,
            expires_at=expires_at,
        )
        tx.session.add(link)
        command = MailCommand(
            key=f"verify_email-{link.id}",
            user_id=user.id,
            to=user.email,
            name=user.first_name,
            purpose="verify_email",
            secret_url=f"{self._settings.app_url('/verify-email')}?token={token}",
        )
        await self._mails.keep(tx, command, expires_at=expires_at)

    async def _mail_account_exists(self, tx: Transaction, user: User) -> None:
        now = self._clock.now()
        command = MailCommand(
            key=f"account_exists-{user.id}-{now:%Y%m%d%H}",  # once an hour is enough
            user_id=user.id,
            to=user.email,
            name=user.first_name,
            purpose="account_exists",
            secret_url=self._settings.app_url("/login"),
        )
        await self._mails.keep(tx, command, expires_at=now + self._settings.verification_ttl)

    async def _take_username(
        self, tx: Transaction, user: User, wanted: str | None, first_name: str, last_name: str
    ) -> bool:
        """Give a person the username that was asked for, or one made from the name. Says whether the wish was taken."""
        if user.username is not None:
            return False
        made = (
            rules.username_from(first_name, last_name, lambda: secrets.randbelow(10_000)) for _ in range(USERNAME_TRIES)
        )
        for candidate in [wanted, *made] if wanted is not None else made:
            await tables.lock_username(tx.session, candidate)
            if not await tables.is_username_taken(tx.session, candidate):
                user.username = candidate
                return wanted is not None and candidate != wanted
        user.username = f"trader_{secrets.token_hex(8)}"
        return wanted is not None


def _set_phone(user: User, phone: str | None) -> None:
    wanted = user.phone if phone is None else phone or None
    if wanted == user.phone:
        return
    if user.phone_confirmed_at is not None:
        raise Conflict("This number is confirmed. Confirm another one by code, or remove it first.")
    user.phone = wanted
