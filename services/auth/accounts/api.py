"""The routes of people: registering, confirming, one's own account; and what services ask about a person."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from fastapi import Depends
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr
from pydantic_core import PydanticCustomError

from libs.common.errors import Conflict, InvalidToken, NotFound, TooManyRequests
from libs.common.web import PUBLIC, CurrentUser, Router, of_app, problems, require_service
from libs.contracts.auth import UserInfo
from services.auth.accounts import rules
from services.auth.accounts.repeats import AnonymousKey
from services.auth.accounts.rules import Registration
from services.auth.accounts.service import Accounts, Changes, Confirmed
from services.auth.accounts.tables import User
from services.auth.limits.api import LimiterOf
from services.auth.limits.visitor import VisitorOf

router = Router(tags=["auth"])


AccountsOf = Annotated[Accounts, Depends(of_app("accounts"))]


def _email(value: Any) -> str:
    if not isinstance(value, str) or len(value) > 254:
        raise PydanticCustomError("email_invalid", "This is not an e-mail address.")
    try:
        return validate_email(value.strip(), check_deliverability=False).normalized
    except EmailNotValidError as error:
        raise PydanticCustomError("email_invalid", "This is not an e-mail address.") from error


def _username(value: str) -> str:
    name = value.strip().lower()
    if not rules.is_username(name):
        raise PydanticCustomError("username_invalid", "A username is 3 to 30 letters a-z, digits and underscores.")
    return name


def _name(value: str) -> str:
    name = " ".join(value.split())
    if not rules.is_name(name):
        raise PydanticCustomError("name_invalid", "A name holds no control characters, < or >.")
    return name


def _phone(value: str) -> str:
    if not value.strip():
        return ""
    try:
        number = phonenumbers.parse(value)
    except phonenumbers.NumberParseException as error:
        raise PydanticCustomError("phone_invalid", "Write the phone number with its country code: +91…") from error
    if not phonenumbers.is_possible_number(number):
        raise PydanticCustomError("phone_invalid", "This is not a phone number.")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _accepted(value: bool) -> bool:
    if not value:
        raise PydanticCustomError("terms_not_accepted", "Accept the terms to register.")
    return value


Email = Annotated[
    str,
    BeforeValidator(_email),
    Field(json_schema_extra={"format": "email", "maxLength": 254, "examples": ["trader@example.com"]}),
]
Username = Annotated[str, Field(max_length=64, examples=["asha_rao"]), AfterValidator(_username)]
FirstName = Annotated[str, Field(min_length=1, max_length=rules.MAX_NAME_CHARS), AfterValidator(_name)]
LastName = Annotated[str, Field(max_length=rules.MAX_NAME_CHARS), AfterValidator(_name)]
Phone = Annotated[str, Field(max_length=40, examples=["+919876543210"]), AfterValidator(_phone)]


class RegisterIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    email: Email
    username: Username | None = None
    password: SecretStr = Field(min_length=rules.MIN_PASSWORD_CHARS, max_length=rules.MAX_PASSWORD_CHARS)
    first_name: FirstName
    last_name: LastName = ""
    phone: Phone | None = None
    accept_terms: Annotated[bool, AfterValidator(_accepted)]
    terms_version: str | None = Field(
        default=None, max_length=20, description="The terms that were shown; refused when there are newer ones."
    )

    def to_registration(self) -> Registration:
        return Registration(
            email=self.email,
            email_key=rules.email_key(self.email),
            password=self.password.get_secret_value(),
            first_name=self.first_name,
            last_name=self.last_name,
            phone=self.phone or None,
            wanted_username=self.username,
        )


class MailFollows(BaseModel):
    """The same answer whether or not the address is known."""

    detail: str = "If the address can be used, a mail is on its way to it."


class ResendIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    email: Email


class VerifyEmailIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    token: SecretStr = Field(min_length=1, max_length=200)


class VerifyEmailOut(BaseModel):
    """`username_taken`: the username that was asked for had gone to somebody else, so `username` is another."""

    email_verified: bool
    email: str
    username: str
    username_taken: bool

    @classmethod
    def of(cls, confirmed: Confirmed) -> Self:
        return cls(
            email_verified=True,
            email=confirmed.user.email,
            username=confirmed.user.username or "",
            username_taken=confirmed.wanted_was_taken,
        )


class UserOut(BaseModel):
    """An account, as its owner sees it."""

    id: UUID
    email: str
    username: str | None
    first_name: str
    last_name: str
    phone: str | None
    phone_confirmed: bool
    role: str
    tier: str
    email_verified: bool
    created_at: datetime

    @classmethod
    def of(cls, user: User) -> Self:
        return cls(
            id=user.id,
            email=user.email,
            username=user.username,
            first_name=user.first_name,
            last_name=user.last_name,
            phone=user.phone,
            phone_confirmed=user.phone_confirmed_at is not None,
            role=user.role,
            tier=user.tier,
            email_verified=user.is_verified,
            created_at=user.created_at,
        )


class UserChange(BaseModel):
    """What is left out stays. An empty phone removes it."""

    model_config = ConfigDict(extra="forbid")

    first_name: FirstName | None = None
    last_name: LastName | None = None
    phone: Phone | None = None
    username: Username | None = None

    def to_changes(self) -> Changes:
        return Changes(**self.model_dump(exclude_unset=True))


def _mail_follows(_nothing: None) -> MailFollows:
    return MailFollows()


@router.post("/api/auth/register/", status_code=202, dependencies=[PUBLIC], responses=problems(TooManyRequests))
async def register(
    body: RegisterIn, accounts: AccountsOf, limiter: LimiterOf, visitor: VisitorOf, key: AnonymousKey
) -> MailFollows:
    """Register. The answer is the same whether or not the address is known; a mail follows."""
    await limiter.take_address(visitor)
    await limiter.take_mail(rules.email_key(body.email))
    accounts.must_be_current_terms(body.terms_version)
    await accounts.register(body.to_registration(), key.answering(_mail_follows))
    return MailFollows()


@router.post("/api/auth/verify-email/", dependencies=[PUBLIC], responses=problems(InvalidToken, TooManyRequests))
async def verify_email(
    body: VerifyEmailIn, accounts: AccountsOf, limiter: LimiterOf, visitor: VisitorOf, key: AnonymousKey
) -> VerifyEmailOut:
    """Confirm an address with the token of the mailed link. Each link works once, for 24 hours."""
    await limiter.take_address(visitor)
    token = body.token.get_secret_value()
    return VerifyEmailOut.of(await accounts.confirm_email(token, key.answering(VerifyEmailOut.of)))


@router.post(
    "/api/auth/verify-email/resend/", status_code=202, dependencies=[PUBLIC], responses=problems(TooManyRequests)
)
async def resend_link(
    body: ResendIn, accounts: AccountsOf, limiter: LimiterOf, visitor: VisitorOf, key: AnonymousKey
) -> MailFollows:
    """Mail a new link. The answer is the same whether or not the address is known."""
    await limiter.take_address(visitor)
    await limiter.take_mail(rules.email_key(body.email))
    await accounts.resend_link(body.email, key.answering(_mail_follows))
    return MailFollows()


@router.get("/api/users/me/", responses=problems(NotFound))
async def show_me(user: CurrentUser, accounts: AccountsOf) -> UserOut:
    """Show one's own account."""
    return UserOut.of(await accounts.get(user.user_id))


@router.patch("/api/users/me/", responses=problems(NotFound, Conflict))
async def change_me(body: UserChange, user: CurrentUser, accounts: AccountsOf) -> UserOut:
    """Change one's own account: name, phone, username."""
    return UserOut.of(await accounts.change(user.user_id, body.to_changes()))


@router.get(
    "/internal/users/{user_id}",
    tags=["internal"],
    dependencies=[Depends(require_service("alerts", "market", "signals", "broker", "billing", "gateway"))],
    responses=problems(NotFound),
)
async def show_user(user_id: UUID, accounts: AccountsOf) -> UserInfo:
    """Give what another service needs to write to a person."""
    return await accounts.info(user_id)
