"""The decisions about API keys: pure."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from libs.common.security.permissions import SCOPES, Permission

MAX_NETWORKS = 20
MAX_NAME_CHARS = 60
MAX_DAYS = 365
DEFAULT_DAYS = 90
MAX_OVERLAP_HOURS = 24
MAX_LIVE_SECRETS = 2
WIDEST = {4: 8, 6: 32}
"""The shortest prefix that still counts as a list of addresses and not as everybody."""

TOKEN_TTL = timedelta(minutes=5)
USE_NOTED_EVERY = timedelta(minutes=1)

NEEDS_NETWORKS = frozenset({Permission.ORDERS_WRITE})
"""Scopes for which a key needs a login with a second factor, and a list of addresses."""


class BadNetwork(ValueError):
    """What was given is no network, or too wide to be one."""


def read_networks(texts: Iterable[str]) -> tuple[str, ...]:
    """Read addresses and CIDR networks into their one spelling, each once. Raises BadNetwork."""
    found: dict[str, None] = {}
    for text in texts:
        try:
            network = ipaddress.ip_network(text.strip())
        except ValueError as error:
            raise BadNetwork(f"{text!r} is no address and no network such as 203.0.113.0/24.") from error
        if network.prefixlen < WIDEST[network.version]:
            raise BadNetwork(f"{text!r} is too wide: /{WIDEST[network.version]} is the widest.")
        found[str(network)] = None
    return tuple(found)


def is_grantable(scopes: Collection[str]) -> bool:
    """Say whether these scopes may be given to a key or an app: some, and none beyond `SCOPES`."""
    return bool(scopes) and SCOPES.issuperset(scopes)


def narrows(new: Iterable[str], old: Iterable[str]) -> bool:
    return set(new) <= set(old)


@dataclass(frozen=True, slots=True)
class LiveSecret:
    """A secret as it is stored. `sid` names the tokens that were given for it."""

    id: UUID
    sid: UUID
    secret_hash: bytes
    ends_at: datetime


def matching(secrets: Sequence[LiveSecret], given_hash: bytes, now: datetime) -> LiveSecret | None:
    """Find the secret that was shown, unless it has ended. Every one is compared, in constant time."""
    found = None
    for one in secrets:
        if hmac.compare_digest(one.secret_hash, given_hash) and now < one.ends_at:
            found = one
    return found


def token_ttl(ends_at: datetime, now: datetime) -> timedelta:
    """How long a token may live: not longer than what it was given for."""
    return max(timedelta(seconds=1), min(TOKEN_TTL, ends_at - now))
