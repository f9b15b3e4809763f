"""What a registered text of a short message must be (messaging reference, section 5).

An Indian operator drops, without a word, a text that differs from the registered one by a letter outside its slots. So
the wording is data that staff keep equal to the registration; what stands here are the slots that we can fill. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from libs.common.errors import FieldError
from services.alerts.sms_texts.alphabet import filled_in, parts

MOST_CHARS = 500
MOST_PARTS = 3
"""Each part is paid."""

_SLOT = re.compile(r"\{([a-z_]+)\}")


class SmsKind(StrEnum):
    """The short messages that we send."""

    PHONE_CODE = "phone_code"
    ADDRESS_CODE = "address_code"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Wording:
    """A text with its slots in braces, and what it is registered as.

    `template_id` is its number with the operators, `sender` the header that it is registered for; None: none is told,
    and the header is the one of the settings.
    """

    text: str
    template_id: str | None = None
    sender: str | None = None


@dataclass(frozen=True, slots=True)
class Slots:
    """What we can fill in. Without the `needed` one the message would say nothing."""

    needed: str
    others: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        return (self.needed, *self.others)


SLOTS: Mapping[SmsKind, Slots] = {
    SmsKind.PHONE_CODE: Slots("code", ("minutes",)),
    SmsKind.ADDRESS_CODE: Slots("code"),
    SmsKind.NOTICE: Slots("title"),
}

BUILT_IN: Mapping[SmsKind, Wording] = {
    SmsKind.PHONE_CODE: Wording(
        "{code} is your ShareWise code. It works for {minutes} minutes. Do not share it with anybody."
    ),
    SmsKind.ADDRESS_CODE: Wording(
        "{code} confirms this number for notices of ShareWise. Do not share it with anybody."
    ),
    SmsKind.NOTICE: Wording("ShareWise: {title}. See the app for more. It is a notice, not advice."),
}
"""What is sent until staff have entered what was registered."""

_EXAMPLES = {"code": "012345", "minutes": "10", "title": "RELIANCE is now ₹2,990.00"}


def faults(kind: SmsKind, text: str) -> list[FieldError]:
    """Say what is wrong with a text for this message; nothing for one that can be sent."""
    slots, found = SLOTS[kind], _SLOT.findall(text)
    named = ", ".join(f"{{{name}}}" for name in slots.all)
    wrong: list[FieldError] = []
    if strange := [name for name in found if name not in slots.all]:
        wrong.append(FieldError("/text", "unknown_slot", f"{{{strange[0]}}} is no slot here. There are {named}."))
    if re.search(r"[{}]", _SLOT.sub("", text)):
        wrong.append(FieldError("/text", "odd_brace", f"Braces stand around a slot alone: {named}."))
    if slots.needed not in found:
        wrong.append(FieldError("/text", "slot_missing", f"The text needs the slot {{{slots.needed}}}."))
    if not wrong and parts(example(text)) > MOST_PARTS:
        wrong.append(FieldError("/text", "too_long", f"It would be sent as more than {MOST_PARTS} messages."))
    return wrong


def as_registered(text: str) -> str:
    """Write a text as the operators' portals show it."""
    return _SLOT.sub("{#var#}", text)


def example(text: str) -> str:
    """Fill a text in, to be looked at."""
    return filled_in(text, _EXAMPLES)
