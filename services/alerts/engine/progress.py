"""How far the tick streams are done with: read, matched, and everything that they reached settled in the database."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

Positions = Mapping[str, str]
"""The last entry id done with, by stream."""


@dataclass(slots=True)
class Lap:
    """A stretch of reading; `outstanding`: how many candidates found in it are neither fired nor found not to."""

    outstanding: int = 0

    def settle(self, count: int) -> None:
        """Note that `count` of its candidates have fired or were found not to."""
        self.outstanding -= count


class Laps:
    """Cuts the reading of the tick streams into laps, and tells after which lap nothing is outstanding any more.

    Candidates are fired out of order, so "the last entry whose candidates are all settled" is kept per lap, not per
    entry: a lap lasts about a second, and that is what is read again after a crash.
    """

    def __init__(self) -> None:
        self._current = Lap()
        self._closed: deque[tuple[Lap, Positions]] = deque()

    def begin(self, count: int) -> Lap:
        """Note that `count` candidates were found in the current lap. Returns the lap, to settle them."""
        self._current.outstanding += count
        return self._current

    def close(self, positions: Positions) -> None:
        """End the current lap: everything up to these positions has been matched."""
        self._closed.append((self._current, dict(positions)))
        self._current = Lap()

    def settled(self) -> Positions | None:
        """Tell the newest positions up to which nothing is outstanding; None when there is no news."""
        newest: Positions | None = None
        while self._closed and self._closed[0][0].outstanding == 0:
            _, newest = self._closed.popleft()
        return newest
