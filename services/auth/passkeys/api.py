"""The routes of one's own passkeys."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import Depends, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from libs.common.errors import Conflict, InvalidToken, NotFound
from libs.common.web import Myself, RecentLogin, Router, of_app, problems
from services.auth.accounts.rules import is_name
from services.auth.limits.visitor import VisitorOf
from services.auth.passkeys.bodies import NewCredentialIn
from services.auth.passkeys.rules import MAX_NAME_CHARS
from services.auth.passkeys.service import Passkeys
from services.auth.passkeys.tables import Passkey

router = Router(tags=["auth"])


PasskeysOf = Annotated[Passkeys, Depends(of_app("passkeys"))]


def _name(value: str) -> str:
    name = " ".join(value.split())
    if not name or not is_name(name):
        raise PydanticCustomError("name_invalid", "A name holds no control characters, < or >.")
    return name


Name = Annotated[str, Field(min_length=1, max_length=MAX_NAME_CHARS, examples=["My phone"]), AfterValidator(_name)]


class PasskeyIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Name
    credential: NewCredentialIn


class PasskeyChange(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Name


class PasskeyOptions(BaseModel):
    """`public_key` is for `PublicKeyCredential.parseCreationOptionsFromJSON`; good for five minutes, once."""

    public_key: dict[str, Any]


class PasskeyOut(BaseModel):
    """`backup_eligible`: it may be copied to the owner's other devices, and `backed_up` that it was."""

    id: UUID
    name: str
    created_at: datetime
    last_used_at: datetime | None
    backup_eligible: bool
    backed_up: bool

    @classmethod
    def of(cls, passkey: Passkey) -> Self:
        return cls(
            id=passkey.id,
            name=passkey.name,
            created_at=passkey.created_at,
            last_used_at=passkey.last_used_at,
            backup_eligible=passkey.backup_eligible,
            backed_up=passkey.backed_up,
        )


class PasskeyAdded(BaseModel):
    """`recovery_codes` come with the first second factor of an account, and cannot be read again."""

    passkey: PasskeyOut
    recovery_codes: list[str] | None


class PasskeysOut(BaseModel):
    """All of them: there are never many, so `next_cursor` is always null."""

    items: list[PasskeyOut]
    next_cursor: None = None


@router.get("/api/auth/passkeys/")
async def list_passkeys(user: Myself, passkeys: PasskeysOf) -> PasskeysOut:
    """List one's own passkeys, newest first."""
    return PasskeysOut(items=[PasskeyOut.of(one) for one in await passkeys.list_for(user.user_id)])


@router.post("/api/auth/passkeys/options/")
async def begin_passkey(user: RecentLogin, passkeys: PasskeysOf, response: Response) -> PasskeyOptions:
    """Begin to add a passkey."""
    response.headers["Cache-Control"] = "no-store"
    return PasskeyOptions(public_key=await passkeys.options(user))


@router.post("/api/auth/passkeys/", status_code=201, responses=problems(Conflict, InvalidToken))
async def add_passkey(
    body: PasskeyIn, user: RecentLogin, passkeys: PasskeysOf, visitor: VisitorOf, response: Response
) -> PasskeyAdded:
    """Add a passkey. All other sessions of the account end."""
    response.headers["Cache-Control"] = "no-store"
    added = await passkeys.add(user, body.name, body.credential.as_sent(), visitor)
    return PasskeyAdded(passkey=PasskeyOut.of(added.passkey), recovery_codes=added.recovery_codes)


@router.patch("/api/auth/passkeys/{passkey_id}/", responses=problems(NotFound))
async def rename_passkey(passkey_id: UUID, body: PasskeyChange, user: Myself, passkeys: PasskeysOf) -> PasskeyOut:
    """Give one of one's own passkeys another name."""
    return PasskeyOut.of(await passkeys.rename(user.user_id, passkey_id, body.name))


@router.delete("/api/auth/passkeys/{passkey_id}/", status_code=204, responses=problems(NotFound, Conflict))
async def remove_passkey(passkey_id: UUID, user: RecentLogin, passkeys: PasskeysOf, visitor: VisitorOf) -> Response:
    """Remove one of one's own passkeys. All other sessions of the account end."""
    await passkeys.remove(user, passkey_id, visitor)
    return Response(status_code=204)
