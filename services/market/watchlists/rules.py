"""The decisions about watchlists. Pure."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import TypeVar

MAX_LISTS = 20
"""Of one person."""
MAX_INSTRUMENTS = 200
"""In one list: as many as one page of stocks shows."""
MAX_NAME_CHARS = 60

T = TypeVar("T", bound=Hashable)


def is_taken(name: str, others: Iterable[str]) -> bool:
    """Say whether another list has this name already, case ignored."""
    return name.casefold() in {other.casefold() for other in others}


def is_order_of(asked: Sequence[T], existing: Iterable[T]) -> bool:
    """Say whether what was asked for are the existing ones, each once, in whatever order."""
    known = set(existing)
    return len(asked) == len(known) and set(asked) == known


def added(existing: Sequence[T], more: Iterable[T]) -> list[T]:
    """Put more behind what there is; what is in it already keeps its place."""
    return list(dict.fromkeys([*existing, *more]))
