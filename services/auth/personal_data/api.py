"""The routes of one's own data."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Self

from fastapi import Depends, Response
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from libs.common.errors import Conflict, InvalidToken, NotFound, TooManyRequests, Unavailable
from libs.common.web import PUBLIC, Myself, RecentLogin, Router, of_app, problems
from services.auth.accounts.rules import MAX_PASSWORD_CHARS
from services.auth.limits.api import LimiterOf
from services.auth.limits.visitor import VisitorOf
from services.auth.personal_data import rules
from services.auth.personal_data.rules import Kept
from services.auth.personal_data.service import Closing, Exports
from services.auth.personal_data.tables import DataExport
from services.auth.settings import AuthSettings

router = Router(tags=["auth"])

STATUS_ADDRESS = "/api/users/me/export/"


ExportsOf = Annotated[Exports, Depends(of_app("exports"))]
ClosingOf = Annotated[Closing, Depends(of_app("closing"))]
SettingsOf = Annotated[AuthSettings, Depends(of_app("settings"))]


class ExportOut(BaseModel):
    """`missing` names the parts that could not be asked. `expires_at`: until then the file can be fetched."""

    state: Literal["none", "preparing", "ready"]
    asked_at: datetime | None = None
    ready_at: datetime | None = None
    expires_at: datetime | None = None
    missing: list[str] = Field(default_factory=list)

    @classmethod
    def of(cls, export: DataExport | None) -> Self:
        if export is None:
            return cls(state="none")
        is_ready = export.ready_at is not None
        return cls(
            state="ready" if is_ready else "preparing",
            asked_at=export.created_at,
            ready_at=export.ready_at,
            expires_at=export.expires_at if is_ready else None,
            missing=sorted(export.missing),
        )


class KeptOut(BaseModel):
    """Something that the law makes us keep."""

    what: str
    law: str
    until: str

    @classmethod
    def of(cls, kept: Kept) -> Self:
        return cls(what=kept.what, law=kept.law, until=kept.until)


class ErasureRules(BaseModel):
    """What deleting the account means: when it happens, and what stays."""

    grace_days: int
    kept: list[KeptOut]


class CloseIn(BaseModel):
    """`password` may be left out after a login with a second factor."""

    model_config = ConfigDict(extra="forbid")

    password: SecretStr | None = Field(default=None, min_length=1, max_length=MAX_PASSWORD_CHARS)


class ClosingOut(BaseModel):
    """Until `erased_at` the mailed link takes it back."""

    erased_at: datetime
    kept: list[KeptOut]


class KeepIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    token: SecretStr = Field(min_length=1, max_length=200)


class AccountKept(BaseModel):
    detail: str = "Your account stays. You can log in again."


@router.post("/api/users/me/export/", status_code=202, responses=problems(Conflict, NotFound))
async def begin_export(user: RecentLogin, exports: ExportsOf, visitor: VisitorOf, response: Response) -> ExportOut:
    """Have a file made of all that is kept about you. One is made at a time; `Location` says how far it is."""
    export = await exports.begin(user, visitor)
    response.headers["Location"] = STATUS_ADDRESS
    return ExportOut.of(export)


@router.get("/api/users/me/export/")
async def show_export(user: Myself, exports: ExportsOf) -> ExportOut:
    """Show how far one's own export is."""
    return ExportOut.of(await exports.find(user.user_id))


@router.get(
    "/api/users/me/export/file/",
    responses={**problems(NotFound), 200: {"content": {"application/json": {}}, "description": "The file."}},
    response_class=Response,
)
async def fetch_export(user: RecentLogin, exports: ExportsOf) -> Response:
    """Fetch the finished file: JSON, by service."""
    file = await exports.fetch(user.user_id)
    return Response(
        file.content,
        media_type="application/json",
        headers={
            "Content-Disposition": f'attachment; filename="sharewise-data-{file.made_at:%Y-%m-%d}.json"',
            "Cache-Control": "no-store",
        },
    )


@router.get("/api/users/me/erasure/")
async def show_erasure_rules(_user: Myself, settings: SettingsOf) -> ErasureRules:
    """Show what deleting one's own account means."""
    return ErasureRules(grace_days=settings.erase_grace_days, kept=_kept())


@router.delete("/api/users/me/", status_code=202, responses=problems(NotFound, TooManyRequests, Unavailable))
async def close_account(
    user: RecentLogin, closing: ClosingOf, visitor: VisitorOf, body: CloseIn | None = None
) -> ClosingOut:
    """Have one's own account deleted. It ends at once; for some days the mailed link takes that back."""
    password = None if body is None or body.password is None else body.password.get_secret_value()
    return ClosingOut(erased_at=await closing.ask(user, password, visitor), kept=_kept())


@router.post("/api/auth/keep-account/", dependencies=[PUBLIC], responses=problems(InvalidToken, TooManyRequests))
async def keep_account(body: KeepIn, closing: ClosingOf, limiter: LimiterOf, visitor: VisitorOf) -> AccountKept:
    """Take the deletion of an account back, by the mailed link."""
    await limiter.take_address(visitor)
    await closing.keep(body.token.get_secret_value(), visitor)
    return AccountKept()


def _kept() -> list[KeptOut]:
    return [KeptOut.of(kept) for kept in rules.KEPT]
