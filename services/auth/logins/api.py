"""The routes of logging in by more than a password, and of proving anew who one is."""

from __future__ import annotations

from typing import Annotated, Self

from fastapi import Depends, Response
from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from libs.common.errors import InvalidToken, SecondFactorRequired, TooManyRequests
from libs.common.web import PUBLIC, Myself, Router, of_app, problems
from services.auth.accounts.rules import MAX_PASSWORD_CHARS
from services.auth.limits.visitor import VisitorOf
from services.auth.logins.service import Logins
from services.auth.logins.step_up import StepUps
from services.auth.passkeys.bodies import UsedCredentialIn
from services.auth.second_factors.api import CodeIn, RecoveryCodeIn
from services.auth.second_factors.proofs import Answer
from services.auth.second_factors.rules import Method
from services.auth.sessions import cookies
from services.auth.sessions.api import LOGIN_PROBLEMS, PasskeyRequest, SettingsOf, TokensOut, hand_over

router = Router(tags=["auth"])


LoginsOf = Annotated[Logins, Depends(of_app("logins"))]
StepUpsOf = Annotated[StepUps, Depends(of_app("step_ups"))]


class SecondStepIn(BaseModel):
    """`challenge` as the login answered it, and exactly one of the others."""

    model_config = ConfigDict(extra="forbid")

    challenge: SecretStr = Field(min_length=1, max_length=200)
    code: CodeIn | None = None
    recovery_code: RecoveryCodeIn | None = None
    passkey: UsedCredentialIn | None = None

    @model_validator(mode="after")
    def _holds_one(self) -> Self:
        if [self.code, self.recovery_code, self.passkey].count(None) != 2:
            raise ValueError("Send one of code, recovery_code and passkey.")
        return self

    def to_answer(self) -> Answer:
        return Answer(
            code=_plain(self.code),
            recovery_code=_plain(self.recovery_code),
            passkey=None if self.passkey is None else self.passkey.as_sent(),
        )


class StepUpIn(BaseModel):
    """Exactly one of these. Who has a second factor uses it."""

    model_config = ConfigDict(extra="forbid")

    password: SecretStr | None = Field(default=None, min_length=1, max_length=MAX_PASSWORD_CHARS)
    code: CodeIn | None = None
    recovery_code: RecoveryCodeIn | None = None
    passkey: UsedCredentialIn | None = None

    @model_validator(mode="after")
    def _holds_one(self) -> Self:
        if [self.password, self.code, self.recovery_code, self.passkey].count(None) != 3:
            raise ValueError("Send one of password, code, recovery_code and passkey.")
        return self

    def to_answer(self) -> Answer:
        return Answer(
            password=_plain(self.password),
            code=_plain(self.code),
            recovery_code=_plain(self.recovery_code),
            passkey=None if self.passkey is None else self.passkey.as_sent(),
        )


class PasskeyLoginIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    passkey: UsedCredentialIn


class StepUpQuestionOut(BaseModel):
    """How one may prove it; without `methods` by the password. `passkey` is as in a login by passkey."""

    methods: list[Method]
    passkey: PasskeyRequest | None


class AccessOut(BaseModel):
    """A new access token of the same session. The refresh token stays as it is."""

    access_token: str
    token_type: str
    expires_in: int


@router.post(
    "/api/auth/login/two-factor/",
    dependencies=[PUBLIC],
    responses=LOGIN_PROBLEMS | problems(InvalidToken),
    response_model_exclude_unset=True,
)
async def log_in_second_step(
    body: SecondStepIn, response: Response, logins: LoginsOf, visitor: VisitorOf, settings: SettingsOf
) -> TokensOut:
    """Finish a login that asked for a second factor: by a code, a recovery code or a passkey."""
    if visitor.wants_cookie:
        cookies.must_come_from_our_page(visitor, settings)
    grant = await logins.second_step(body.challenge.get_secret_value(), body.to_answer(), visitor)
    return hand_over(grant, response, visitor.wants_cookie, settings)


@router.post("/api/auth/login/passkey/options/", dependencies=[PUBLIC], responses=problems(TooManyRequests))
async def begin_passkey_login(response: Response, logins: LoginsOf, visitor: VisitorOf) -> PasskeyRequest:
    """Begin a login by a passkey alone; no name is typed."""
    response.headers["Cache-Control"] = "no-store"
    return PasskeyRequest(public_key=dict(await logins.passkey_options(visitor)))


@router.post(
    "/api/auth/login/passkey/",
    dependencies=[PUBLIC],
    responses=LOGIN_PROBLEMS,
    response_model_exclude_unset=True,
)
async def log_in_by_passkey(
    body: PasskeyLoginIn, response: Response, logins: LoginsOf, visitor: VisitorOf, settings: SettingsOf
) -> TokensOut:
    """Log in by a passkey alone. It was unlocked by its owner's finger, face or PIN, so it is two factors."""
    if visitor.wants_cookie:
        cookies.must_come_from_our_page(visitor, settings)
    grant = await logins.by_passkey(body.passkey.as_sent(), visitor)
    return hand_over(grant, response, visitor.wants_cookie, settings)


@router.post("/api/auth/step-up/options/")
async def begin_step_up(user: Myself, step_ups: StepUpsOf, response: Response) -> StepUpQuestionOut:
    """Say how one may prove anew who one is."""
    response.headers["Cache-Control"] = "no-store"
    question = await step_ups.question(user)
    options = question.passkey_options
    passkey = None if options is None else PasskeyRequest(public_key=dict(options))
    return StepUpQuestionOut(methods=list(question.methods), passkey=passkey)


@router.post("/api/auth/step-up/", responses=problems(SecondFactorRequired, TooManyRequests))
async def step_up(
    body: StepUpIn, user: Myself, step_ups: StepUpsOf, visitor: VisitorOf, response: Response
) -> AccessOut:
    """Prove anew who one is, for what needs a recent login."""
    response.headers["Cache-Control"] = "no-store"
    token, expires_in = await step_ups.prove(user, body.to_answer(), visitor)
    return AccessOut(access_token=token, token_type="bearer", expires_in=expires_in)  # noqa: S106  a word of RFC 6750


def _plain(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()
