"""Counting tries: pure. The same arithmetic as the scripts in `service`, for when Redis is away."""

from __future__ import annotations

import ipaddress
from collections import deque
from dataclasses import dataclass, field

WINDOW_S = 60.0
FIRST_BLOCK_S = 60.0
FIRST_CODE_BLOCK_S = 300.0
"""Codes have six digits, so their tries are few: five, then none for five minutes."""
FORGET_S = 3600.0


@dataclass(slots=True)
class Tries:
    """Tries at one account from one place: `limit` are free, then each costs a block that doubles.

    Blocks are 1, 2, 4 … times the first, up to the longest; an hour without a try forgets all (security reference,
    section 4).
    """

    count: int = 0
    last_s: float = 0.0
    blocked_until_s: float = 0.0

    def take(self, now_s: float, *, limit: int, longest_block_s: float, first_block_s: float = FIRST_BLOCK_S) -> float:
        """Count a try. Returns 0, or the seconds for which tries are refused; a refused try is not counted."""
        if now_s < self.blocked_until_s:
            return self.blocked_until_s - now_s
        if now_s - self.last_s > FORGET_S:
            self.count = 0
        self.count += 1
        self.last_s = now_s
        if self.count >= limit:
            doublings = min(self.count - limit, 10)
            self.blocked_until_s = now_s + min(first_block_s * 2**doublings, longest_block_s)
        return 0.0


@dataclass(slots=True)
class Calls:
    """Calls in the last minute: never more than the limit in any minute."""

    times_s: deque[float] = field(default_factory=deque)

    def take(self, now_s: float, *, limit: int) -> float:
        """Count a call. Returns 0, or the seconds until one is free; a refused call is not counted."""
        while self.times_s and self.times_s[0] <= now_s - WINDOW_S:
            self.times_s.popleft()
        if len(self.times_s) >= limit:
            return self.times_s[0] + WINDOW_S - now_s
        self.times_s.append(now_s)
        return 0.0


def network_of(address: str) -> str:
    """Give the network that an address belongs to, as one customer of a provider gets it: /24, or /56 of IPv6."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    return str(ipaddress.ip_network((ip, 24 if ip.version == 4 else 56), strict=False))


def counted_address(address: str) -> str:
    """Give what counts as one address: an IPv4 address, or an IPv6 network, since everybody has 2**72 of those."""
    network = network_of(address)
    return network if ":" in network else address
