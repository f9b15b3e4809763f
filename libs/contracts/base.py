"""What every event is, before it becomes an envelope on a stream."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, PlainSerializer

from libs.common.money import plain


def spell(price: Decimal) -> str:
    """Write a price as it stands on the wire: `230.00` whether it came from a person or from numeric(18,4)."""
    return f"{plain(price):f}"


Price = Annotated[Decimal, PlainSerializer(spell, return_type=str)]
"""A price or an amount: Decimal inside, a string on the wire."""


class Message(BaseModel):
    """A frozen message. Readers ignore members they do not know, so adding an optional one keeps the version."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Event(Message):
    """Something that has happened, in the sender's words.

    `type` is `<service>.<thing>.<past participle>.v<n>`; its first word is the sending service.
    """

    type: ClassVar[str]

    def subject(self) -> str:
        """Name what the event is about (a user id or an instrument). Order is promised per subject only."""
        raise TypeError(f"{type(self).__name__} names no subject")
