"""The connection budget: all pools together must fit into the database's limit with room to spare (decisions 19)."""

from __future__ import annotations

from collections.abc import Iterable

from libs.common.settings import ServiceSettings

SPARE = 10
"""For the administrator, backups and a psql in the night."""

PROCESSES_PER_SERVICE = 2
"""One app and one worker, each with a pool; whoever runs more replicas sets smaller pools or a larger server."""

OWN_PER_SERVICE = 3
"""Connections beside the pools: the relay's lock and its LISTEN, and one for readiness checks."""


class BudgetExceeded(RuntimeError):
    """The pools could together ask for more connections than the server gives."""


def connections_needed(settings: Iterable[ServiceSettings]) -> int:
    """Add up what the services may open at once, one replica each."""
    return sum(PROCESSES_PER_SERVICE * its.db_pool_size + OWN_PER_SERVICE for its in settings)


def refuse_overdraft(settings: Iterable[ServiceSettings], *, max_connections: int) -> None:
    """Raise BudgetExceeded unless all pools fit into `max_connections` with `SPARE` left."""
    needed = connections_needed(settings)
    if needed > max_connections - SPARE:
        raise BudgetExceeded(
            f"The services may open {needed} connections, but the database allows {max_connections} and {SPARE} are "
            f"kept free. Lower <SERVICE>_DB_POOL_SIZE, or raise max_connections to {needed + SPARE}."
        )
