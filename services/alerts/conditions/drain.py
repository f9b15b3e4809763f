"""Empties what waits to be stored, chunk by chunk, however often the database goes away meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from itertools import count

from sqlalchemy.exc import DBAPIError

from libs.common.errors import StoreUnavailable
from libs.common.logging import get_logger
from services.alerts.conditions.room import Change
from services.alerts.conditions.service import Changes
from services.alerts.conditions.tables import Owned
from services.alerts.engine.progress import Lap
from services.alerts.engine.queue import OrderedTurns, Reached

log = get_logger(__name__)

PAUSE_S = 0.5
_RETRIED_STATES = frozenset({"40001", "40P01"})


class ChangeDrain:
    """Stores changes fairly, nobody's behind another's thousands, and each alert's in their order.

    chunk: most changes in one transaction. otherwise: hears of alerts that turned out to be in another state.
    """

    def __init__(self, changes: Changes, otherwise: Callable[[Owned], None], *, chunk: int) -> None:
        self._changes = changes
        self._otherwise = otherwise
        self._chunk = chunk
        self._queue = OrderedTurns()
        self._waiting: dict[int, Change] = {}
        self._numbers = count()

    def __len__(self) -> int:
        return len(self._queue)

    def put(self, change: Change, lap: Lap, owner: int) -> None:
        """Take a change to be stored; the lap in which it was found waits for it. owner: whose alert it is."""
        number = next(self._numbers)
        self._waiting[number] = change
        self._queue.put(Reached(change.tick, [number], lap, [owner]))

    async def run(self) -> None:
        """Store until cancelled."""
        while True:
            await self._queue.wait()
            chunk = self._queue.take(self._chunk)
            await self._store([self._waiting.pop(number) for reached in chunk for number in reached.refs])
            for reached in chunk:
                reached.lap.settle(len(reached.refs))

    async def _store(self, changes: Sequence[Change]) -> None:
        while True:
            try:
                stored = await self._changes.store(changes)
                break
            except StoreUnavailable as error:
                log.warning("changes_wait_for_database", waiting=len(changes), error=repr(error.__cause__ or error))
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) not in _RETRIED_STATES:
                    await self._store_apart(changes)
                    return
            except Exception:  # the edge of this loop: one bad change must not stop all others
                await self._store_apart(changes)
                return
            await asyncio.sleep(PAUSE_S)
        for alert in stored.otherwise:
            self._otherwise(alert)

    async def _store_apart(self, changes: Sequence[Change]) -> None:
        """Find out which of them cannot be stored; that alert stays as it is."""
        if len(changes) == 1:
            log.exception("change_not_stored", number=changes[0].number)
            return
        for change in changes:
            await self._store([change])
