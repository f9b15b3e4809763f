"""Conditions within a share of the engine: what it loads, hears of changes, and keeps for who has the share next."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from urllib.parse import quote

from libs.common.db import Database
from libs.common.errors import StoreUnavailable
from libs.common.http import HttpFailure, ServiceClient
from libs.common.logging import get_logger
from libs.contracts.alerts import AlertState, AlertStatus
from libs.contracts.market import Candle, CandleClosed, Candles, Tick
from libs.quant.expr import OWN, parse
from services.alerts.conditions import tables
from services.alerts.conditions.books import Book
from services.alerts.conditions.room import Change, Room
from services.alerts.conditions.rules import Edge
from services.alerts.conditions.tables import Loaded, Owned
from services.alerts.conditions.track import Mark, Watched

log = get_logger(__name__)

LOAD_AGAIN_S = 0.5
ASK_AGAIN_S = 5.0
MOST_BARS = 5_000

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
        self._market = market
        self._books: dict[tuple[str, str], Book] = {}
        self._homes: dict[int, tuple[str, str]] = {}
        self._missed = missed
        self._put = put
        self._room = Room(put)
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
            else:
                self._asked.add(alert.watched.number)
        self._room.load(prices, marks)
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
        """Read what was asked for, until cancelled."""
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
        self._put(change)

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

    def hear_stored(self, alert: Owned) -> None:
        """Hear that an alert is in another state than was thought here: what is stored counts."""
        if alert.condition.expression is None:
            self._arm(alert, stored=True)
        else:
            self._asked.add(alert.watched.number)
            self._wake.set()
