"""A circuit breaker: a host that is down is not asked again until it had time to come back."""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import StrEnum


class BreakerState(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class Breaker:
    """Opens after `failures` in a row, stays open for `open_s` (doubled at each failed probe, up to `longest_open_s`),
    then lets one probe through: its success closes, its failure opens again.

    Ask `allows()` before each call and report it by `succeeded()`, `failed()` or, when it ended without saying anything
    about the host (cancelled), `abandoned()`.
    """

    def __init__(
        self,
        *,
        failures: int = 5,
        open_s: float = 1.0,
        longest_open_s: float = 30.0,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._failures_to_open = failures
        self._shortest_open_s = open_s
        self._longest_open_s = longest_open_s
        self._now = now
        self._failed_in_row = 0
        self._open_s = open_s
        self._open_until: float | None = None
        self._probing = False

    @property
    def state(self) -> BreakerState:
        if self._open_until is None:
            return BreakerState.CLOSED
        if self._now() < self._open_until:
            return BreakerState.OPEN
        return BreakerState.HALF_OPEN

    @property
    def retry_after(self) -> float:
        """Seconds until a probe is let through; 0 when calls are."""
        return 0.0 if self._open_until is None else max(0.0, self._open_until - self._now())

    def allows(self) -> bool:
        """Say whether a call may go now. In the half-open state the first to ask becomes the probe."""
        state = self.state
        if state is BreakerState.CLOSED:
            return True
        if state is BreakerState.OPEN or self._probing:
            return False
        self._probing = True
        return True

    def succeeded(self) -> None:
        self._failed_in_row = 0
        self._probing = False
        self._open_until = None
        self._open_s = self._shortest_open_s

    def failed(self) -> None:
        if self._probing:
            self._probing = False
            self._open_s = min(self._open_s * 2, self._longest_open_s)
            self._open_until = self._now() + self._open_s
            return
        self._failed_in_row += 1
        if self._open_until is None and self._failed_in_row >= self._failures_to_open:
            self._open_until = self._now() + self._open_s

    def abandoned(self) -> None:
        self._probing = False
