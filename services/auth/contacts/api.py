"""The routes of one's own address and number."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

import phonenumbers
from fastapi import Depends, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr
from pydantic_core import PydanticCustomError

from libs.common.errors import Conflict, InvalidToken, TooManyRequests
from libs.common.web import PUBLIC, Myself, RecentLogin, Router, of_app, problems
from libs.common.web.idempotency import IdempotencyKey
from services.auth.accounts.api import Email, Phone, UserOut
from services.auth.accounts.repeats import AnonymousKey
from services.auth.contacts import rules
from services.auth.contacts.service import ChangeState, EmailChanges, Phones
from services.auth.limits.api import LimiterOf
from services.auth.limits.visitor import VisitorOf

router = Router(tags=["auth"])


ChangesOf = Annotated[EmailChanges, Depends(of_app("email_changes"))]
PhonesOf = Annotated[Phones, Depends(of_app("phones"))]


def _reachable(value: str) -> str:
    if not value or not phonenumbers.is_valid_number(phonenumbers.parse(value)):
        raise PydanticCustomError("phone_invalid", "Write a mobile number with its country code: +91 98765 43210.")
    return value


class EmailChangeIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    email: Email


class EmailChangeOut(BaseModel):
    """`email` is the address that is asked for; it counts when both sides have confirmed."""

    email: str
    new_confirmed: bool
    old_confirmed: bool
    expires_at: datetime

    @classmethod
    def of(cls, state: ChangeState) -> Self:
        return cls(
            email=state.email,
            new_confirmed=state.new_confirmed,
            old_confirmed=state.old_confirmed,
            expires_at=state.expires_at,
        )


class PendingEmailOut(BaseModel):
    """`pending` is null when no change is under way."""

    pending: EmailChangeOut | None


class EmailConfirmIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    token: SecretStr = Field(min_length=1, max_length=200)


class EmailConfirmed(BaseModel):
    """`changed`: both sides agree and the address is another. Else the other side's link is still to be opened."""

    changed: bool
    waits_for: str = Field(description="`new`, `old`, or empty when nothing is missing.")

    @classmethod
    def of(cls, state: ChangeState) -> Self:
        return cls(changed=state.done, waits_for="" if state.done else "old" if state.new_confirmed else "new")


class PhoneIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    phone: Annotated[Phone, AfterValidator(_reachable)]


class PhoneOptions(BaseModel):
    can_confirm: bool = Field(description="Whether codes are sent from here: false where the operator set no provider.")


class CodeSent(BaseModel):
    expires_at: datetime

    @classmethod
    def of(cls, expires_at: datetime) -> Self:
        return cls(expires_at=expires_at)


class CodeIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    code: SecretStr = Field(min_length=rules.CODE_DIGITS, max_length=rules.CODE_DIGITS)


@router.get("/api/users/me/email/")
async def show_email_change(user: Myself, changes: ChangesOf) -> PendingEmailOut:
    """Show the change of one's own address that is under way."""
    state = await changes.state(user.user_id)
    return PendingEmailOut(pending=None if state is None else EmailChangeOut.of(state))


@router.post("/api/users/me/email/", status_code=202, responses=problems(TooManyRequests))
async def ask_email_change(
    body: EmailChangeIn, user: RecentLogin, changes: ChangesOf, visitor: VisitorOf, key: IdempotencyKey
) -> EmailChangeOut:
    """Ask for another address. A link goes to the new one and to the old one; both must be opened within a day."""
    return EmailChangeOut.of(await changes.ask(user, body.email, visitor, key.answering(EmailChangeOut.of)))


@router.delete("/api/users/me/email/", status_code=204)
async def withdraw_email_change(user: Myself, changes: ChangesOf) -> Response:
    """Take back a change of address that is under way. Safe to repeat."""
    await changes.withdraw(user.user_id)
    return Response(status_code=204)


@router.post(
    "/api/auth/email/confirm/", dependencies=[PUBLIC], responses=problems(InvalidToken, Conflict, TooManyRequests)
)
async def confirm_email_change(
    body: EmailConfirmIn, changes: ChangesOf, limiter: LimiterOf, visitor: VisitorOf, key: AnonymousKey
) -> EmailConfirmed:
    """Confirm one side of a change of address by its mailed link."""
    await limiter.take_address(visitor)
    token = body.token.get_secret_value()
    return EmailConfirmed.of(await changes.confirm(token, visitor, key.answering(EmailConfirmed.of)))


@router.get("/api/users/me/phone/")
async def show_phone_options(_user: Myself, phones: PhonesOf) -> PhoneOptions:
    """Say whether a number can be confirmed here."""
    return PhoneOptions(can_confirm=await phones.can_confirm())


@router.post("/api/users/me/phone/", status_code=202, responses=problems(Conflict, TooManyRequests))
async def send_phone_code(body: PhoneIn, user: RecentLogin, phones: PhonesOf, key: IdempotencyKey) -> CodeSent:
    """Send a code of six digits to a number, to confirm that it is one's own."""
    return CodeSent.of(await phones.send_code(user, body.phone, key.answering(CodeSent.of)))


@router.post("/api/users/me/phone/confirm/", responses=problems(Conflict))
async def confirm_phone(body: CodeIn, user: Myself, phones: PhonesOf, visitor: VisitorOf) -> UserOut:
    """Confirm the number by the code, within ten minutes and five tries."""
    return UserOut.of(await phones.confirm(user, body.code.get_secret_value(), visitor))


@router.delete("/api/users/me/phone/", status_code=204)
async def remove_phone(user: RecentLogin, phones: PhonesOf, visitor: VisitorOf) -> Response:
    """Remove one's own number. Safe to repeat."""
    await phones.remove(user, visitor)
    return Response(status_code=204)
