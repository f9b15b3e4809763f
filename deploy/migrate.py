"""`python -m deploy.migrate`: bring the database to where the code is, before any service starts (decisions 18).

With `SHAREWISE_ADMIN_DATABASE_URL` the roles and schemas are made first; then every service's migrations run as the
migrating role; at last the connection budget is checked. Safe to repeat, and to run twice at once.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping

import asyncpg

from deploy.local.processes import APIS, WORKERS
from libs.common import migrations, provision, revisions
from libs.common.db_budget import OWN_CONNECTIONS_OF_A_WORKER, OverBudget, Share, check_budget, read_max_connections
from libs.common.provision import SERVICES
from libs.common.settings import ServiceSettings


def shares_of(settings: Mapping[str, ServiceSettings]) -> dict[str, Share]:
    """Say what each app and worker may open at most: one process of each, of the alert engine as many as are set."""
    apps = {process.name: Share(settings[process.service].db_pool_size) for process in APIS}
    workers = {
        process.name: Share(
            settings[process.service].db_pool_size,
            processes=settings[process.service].engines if process.arguments == ("engine",) else 1,
            own=OWN_CONNECTIONS_OF_A_WORKER,
        )
        for process in WORKERS
    }
    return apps | workers


async def migrate_all() -> None:
    """Run the migrations of every service. Raises OverBudget when the services could not all connect at once."""
    settings = {service: provision.settings_of(service) for service in SERVICES}
    for service, its in settings.items():
        await migrations.upgrade(its.migrate_database_url, service)
        sys.stdout.write(f"{service}: at {revisions.head_revision(service)}\n")
    most = await read_max_connections(settings[SERVICES[0]].migrate_database_url)
    check_budget(shares_of(settings), most)


def main() -> int:
    try:
        if os.environ.get("SHAREWISE_ADMIN_DATABASE_URL") and (code := provision.main()) != 0:
            return code
        asyncio.run(migrate_all())
    except OverBudget as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except (OSError, asyncpg.InvalidAuthorizationSpecificationError) as error:
        sys.stderr.write(
            f"The database does not let us in: {error}. "
            "See SHAREWISE_ADMIN_DATABASE_URL and SHAREWISE_MIGRATE_DATABASE_URL.\n"
        )
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
