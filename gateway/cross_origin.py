"""Which pages elsewhere may read our answers (CORS). Pure.

Pages of listed origins may, with cookies: an exact list, never a reflection. Pages of anybody may what an app in a
browser needs, and never with cookies: `*`, which browsers refuse beside them.
"""

from __future__ import annotations

from collections.abc import Collection

Header = tuple[bytes, bytes]

_METHODS = b"GET, HEAD, POST, PUT, PATCH, DELETE"
_REQUEST_HEADERS = b"authorization, content-type, idempotency-key, x-request-id, x-token-transport, if-none-match"
_APP_REQUEST_HEADERS = b"authorization, content-type, idempotency-key, x-request-id, if-none-match"
_ANSWER_HEADERS = b"x-request-id, ratelimit, ratelimit-policy, retry-after, link, etag, idempotent-replayed"
_MAX_AGE_S = b"600"
VARY: Header = (b"vary", b"origin")
_FOR_ANYBODY: tuple[Header, ...] = (
    VARY,
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", _ANSWER_HEADERS),
)


class Origins:
    """The origins that may call us from a browser."""

    def __init__(self, allowed: Collection[str]) -> None:
        self._allowed = frozenset(origin.rstrip("/").lower().encode() for origin in allowed)

    def allows(self, origin: bytes) -> bool:
        return origin.lower() in self._allowed

    def answer_headers(self, origin: bytes | None, *, for_anybody: bool = False) -> tuple[Header, ...]:
        """What an answer carries. Caches must keep answers to different origins apart, listed or not.

        for_anybody: pages of every origin may read it.
        """
        if origin is None:
            return (VARY,)
        if not self.allows(origin):
            return _FOR_ANYBODY if for_anybody else (VARY,)
        return (
            VARY,
            (b"access-control-allow-origin", origin),
            (b"access-control-allow-credentials", b"true"),
            (b"access-control-expose-headers", _ANSWER_HEADERS),
        )

    def preflight_headers(self, origin: bytes, *, for_anybody: bool = False) -> list[Header] | None:
        """The answer to a preflight; None when pages of that origin may not call."""
        if not self.allows(origin):
            return _preflight_of_anybody() if for_anybody else None
        return [
            VARY,
            (b"access-control-allow-origin", origin),
            (b"access-control-allow-credentials", b"true"),
            (b"access-control-allow-methods", _METHODS),
            (b"access-control-allow-headers", _REQUEST_HEADERS),
            (b"access-control-max-age", _MAX_AGE_S),
        ]


def _preflight_of_anybody() -> list[Header]:
    return [
        VARY,
        (b"access-control-allow-origin", b"*"),
        (b"access-control-allow-methods", _METHODS),
        (b"access-control-allow-headers", _APP_REQUEST_HEADERS),
        (b"access-control-max-age", _MAX_AGE_S),
    ]
