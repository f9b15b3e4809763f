"""Which partitions this engine holds: session locks of the database, which end with the session.

A killed engine's session ends at once. One that hangs says nothing for `lease_s`, and then the server itself ends its
session (`idle_session_timeout`): no clock is compared with another. What an engine stores of its partitions goes over
this same session, so that one which has lost them cannot write over what their next holder has stored.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg

from libs.common.db import Database
from services.alerts.engine import rules

CLASS = 0x616C6572  # "aler": the first half of our locks' keys
PRESENT = 0
"""The second half of the lock that every living engine shares; partition p has p + 1."""


@dataclass(frozen=True, slots=True)
class Look:
    """What an engine sees: the partitions that nobody holds, and how many should be its own."""

    free: list[int]
    fair: int


class Leases:
    """The session of one engine. Every call may raise the driver's errors; then nothing is held any more."""

    def __init__(self, connection: asyncpg.Connection, partitions: int, lease_s: float) -> None:
        self._connection = connection
        self._partitions = partitions
        self._lease_s = lease_s
        self._turn = asyncio.Lock()
        self._me = connection.get_server_pid()

    @classmethod
    async def open(cls, db: Database, *, partitions: int, lease_s: float) -> Leases:
        """Begin a session, and be counted among the living engines. Raises StoreUnavailable."""
        lease = f"{int(lease_s * 1_000)}"
        limits = ("idle_session_timeout", "idle_in_transaction_session_timeout", "statement_timeout")
        leases = cls(await db.connect(name="engine", options=dict.fromkeys(limits, lease)), partitions, lease_s)
        try:
            await leases._connection.execute(_BE_PRESENT, CLASS, PRESENT, timeout=lease_s)
        except BaseException:
            leases.close()
            raise
        return leases

    async def look(self) -> Look:
        """See who holds what, which also says that we live."""
        async with self._turn:
            rows = await self._connection.fetch(_HELD, CLASS, timeout=self._lease_s)
        held = {row["pid"]: 0 for row in rows if row["lock"] == PRESENT}
        taken = {row["lock"] - 1: row["pid"] for row in rows if row["lock"] != PRESENT}
        for pid in taken.values():
            held[pid] = held.get(pid, 0) + 1
        free = [partition for partition in range(self._partitions) if partition not in taken]
        return Look(free, rules.fair_share(held, self._me, self._partitions))

    async def take(self, free: Iterable[int], most: int) -> list[int]:
        """Take up to `most` of these partitions: those that no other engine has taken meanwhile."""
        taken: list[int] = []
        async with self._turn:
            for partition in free:
                if len(taken) < most and await self._ask(_TRY, partition):
                    taken.append(partition)
        return taken

    async def give(self, partition: int) -> None:
        """Let go of a partition."""
        async with self._turn:
            await self._ask(_GIVE, partition)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[asyncpg.Connection]:
        """Open a transaction in which only who holds its partitions can write."""
        async with self._turn, self._connection.transaction():
            yield self._connection

    def close(self) -> None:
        """End the session, and with it every lease. Cut, not closed: a server that hangs would keep us."""
        self._connection.terminate()

    async def _ask(self, query: str, partition: int) -> bool:
        return bool(await self._connection.fetchval(query, CLASS, partition + 1, timeout=self._lease_s))


_BE_PRESENT = "SELECT pg_advisory_lock_shared($1, $2)"
_TRY = "SELECT pg_try_advisory_lock($1, $2)"
_GIVE = "SELECT pg_advisory_unlock($1, $2)"

_HELD = """
SELECT pid, objid::bigint AS lock FROM pg_locks
WHERE locktype = 'advisory' AND classid = $1 AND objsubid = 2 AND granted
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
