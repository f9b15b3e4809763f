"""How many messages one socket may send: a GCRA of its own, in this process, since a socket lives in one. Pure."""

from __future__ import annotations

import time
from collections.abc import Callable


class MessageBudget:
    """At most `per_s` at once, and as many each second."""

    __slots__ = ("_capacity_ns", "_emission_ns", "_now_ns", "_tat_ns")

    def __init__(self, per_s: int, now_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self._emission_ns = 1_000_000_000 // per_s
        self._capacity_ns = self._emission_ns * per_s
        self._now_ns = now_ns
        self._tat_ns = 0

    def take(self) -> bool:
        """Take one message. False: too many."""
        now = self._now_ns()
        tat = max(self._tat_ns, now) + self._emission_ns
        if tat - now > self._capacity_ns:
            return False
        self._tat_ns = tat
        return True
