"""The connection budget: all pools together leave room in the server (decisions 19)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import asyncpg

RESERVED = 10
"""Left for migrations, backups, health probes and a person with psql."""

OWN_CONNECTIONS_OF_A_WORKER = 1
"""The relay's, which listens and holds the lock, or the engine's, which holds its lock."""


class OverBudget(RuntimeError):
    """The processes would together open more connections than the server takes."""


@dataclass(frozen=True, slots=True)
class Share:
    """What processes of one kind may open at most: `processes` of them with `pool_size` and `own` connections each."""

    pool_size: int
    processes: int = 1
    own: int = 0

    @property
    def connections(self) -> int:
        return self.processes * (self.pool_size + self.own)


def check_budget(shares: Mapping[str, Share], max_connections: int) -> int:
    """Sum the shares. Raises OverBudget, naming each, when they exceed max_connections - RESERVED."""
    total = sum(share.connections for share in shares.values())
    budget = max_connections - RESERVED
    if total > budget:
        parts = ", ".join(f"{name} {share.connections}" for name, share in shares.items())
        raise OverBudget(
            f"All pools together may open {total} connections, the budget is {budget} "
            f"(max_connections {max_connections} - {RESERVED}): {parts}. Lower the pools or raise max_connections."
        )
    return total


async def read_max_connections(url: str) -> int:
    """Ask a server how many connections it takes."""
    connection = await asyncpg.connect(url, timeout=5)
    try:
        return int(await connection.fetchval("SHOW max_connections"))
    finally:
        await connection.close()
