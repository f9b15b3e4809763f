"""Read what closed of followed strategies, decide as the backtest does, and have signals made of it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from hashlib import md5

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
from services.signals.generation.fusion import Score
from services.signals.generation.newest import MOST_BARS, Newest
from services.signals.generation.rules import Filling, Follow, Leaving, Opening, Settling
from services.signals.generation.scoring import Ask, Scoring
from services.signals.generation.tables import Key, Noted, Standing, Task
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
AT_A_CLOSE = 4
"""So many bars are taken in where they are read; more in a thread."""
RETRY = timedelta(seconds=5)
REMEMBERED = 2_000
"""So many instruments of follows are kept in memory between their bars."""

_NOTHING: tuple[str, None] = ("", None)

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
        self._memory: dict[Key, tuple[str, Follow]] = {}
        self._waits: dict[Key, tuple[int, datetime]] = {}
        self._newest = Newest(history, db.clock)
        self._scoring = Scoring(history)

    async def work(self) -> int:
        """Read what is due. Returns how many instruments were claimed."""
        now = self._db.clock.now()
        async with self._db.transaction() as tx:
            tasks = await tables.claim(tx.session, now, HOLD, CHUNK)
            unknown = [task.key for task in tasks if task.print is not None and not self._remembers(task)]
            states = await tables.states(tx.session, unknown) if unknown else {}
        self._newest.begin_turn()
        await self._read_ahead(tasks)
        turn = asyncio.Semaphore(AT_ONCE)

        async def one(task: Task) -> Learnt | None:
            async with turn:
                return await self._try(task, states.get(task.key))

        learnt = [one for one in await asyncio.gather(*(one(task) for task in tasks)) if one is not None]
        await self._store_quiet([one for one in learnt if one.is_quiet])
        await self._store_loud([one for one in learnt if not one.is_quiet])
        return len(tasks)

    async def _read_ahead(self, tasks: Sequence[Task]) -> None:
        """Read at once what those will ask for of whom much is known."""
        wanted = []
        for task in tasks:
            follow = self._memory[task.key][1] if self._remembers(task) else None
            for source in follow.rules.inputs if follow is not None else ():
                if follow is not None and source.interval != NEWS:
                    name, interval = source.instrument or task.instrument, source.interval or follow.rules.interval
                    wanted.append((name, interval, follow.seen_ms(source)))
        with contextlib.suppress(UpstreamUnavailable):  # each of them finds that out, and says so
            await self._newest.read_ahead(wanted)

    async def _try(self, task: Task, state: str | None) -> Learnt | None:
        """Read and decide; what came of it is to be stored with others."""
        about = {"follow_id": task.follow_id, "instrument": task.instrument}
        try:
            return await self._work_on(task, state)
        except UpstreamUnavailable as error:
            log.warning("follow_waits_for_market", **about, error=str(error))
            await self._again(task, "no market data")
        except StateError as error:
            # Its memory is of another form than ours: read the bars anew, from the same first one.
            log.warning("follow_state_dropped", **about, error=str(error))
            async with self._db.transaction() as tx:
                row = await tables.hold(tx.session, task.follow_id, task.instrument)
                if row is not None:
                    row.state = None
            await self._again(task, None)
        return None

    async def _again(self, task: Task, trouble: str | None) -> None:
        _read.labels("again").inc()
        await self._later(task, RETRY, trouble)

    async def _later(self, task: Task, wait: timedelta, trouble: str | None) -> None:
        async with self._db.transaction() as tx:
            row = await tables.hold(tx.session, task.follow_id, task.instrument)
            if row is not None:
                row.held_until, row.trouble = self._db.clock.now() + wait, trouble

    def _must_wait(self, known: Follow, task: Task, bars: Mapping[Input, Bars]) -> bool:
        """Say whether bars of others that closed with our newest one are still to come, and may."""
        key, own = task.key, bars[OWN]
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

    async def _work_on(self, task: Task, state: str | None) -> Learnt | None:
        known = await self._recall(task, state)
        strategy = Rules.read(task.document) if known is None else known.rules
        bars = await self._bars(strategy, task, known)
        has_more = known is not None and len(bars[OWN]) > BARS_A_TURN
        if has_more:
            bars[OWN] = rules.until(bars[OWN], int(bars[OWN].closes_ms[BARS_A_TURN - 1]))
        if known is not None and self._must_wait(known, task, bars):
            self._remember(task, task.print, known)
            await self._later(task, timedelta(seconds=1), None)
            return None
        stop = None if known is None else known.levels[0]
        if known is not None and sum(map(len, bars.values())) <= AT_A_CLOSE:
            # What a close brings takes less time than to hand it to a thread.
            follow, said, marks = decide(strategy, task, known, bars)
        else:
            follow, said, marks = await asyncio.to_thread(decide, strategy, task, known, bars)
        return Learnt(task, strategy, follow, said, marks, has_more, stop)

    def _remembers(self, task: Task) -> bool:
        """Say whether what is stored of it is in memory."""
        return task.print is not None and self._memory.get(task.key, _NOTHING)[0] == task.print

    async def _recall(self, task: Task, state: str | None) -> Follow | None:
        """Give what was learnt so far, from memory where nothing has changed since. Raises StateError.

        Whoever takes it out of the memory changes it: it comes back with the state that was stored.
        """
        if task.print is None:
            return None
        if self._remembers(task):
            return self._memory.pop(task.key)[1]
        self._memory.pop(task.key, None)
        if state is None:
            raise StateError("It was taken away meanwhile.")
        return await asyncio.to_thread(Follow.restore, Rules.read(task.document), task.instrument, state)

    def _remember(self, task: Task, print_of: str | None, follow: Follow) -> None:
        if print_of is not None:
            while len(self._memory) >= REMEMBERED:
                del self._memory[next(iter(self._memory))]
            self._memory[task.key] = (print_of, follow)

    async def _store_loud(self, many: Sequence[Learnt]) -> None:
        """Store what was learnt where signals are made or change, each by itself; new ones are scored before."""
        scores, turn = await self._scores(many), asyncio.Semaphore(AT_ONCE)

        async def store(one: Learnt) -> None:
            async with turn:
                if not one.asks <= scores.keys():
                    await self._again(one.task, "no market data")
                    return
                try:
                    await self._store_asking(one, scores)
                except UpstreamUnavailable as error:
                    log.warning("signal_waits_for_billing", follow_id=one.task.follow_id, error=str(error))
                    await self._again(one.task, "your plan cannot be asked for")
                else:
                    _read.labels("done").inc()

        await asyncio.gather(*(store(one) for one in many))

    async def _store_asking(self, learnt: Learnt, scores: Mapping[Ask, Score]) -> None:
        try:
            await self._store(learnt, scores)
        except AllowanceUnknown:
            await self._allowances.ask(learnt.task.user_id)
            await self._store(learnt, scores)

    async def _scores(self, many: Sequence[Learnt]) -> Mapping[Ask, Score]:
        try:
            return await self._scoring.scores([ask for one in many for ask in one.asks])
        except UpstreamUnavailable as error:
            log.warning("signals_wait_for_market", error=str(error))
            return {}

    async def _store(self, learnt: Learnt, scores: Mapping[Ask, Score]) -> None:
        """Store what was learnt and what it came to, in one transaction, unless somebody else has."""
        task, strategy = learnt.task, learnt.strategy
        origin = Origin(
            user_id=task.user_id,
            strategy_id=task.strategy_id,
            version_id=task.version_id,
            version_number=task.version_number,
            strategy=task.strategy,
            rules=strategy,
            instrument=task.instrument,
            symbol=task.symbol,
            name=task.name,
            currency=task.currency,
            capital=task.capital,
        )
        async with self._db.transaction() as tx:
            standing = (await tables.hold_many(tx.session, [task.key])).get(task.key)
            if standing is None or not learnt.goes_on(standing):
                return
            for step in learnt.said:
                await self._tell(tx, origin, step, scores)
            stop, _ = learnt.follow.levels
            if learnt.said or stop is not None:
                await self._signals.trail(tx, origin.version_id, origin.instrument, stop)
            await self._note(tx, [(learnt, standing)])

    async def _store_quiet(self, many: Sequence[Learnt]) -> None:
        """Store what was learnt where nothing follows from it: nearly all that closes, so all of it together."""
        if not many:
            return
        async with self._db.transaction() as tx:
            standing = await tables.hold_many(tx.session, [one.task.key for one in many])
            held = [(one, standing[one.task.key]) for one in many if one.task.key in standing]
            await self._note(tx, [(one, how) for one, how in held if one.goes_on(how)])
        _read.labels("done").inc(len(many))

    async def _note(self, tx: Transaction, many: Sequence[tuple[Learnt, Standing]]) -> None:
        noted = []
        for one, standing in many:
            marks = one.marks
            # Without a bar there is nothing to go on from: the first ones that come are history.
            state = None if marks.seen_ms is None else one.follow.state()
            # What closed meanwhile was said by another turn.
            due = one.has_more or standing.turn != one.task.turn
            noted.append(Noted(one.task.key, state, marks.warm_ms, marks.begun_ms, marks.seen_ms, due))
            if state is not None:
                # Of a commit that fails the state is another than the stored one, and is not taken up again.
                self._remember(one.task, md5(state.encode(), usedforsecurity=False).hexdigest(), one.follow)
        if noted:
            await tables.note(await tx.driver(), noted, self._db.clock.now())

    async def _tell(self, tx: Transaction, origin: Origin, step: rules.Step, scores: Mapping[Ask, Score]) -> None:
        version_id, instrument = origin.version_id, origin.instrument
        match step:
            case Opening(decision, closes_ms, numbers):
                score = scores[_ask(origin.instrument, origin.rules, step)]
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

    @property
    def asks(self) -> set[Ask]:
        """What must be scored of it."""
        return {_ask(self.task.instrument, self.strategy, step) for step in self.said if isinstance(step, Opening)}

    def goes_on(self, standing: Standing) -> bool:
        """Say whether it goes on from where the instrument stands: nobody else has read it meanwhile."""
        return (standing.seen_ms, standing.warm_ms) == (self.task.seen_ms, self.task.warm_ms)


def _ask(instrument: str, strategy: Rules, step: Opening) -> Ask:
    return Ask(instrument, strategy.interval, step.decision.at_ms, strategy.side.sign > 0)


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
