"""The only source of the time. Passed in, so that tests and the replay set it."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """Tell the time: aware, UTC."""
        ...

    def now_ms(self) -> int:
        """Tell the time in Unix milliseconds, for hot paths."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000


class FixedClock:
    """A clock that stands still until it is moved. For tests and simulations."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self) -> datetime:
        return self._at

    def now_ms(self) -> int:
        return to_ms(self._at)

    def move(self, by: timedelta) -> None:
        self._at += by


def to_ms(at: datetime) -> int:
    """Turn an aware instant into Unix milliseconds, exactly."""
    delta = at - _EPOCH
    return delta.days * 86_400_000 + delta.seconds * 1_000 + delta.microseconds // 1_000


def from_ms(ms: int) -> datetime:
    """Turn Unix milliseconds into an aware UTC instant, exactly."""
    return _EPOCH + timedelta(milliseconds=ms)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
