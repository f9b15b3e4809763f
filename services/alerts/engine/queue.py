"""What has been reached and waits to be fired, given out fairly: no instrument waits behind another's thousands."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from dataclasses import dataclass

from libs.contracts.market import Tick
from services.alerts.engine.progress import Lap

TURN = 32
"""How many alerts an instrument gets into a chunk before the next instrument has its turn."""


@dataclass(frozen=True, slots=True)
class Reached:
    """Alerts that one tick reached, by their refs. `lap` says which position of the tick stream waits for them."""

    tick: Tick
    refs: list[int]
    lap: Lap


class FairQueue:
    """A queue per instrument, served round-robin. Alerts of one instrument leave in the order in which they came."""

    def __init__(self) -> None:
        self._waiting: dict[str, deque[Reached]] = {}
        self._counts: Counter[str] = Counter()
        self._turns: deque[str] = deque()
        self._filled = asyncio.Event()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def waiting_of(self, instrument: str) -> int:
        """Say how many alerts of an instrument wait."""
        return self._counts[instrument]

    def put(self, reached: Reached) -> None:
        instrument = reached.tick.instrument
        if instrument not in self._waiting:
            self._waiting[instrument] = deque()
            self._turns.append(instrument)
        self._waiting[instrument].append(reached)
        self._counts[instrument] += len(reached.refs)
        self._count += len(reached.refs)
        self._filled.set()

    async def wait(self) -> None:
        """Wait until there is something to take."""
        await self._filled.wait()

    def take(self, limit: int) -> list[Reached]:
        """Take out up to `limit` alerts, at most `TURN` of an instrument in a row."""
        taken: list[Reached] = []
        while limit > 0 and self._turns:
            instrument = self._turns.popleft()
            waiting = self._waiting[instrument]
            turn = min(TURN, limit)
            while turn > 0 and waiting:
                first = waiting.popleft()
                if len(first.refs) > turn:
                    waiting.appendleft(Reached(first.tick, first.refs[turn:], first.lap))
                    first = Reached(first.tick, first.refs[:turn], first.lap)
                taken.append(first)
                turn -= len(first.refs)
                limit -= len(first.refs)
                self._counts[instrument] -= len(first.refs)
                self._count -= len(first.refs)
            if waiting:
                self._turns.append(instrument)
            else:
                del self._waiting[instrument], self._counts[instrument]
        if not self._turns:
            self._filled.clear()
        return taken


class Lanes:
    """Two queues, each drained by a transaction of its own: an instrument whose thousands wait has the slow one."""

    def __init__(self) -> None:
        self.few = FairQueue()
        self.many = FairQueue()

    def __len__(self) -> int:
        return len(self.few) + len(self.many)

    def put(self, reached: Reached) -> None:
        instrument = reached.tick.instrument
        waiting = self.few.waiting_of(instrument) + self.many.waiting_of(instrument)
        lane = self.many if waiting + len(reached.refs) > TURN else self.few
        lane.put(reached)
