"""What a newer file changes of what is known, and what is told of an event ahead. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar

from services.market.companies.wording import EventKind, Said

RESULTS_MOVE_WITHIN = timedelta(days=40)
"""Results come every quarter: another day this near is the same meeting, put off or brought forward."""

Id = TypeVar("Id")


@dataclass(frozen=True, slots=True)
class Changes:
    """What a day's list makes of those that were known: new ones, told otherwise, told no more."""

    added: Sequence[Said]
    changed: Mapping[str, Said]
    gone: Sequence[str]


def compare(known: Mapping[str, Said], told: Iterable[Said]) -> Changes:
    """Compare a company's events of one day and one source, known by their words, with what a file now tells of it."""
    now = {said.words: said for said in told}
    return Changes(
        added=[said for words, said in now.items() if words not in known],
        changed={words: said for words, said in now.items() if words in known and known[words] != said},
        gone=[words for words in known if words not in now],
    )


def moved_from(day: date, others: Mapping[Id, date], told: Collection[date], today: date) -> Id | None:
    """Say which known results meeting now is on `day`: the nearest one ahead that the file itself does not name."""
    if day < today:
        return None
    near = [
        (abs(other - day), other, key)
        for key, other in others.items()
        if other != day and other >= today and other not in told and abs(other - day) <= RESULTS_MOVE_WITHIN
    ]
    return min(near, key=lambda one: one[:2])[2] if near else None


def is_moving(kind: EventKind) -> bool:
    """Say whether an event of this kind is one per quarter, so that another day replaces the first."""
    return kind is EventKind.RESULTS
