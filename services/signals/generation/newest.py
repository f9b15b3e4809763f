"""The newest bars of what many follow: read once at a close, for all of them."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field

from libs.common.clock import Clock, from_ms
from libs.quant.expr import NEWS, Bars
from services.signals.generation.rules import after
from services.signals.history import History

AT_FIRST = 4
"""So many bars are asked for at first; more where they do not reach back to what was read."""
NEVER_SEEN = 64
"""So many of what had no bar before."""
MOST_BARS = 20_000
KEPT_MS = 10_000
"""For so long bars are good that end with the newest close of the calendar: nothing later can have closed, but a split
may be confirmed at any time."""
KEPT = 4_000


@dataclass(slots=True)
class _Kept:
    bars: Bars | None = None
    read_ms: int = 0
    turn: int = 0
    reading: asyncio.Lock = field(default_factory=asyncio.Lock)


class Newest:
    """Reads what closed since a bar. Who asks for the same at once waits for one answer."""

    def __init__(self, history: History, clock: Clock) -> None:
        self._history = history
        self._clock = clock
        self._kept: OrderedDict[tuple[str, str], _Kept] = OrderedDict()
        self._turn = 0

    def begin_turn(self) -> None:
        """Call when it is known what is due: all that is read from now on holds what made it due."""
        self._turn += 1

    async def read_ahead(self, wanted: Iterable[tuple[str, str, int]]) -> None:
        """Read the newest bars of many at once, of which those after one will be asked for: (name, interval, at_ms).

        What is not read here is read when it is asked for.
        """
        groups: dict[str, dict[str, None]] = {}
        for name, interval, at_ms in wanted:
            kept = self._kept.get((name, interval))
            if at_ms >= 0 and (kept is None or not self._reaches(kept, name, interval, at_ms)):
                groups.setdefault(interval, {})[name] = None
        for interval, names in groups.items():
            turn, read_ms = self._turn, self._clock.now_ms()
            for name, bars in (await self._history.newest(list(names), interval, limit=AT_FIRST)).items():
                self._kept[name, interval] = _Kept(bars, read_ms, turn)

    async def since(self, name: str, interval: str, at_ms: int) -> Bars:
        """Give the bars that began after one. Raises UpstreamUnavailable."""
        if interval == NEWS:
            return after(await self._history.headlines(name), at_ms)
        kept = self._kept.setdefault((name, interval), _Kept())
        self._kept.move_to_end((name, interval))
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        async with kept.reading:
            if kept.bars is None or not self._reaches(kept, name, interval, at_ms):
                turn, read_ms = self._turn, self._clock.now_ms()
                kept.bars = await self._read(name, interval, at_ms)
                kept.turn, kept.read_ms = turn, read_ms
        return after(kept.bars, at_ms)

    def _reaches(self, kept: _Kept, name: str, interval: str, at_ms: int) -> bool:
        """Say whether kept bars are all that there are since one."""
        bars, now_ms = kept.bars, self._clock.now_ms()
        if bars is None or not len(bars) or now_ms - kept.read_ms > KEPT_MS or int(bars.at_ms[0]) > at_ms:
            return False
        if kept.turn == self._turn:
            return True
        # By the calendar; of a replay's bars, whose time is their own, this says nothing.
        return self._history.newest_close(name, interval, now_ms) == int(bars.closes_ms[-1])

    async def _read(self, name: str, interval: str, at_ms: int) -> Bars:
        """Read the newest bars, from the one that is known or from before it, else all that began after it."""
        count = AT_FIRST if at_ms >= 0 else NEVER_SEEN
        while True:
            start = None if at_ms < 0 else from_ms(at_ms)
            bars = await self._history.bars(name, interval, start=start, limit=count)
            if start is None or len(bars) < count or int(bars.at_ms[0]) <= at_ms or count >= MOST_BARS:
                return bars
            count *= 8
