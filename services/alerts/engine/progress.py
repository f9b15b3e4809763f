"""How far the tick streams are done with: read, matched, and everything that they reached settled in the database."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

Positions = Mapping[str, str]
"""The last entry id done with, by stream."""


class Laps:
    """Cuts the reading of the tick streams into laps, and tells after which lap nothing is outstanding any more.

    Candidates are fired out of order, so "the last entry whose candidates are all settled" is kept per lap, not per
    entry: a lap lasts about a second, and that is what is read again after a crash.
    """

    def __init__(self) -> None:
        self.current = 0
        self._outstanding = {0: 0}
        self._closed: deque[tuple[int, Positions]] = deque()

    def begin(self, count: int) -> int:
        """Note that `count` candidates were found in the current lap. Returns the lap, for `settle`."""
        self._outstanding[self.current] += count
        return self.current

    def settle(self, lap: int, count: int) -> None:
        """Note that `count` candidates of that lap have fired or were found not to."""
        self._outstanding[lap] -= count

    def close(self, positions: Positions) -> None:
        """End the current lap: everything up to these positions has been matched."""
        self._closed.append((self.current, dict(positions)))
        self.current += 1
        self._outstanding[self.current] = 0

    def settled(self) -> Positions | None:
        """Tell the newest positions up to which nothing is outstanding; None when there is no news."""
        newest: Positions | None = None
        while self._closed and self._outstanding[self._closed[0][0]] == 0:
            lap, newest = self._closed.popleft()
            del self._outstanding[lap]
        return newest
