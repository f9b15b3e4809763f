"""Reading JSON from a client, with more suspicion than the standard reader has.

Numbers with a fraction or an exponent become Decimal from the raw text: 230.10 stays 230.10 (decisions 15). Refused are
NaN and Infinity, numbers beyond a double, NUL characters (PostgreSQL's text fails on them), lone surrogates, members
twice, and nesting beyond 32.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from libs.common.errors import FieldError, InvalidInput, MalformedJson

MAX_DEPTH = 32
MAX_NUMBER_CHARS = 100

_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_BRACKETS = re.compile(rb"[\[\]{}]")
_NOT_FINITE = Decimal("NaN")


def parse_json(body: bytes) -> Any:
    """Parse a request body. Raises MalformedJson (400) for what is no JSON, InvalidInput (422) for a refused value."""
    _check_depth(body)
    suspicious = b"\\u" in body or b"\x00" in body

    def refused_number(_text: str) -> Decimal:
        nonlocal suspicious
        suspicious = True
        return _NOT_FINITE

    def number(text: str) -> Decimal:
        return Decimal(text) if _is_ordinary(text) else refused_number(text)

    def integer(text: str) -> int | Decimal:
        return int(text) if len(text) <= MAX_NUMBER_CHARS else refused_number(text)

    try:
        value = json.loads(
            body.decode("utf-8"),
            parse_float=number,
            parse_int=integer,
            parse_constant=refused_number,
            object_pairs_hook=_unique_members,
        )
    except UnicodeDecodeError as error:
        raise MalformedJson("The body is not valid UTF-8.") from error
    except json.JSONDecodeError as error:
        raise MalformedJson(
            f"The body is not valid JSON: {error.msg} at line {error.lineno}, column {error.colno}."
        ) from error
    if suspicious:
        found = list(_refused_values(value, ""))
        if found:
            raise InvalidInput(errors=found)
    return value


def pointer(parts: Sequence[str | int]) -> str:
    """Write a JSON pointer (RFC 6901): `/items/0/price`; the empty text is the whole body."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def _check_depth(body: bytes) -> None:
    # Counting first spares nearly every body the scan.
    if body.count(b"[") + body.count(b"{") <= MAX_DEPTH:
        return
    depth = 0
    for bracket in _BRACKETS.findall(_STRINGS.sub(b"", body)):
        depth += 1 if bracket in b"[{" else -1
        if depth > MAX_DEPTH:
            raise InvalidInput.of("", "too_deep", f"The body is nested deeper than {MAX_DEPTH} levels.")


def _is_ordinary(text: str) -> bool:
    return len(text) <= MAX_NUMBER_CHARS and math.isfinite(float(text))


def _unique_members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise InvalidInput.of("", "duplicate_member", "A member stands in the body twice.")
    return members


def _refused_values(value: Any, at: str) -> Iterator[FieldError]:
    if isinstance(value, str):
        if "\x00" in value or any("\ud800" <= char <= "\udfff" for char in value):
            yield FieldError(at, "invalid_text", "A text holds characters that we cannot store.")
    elif isinstance(value, Decimal):
        if not value.is_finite():
            yield FieldError(at, "number_out_of_range", "A number is not finite, or out of range.")
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _refused_values(key, at)
            yield from _refused_values(item, at + pointer([key]))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _refused_values(item, f"{at}/{index}")
