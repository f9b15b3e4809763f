"""Conditions within the engine: what it loads when it leads, hears of changes, and keeps for the next leader."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence

import asyncpg

from libs.common.db import Database
from libs.common.errors import StoreUnavailable
from libs.common.logging import get_logger
from libs.contracts.alerts import AlertState, AlertStatus
from libs.contracts.market import Tick
from services.alerts.conditions import tables
from services.alerts.conditions.drain import ChangeDrain
from services.alerts.conditions.room import Mark, Room
from services.alerts.conditions.service import Changes
from services.alerts.conditions.tables import Owned
from services.alerts.engine.progress import Laps

log = get_logger(__name__)

LOAD_AGAIN_S = 0.5

Missed = Callable[[str, int], Sequence[Tick]]
"""Gives the newest ticks of an instrument from an instant on, oldest first."""


class Evaluator:
    """The room of conditions with its drain. missed: where ticks since an alert was armed are found."""

    def __init__(self, db: Database, laps: Laps, missed: Missed, *, chunk: int) -> None:
        self._db = db
        self._missed = missed
        self._changes = ChangeDrain(laps, Changes(db), self._arm_stored, chunk=chunk)
        self._room = Room(self._changes.put)
        self._asked: set[int] = set()
        self._wake = asyncio.Event()

    def __len__(self) -> int:
        return len(self._room)

    async def load(self, driver: asyncpg.Connection) -> None:
        """Start over from what the database holds."""
        alerts = await tables.read_active(driver)
        marks = await tables.read_marks(driver)
        self._room.load(((alert.instrument, alert.watched) for alert in alerts), marks)

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
        self._room.disarm(alert.number)

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
                    self._room.disarm(number)
                else:
                    self._arm(alert)

    def _arm(self, alert: Owned, *, stored: bool = False) -> None:
        missed = self._missed(alert.instrument, alert.watched.state.armed_ms)
        self._room.arm(alert.instrument, alert.watched, missed, stored=stored)

    def _arm_stored(self, alert: Owned) -> None:
        self._arm(alert, stored=True)
