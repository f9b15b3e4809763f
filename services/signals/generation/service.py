"""Read what closed of followed strategies, decide as the backtest does, and have signals made of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from uuid import UUID

from libs.common import telemetry
from libs.common.clock import from_ms
from libs.common.db import Database, Transaction
from libs.common.entitlements import AllowanceUnknown
from libs.common.errors import UpstreamUnavailable
from libs.common.logging import get_logger
from libs.quant.expr import NEWS, OWN, Bars, Input, StateError
from libs.quant.strategy import Rules
from services.signals.allowances.service import Allowances
from services.signals.generation import rules, tables
from services.signals.generation.newest import MOST_BARS, Newest
from services.signals.generation.rules import Filling, Follow, Leaving, Opening, Settling
from services.signals.generation.tables import FollowedRow, Task
from services.signals.history import History
from services.signals.signals.service import Made, Origin, Signals

log = get_logger(__name__)

HOLD = timedelta(seconds=20)
"""What a worker that died had claimed is taken by another after that; one that is only slow loses nothing by it."""
AT_ONCE = 4
WAIT = timedelta(seconds=20)
"""How long a bar waits for those of others that closed with it: who waits for a stock in which nobody trades would
never decide anything."""
CHUNK = 100
BARS_A_TURN = 16
"""What one transaction takes in: who ends a follow waits for no more than that, however much was missed."""
RETRY = timedelta(seconds=5)
REMEMBERED = 2_000
"""So many instruments of follows are kept in memory between their bars."""

_read = telemetry.counter(
    "sharewise_follows_read_total", "Instruments of followed strategies read, by how it ended.", ["how"]
)
_faulty = telemetry.counter("sharewise_follow_bars_refused_total", "Closed bars that no signal is made of.")


class Generation:
    """What closes becomes signals: each decision once, whatever dies or comes twice."""

    def __init__(self, db: Database, history: History, allowances: Allowances, signals: Signals) -> None:
        self._db = db
        self._history = history
        self._allowances = allowances
        self._signals = signals
        self._memory: dict[tuple[UUID, str], tuple[str, Follow]] = {}
        self._waits: dict[tuple[UUID, str], tuple[int, datetime]] = {}
        self._newest = Newest(history, db.clock)

    async def work(self) -> int:
        """Read what is due. Returns how many instruments were claimed."""
        now = self._db.clock.now()
        async with self._db.transaction() as tx:
            tasks = await tables.claim(tx.session, now, HOLD, CHUNK)
        self._newest.begin_turn()
        turn = asyncio.Semaphore(AT_ONCE)

        async def one(task: Task) -> Learnt | None:
            async with turn:
                return await self._try(task)

        learnt = await asyncio.gather(*(one(task) for task in tasks))
        await self._store_quiet([one for one in learnt if one is not None])
        return len(tasks)

    async def _try(self, task: Task) -> Learnt | None:
        """Read and decide; what nothing follows from is given back, to be stored with others."""
        about = {"follow_id": task.follow.id, "instrument": task.instrument}
        try:
            return await self._work_on(task)
        except UpstreamUnavailable as error:
            log.warning("follow_waits_for_market", **about, error=str(error))
            trouble = "no market data"
        except StateError as error:
            # Its memory is of another form than ours: read the bars anew, from the same first one.
            log.warning("follow_state_dropped", **about, error=str(error))
            trouble = None
            async with self._db.transaction() as tx:
                row = await tables.hold(tx.session, task.follow.id, task.instrument)
                if row is not None:
                    row.state = None
        _read.labels("again").inc()
        await self._later(task, RETRY, trouble)
        return None

    async def _later(self, task: Task, wait: timedelta, trouble: str | None) -> None:
        async with self._db.transaction() as tx:
            row = await tables.hold(tx.session, task.follow.id, task.instrument)
            if row is not None:
                row.held_until, row.trouble = self._db.clock.now() + wait, trouble

    def _must_wait(self, known: Follow, task: Task, bars: Mapping[Input, Bars]) -> bool:
        """Say whether bars of others that closed with our newest one are still to come, and may."""
        key, own = (task.follow.id, task.instrument), bars[OWN]
        if len(own):
            newest = int(own.closes_ms[-1])
            for source in known.rules.inputs - {OWN}:
                name, interval = source.instrument or task.instrument, source.interval or known.rules.interval
                expected = None if interval == NEWS else self._history.newest_close(name, interval, newest)
                theirs = bars[source]
                latest = int(theirs.closes_ms[-1]) if len(theirs) else known.closed_ms(source)
                if expected is not None and latest < expected:
                    first_ms, since = self._waits.setdefault(key, (newest, self._db.clock.now()))
                    if first_ms != newest:
                        since = self._db.clock.now()
                        self._waits[key] = (newest, since)
                    return self._db.clock.now() - since < WAIT
        self._waits.pop(key, None)
        return False

    async def _work_on(self, task: Task) -> Learnt | None:
        known = await self._recall(task)
        strategy = Rules.read(task.follow.document) if known is None else known.rules
        bars = await self._bars(strategy, task, known)
        has_more = known is not None and len(bars[OWN]) > BARS_A_TURN
        if has_more:
            bars[OWN] = rules.until(bars[OWN], int(bars[OWN].closes_ms[BARS_A_TURN - 1]))
        if known is not None and self._must_wait(known, task, bars):
            await self._later(task, timedelta(seconds=1), None)
            return None
        stop = None if known is None else known.levels[0]
        follow, said, marks = await asyncio.to_thread(decide, strategy, task, known, bars)
        learnt = Learnt(task, strategy, follow, said, marks, has_more, stop)
        if learnt.is_quiet:
            return learnt
        try:
            await self._store(learnt)
        except AllowanceUnknown:
            await self._allowances.ask(task.follow.user_id)
            await self._store(learnt)
        _read.labels("done").inc()
        return None

    async def _recall(self, task: Task) -> Follow | None:
        """Give what was learnt so far, from memory where nothing has changed since. Raises StateError.

        Whoever takes it out of the memory changes it: it comes back with the state that was stored.
        """
        if task.state is None:
            return None
        state, follow = self._memory.pop((task.follow.id, task.instrument), (None, None))
        if follow is not None and state == task.state:
            return follow
        strategy = Rules.read(task.follow.document)
        return await asyncio.to_thread(Follow.restore, strategy, task.instrument, task.state)

    def _remember(self, task: Task, state: str, follow: Follow) -> None:
        while len(self._memory) >= REMEMBERED:
            del self._memory[next(iter(self._memory))]
        self._memory[task.follow.id, task.instrument] = (state, follow)

    async def _store(self, learnt: Learnt) -> None:
        """Store what was learnt and what it came to, in one transaction, unless somebody else has."""
        task, strategy = learnt.task, learnt.strategy
        origin = Origin(
            user_id=task.follow.user_id,
            strategy_id=task.follow.strategy_id,
            version_id=task.follow.version_id,
            version_number=task.follow.version_number,
            strategy=task.follow.strategy,
            rules=strategy,
            instrument=task.instrument,
            symbol=task.symbol,
            name=task.name,
            currency=task.currency,
            capital=task.follow.capital,
        )
        async with self._db.transaction() as tx:
            row = await tables.hold(tx.session, task.follow.id, task.instrument)
            if row is None or not learnt.goes_on(row):
                return
            for step in learnt.said:
                await self._tell(tx, origin, step)
            stop, _ = learnt.follow.levels
            if learnt.said or stop is not None:
                await self._signals.trail(tx, origin.version_id, origin.instrument, stop)
            self._note(row, learnt)

    async def _store_quiet(self, many: Sequence[Learnt]) -> None:
        """Store what was learnt where nothing follows from it: nearly all that closes, so all of it together."""
        if not many:
            return
        async with self._db.transaction() as tx:
            rows = await tables.hold_many(tx.session, [(one.task.follow.id, one.task.instrument) for one in many])
            for one in many:
                row = rows.get((one.task.follow.id, one.task.instrument))
                if row is not None and one.goes_on(row):
                    self._note(row, one)
        _read.labels("done").inc(len(many))

    def _note(self, row: FollowedRow, learnt: Learnt) -> None:
        task, marks = learnt.task, learnt.marks
        # Without a bar there is nothing to go on from: the first ones that come are history.
        row.state = state = None if marks.seen_ms is None else learnt.follow.state()
        row.seen_ms, row.warm_ms, row.begun_ms = marks.seen_ms, marks.warm_ms, marks.begun_ms
        row.looked_at, row.trouble = self._db.clock.now(), None
        # What closed meanwhile was said by another turn.
        row.due, row.held_until = learnt.has_more or row.turn != task.turn, self._db.clock.now()
        if state is not None:
            # Of a commit that fails the state is another than the stored one, and is not taken up again.
            self._remember(task, state, learnt.follow)

    async def _tell(self, tx: Transaction, origin: Origin, step: rules.Step) -> None:
        version_id, instrument = origin.version_id, origin.instrument
        match step:
            case Opening(decision, closes_ms, numbers, score):
                made = Made(
                    closes_ms=closes_ms,
                    price=decision.price,
                    stop=decision.stop,
                    target=decision.target,
                    trailing=decision.trailing,
                    numbers=numbers,
                    score=score.value,
                    fused_by=score.version,
                    voices=[asdict(voice) for voice in score.voices],
                    model=score.model,
                )
                await self._signals.open(tx, origin, made)
            case Leaving(decision, closes_ms):
                await self._signals.leave(tx, version_id, instrument, decision.reason, decision.price, closes_ms)
            case Filling(price, at_ms, _, stop, target):
                await self._signals.fill(tx, version_id, instrument, price, at_ms, (stop, target))
            case Settling(price, at_ms, _):
                await self._signals.settle(tx, version_id, instrument, price, at_ms)

    async def _bars(self, strategy: Rules, task: Task, known: Follow | None) -> dict[Input, Bars]:
        """Ask for what closed since the last time, of all that the rules read; at first, and anew, for the history."""
        found: dict[Input, Bars] = {}
        for source, history in strategy.history().items():
            name, interval = source.instrument or task.instrument, source.interval or strategy.interval
            if known is not None:
                found[source] = await self._newest.since(name, interval, known.seen_ms(source))
            elif interval == NEWS:
                found[source] = await self._history.headlines(name)
            elif task.warm_ms is None:
                found[source] = await self._history.bars(name, interval, limit=history + 1)
            elif source == OWN:
                found[source] = await self._history.bars(name, interval, start=from_ms(task.warm_ms), limit=MOST_BARS)
            else:
                found[source] = await self._history.bars(name, interval, limit=history)
        return found


@dataclass(frozen=True, slots=True)
class Learnt:
    """What a turn came to: what is known now, what follows from it, and whether there is more to read."""

    task: Task
    strategy: Rules
    follow: Follow
    said: Sequence[rules.Step]
    marks: Marks
    has_more: bool
    stop: float | None
    """Where the stop lay before."""

    @property
    def is_quiet(self) -> bool:
        """Whether it makes and changes no signal."""
        return not self.said and self.follow.levels[0] in (None, self.stop)

    def goes_on(self, row: FollowedRow) -> bool:
        """Say whether it goes on from where the instrument stands: nobody else has read it meanwhile."""
        return (row.seen_ms, row.warm_ms) == (self.task.seen_ms, self.task.warm_ms)


@dataclass(frozen=True, slots=True)
class Marks:
    """How far an instrument was read, in market time: see `FollowedRow`."""

    warm_ms: int | None
    begun_ms: int | None
    seen_ms: int | None


def decide(
    strategy: Rules, task: Task, known: Follow | None, bars: Mapping[Input, Bars]
) -> tuple[Follow, list[rules.Step], Marks]:
    """Take in what closed, and tell what is new of it. Runs off the event loop. known: what was learnt before.

    The first time everything known is history. Read anew, the bars up to the begin of the follow warm up, those up to
    what was seen are gone through without a word, and only what closed later is told.
    """
    good = {}
    for source, column in bars.items():
        good[source], bad = rules.validated(column) if source.interval != NEWS else (column, 0)
        if bad:
            _faulty.inc(bad)
            log.warning("bars_refused", instrument=task.instrument, bars=bad)
    own = good[OWN]
    newest = int(own.closes_ms[-1]) if len(own) else None
    if known is not None:
        # Others' bars that closed later than our newest wait for our next one.
        ready = {source: column if newest is None else rules.until(column, newest) for source, column in good.items()}
        said = known.take(ready) if newest is not None else []
        return known, said, Marks(task.warm_ms, task.begun_ms, newest or task.seen_ms)
    follow = Follow(strategy, task.instrument)
    begun = newest if task.begun_ms is None else task.begun_ms
    if newest is None or begun is None:
        return follow, [], Marks(None, None, None)
    follow.warm({source: rules.until(column, begun) for source, column in good.items()})
    later = {source: rules.until(column.where(column.closes_ms > begun), newest) for source, column in good.items()}
    seen = begun if task.seen_ms is None else task.seen_ms
    said = [step for step in follow.take(later) if step.closes_ms > seen]
    return follow, said, Marks(int(own.at_ms[0]), begun, newest)
