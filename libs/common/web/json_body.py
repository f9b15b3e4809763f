"""Reading JSON from a client, with more suspicion than the standard reader has.

Numbers with a fraction or an exponent become Decimal from the raw text: 230.10 stays 230.10 (decisions 15). Refused are
NaN and Infinity, numbers beyond a double, NUL characters (PostgreSQL's text fails on them), lone surrogates, members
twice, and nesting beyond 32.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from libs.common.errors import FieldError, InvalidInput, MalformedJson

MAX_DEPTH = 32

_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_BRACKETS = re.compile(rb"[\[\]{}]")
_ESCAPES = b"\\u"


def parse_json(body: bytes) -> Any:
    """Parse a request body. Raises MalformedJson (400) for what is no JSON, InvalidInput (422) for a refused value."""
    _check_depth(body)
    try:
        value = json.loads(
            body.decode("utf-8"),
            parse_float=_number,
            parse_int=_integer,
            parse_constant=_refuse_constant,
            object_pairs_hook=_unique_members,
        )
    except UnicodeDecodeError as error:
        raise MalformedJson("The body is not valid UTF-8.") from error
    except json.JSONDecodeError as error:
        raise MalformedJson(
            f"The body is not valid JSON: {error.msg} at line {error.lineno}, column {error.colno}."
        ) from error
    if _ESCAPES in body or b"\x00" in body:
        _check_texts(value, "")
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


def _number(text: str) -> Decimal:
    if not math.isfinite(float(text)) or len(text) > 100:
        raise InvalidInput.of("", "number_out_of_range", "A number in the body is out of range.")
    return Decimal(text)


def _integer(text: str) -> int:
    if len(text) > 100:
        raise InvalidInput.of("", "number_out_of_range", "A number in the body is out of range.")
    return int(text)


def _refuse_constant(name: str) -> None:
    raise InvalidInput.of("", "number_not_finite", f"{name} is not a number that we take.")


def _unique_members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise InvalidInput.of("", "duplicate_member", "A member stands in the body twice.")
    return members


def _check_texts(value: Any, at: str) -> None:
    if isinstance(value, str):
        if "\x00" in value or any(0xD800 <= ord(char) <= 0xDFFF for char in value):
            raise InvalidInput(errors=[FieldError(at, "invalid_text", "A text holds characters that we cannot store.")])
    elif isinstance(value, dict):
        for key, item in value.items():
            _check_texts(key, at)
            _check_texts(item, at + pointer([key]))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _check_texts(item, f"{at}/{index}")
