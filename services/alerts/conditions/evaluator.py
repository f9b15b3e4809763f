"""Conditions within the engine: what it loads when it leads, hears of changes, and keeps for the next leader."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import quote

import asyncpg

from libs.common.db import Database
from libs.common.errors import StoreUnavailable
from libs.common.http import HttpFailure, ServiceClient
from libs.common.logging import get_logger
from libs.contracts.alerts import AlertState, AlertStatus
from libs.contracts.market import Candle, CandleClosed, Candles, Tick
from libs.quant.expr import OWN, parse
from services.alerts.conditions import tables
from services.alerts.conditions.books import Book
from services.alerts.conditions.drain import ChangeDrain
from services.alerts.conditions.room import Change, Room
from services.alerts.conditions.rules import Edge
from services.alerts.conditions.service import Changes
from services.alerts.conditions.tables import Owned
from services.alerts.conditions.track import Mark
from services.alerts.engine.progress import Laps

log = get_logger(__name__)

LOAD_AGAIN_S = 0.5
ASK_AGAIN_S = 5.0
MOST_BARS = 5_000

CATCH_UP_BARS = 500
"""How many bars beyond an expression's own history are looked at again, for those that closed while no engine ran."""

Missed = Callable[[str, int], Sequence[Tick]]
"""Gives the newest ticks of an instrument from an instant on, oldest first."""


class Evaluator:
    """The room of conditions and the books of expressions, with their drain.

    missed: where ticks since an alert was armed are found. market: where closed candles are; without it expressions
    begin with the next ones.
    """

    def __init__(
        self, db: Database, laps: Laps, missed: Missed, *, chunk: int, market: ServiceClient | None = None
    ) -> None:
        self._db = db
        self._market = market
        self._books: dict[tuple[str, str], Book] = {}
        self._homes: dict[int, tuple[str, str]] = {}
        self._missed = missed
        self._changes = ChangeDrain(laps, Changes(db), self._arm_stored, chunk=chunk)
        self._room = Room(self._changes.put)
        self._asked: set[int] = set()
        self._wake = asyncio.Event()

    def __len__(self) -> int:
        return len(self._room) + len(self._homes)

    async def load(self, driver: asyncpg.Connection) -> None:
        """Start over from what the database holds."""
        alerts = await tables.read_active(driver)
        marks = await tables.read_marks(driver)
        prices = [alert for alert in alerts if alert.condition.expression is None]
        self._room.load(((alert.instrument, alert.watched) for alert in prices), marks)
        self._books, self._homes = {}, {}
        self._asked |= {alert.watched.number for alert in alerts if alert.condition.expression is not None}
        self._wake.set()

    def see(self, ticks: Sequence[Tick]) -> None:
        """Look at ticks as they arrive."""
        if len(self._room):
            self._room.see(ticks)

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
        book = self._books.get((candle.instrument, candle.interval))
        if book is not None:
            for change in book.close(book.read(candle)):
                self._tell(change)

    def close_due(self, now_ms: int) -> None:
        """Close the bars that no later price has closed."""
        self._room.close_due(now_ms)

    def take_marks(self) -> Mapping[str, Mark]:
        """Tell how far the ticks have been read, of those instruments whose ticks have been since the last time."""
        return self._room.take_marks()

    async def run(self) -> None:
        """Store changes, and read what was asked for, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._changes.run())
            tasks.create_task(self._read_asked())

    async def _read_asked(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            asked, self._asked = self._asked, set()
            try:
                async with self._db.transaction() as tx:
                    found = await tables.find_active(await tx.driver(), sorted(asked))
            except StoreUnavailable:
                self._asked |= asked
                await asyncio.sleep(LOAD_AGAIN_S)
                self._wake.set()
                continue
            for number in asked:
                alert = found.get(number)
                if alert is None:
                    self._drop(number)
                elif alert.condition.expression is None:
                    self._arm(alert)
                else:
                    await self._open(alert, alert.condition.expression)

    async def _open(self, alert: Owned, expression: str) -> None:
        """Put an alert with an expression into its book, with the candles that have closed so far."""
        number, home = alert.watched.number, (alert.instrument, alert.condition.interval)
        known = self._books[home].find(number) if home in self._books else None
        if known is not None and known.version == alert.watched.version:
            known.terms = alert.watched.terms
            known.state, known.seq = alert.watched.state, alert.watched.seq
            return
        self._drop(number)
        # The book is there before the candles are asked for, so that one that closes meanwhile is kept for it.
        book = self._books.setdefault(home, Book(alert.instrument, alert.condition.terms.interval_ms))
        try:
            past = await self._closed_candles(*home, bars=parse(expression).history[OWN] + CATCH_UP_BARS)
        except HttpFailure as failure:
            log.warning("candles_not_asked", instrument=alert.instrument, reason=failure.reason)
            self._asked.add(number)
            asyncio.get_running_loop().call_later(ASK_AGAIN_S, self._wake.set)
            return
        self._homes[number] = home
        for change in book.add(expression, alert.watched, past):
            self._tell(change)

    async def _closed_candles(self, instrument: str, interval: str, *, bars: int) -> Sequence[Candle]:
        if self._market is None:
            return ()
        params: dict[str, str | int] = {"interval": interval, "limit": min(bars, MOST_BARS)}
        path = f"/internal/candles/{quote(instrument, safe=':')}"
        answer = await self._market.get(path, Candles, params=params)
        return [candle for candle in answer.items if candle.complete]

    def _tell(self, change: Change) -> None:
        home = self._homes.get(change.number)
        if home is not None and change.edge is Edge.FIRED and self._books[home].find(change.number) is None:
            del self._homes[change.number]  # it fires no more
        self._changes.put(change)

    def _drop(self, number: int) -> None:
        self._room.disarm(number)
        home = self._homes.pop(number, None)
        if home is not None:
            book = self._books[home]
            book.remove(number)
            if not len(book):
                del self._books[home]

    def _arm(self, alert: Owned, *, stored: bool = False) -> None:
        missed = self._missed(alert.instrument, alert.watched.state.armed_ms)
        self._room.arm(alert.instrument, alert.watched, missed, stored=stored)

    def _arm_stored(self, alert: Owned) -> None:
        if alert.condition.expression is None:
            self._arm(alert, stored=True)
        else:
            self._asked.add(alert.watched.number)
            self._wake.set()
