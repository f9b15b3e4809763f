"""What auth announces, and what its internal routes answer."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import Field

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


class ProfileChanged(Event):
    """What is written on a person's mails is another: the name, or the address after both sides confirmed it."""

    type: ClassVar[str] = "auth.profile.changed.v1"
    user_id: UUID
    email: str
    first_name: str
    last_name: str

    def subject(self) -> str:
        return str(self.user_id)


class SettingsChanged(Event):
    """A person chose how times are told and what is mailed. Mails about the safety of an account go out in any case."""

    type: ClassVar[str] = "auth.settings.changed.v1"
    user_id: UUID
    locale: str
    time_zone: str
    alert_mails: bool

    def subject(self) -> str:
        return str(self.user_id)


class UserErased(Event):
    """All that was kept about a person is gone, save what the law makes us keep."""

    type: ClassVar[str] = "auth.user.erased.v1"
    user_id: UUID

    def subject(self) -> str:
        return str(self.user_id)


class SessionRevoked(Event):
    type: ClassVar[str] = "auth.session.revoked.v1"
    user_id: UUID
    sid: UUID
    reason: Literal[
        "logout",
        "reuse_detected",
        "password_changed",
        "password_reset",
        "second_factor_changed",
        "revoked_by_user",
        "revoked_by_staff",
        "too_many_sessions",
        "idle",
        "account_closed",
    ]

    def subject(self) -> str:
        return str(self.user_id)


class SecurityKind(StrEnum):
    """What happened to the safety of an account. The owner sees each in the security log."""

    NEW_DEVICE = "new_device"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105
    PASSWORD_RESET = "password_reset"  # noqa: S105
    EMAIL_CHANGE_ASKED = "email_change_asked"
    EMAIL_CHANGED = "email_changed"
    PHONE_CONFIRMED = "phone_confirmed"
    TOTP_ENABLED = "totp_enabled"
    TOTP_DISABLED = "totp_disabled"
    RECOVERY_CODE_USED = "recovery_code_used"
    RECOVERY_CODES_RENEWED = "recovery_codes_renewed"
    PASSKEY_ADDED = "passkey_added"
    PASSKEY_REMOVED = "passkey_removed"
    PASSKEY_REFUSED = "passkey_refused"
    REFRESH_REUSED = "refresh_reused"
    SESSIONS_ENDED = "sessions_ended"
    LOGIN_BLOCKED = "login_blocked"
    UNLOCKED = "unlocked"
    KEY_CREATED = "key_created"
    KEY_CHANGED = "key_changed"
    KEY_ROTATED = "key_rotated"
    KEY_REVOKED = "key_revoked"
    APP_AUTHORISED = "app_authorised"
    APP_REVOKED = "app_revoked"
    ACTING_STARTED = "acting_started"
    ACTING_ENDED = "acting_ended"
    PASSWORD_RESET_FORCED = "password_reset_forced"  # noqa: S105
    SUPPORT_ACCESS_GIVEN = "support_access_given"
    SUPPORT_ACCESS_WITHDRAWN = "support_access_withdrawn"
    ROLE_CHANGED = "role_changed"
    STATUS_CHANGED = "status_changed"
    SIGN_IN_LINKED = "sign_in_linked"
    SIGN_IN_UNLINKED = "sign_in_unlinked"
    DATA_EXPORTED = "data_exported"
    CLOSING_STARTED = "closing_started"
    CLOSING_CANCELLED = "closing_cancelled"


class SecurityNoticed(Event):
    """Something happened to the safety of an account of which its owner is to be told by mail.

    `details` holds words for the mail (a key's name) and never a secret. `device`: in words, "Firefox on Windows".
    """

    type: ClassVar[str] = "auth.security.noticed.v1"
    event_id: UUID
    user_id: UUID
    kind: SecurityKind
    at: datetime
    network: str
    device: str
    details: dict[str, str] = Field(default_factory=dict)

    def subject(self) -> str:
        return str(self.user_id)


class StandingChanged(Event):
    """A person's role, tier or status is another: what was decided by the old one is void."""

    type: ClassVar[str] = "auth.standing.changed.v1"
    user_id: UUID
    role: str
    tier: str
    status: Literal["active", "locked", "suspended", "closing"]

    def subject(self) -> str:
        return str(self.user_id)


class AuditRecord(Message):
    """Who did what to what, for the audit trail. `acting_as`: in whose place. `details` never holds a secret.

    action: `<what>.<done>`, such as `role.changed`. object_kind and object_id: what it was done to.
    """

    actor_id: UUID | None
    actor_role: str | None
    acting_as: UUID | None = None
    action: str
    object_kind: str
    object_id: str
    outcome: Literal["done", "denied"] = "done"
    reason: str | None = None
    network: str | None = None
    request_id: str | None = None
    details: dict[str, str] = Field(default_factory=dict)


class ActionRecorded(Event):
    """Something was done that the audit trail keeps, told in the transaction of the deed (decisions 24)."""

    type: ClassVar[str] = "auth.action.recorded.v1"
    record: AuditRecord

    def subject(self) -> str:
        return f"{self.record.object_kind}:{self.record.object_id}"


class UserInfo(Message):
    """Answer of `GET /internal/users/{user_id}`: what another service needs to write to a person."""

    user_id: UUID
    email: str
    first_name: str
    last_name: str
    email_verified: bool
    is_active: bool
    time_zone: str = "Asia/Kolkata"
    alert_mails: bool = True


MailPurpose = Literal[
    "verify_email",
    "account_exists",
    "password_reset",
    "email_change_new",
    "email_change_old",
    "login_unblock",
    "account_closing",
    "phone_code",
]


class MailCommand(Message):
    """Body of alerts' `POST /internal/mails`: a message with a secret, so it is a command and never an event.

    `key` makes the command safe to repeat; `purpose` picks the words. `to` is an address, or of `phone_code` a number.
    `secret_url` or `code` is the secret; `details` are words that stand beside it. All is kept encrypted until sent.
    """

    key: str
    user_id: UUID
    to: str
    name: str
    purpose: MailPurpose
    secret_url: str = ""
    code: str = ""
    details: dict[str, str] = Field(default_factory=dict)


class ShortMessages(Message):
    """Answer of alerts' `GET /internal/short-messages`: whether this installation sends any (a provider is set)."""

    are_sent: bool


class KeyExchange(Message):
    """Body of `POST /internal/keys/exchange`: the API key that a caller showed the gateway, and from where."""

    key: str = Field(max_length=100, repr=False)
    address: str = Field(max_length=45)


class KeyToken(Message):
    """Answer of `POST /internal/keys/exchange`: what the gateway uses in place of the key.

    networks: from where the key may be used, in CIDR; empty for anywhere. calls_per_minute: the plan's limit per key.
    """

    access_token: str = Field(repr=False)
    expires_in: int
    key_id: UUID
    networks: tuple[str, ...]
    calls_per_minute: int
