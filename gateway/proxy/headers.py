"""Which headers go through the door, in both directions. Pure.

What names a user or a caller is ours to say, what belongs to one hop ends there (RFC 9110, 7.6.1), and what frames a
message is written anew: two readers of one framing are how requests are smuggled.
"""

from __future__ import annotations

from collections.abc import Iterable

Header = tuple[bytes, bytes]

_ONE_HOP = frozenset(
    (
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
        b"http2-settings",
    )
)
_NOT_UPSTREAM = _ONE_HOP | frozenset(
    (
        b"host",
        b"content-length",
        b"cookie",
        b"expect",
        b"forwarded",
        b"via",
        b"x-request-id",
        b"x-real-ip",
        b"x-on-behalf-of",
        b"x-api-key",
    )
)
_NOT_UPSTREAM_PREFIXES = (b"x-user", b"x-internal", b"x-forwarded", b"x-original", b"x-rewrite", b"x-http-method")
"""Names that services or their frameworks have been known to believe."""

_NOT_DOWNSTREAM = _ONE_HOP | frozenset(
    (
        b"server",
        b"date",
        b"x-powered-by",
        b"x-request-id",
        b"ratelimit",
        b"ratelimit-policy",
        b"strict-transport-security",
        b"x-content-type-options",
        b"content-security-policy",
        b"referrer-policy",
        b"cross-origin-resource-policy",
        b"permissions-policy",
    )
)
_NOT_DOWNSTREAM_PREFIXES = (b"x-internal", b"access-control-")

_REMEMBERED = 2_000


class _Names:
    """Says of a header's name what it becomes on the other side, None for nothing. Remembers what it said."""

    def __init__(self, dropped: frozenset[bytes], prefixes: tuple[bytes, ...]) -> None:
        self._dropped = dropped
        self._prefixes = prefixes
        self.known: dict[bytes, bytes | None] = {}

    def decide(self, name: bytes) -> bytes | None:
        lower = name.lower()
        # An underscore is a dash to servers that put headers into an environment, so `X_User_Id` is `X-User-Id` there.
        kept = None if lower in self._dropped or lower.startswith(self._prefixes) or b"_" in lower else lower
        if len(self.known) < _REMEMBERED:
            self.known[name] = kept
        return kept


_up = _Names(_NOT_UPSTREAM, _NOT_UPSTREAM_PREFIXES)
_down = _Names(_NOT_DOWNSTREAM, _NOT_DOWNSTREAM_PREFIXES)
_known_up, _known_down = _up.known, _down.known
_UNSEEN = b"?"  # no header has this name


def upstream_lines(headers: Iterable[Header], *, cookies: bool) -> list[bytes]:
    """Write the client's headers as lines for a service. Names are lower case already.

    cookies: whether this service may see them. The refresh token is one, and only auth has business with it.
    """
    lines: list[bytes] = []
    for name, value in headers:
        kept = _known_up.get(name, _UNSEEN)
        if kept is _UNSEEN:
            kept = _up.decide(name)
        if kept is not None:
            lines.append(b"%b: %b\r\n" % (kept, value))
        elif name == b"cookie" and cookies:
            lines.append(b"cookie: %b\r\n" % value)
        elif name == b"connection" and value.lower() not in (b"close", b"keep-alive"):
            return upstream_lines(_without_named(headers, value), cookies=cookies)
    return lines


def _without_named(headers: Iterable[Header], connection: bytes) -> list[Header]:
    """Drop the headers that the client's `Connection` names, and that header itself: they are for this hop."""
    named = {word.strip() for word in connection.lower().split(b",")} | {b"connection"}
    return [header for header in headers if header[0] not in named]


def downstream_header(name: bytes) -> bytes | None:
    """What a service's header is called towards the client; None when it does not go there."""
    kept = _known_down.get(name, _UNSEEN)
    return _down.decide(name) if kept is _UNSEEN else kept
