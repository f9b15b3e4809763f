"""What has been reached and waits to be fired, given out fairly: nobody waits behind another's thousands.

Alerts wait in the turn of their instrument, or in that of their owner once many of that person's wait. So neither a
symbol that everybody watches nor a person who watches everything delays the others.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from libs.contracts.market import Tick
from services.alerts.engine.progress import Lap

TURN = 32
"""How many alerts an instrument, or a person, gets into a chunk before the next has its turn."""

Turn = str | int
"""Whose turn it is: an instrument's, by its name, or a person's, by the small number of `owners.py`."""

Name = TypeVar("Name", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Reached:
    """Alerts that one tick reached, by their refs. `lap` says which position of the tick stream waits for them.

    `owners`: whose each is, in the order of `refs`.
    """

    tick: Tick
    refs: list[int]
    lap: Lap
    owners: Sequence[int]

    def cut(self, at: int) -> tuple[Reached, Reached]:
        """Cut it in two."""
        first = Reached(self.tick, self.refs[:at], self.lap, self.owners[:at])
        return first, Reached(self.tick, self.refs[at:], self.lap, self.owners[at:])


class FairQueue:
    """A queue for each turn, served round-robin. What waits in one turn leaves in the order in which it came.

    left: hears of what leaves, and in whose turn it waited.
    """

    def __init__(self, left: Callable[[Turn, Reached], None] | None = None) -> None:
        self._waiting: dict[Turn, deque[Reached]] = {}
        self._turns: deque[Turn] = deque()
        self._filled = asyncio.Event()
        self._count = 0
        self._left = left

    def __len__(self) -> int:
        return self._count

    def put(self, turn: Turn, reached: Reached) -> None:
        if turn not in self._waiting:
            self._waiting[turn] = deque()
            self._turns.append(turn)
        self._waiting[turn].append(reached)
        self._count += len(reached.refs)
        self._filled.set()

    async def wait(self) -> None:
        """Wait until there is something to take."""
        await self._filled.wait()

    def take(self, limit: int) -> list[Reached]:
        """Take out up to `limit` alerts, at most `TURN` of a turn in a row."""
        taken: list[Reached] = []
        while limit > 0 and self._turns:
            turn = self._turns.popleft()
            waiting = self._waiting[turn]
            room = min(TURN, limit)
            while room > 0 and waiting:
                first = waiting.popleft()
                if len(first.refs) > room:
                    first, rest = first.cut(room)
                    waiting.appendleft(rest)
                taken.append(first)
                room -= len(first.refs)
                limit -= len(first.refs)
                self._count -= len(first.refs)
                if self._left is not None:
                    self._left(turn, first)
            if waiting:
                self._turns.append(turn)
            else:
                del self._waiting[turn]
        if not self._turns:
            self._filled.clear()
        return taken


class Crowds:
    """Knows how many alerts of each person and instrument wait, and so in whose turn the next ones do."""

    def __init__(self) -> None:
        self._of_person: Counter[int] = Counter()
        self._of_turn: Counter[Turn] = Counter()

    def has_many(self, owner: int, more: int) -> bool:
        """Say whether a person has many waiting, with these."""
        return self._of_person[owner] + more > TURN

    def fills(self, instrument: str, more: int) -> bool:
        """Say whether many of an instrument wait, with these; those in their owners' turns do not count."""
        return self._of_turn[instrument] + more > TURN

    def enter(self, turn: Turn, reached: Reached) -> None:
        self._of_turn[turn] += len(reached.refs)
        self._of_person.update(reached.owners)

    def leave(self, turn: Turn, reached: Reached) -> None:
        _take_away(self._of_turn, turn, len(reached.refs))
        for owner in reached.owners:
            _take_away(self._of_person, owner, 1)


class Lanes:
    """Two queues, each drained by a transaction of its own: who has thousands waiting has the slow one."""

    def __init__(self) -> None:
        self._crowds = Crowds()
        self.few = FairQueue(self._crowds.leave)
        self.many = FairQueue(self._crowds.leave)

    def __len__(self) -> int:
        return len(self.few) + len(self.many)

    def put(self, reached: Reached) -> None:
        counts = Counter(reached.owners)
        crowds = [owner for owner, count in counts.items() if self._crowds.has_many(owner, count)]
        if len(counts) == len(crowds) == 1:
            self._enter(self.many, crowds[0], reached)
            return
        for owner in crowds:
            self._enter(self.many, owner, _of(reached, {owner}))
        rest = _of(reached, counts.keys() - set(crowds)) if crowds else reached
        instrument = rest.tick.instrument
        if rest.refs:
            lane = self.many if self._crowds.fills(instrument, len(rest.refs)) else self.few
            self._enter(lane, instrument, rest)

    def _enter(self, lane: FairQueue, turn: Turn, reached: Reached) -> None:
        self._crowds.enter(turn, reached)
        lane.put(turn, reached)


class OrderedTurns:
    """One fair queue from which what is put in for one person and instrument leaves in its order."""

    def __init__(self) -> None:
        self._crowds = Crowds()
        self._queue = FairQueue(self._leave)
        self._turns: dict[tuple[str, int], tuple[Turn, int]] = {}

    def __len__(self) -> int:
        return len(self._queue)

    def put(self, reached: Reached) -> None:
        """Take in what is one person's. While something of that person and instrument waits, it waits behind it."""
        pair = (reached.tick.instrument, reached.owners[0])
        turn, count = self._turns.get(pair, (None, 0))
        if turn is None:
            turn = pair[1] if self._crowds.has_many(pair[1], len(reached.refs)) else pair[0]
        self._turns[pair] = turn, count + 1
        self._crowds.enter(turn, reached)
        self._queue.put(turn, reached)

    async def wait(self) -> None:
        """Wait until there is something to take."""
        await self._queue.wait()

    def take(self, limit: int) -> list[Reached]:
        return self._queue.take(limit)

    def _leave(self, turn: Turn, reached: Reached) -> None:
        self._crowds.leave(turn, reached)
        pair = (reached.tick.instrument, reached.owners[0])
        _, count = self._turns[pair]
        if count == 1:
            del self._turns[pair]
        else:
            self._turns[pair] = turn, count - 1


def _of(reached: Reached, owners: set[int]) -> Reached:
    """Take of what was reached that of these people."""
    kept = [at for at, owner in enumerate(reached.owners) if owner in owners]
    return Reached(reached.tick, [reached.refs[at] for at in kept], reached.lap, [reached.owners[at] for at in kept])


def _take_away(counts: Counter[Name], name: Name, count: int) -> None:
    if counts[name] == count:
        del counts[name]
    else:
        counts[name] -= count
