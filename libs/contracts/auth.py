"""What auth announces, and what its internal routes answer."""

from __future__ import annotations

from typing import ClassVar, Literal
from uuid import UUID

from libs.contracts.base import Event, Message


class UserRegistered(Event):
    type: ClassVar[str] = "auth.user.registered.v1"
    user_id: UUID

    def subject(self) -> str:
        return str(self.user_id)


class UserVerified(Event):
    """An account's address is confirmed: from now on it may log in, gets its trial and can be written to."""

    type: ClassVar[str] = "auth.user.verified.v1"
    user_id: UUID
    email: str
    first_name: str
    last_name: str

    def subject(self) -> str:
        return str(self.user_id)


class SessionRevoked(Event):
    type: ClassVar[str] = "auth.session.revoked.v1"
    user_id: UUID
    sid: UUID
    reason: Literal[
        "logout", "reuse_detected", "password_changed", "revoked_by_user", "revoked_by_staff", "too_many_sessions"
    ]

    def subject(self) -> str:
        return str(self.user_id)


class UserInfo(Message):
    """Answer of `GET /internal/users/{user_id}`: what another service needs to write to a person."""

    user_id: UUID
    email: str
    first_name: str
    last_name: str
    email_verified: bool
    is_active: bool


class MailCommand(Message):
    """Body of alerts' `POST /internal/mails`: a mail that carries a secret, so it is a command and never an event.

    `key` makes the command safe to repeat; `purpose` picks the template. `secret_url` is kept encrypted until sent.
    """

    key: str
    user_id: UUID
    to: str
    name: str
    purpose: Literal["verify_email", "account_exists"]
    secret_url: str
