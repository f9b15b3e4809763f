"""Prices of people's own broker connections fire alerts of these people, and of nobody else (decisions 30).

They come seldom beside those for all, so no index holds them: for each entry the database is asked which of that
person's plain thresholds it reaches, and fires them as ever; and which conditions of that person prices decide, which
the engine then looks at (`conditions/room.py`). Expressions are over closed bars, of which own prices make none.

The partitions are those that this engine reads; up to where they are settled is stored as for the others, so that who
takes over goes on there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from uuid import UUID

from redis.asyncio import Redis
from redis.exceptions import RedisError

from libs.common.db import DRIVER_ERRORS, Database
from libs.common.errors import StoreUnavailable
from libs.common.logging import get_logger
from libs.contracts.ingest import OWNER_FIELD, own_tick_stream
from libs.contracts.market import TICK_FIELD, Tick, decode_ticks
from services.alerts.conditions import tables as conditions
from services.alerts.engine import tables
from services.alerts.engine.progress import Laps
from services.alerts.engine.runner import Engine
from services.alerts.engine.service import Candidate, Firings

log = get_logger(__name__)

_ENTRIES = 200
_BLOCK_MS = 500
_PAUSE_S = 0.5
_BEGINNING = "0-0"


class OwnTicks:
    """Runs beside an engine until cancelled. chunk: most alerts in one transaction."""

    def __init__(self, db: Database, redis: Redis, engine: Engine, *, chunk: int) -> None:
        self._db = db
        self._redis = redis
        self._engine = engine
        self._chunk = chunk
        self._firings = Firings(db)
        self._positions: dict[str, str] = {}
        self._laps = Laps()

    async def run(self) -> None:
        while True:
            try:
                if not await self.step():
                    await asyncio.sleep(_PAUSE_S)
            except (RedisError, OSError, StoreUnavailable, *DRIVER_ERRORS) as error:
                log.warning("own_ticks_interrupted", error=repr(error))
                self._begin({})
                await asyncio.sleep(_PAUSE_S)

    async def step(self) -> bool:
        """Take in what waits in the partitions that this engine reads. False where it reads none.

        May raise errors of either store; then what was not settled comes again.
        """
        held = self._streams()
        if not held:
            self._begin({})
            return False
        if held != self._positions.keys():
            # Another engine may have gone on with what is new here: where it stood counts.
            async with self._db.transaction() as tx:
                stored = await tables.read_positions(await tx.driver())
            self._begin({name: stored.get(name, _BEGINNING) for name in held})
        answer = await self._redis.xread(dict(self._positions), count=_ENTRIES, block=_BLOCK_MS)  # type: ignore[arg-type]
        for name, entries in answer:
            for entry_id, fields in entries:
                await self._take(entry_id, fields)
                self._positions[name.decode()] = entry_id.decode()
        if held != self._streams():
            # A partition was given away meanwhile: what it brought is for its next holder too.
            self._begin({})
            return True
        if answer:
            self._laps.close(self._positions)
        # What changed conditions is stored by the engine, in its turn: so what is settled now may be of earlier steps.
        while (settled := self._laps.settled()) is not None:
            async with self._db.transaction() as tx:
                await tables.save_positions(await tx.driver(), settled, self._db.clock.now())
        return True

    def _streams(self) -> set[str]:
        return {own_tick_stream(partition) for partition in self._engine.reading}

    def _begin(self, positions: Mapping[str, str]) -> None:
        self._positions, self._laps = dict(positions), Laps()

    async def _take(self, entry_id: bytes, fields: Mapping[bytes, bytes]) -> None:
        try:
            owner, ticks = UUID(bytes=fields[OWNER_FIELD]), decode_ticks(fields[TICK_FIELD])
        except (KeyError, TypeError, ValueError):
            log.error("own_ticks_unreadable", entry_id=entry_id)
            return
        fresh = [tick for tick in ticks if not tick.stale]
        if fresh:
            await self._fire(owner, fresh)

    async def _fire(self, owner: UUID, ticks: list[Tick]) -> None:
        """Fire what these prices reach of one person's thresholds, and have that person's conditions look at them."""
        async with self._db.transaction() as tx:
            numbers = await conditions.find_own(await tx.driver(), owner, [tick.instrument for tick in ticks])
            reached = await tables.find_reached(await tx.driver(), ticks, self._db.clock.now(), owner=owner)
        for start in range(0, len(reached), self._chunk):
            chunk = reached[start : start + self._chunk]
            candidates = [Candidate(ticks[place], number, version) for place, number, version in chunk]
            await self._firings.fire(candidates)
        for tick in ticks:
            if tick.instrument in numbers:
                self._engine.see_own(owner, numbers[tick.instrument], tick, self._laps)
