"""The routes of one's own second factor."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

from fastapi import Depends, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator
from pydantic_core import PydanticCustomError

from libs.common.errors import Conflict, TooManyRequests
from libs.common.web import Myself, RecentLogin, Router, of_app, problems
from services.auth.limits.visitor import VisitorOf
from services.auth.second_factors.proofs import Answer
from services.auth.second_factors.service import SecondFactors

router = Router(tags=["auth"])


SecondFactorsOf = Annotated[SecondFactors, Depends(of_app("second_factors"))]


def _digits(value: SecretStr) -> SecretStr:
    code = value.get_secret_value()
    if not (code.isascii() and code.isdigit()):
        raise PydanticCustomError("code_invalid", "A code is six digits.")
    return value


CodeIn = Annotated[SecretStr, Field(min_length=6, max_length=6, examples=["492039"]), AfterValidator(_digits)]
RecoveryCodeIn = Annotated[SecretStr, Field(min_length=24, max_length=60)]


class TwoFactorOut(BaseModel):
    """`required`: the role asks for a second factor. `totp_since`: null without an authenticator app."""

    enabled: bool
    required: bool
    totp_since: datetime | None
    passkeys: int
    recovery_codes_left: int


class EnrolmentOut(BaseModel):
    """What an authenticator app takes: `qr` (SVG as a data URL) shows `uri`; `secret` is for typing."""

    secret: str
    uri: str
    qr: str


class ConfirmAppIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    code: CodeIn


class DisableIn(BaseModel):
    """Either a code of the app, or a recovery code."""

    model_config = ConfigDict(extra="forbid")

    code: CodeIn | None = None
    recovery_code: RecoveryCodeIn | None = None

    @model_validator(mode="after")
    def _holds_one(self) -> Self:
        if (self.code is None) == (self.recovery_code is None):
            raise ValueError("Send either code or recovery_code.")
        return self

    def to_answer(self) -> Answer:
        return Answer(
            code=None if self.code is None else self.code.get_secret_value(),
            recovery_code=None if self.recovery_code is None else self.recovery_code.get_secret_value(),
        )


class RecoveryCodesOut(BaseModel):
    """Each opens the account once when the second factor is lost. They cannot be read again."""

    recovery_codes: list[str]


@router.get("/api/auth/two-factor/")
async def show_two_factor(user: Myself, second_factors: SecondFactorsOf) -> TwoFactorOut:
    """Show which second factors one's own account has."""
    state = await second_factors.state(user)
    return TwoFactorOut(
        enabled=state.totp_since is not None or state.passkeys > 0,
        required=state.is_required,
        totp_since=state.totp_since,
        passkeys=state.passkeys,
        recovery_codes_left=state.recovery_codes_left,
    )


@router.post("/api/auth/two-factor/enroll/", responses=problems(Conflict))
async def enroll_two_factor(user: RecentLogin, second_factors: SecondFactorsOf, response: Response) -> EnrolmentOut:
    """Begin to set an authenticator app up. Nothing changes until one of its codes confirms it."""
    _not_for_keeping(response)
    enrolment = await second_factors.enroll(user)
    return EnrolmentOut(secret=enrolment.secret, uri=enrolment.uri, qr=enrolment.qr)


@router.post("/api/auth/two-factor/confirm/", responses=problems(Conflict, TooManyRequests))
async def confirm_two_factor(
    body: ConfirmAppIn, user: RecentLogin, second_factors: SecondFactorsOf, visitor: VisitorOf, response: Response
) -> RecoveryCodesOut:
    """Turn the authenticator app on by one of its codes. All other sessions of the account end.

    A refresh then gives a token that counts as proved by two factors.
    """
    _not_for_keeping(response)
    return RecoveryCodesOut(recovery_codes=await second_factors.confirm(user, body.code.get_secret_value(), visitor))


@router.post("/api/auth/two-factor/disable/", status_code=204, responses=problems(Conflict, TooManyRequests))
async def disable_two_factor(
    body: DisableIn, user: RecentLogin, second_factors: SecondFactorsOf, visitor: VisitorOf
) -> Response:
    """Take the authenticator app away. All other sessions of the account end."""
    await second_factors.disable(user, body.to_answer(), visitor)
    return Response(status_code=204)


@router.post("/api/auth/two-factor/recovery-codes/", responses=problems(Conflict))
async def renew_recovery_codes(
    user: RecentLogin, second_factors: SecondFactorsOf, visitor: VisitorOf, response: Response
) -> RecoveryCodesOut:
    """Make new recovery codes. Older ones are void."""
    _not_for_keeping(response)
    return RecoveryCodesOut(recovery_codes=await second_factors.renew_recovery_codes(user, visitor))


def _not_for_keeping(response: Response) -> None:
    response.headers["Cache-Control"] = "no-store"
