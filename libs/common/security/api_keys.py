"""The form of an API key: `sw_live_<8 id>_<43 secret><6 check>`, in base 62. Pure.

The prefix lets scanners find a key that leaked, and the check (CRC-32 of all that stands before it) lets them and us
tell a key from a typo without asking anybody. The secret holds 256 random bits, so a plain hash of it is safe to store.
"""

from __future__ import annotations

import ipaddress
import re
import secrets
import zlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self

from libs.common.security.tokens import hash_secret

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
ID_CHARS, SECRET_CHARS, CHECK_CHARS = 8, 43, 6
_FORM = re.compile(r"sw_(live|test)_([0-9A-Za-z]{8})_([0-9A-Za-z]{43})([0-9A-Za-z]{6})")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

PREFIXES = ("sw_live_", "sw_test_")
KEY_CHARS = len(PREFIXES[0]) + ID_CHARS + 1 + SECRET_CHARS + CHECK_CHARS


class KeyKind(StrEnum):
    """A test key calls the same API; what moves money refuses it."""

    LIVE = "live"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key in its parts. `public_id` is shown in lists; the secret is shown once."""

    kind: KeyKind
    public_id: str
    secret: str = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a key. Raises ValueError for what is none, a mistyped one included."""
        match = _FORM.fullmatch(text)
        if match is None or _check_of(text[:-CHECK_CHARS]) != match[4]:
            raise ValueError("This is no API key.")
        return cls(KeyKind(match[1]), match[2], match[3])

    @classmethod
    def generate(cls, kind: KeyKind, public_id: str | None = None) -> Self:
        """Make a new key, or a new secret for the key of that id."""
        return cls(kind, public_id or _random(ID_CHARS), _random(SECRET_CHARS))

    @property
    def prefix(self) -> str:
        """What may be shown of it."""
        return f"sw_{self.kind}_{self.public_id}"

    @property
    def text(self) -> str:
        body = f"{self.prefix}_{self.secret}"
        return body + _check_of(body)

    @property
    def secret_hash(self) -> bytes:
        return hash_secret(self.secret)


def looks_like_key(text: str) -> bool:
    """Say whether a credential is meant to be an API key, good or not."""
    return text.startswith(PREFIXES)


def _random(count: int) -> str:
    return "".join(secrets.choice(_BASE62) for _ in range(count))


def _check_of(body: str) -> str:
    number, digits = zlib.crc32(body.encode()), ""
    for _ in range(CHECK_CHARS):
        number, digit = divmod(number, 62)
        digits = _BASE62[digit] + digits
    return digits


def parse_networks(networks: Iterable[str]) -> tuple[Network, ...]:
    """Read networks in CIDR. Raises ValueError for what is none."""
    return tuple(ipaddress.ip_network(network) for network in networks)


def is_within(address: str, networks: Collection[Network]) -> bool:
    """Say whether an address is on a list of networks. An empty list holds every address.

    An IPv4 address that came through an IPv6 socket (`::ffff:203.0.113.7`) is the IPv4 address.
    """
    if not networks:
        return True
    try:
        given = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = given.ipv4_mapped if given.version == 6 else None
    return any((mapped or given) in network for network in networks)
