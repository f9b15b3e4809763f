"""Mailing links and using them up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from libs.common.clock import Clock
from libs.common.db import Database, Transaction
from libs.common.errors import InvalidToken
from libs.common.ids import uuid7
from libs.common.logging import get_logger, hashed_id
from libs.common.security.tokens import hash_secret, new_secret
from libs.contracts.auth import MailCommand, MailPurpose
from services.auth.accounts.tables import User
from services.auth.links import tables
from services.auth.links.rules import PAGES, LinkPurpose
from services.auth.links.tables import MailedLink
from services.auth.mails.service import MailBox
from services.auth.settings import AuthSettings

log = get_logger(__name__)

KEPT_AFTER_END = timedelta(days=1)
"""How long an ended link counts among those that were mailed lately."""

MAIL_OF: Mapping[LinkPurpose, MailPurpose] = {
    LinkPurpose.PASSWORD_RESET: "password_reset",
    LinkPurpose.LOGIN_UNBLOCK: "login_unblock",
    LinkPurpose.EMAIL_CHANGE_NEW: "email_change_new",
    LinkPurpose.EMAIL_CHANGE_OLD: "email_change_old",
    LinkPurpose.CLOSING_CANCEL: "account_closing",
}
"""The words that each is mailed with."""


class Links:
    def __init__(self, mails: MailBox, clock: Clock, settings: AuthSettings) -> None:
        self._mails = mails
        self._clock = clock
        self._settings = settings

    async def mail(
        self,
        tx: Transaction,
        user: User,
        purpose: LinkPurpose,
        *,
        lasts: timedelta,
        to: str | None = None,
        subject_id: UUID | None = None,
        details: Mapping[str, str] | None = None,
    ) -> None:
        """Mail a link with this transaction. to: an address other than the person's own."""
        link, url = self._make(tx, user, purpose, lasts, subject_id)
        command = MailCommand(
            key=f"{purpose}-{link.id}",
            user_id=user.id,
            to=to or user.email,
            name=user.first_name,
            purpose=MAIL_OF[purpose],
            secret_url=url,
            details=dict(details or {}),
        )
        await self._mails.keep(tx, command, expires_at=link.expires_at)

    def make(self, tx: Transaction, user: User, purpose: LinkPurpose, *, lasts: timedelta) -> str:
        """Make a link with this transaction that is handed over by other means than a mail of ours."""
        return self._make(tx, user, purpose, lasts, None)[1]

    def _make(
        self, tx: Transaction, user: User, purpose: LinkPurpose, lasts: timedelta, subject_id: UUID | None
    ) -> tuple[MailedLink, str]:
        now, token = self._clock.now(), new_secret()
        link = MailedLink(
            id=uuid7(),
            user_id=user.id,
            purpose=purpose,
            subject_id=subject_id,
            token_hash=hash_secret(token),
            created_at=now,
            expires_at=now + lasts,
        )
        tx.session.add(link)
        return link, f"{self._settings.app_url(PAGES[purpose])}?token={token}"

    async def may_mail(
        self, tx: Transaction, user: User, purpose: LinkPurpose, *, most: int, within: timedelta
    ) -> bool:
        """Say whether the person has had fewer than so many of these links lately. The caller holds the user's row."""
        sent = await tables.count_since(tx.session, user.id, purpose, self._clock.now() - within)
        if sent >= most:
            log.info("link_not_mailed", purpose=purpose, user=hashed_id(user.id), sent_lately=sent)
        return sent < most

    async def peek(self, db: Database, token: str, *purposes: LinkPurpose) -> MailedLink:
        """Give a link that could be used now. Raises InvalidToken."""
        async with db.read() as session:
            link = await tables.find(session, hash_secret(token), purposes, self._clock.now())
        return _good(link)

    async def use(self, tx: Transaction, token: str, *purposes: LinkPurpose) -> MailedLink:
        """Use a link up with this transaction. Raises InvalidToken for one that is unknown, used or past its end."""
        return _good(await tables.use(tx.session, hash_secret(token), purposes, self._clock.now()))

    async def void(self, tx: Transaction, user_id: UUID, *purposes: LinkPurpose) -> None:
        """Make a person's links of these purposes good for nothing."""
        await tables.void(tx.session, user_id, purposes)

    async def void_of(self, tx: Transaction, subject_id: UUID) -> None:
        """Make the links that decide upon something good for nothing."""
        await tables.void_of(tx.session, subject_id)


def _good(link: MailedLink | None) -> MailedLink:
    if link is None:
        raise InvalidToken("This link is not valid any more. Ask for a new one.")
    return link


async def purge_ended(db: Database, clock: Clock) -> None:
    """Drop links that ended some time ago."""
    async with db.transaction() as tx:
        await tables.drop_ended(tx.session, clock.now() - KEPT_AFTER_END)
