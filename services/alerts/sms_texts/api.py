"""The routes by which staff keep the texts of short messages as they are registered."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

from fastapi import Depends
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from libs.common.errors import Conflict, StoreUnavailable
from libs.common.web import Permission, Principal, Router, of_app, problems, require
from services.alerts.sms_texts import rules
from services.alerts.sms_texts.alphabet import parts
from services.alerts.sms_texts.rules import MOST_CHARS, SmsKind, Wording
from services.alerts.sms_texts.service import Current, SmsTexts

router = Router(tags=["staff"])

Manager = Annotated[Principal, Depends(require(Permission.SYSTEM_MANAGE))]
Texts = Annotated[SmsTexts, Depends(of_app("sms_texts"))]

_NO_CONTROL = r"^[^\x00-\x09\x0b-\x1f\x7f]+$"
"""But for a line's end."""

_EXAMPLE = "ShareWise: {title}. See the app for more. It is a notice, not advice."


class SmsTextIn(BaseModel):
    """A text as it was registered, with our slots where the registration has `{#var#}`.

    `template_id` is its number with the operators and `sender` its header; null where there is none. `version`: of the
    text that this one replaces.
    """

    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, StringConstraints(min_length=1, max_length=MOST_CHARS, pattern=_NO_CONTROL)]
    template_id: Annotated[str, StringConstraints(pattern=r"^[0-9]{5,25}$")] | None = Field(
        default=None, examples=["1107160000000012345"]
    )
    sender: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]{3,11}$")] | None = Field(
        default=None, examples=["SHRWSE"]
    )
    version: int = Field(ge=0, le=1_000_000, strict=True)
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=500)]

    def wording(self) -> Wording:
        return Wording(self.text, self.template_id, self.sender)


class SmsTextOut(BaseModel):
    """What is sent now. `registered`: as the operators' portals show it. `example`: filled in, and paid as `parts`.

    `set_at` is null for the built-in text. `slots` are those that can be filled in, the first of them is needed.
    """

    kind: SmsKind
    text: str = Field(examples=[_EXAMPLE])
    template_id: str | None
    sender: str | None
    version: int
    set_at: datetime | None
    slots: list[str]
    registered: str
    example: str
    parts: int

    @classmethod
    def of(cls, current: Current) -> Self:
        wording = current.wording
        example = rules.example(wording.text)
        return cls(
            kind=current.kind,
            text=wording.text,
            template_id=wording.template_id,
            sender=wording.sender,
            version=current.version,
            set_at=current.set_at,
            slots=list(rules.SLOTS[current.kind].all),
            registered=rules.as_registered(wording.text),
            example=example,
            parts=parts(example),
        )


class SmsTextsOut(BaseModel):
    """All texts: there are never many, so `next_cursor` is always null."""

    items: list[SmsTextOut]
    next_cursor: None = None


@router.get("/api/sms-texts/", summary="List the texts of short messages", responses=problems(StoreUnavailable))
async def list_sms_texts(_staff: Manager, texts: Texts) -> SmsTextsOut:
    """List the texts that short messages are written by."""
    return SmsTextsOut(items=[SmsTextOut.of(one) for one in await texts.list_all()])


@router.put(
    "/api/sms-texts/{kind}/",
    summary="Change the text of a short message",
    responses=problems(Conflict, StoreUnavailable),
)
async def change_sms_text(kind: SmsKind, body: SmsTextIn, staff: Manager, texts: Texts) -> SmsTextOut:
    """Write messages of this kind by another text, from the next one on."""
    current = await texts.change(kind, body.wording(), version=body.version, by=staff, why=body.reason)
    return SmsTextOut.of(current)
