"""`python -m deploy.migrate`: bring the database to where the code is, before any service starts (decisions 18).

With `SHAREWISE_ADMIN_DATABASE_URL` the roles and schemas are made first; then every service's migrations run as the
migrating role; at last the connection budget is checked. Safe to repeat, and to run twice at once.
"""

from __future__ import annotations

import asyncio
import os
import sys

import asyncpg

from deploy.connection_budget import BudgetExceeded, refuse_overdraft
from libs.common import migrations, provision
from libs.common.provision import SERVICES


async def migrate_all() -> None:
    """Run the migrations of every service. Raises BudgetExceeded when the services could not all connect at once."""
    settings = {service: provision.settings_of(service) for service in SERVICES}
    for service, its in settings.items():
        await migrations.upgrade(its.migrate_database_url, service)
        sys.stdout.write(f"{service}: at {migrations.head_revision(service)}\n")
    connection = await asyncpg.connect(settings[SERVICES[0]].migrate_database_url, timeout=10)
    try:
        most = int(await connection.fetchval("SHOW max_connections"))
    finally:
        await connection.close()
    refuse_overdraft(settings.values(), max_connections=most)


def main() -> int:
    if os.environ.get("SHAREWISE_ADMIN_DATABASE_URL") and (code := provision.main()) != 0:
        return code
    try:
        asyncio.run(migrate_all())
    except BudgetExceeded as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
