"""Reading `application/x-www-form-urlencoded`, for the few routes whose standard asks for it (RFC 6749, appendix B)."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl

from libs.common.errors import BadRequest

MAX_FIELDS = 30
MAX_FIELD_CHARS = 4_096


def parse_form(body: bytes) -> Mapping[str, str]:
    """Parse a form whose fields stand once each. Raises BadRequest for what two readers could read differently."""
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="strict", encoding="utf-8"
        )
    except ValueError as error:
        raise BadRequest("The body is no form in UTF-8, or has too many fields.") from error
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise BadRequest("A field stands in the form twice.")
    if any(len(value) > MAX_FIELD_CHARS or "\x00" in value for value in (*fields, *fields.values())):
        raise BadRequest("A field of the form is too long, or holds characters that we cannot store.")
    return fields
