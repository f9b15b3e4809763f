"""Whose each alert is, by small numbers: some 12 MB for a million. Pure."""

from __future__ import annotations

from uuid import UUID

import numpy as np
import numpy.typing as npt

NOBODY = 0
MERGE_AT = 4_096
"""From so many new alerts on they are sorted in among the others."""

Int64s = npt.NDArray[np.int64]
Int32s = npt.NDArray[np.int32]


class Owners:
    """Knows the owner of each alert by the number of the alert. One that was deleted stays, and does no harm."""

    def __init__(self) -> None:
        self._numbers: Int64s = np.empty(0, np.int64)
        self._people: Int32s = np.empty(0, np.int32)
        self._new: dict[int, int] = {}

    def load(self, numbers: Int64s, people: Int32s) -> None:
        """Start over with the owners of these alerts."""
        order = np.argsort(numbers)
        self._numbers, self._people, self._new = numbers[order], people[order], {}

    def note(self, number: int, user_id: UUID) -> None:
        """Learn whose an alert is."""
        self._new[number] = small_number(user_id)
        if len(self._new) >= MERGE_AT:
            fresh = ~np.isin(self._numbers, np.fromiter(self._new, np.int64, len(self._new)))
            self.load(
                np.concatenate([self._numbers[fresh], np.fromiter(self._new, np.int64, len(self._new))]),
                np.concatenate([self._people[fresh], np.fromiter(self._new.values(), np.int32, len(self._new))]),
            )

    def of_one(self, number: int) -> int:
        """Say whose this is; nobody's where nothing is known of it."""
        place = int(np.searchsorted(self._numbers, number))
        stored = place < len(self._numbers) and self._numbers[place] == number
        return self._new.get(number, int(self._people[place]) if stored else NOBODY)

    def of(self, numbers: Int64s) -> list[int]:
        """Say whose these are; of an alert of which nothing is known nobody's."""
        found = [NOBODY] * len(numbers)
        if len(self._numbers):
            places = np.minimum(np.searchsorted(self._numbers, numbers), len(self._numbers) - 1)
            found = [
                person if known == number else NOBODY
                for number, known, person in zip(
                    numbers.tolist(), self._numbers[places].tolist(), self._people[places].tolist(), strict=True
                )
            ]
        if self._new:
            for at, number in enumerate(numbers.tolist()):
                found[at] = self._new.get(number, found[at])
        return found


def small_number(user_id: UUID) -> int:
    """Make a number of 32 bits of a user's id, of its random end. Two people who share one share a turn."""
    return int.from_bytes(user_id.bytes[-4:], "big", signed=True)
