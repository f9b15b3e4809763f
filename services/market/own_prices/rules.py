"""Which of two prices a person is shown. Pure."""

from __future__ import annotations

from datetime import datetime


def own_is_shown(own_received_at: datetime, shared_received_at: datetime | None, *, replayed: bool) -> bool:
    """Say whether a person sees the own price instead of the one for all: unless that is newer, or of a replay.

    A replay has a clock of its own: an own price among recorded ones would be of another day.
    """
    return not replayed and (shared_received_at is None or own_received_at >= shared_received_at)
