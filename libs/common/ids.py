"""UUIDv7 (RFC 9562, section 5.7), which Python 3.11 does not have."""

from __future__ import annotations

import os
import threading
import time
from uuid import UUID

_lock = threading.Lock()
_last = 0


def uuid7() -> UUID:
    """Make an id that sorts by time of making; within one process strictly, also inside a millisecond.

    48 bits of Unix ms, then a 12-bit part of the millisecond (RFC 9562, method 3), then 62 random bits.
    """
    global _last
    ns = time.time_ns()
    stamp = (ns // 1_000_000) << 12 | ((ns % 1_000_000) * 4096 // 1_000_000)
    with _lock:
        if stamp <= _last:
            stamp = _last + 1
        _last = stamp
    random = int.from_bytes(os.urandom(8), "big") & 0x3FFF_FFFF_FFFF_FFFF
    return UUID(int=(stamp >> 12) << 80 | 0x7 << 76 | (stamp & 0xFFF) << 64 | 0b10 << 62 | random)
