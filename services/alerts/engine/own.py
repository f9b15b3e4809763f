"""Prices of people's own broker connections fire alerts of these people, and of nobody else (decisions 30).

They come seldom beside those for all, so no index holds them: for each entry the database is asked which of that
person's plain thresholds it reaches, and fires them as ever. The partitions are those that this engine holds; up to
where they are settled is stored as for the others, so that who takes over goes on there.
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
from services.alerts.engine import tables
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

    async def run(self) -> None:
        while True:
            try:
                if not await self.step():
                    await asyncio.sleep(_PAUSE_S)
            except (RedisError, OSError, StoreUnavailable, *DRIVER_ERRORS) as error:
                log.warning("own_ticks_interrupted", error=repr(error))
                self._positions.clear()
                await asyncio.sleep(_PAUSE_S)

    async def step(self) -> bool:
        """Take in what waits in the partitions that this engine holds. False where it holds none.

        May raise errors of either store; then what was not settled comes again.
        """
        held = {own_tick_stream(partition) for partition in self._engine.held}
        if not held:
            self._positions.clear()
            return False
        if held != self._positions.keys():
            # Another engine may have gone on with what is new here: where it stood counts.
            async with self._db.transaction() as tx:
                stored = await tables.read_positions(await tx.driver())
            self._positions = {name: stored.get(name, _BEGINNING) for name in held}
        answer = await self._redis.xread(dict(self._positions), count=_ENTRIES, block=_BLOCK_MS)  # type: ignore[arg-type]
        moved: dict[str, str] = {}
        for name, entries in answer:
            for entry_id, fields in entries:
                await self._take(entry_id, fields)
                moved[name.decode()] = entry_id.decode()
        if moved:
            async with self._db.transaction() as tx:
                await tables.save_positions(await tx.driver(), moved, self._db.clock.now())
            self._positions |= moved
        return True

    async def _take(self, entry_id: bytes, fields: Mapping[bytes, bytes]) -> None:
        try:
            owner, ticks = UUID(bytes=fields[OWNER_FIELD]), decode_ticks(fields[TICK_FIELD])
        except (KeyError, TypeError, ValueError):
            log.error("own_ticks_unreadable", entry_id=entry_id)
            return
        await self.fire(owner, [tick for tick in ticks if not tick.stale])

    async def fire(self, owner: UUID, ticks: list[Tick]) -> int:
        """Fire what these prices reach of one person's alerts. Returns how many fired."""
        if not ticks:
            return 0
        async with self._db.transaction() as tx:
            reached = await tables.find_reached(await tx.driver(), ticks, owner=owner)
        fired = 0
        for start in range(0, len(reached), self._chunk):
            chunk = reached[start : start + self._chunk]
            candidates = [Candidate(ticks[place], number, version) for place, number, version in chunk]
            fired += (await self._firings.fire(candidates)).fired
        return fired
