"""The decisions about apps of others: pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from urllib.parse import urlsplit
from uuid import UUID

from libs.common.security.permissions import SCOPES, Permission

MAX_REDIRECTS = 10
MAX_REDIRECT_CHARS = 500
MAX_NAME_CHARS = 60
MAX_GRANTS = 10
"""Of one app by one person at a time; the oldest ends for the next."""
CODE_LIFE_S = 60

NEEDS_SECOND_FACTOR = frozenset({Permission.ORDERS_WRITE})
"""What is given by a recent login with a second factor only, and to apps that can keep a secret."""

_REFRESH_TOKEN = re.compile(r"ort_([0-9a-f]{32})\.([A-Za-z0-9_-]{43})")
_LOOPBACK_IP = re.compile(r"http://(127\.0\.0\.1|\[::1\])(?::\d{1,5})?(/[^#]*)?")
_URI_CHARS = re.compile(r"[A-Za-z0-9:/?\[\]@!$&'()*+,;=._~%-]+")
_WORDS = re.compile(r"[\x20-\x21\x23-\x5b\x5d-\x7e]*")
_STATE = re.compile(r"[\x20-\x7e]*")
MAX_PARAMETER_CHARS = 2_048


class BadRedirect(ValueError):
    """An address to which we would send nobody."""


def check_redirect(uri: str) -> None:
    """Check an address that a developer registers: https, or http on this machine. Raises BadRedirect."""
    if len(uri) > MAX_REDIRECT_CHARS or not _URI_CHARS.fullmatch(uri):
        raise BadRedirect("A redirect address is an absolute URI of ASCII, without a fragment.")
    try:
        parts = urlsplit(uri)
        host, _port = parts.hostname, parts.port
    except ValueError as error:
        raise BadRedirect("That is no address.") from error
    if not host or "@" in parts.netloc:
        raise BadRedirect("A redirect address names a host, and no user.")
    if parts.scheme == "http" and host not in ("localhost", "127.0.0.1", "::1"):
        raise BadRedirect("A redirect address is https, or http on localhost.")
    if parts.scheme not in ("https", "http") or not uri.startswith(f"{parts.scheme}://"):
        raise BadRedirect("A redirect address is https, or http on localhost.")
    if "/../" in parts.path + "/" or "/./" in parts.path + "/" or "*" in uri:
        raise BadRedirect("A redirect address has one reading: no dots as segments, no wildcards.")


def is_registered(uri: str, registered: Iterable[str]) -> bool:
    """Say whether an app may be answered there: character by character.

    The port alone is free on a loopback address, since a program on a desk gets it from its system (RFC 8252, 7.3).
    """
    given = _without_port(uri)
    return any(uri == one or (given is not None and given == _without_port(one)) for one in registered)


def _without_port(uri: str) -> tuple[str, str] | None:
    match = _LOOPBACK_IP.fullmatch(uri)
    return None if match is None else (match[1], match[2] or "")


def is_plain(name: str, value: str) -> bool:
    """Say whether a parameter is of the characters that its standard allows (RFC 6749, appendix A)."""
    form = _STATE if name == "state" else _WORDS
    return len(value) <= MAX_PARAMETER_CHARS and form.fullmatch(value) is not None


def allowed_scope(scope: str | None, *, is_confidential: bool) -> str | None:
    """Give the scopes that an app may ask for, sorted, each once; None when it asks for none or for too much."""
    wanted = set((scope or "").split())
    if not wanted or not SCOPES.issuperset(wanted):
        return None
    if not is_confidential and not NEEDS_SECOND_FACTOR.isdisjoint(wanted):
        return None
    return " ".join(sorted(wanted))


def poses_as_us(name: str) -> bool:
    """Say whether a name could pass for our own on the page where people decide."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    return "sharewise" in "".join(char for char in plain if char.isalnum())


def host_of(uri: str) -> str:
    """What of a redirect address is shown to a person."""
    return urlsplit(uri).netloc


def hosts_of(uris: Collection[str]) -> list[str]:
    return sorted({host_of(uri) for uri in uris})


def write_refresh_token(token_id: UUID, secret: str) -> str:
    return f"ort_{token_id.hex}.{secret}"


def read_refresh_token(text: str) -> tuple[UUID, str] | None:
    """Take a refresh token apart into its id and its secret; None for what is none."""
    match = _REFRESH_TOKEN.fullmatch(text)
    return None if match is None else (UUID(match[1]), match[2])
