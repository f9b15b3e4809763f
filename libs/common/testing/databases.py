"""Databases that go from test to test: connecting, and compiling each statement anew, cost more than a small test."""

from __future__ import annotations

from typing import cast

from sqlalchemy import QueuePool

from libs.common.clock import Clock, SystemClock
from libs.common.db import Database
from libs.common.settings import ServiceSettings

KEPT = 4
"""How many wait for a next test; each holds the connections of a pool."""


class KeptDatabase(Database):
    """Stays open when its app closes it: the test run does that."""

    def __init__(self, settings: ServiceSettings, *, clock: Clock | None) -> None:
        super().__init__(settings, clock=clock)
        self.kind = kind_of(settings)

    async def close(self) -> None:
        """Nothing: see `Databases`."""

    async def really_close(self) -> None:
        await super().close()

    @property
    def is_at_rest(self) -> bool:
        """Whether nobody holds one of its connections."""
        return cast(QueuePool, self._engine.pool).checkedout() == 0


def kind_of(settings: ServiceSettings) -> tuple[object, ...]:
    """Give all of the settings that a `Database` is made of."""
    return (
        settings.service,
        settings.database_url,
        settings.db_pool_size,
        settings.db_connect_timeout_s,
        settings.db_pool_timeout_s,
        settings.db_statement_timeout_s,
    )


class Databases:
    """The databases of a test run, lent to one test at a time."""

    def __init__(self) -> None:
        self._idle: list[KeptDatabase] = []

    def take(self, settings: ServiceSettings, clock: Clock | None) -> KeptDatabase:
        """Lend one that another test has given back, or make one."""
        kind = kind_of(settings)
        found = next((one for one in self._idle if one.kind == kind), None)
        if found is None:
            return KeptDatabase(settings, clock=clock)
        self._idle.remove(found)
        found.clock = clock or SystemClock()
        return found

    async def give_back(self, database: KeptDatabase) -> None:
        """Keep it for the next test, unless something of the last one still holds it."""
        if database.is_at_rest:
            self._idle.append(database)
        else:
            await database.really_close()
        while len(self._idle) > KEPT:
            await self._idle.pop(0).really_close()

    async def close(self) -> None:
        while self._idle:
            await self._idle.pop().really_close()
