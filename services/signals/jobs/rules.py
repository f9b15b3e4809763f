"""The life of a job. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Status(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


MOVES: Mapping[Status, frozenset[Status]] = {
    Status.QUEUED: frozenset({Status.RUNNING, Status.FAILED, Status.CANCELLED}),
    # Back into the queue: the worker was stopped or died, or what the job reads could not be had.
    Status.RUNNING: frozenset({Status.DONE, Status.FAILED, Status.CANCELLED, Status.QUEUED}),
    Status.DONE: frozenset(),
    Status.FAILED: frozenset(),
    Status.CANCELLED: frozenset(),
}
OPEN = frozenset(status for status, moves in MOVES.items() if moves)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why nothing was found, in words for the person who asked."""

    code: str
    words: str


@dataclass(frozen=True, slots=True)
class Again:
    """Another try is due, at once or after a while."""

    after: timedelta | None = None


@dataclass(slots=True)
class Said:
    """How far a job is, as its work says while it goes on: `done` of `total` steps."""

    done: int = 0
    total: int = 0
    stage: str = ""
