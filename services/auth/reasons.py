"""Why a member of staff does something: asked for by every route that touches another person."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

MIN_CHARS = 3
MAX_CHARS = 500


def _reason(value: str) -> str:
    reason = " ".join(value.split())
    if len(reason) < MIN_CHARS:
        raise PydanticCustomError("reason_missing", "Say why, in a few words.")
    return reason


Reason = Annotated[str, Field(max_length=MAX_CHARS, examples=["Asked by phone, ticket 4711"]), AfterValidator(_reason)]
