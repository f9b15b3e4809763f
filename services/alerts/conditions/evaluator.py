"""Conditions within a share of the engine: what it loads, hears of changes, and keeps for who has the share next."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from libs.common.calendars import Calendars, exchange_of
from libs.common.clock import to_ms
from libs.common.db import Database
from libs.common.errors import StoreUnavailable
from libs.common.hours import Hours
from libs.common.http import HttpFailure, ServiceClient
from libs.common.logging import get_logger
from libs.common.money import to_e4
from libs.contracts.alerts import AlertState, AlertStatus
from libs.contracts.market import CandleClosed, Tick
from libs.contracts.news import NewsPublished
from libs.quant.expr import NEWS, Input
from services.alerts.conditions import inputs, tables
from services.alerts.conditions.books import Book
from services.alerts.conditions.inputs import Closed
from services.alerts.conditions.operators import CHANGE
from services.alerts.conditions.past import Recorded
from services.alerts.conditions.room import Change, Room
from services.alerts.conditions.rules import Edge, day_of
from services.alerts.conditions.tables import Loaded, Owned
from services.alerts.conditions.track import DayKnown, Mark, Watched

log = get_logger(__name__)

LOAD_AGAIN_S = 0.5
ASK_AGAIN_S = 5.0

CALENDARS_S = 300.0
"""How often calendars are asked for: staff may change them."""

FIRST_CALENDARS_S = 1.0

KEEP_S = 60.0
"""How long recorded bars serve for the next alert that reads them; what closes meanwhile is heard."""

MOST_KEPT = 24

ASKED_AT_ONCE = 2_000
"""How many alerts are read from the database at once."""

CATCH_UP_BARS = 500
"""How many bars beyond an expression's own history are looked at again, for those that closed while no engine ran."""

Missed = Callable[[str, int], Sequence[Tick]]
"""Gives the newest ticks of an instrument from an instant on, oldest first."""


class Evaluator:
    """The room of conditions and the books of expressions of one share of the alerts.

    put: gets each change, to be stored. missed: where ticks since an alert was armed are found. market: where closed
    candles are; without it expressions begin with the next ones.
    """

    def __init__(
        self,
        db: Database,
        put: Callable[[Change], None],
        missed: Missed,
        *,
        market: ServiceClient | None = None,
    ) -> None:
        self._db = db
        self._calendars = Calendars(market)
        self._recorded = Recorded(market, self._hours_of)
        self._kept: dict[Input, tuple[float, int, list[Closed]]] = {}
        self._books: dict[Input, Book] = {}
        self._homes: dict[int, Input] = {}
        self._readers: dict[Input, set[Input]] = {}
        self._missed = missed
        self._put = put
        self._room = Room(put, self._hours_of)
        self._asked: set[int] = set()
        self._wake = asyncio.Event()

    def __len__(self) -> int:
        return len(self._room) + len(self._homes)

    def load(self, alerts: Iterable[Loaded], marks: Mapping[str, Mark]) -> None:
        """Begin with what the database holds of this share."""
        prices: list[tuple[str, Watched]] = []
        for alert in alerts:
            if alert.by_price:
                prices.append((alert.instrument, alert.watched))
            if not alert.by_price or (alert.watched.rule.operator in CHANGE and alert.instrument not in marks):
                self._asked.add(alert.watched.number)
        self._room.load(prices, marks)
        self._wake.set()

    def see(self, ticks: Sequence[Tick]) -> None:
        """Look at ticks as they arrive."""
        if len(self._room):
            self._room.see(ticks)

    def see_own(self, owner: UUID, numbers: Sequence[int], tick: Tick) -> None:
        """Look at a price of a person's own, for these alerts of that person."""
        self._room.see_own(owner, numbers, tick)

    def hear(self, alert: AlertState) -> None:
        """Hear that an alert was made, changed or deleted. What it is now is read from the database."""
        if alert.status is AlertStatus.ACTIVE:
            self._asked.add(alert.number)
            self._wake.set()
        else:
            self.forget(alert)

    def forget(self, alert: AlertState) -> None:
        """Hear that an alert is no more."""
        self._asked.discard(alert.number)
        self._drop(alert.number)

    def hear_candle(self, candle: CandleClosed) -> None:
        """Hear that a candle has closed."""
        source = Input(candle.instrument, candle.interval)
        if source in self._readers:
            self._hear(source, inputs.read_candle(candle, candle.interval, self._hours_of(candle.instrument)))

    def hear_news(self, news: NewsPublished, told_at: datetime) -> None:
        """Hear of a headline, and when it was told."""
        source = Input(news.instrument, NEWS)
        if source in self._readers:
            self._hear(source, inputs.read_headline(news, told_at))

    def close_due(self, now_ms: int) -> None:
        """Close the bars that no later price has closed, and judge those that have waited long enough for others."""
        self._room.close_due(now_ms)
        for book in list(self._books.values()):
            if book.waits:
                for change in book.settle(now_ms):
                    self._tell(change)

    def take_marks(self) -> Mapping[str, Mark]:
        """Tell how far the ticks have been read, of those instruments whose ticks have been since the last time."""
        return self._room.take_marks()

    async def run(self) -> None:
        """Read what was asked for, and the calendars, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._read_asked())
            tasks.create_task(self._keep_calendars())

    async def _keep_calendars(self) -> None:
        asked: set[str] = set()
        last = 0.0
        while True:
            due = time.monotonic() - last >= CALENDARS_S
            wanted = [name for name in self._calendars.exchanges if due or name not in asked]
            if wanted:
                await self._calendars.ask(wanted, self._db.clock.now().date())
                asked.update(wanted)
                last = time.monotonic() if due else last
            await asyncio.sleep(FIRST_CALENDARS_S)

    async def _read_asked(self) -> None:
        while True:
            await self._wake.wait()
            asked = set(itertools.islice(self._asked, ASKED_AT_ONCE))
            self._asked -= asked
            if not self._asked:
                self._wake.clear()
            try:
                async with self._db.transaction() as tx:
                    found = await tables.find_active(await tx.driver(), sorted(asked))
            except StoreUnavailable:
                self._asked |= asked
                await asyncio.sleep(LOAD_AGAIN_S)
                self._wake.set()
                continue
            # What has changed is taken out first: what several alerts have learnt together, such as bars of before a
            # split, is forgotten with the last of them.
            for number in asked:
                if number not in found or self._version_of(number) not in (None, found[number].watched.version):
                    self._drop(number)
            # One stock after the other: what was asked of market for one alert serves for the next.
            days: dict[str, DayKnown | None] = {}
            for number in sorted(asked, key=lambda each: found[each].instrument if each in found else ""):
                alert = found.get(number)
                if alert is None:
                    continue
                if alert.condition.expression is None:
                    if alert.watched.rule.operator in CHANGE and alert.instrument not in days:
                        days[alert.instrument] = await self._ask_day(alert.instrument)
                    self._arm(alert, day=days.get(alert.instrument))
                else:
                    await self._open(alert, alert.condition.expression)
                    await asyncio.sleep(0)  # what was asked for before is answered at once, and ticks want their turn

    async def _ask_day(self, instrument: str) -> DayKnown | None:
        """Ask how the day began, for alerts that count from there; without an answer the next price begins it."""
        try:
            days = await self._recorded.candles(Input(instrument, "1d"), limit=2)
        except HttpFailure as failure:
            log.warning("day_not_asked", instrument=instrument, reason=failure.reason)
            return None
        today = [day for day in days if day_of(to_ms(day.at)) == day_of(self._db.clock.now_ms())]
        if not today:
            return None
        before = [to_e4(day.close) for day in days if day.at < today[0].at]
        return DayKnown(day_of(to_ms(today[0].at)), to_e4(today[0].open), before[-1] if before else None)

    async def _open(self, alert: Owned, expression: str) -> None:
        """Put an alert with an expression into its book, with what has closed so far."""
        number, home = alert.watched.number, Input(alert.instrument, alert.condition.interval)
        known = self._books[home].find(number) if home in self._books else None
        if known is not None and known.version == alert.watched.version:
            known.terms = replace(alert.watched.terms, hours=known.terms.hours)
            known.state, known.seq = alert.watched.state, alert.watched.seq
            return
        self._drop(number)
        # The book is there before market is asked, so that what closes meanwhile is kept for it.
        book = self._books.get(home)
        if book is None:
            book = self._books[home] = Book(alert.instrument, alert.condition.interval, self._hours_of)
        names = book.expect(expression)
        for source in names:
            self._readers.setdefault(source, set()).add(home)
        self._homes[number] = home
        history = inputs.full_history(book.own, expression)
        try:
            closed = {source: await self._closed(source, home, history[source]) for source in names}
        except HttpFailure as failure:
            log.warning("candles_not_asked", instrument=alert.instrument, reason=failure.reason)
            self._asked.add(number)
            asyncio.get_running_loop().call_later(ASK_AGAIN_S, self._wake.set)
            return
        if self._homes.get(number) != home or self._books.get(home) is not book:
            self._asked.add(number)  # something has changed meanwhile
            self._wake.set()
            return
        for change in book.add(expression, alert.watched, closed, self._db.clock.now_ms()):
            self._tell(change)

    async def _closed(self, source: Input, own: Input, history: int) -> list[Closed]:
        """Ask for what has closed of an input, unless it was asked for just now."""
        limit, now = inputs.bars_needed(source, own, history, CATCH_UP_BARS), time.monotonic()
        kept = self._kept.get(source)
        if kept is not None and now - kept[0] < KEEP_S and kept[1] >= limit:
            return kept[2]
        closed = await self._recorded.closed(source, limit=limit)
        while len(self._kept) >= MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        self._kept[source] = (now, limit, closed)
        return closed

    def _hear(self, source: Input, closed: Closed) -> None:
        now_ms = self._db.clock.now_ms()
        kept = self._kept.get(source)
        if kept is not None and (not kept[2] or closed.end_ms > kept[2][-1].end_ms):
            kept[2].append(closed)
        for home in list(self._readers[source]):
            for change in self._books[home].hear(source, closed, now_ms):
                self._tell(change)

    def _hours_of(self, instrument: str) -> Hours:
        return self._calendars.of(exchange_of(instrument))

    def _tell(self, change: Change) -> None:
        home = self._homes.get(change.number)
        if home is not None and change.edge is Edge.FIRED and self._books[home].find(change.number) is None:
            self._drop(change.number)  # it fires no more
        self._put(change)

    def _version_of(self, number: int) -> int | None:
        """Tell which version of an alert with an expression is in, if any is."""
        home = self._homes.get(number)
        known = None if home is None else self._books[home].find(number)
        return None if known is None else known.version

    def _drop(self, number: int) -> None:
        self._room.disarm(number)
        home = self._homes.pop(number, None)
        book = None if home is None else self._books.get(home)
        if home is None or book is None:
            return
        book.remove(number)
        if len(book):
            return
        del self._books[home]
        for source in book.inputs:
            self._readers[source].discard(home)
            if not self._readers[source]:
                # Nobody hears what closes from now on, so what was asked for is no longer the newest.
                del self._readers[source]
                self._kept.pop(source, None)

    def _arm(self, alert: Owned, *, stored: bool = False, day: DayKnown | None = None) -> None:
        missed = self._missed(alert.instrument, alert.watched.state.armed_ms)
        self._room.arm(alert.instrument, alert.watched, missed, stored=stored, day=day)

    def hear_stored(self, alert: Owned) -> None:
        """Hear that an alert is in another state than was thought here: what is stored counts."""
        if alert.condition.expression is None:
            self._arm(alert, stored=True)
        else:
            self._asked.add(alert.watched.number)
            self._wake.set()
