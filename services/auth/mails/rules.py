"""When a mail that was not taken is tried again: pure."""

from __future__ import annotations

from datetime import timedelta

FIRST_WAIT = timedelta(seconds=2)
LONGEST_WAIT = timedelta(minutes=5)


def wait_before_try(tries: int) -> timedelta:
    """Say how long to wait after the try of this number (1 is the first): 2 s, 4 s, 8 s … at most 5 minutes."""
    return min(LONGEST_WAIT, FIRST_WAIT * int(2 ** min(tries - 1, 20)))
