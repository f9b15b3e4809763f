"""One spelling for every address: what two readers could read as two different paths is refused. Pure."""

from __future__ import annotations

import re

# Encoded dots, slashes, backslashes and NULs; empty and dot segments; anything that is not printable ASCII.
_AMBIGUOUS = re.compile(rb"%(?:2e|2f|5c|00)|//|/\.{1,2}(?:/|$)|[^!-~]|[\\\"<>^`{|}#]|%(?![0-9a-f]{2})", re.IGNORECASE)


class AmbiguousPath(ValueError):
    """The path has more than one reading."""


def canonical(raw_path: bytes) -> bytes:
    """Give the path as the routing table and the services know it: `/api/v1/x` is `/api/x`.

    Raises AmbiguousPath. `/.well-known` is no dot segment and passes. The last slash stays: services take both.
    """
    if _AMBIGUOUS.search(raw_path):
        raise AmbiguousPath
    if raw_path.startswith(b"/api/v1/"):
        return b"/api/" + raw_path[8:]
    return raw_path
