"""The routes of passwords and of blocked logins."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Response
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from libs.common.errors import InvalidToken, PermissionDenied, TooManyRequests, Unavailable
from libs.common.web import PUBLIC, RecentLogin, Router, of_app, problems
from services.auth.accounts.api import Email, FirstName, LastName, MailFollows
from services.auth.accounts.repeats import AnonymousKey
from services.auth.accounts.rules import MAX_PASSWORD_CHARS, MIN_PASSWORD_CHARS, email_key
from services.auth.limits.api import LimiterOf
from services.auth.limits.visitor import VisitorOf
from services.auth.passwords.rules import Owner
from services.auth.passwords.service import PasswordRules
from services.auth.recovery.service import Recovery, Unblocking
from services.auth.sessions import cookies
from services.auth.settings import AuthSettings

router = Router(tags=["auth"])


RecoveryOf = Annotated[Recovery, Depends(of_app("recovery"))]
PasswordRulesOf = Annotated[PasswordRules, Depends(of_app("password_rules"))]
SettingsOf = Annotated[AuthSettings, Depends(of_app("settings"))]

NewPassword = Annotated[SecretStr, Field(min_length=MIN_PASSWORD_CHARS, max_length=MAX_PASSWORD_CHARS)]
Token = Annotated[SecretStr, Field(min_length=1, max_length=200)]


class ForgotIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    email: Email


class ResetIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    token: Token
    password: NewPassword


class PasswordSet(BaseModel):
    detail: str = "The password is set. Every session has ended: log in with the new one."


class PasswordChange(BaseModel):
    model_config = ConfigDict(extra="forbid")

    current_password: SecretStr = Field(min_length=1, max_length=MAX_PASSWORD_CHARS)
    password: NewPassword


class StrengthIn(BaseModel):
    """What is typed so far. Address and names are what makes a password easier to guess."""

    model_config = ConfigDict(extra="forbid")

    password: SecretStr = Field(max_length=MAX_PASSWORD_CHARS)
    email: str = Field(default="", max_length=254)
    first_name: FirstName | None = None
    last_name: LastName | None = None


class StrengthOut(BaseModel):
    """`score` is 0 to 4; `good_enough` is what registering, resetting and changing go by."""

    score: int = Field(ge=0, le=4)
    good_enough: bool
    advice: str


class RulesOut(BaseModel):
    """What the forms of registering and of passwords must know."""

    password_min_chars: int
    password_max_chars: int
    password_min_score: int
    terms_version: str


class UnblockIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    token: Token


class Unblocked(BaseModel):
    detail: str = "You can log in again from this device."


@router.get("/api/auth/rules/", dependencies=[PUBLIC])
async def show_rules(settings: SettingsOf) -> RulesOut:
    """Show the rules of passwords and the version of the terms."""
    return RulesOut(
        password_min_chars=MIN_PASSWORD_CHARS,
        password_max_chars=MAX_PASSWORD_CHARS,
        password_min_score=settings.min_password_score,
        terms_version=settings.terms_version,
    )


@router.post("/api/auth/password/strength/", dependencies=[PUBLIC], responses=problems(TooManyRequests))
async def score_password(
    body: StrengthIn, rules: PasswordRulesOf, limiter: LimiterOf, visitor: VisitorOf
) -> StrengthOut:
    """Say how strong a password is, by the rule that decides. Nothing of it is kept."""
    await limiter.take_strength(visitor)
    password = body.password.get_secret_value()
    owner = Owner.of(email_key(body.email), body.first_name, body.last_name)
    strength, is_taken = await rules.judge(password, owner)
    return StrengthOut(
        score=strength.score, good_enough=is_taken and len(password) >= MIN_PASSWORD_CHARS, advice=strength.advice
    )


@router.post("/api/auth/password/forgot/", status_code=202, dependencies=[PUBLIC], responses=problems(TooManyRequests))
async def forgot_password(body: ForgotIn, recovery: RecoveryOf, limiter: LimiterOf, visitor: VisitorOf) -> MailFollows:
    """Have a link mailed that sets a new password. The answer is the same whether or not the address is known."""
    await limiter.take_address(visitor)
    await limiter.take_mail(email_key(body.email))
    recovery.forgot(body.email)
    return MailFollows()


@router.post(
    "/api/auth/password/reset/",
    dependencies=[PUBLIC],
    responses=problems(InvalidToken, TooManyRequests, Unavailable),
)
async def reset_password(
    body: ResetIn, recovery: RecoveryOf, limiter: LimiterOf, visitor: VisitorOf, key: AnonymousKey
) -> PasswordSet:
    """Set a new password by the mailed link, which works once. It ends every session and opens none."""
    await limiter.take_address(visitor)
    await recovery.reset(
        body.token.get_secret_value(),
        body.password.get_secret_value(),
        visitor,
        key.answering(lambda _nothing: PasswordSet()),
    )
    return PasswordSet()


@router.post(
    "/api/auth/password/change/",
    status_code=204,
    responses=problems(TooManyRequests, Unavailable),
)
async def change_password(
    body: PasswordChange, user: RecentLogin, recovery: RecoveryOf, visitor: VisitorOf
) -> Response:
    """Change one's own password. All other sessions end."""
    await recovery.change(user, body.current_password.get_secret_value(), body.password.get_secret_value(), visitor)
    return Response(status_code=204)


@router.post(
    "/api/auth/unblock/", dependencies=[PUBLIC], responses=problems(InvalidToken, PermissionDenied, TooManyRequests)
)
async def unblock_login(
    body: UnblockIn,
    response: Response,
    unblocking: Annotated[Unblocking, Depends(of_app("unblocking"))],
    limiter: LimiterOf,
    visitor: VisitorOf,
    settings: SettingsOf,
) -> Unblocked:
    """Let the next tries at one's own login through from this device, by the mailed link. It opens no session."""
    await limiter.take_address(visitor)
    if visitor.wants_cookie:
        cookies.must_come_from_our_page(visitor, settings)
    device_id = await unblocking.open(body.token.get_secret_value(), visitor)
    if device_id is not None:
        cookies.set_device_cookie(response, device_id, settings)
    return Unblocked()
