"""The last seconds of ticks: an alert that reaches the index late is asked about the prices that it missed."""

from __future__ import annotations

from collections import deque

from libs.contracts.market import Tick

HORIZON_MS = 15_000
"""How long a tick is kept. From commit to index it takes milliseconds; what takes longer is the sweep's."""

_DISORDER_MS = 1_000
"""By how much ticks of one instrument may have been received out of order."""


class RecentTicks:
    """The fresh ticks of each instrument in the order of their coming. The last of each is kept however old it is."""

    def __init__(self, horizon_ms: int = HORIZON_MS) -> None:
        self._horizon_ms = horizon_ms
        self._ticks: dict[str, deque[Tick]] = {}

    def note(self, tick: Tick) -> None:
        """Remember a tick. One that was stale on arrival is not worth remembering: it fires nothing."""
        if tick.stale:
            return
        ticks = self._ticks.get(tick.instrument)
        if ticks is None:
            ticks = self._ticks[tick.instrument] = deque()
        ticks.append(tick)
        oldest = tick.received_ms - self._horizon_ms
        while ticks[0].received_ms < oldest:
            ticks.popleft()

    def since(self, instrument: str, at_ms: int) -> list[Tick]:
        """List the ticks from that instant on, oldest first."""
        found: list[Tick] = []
        for tick in reversed(self._ticks.get(instrument, ())):
            if tick.received_ms < at_ms - _DISORDER_MS:
                break  # nothing is received before it is true
            if tick.at_ms >= at_ms:
                found.append(tick)
        found.reverse()
        return found
