"""Roles, schemas and grants: `python -m libs.common.provision`, safe to repeat.

Each service has a login role `sharewise_<service>` that reads and writes rows of its own schema and nothing else: no
DDL, no other schema, no temporary tables. Migrations run as `sharewise_migrate`, which owns the schemas (decisions 18).

The administrator's DSN is `SHAREWISE_ADMIN_DATABASE_URL`; a role's password is that of the service's `database_url`.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterable, Mapping
from typing import cast
from urllib.parse import unquote, urlsplit, urlunsplit

import asyncpg

from libs.common.settings import ServiceSettings

SERVICES = ("auth", "market", "alerts", "signals", "broker", "billing")
DATABASE = "sharewise"
MIGRATE_ROLE = "sharewise_migrate"
EXTENSIONS = ("citext", "pg_trgm")

# Two provisioners at once would trip over each other's catalogue rows.
_LOCK = 0x5348415245


def role_of(service: str) -> str:
    """Name a service's role in the database."""
    return f"sharewise_{service}"


async def provision(
    admin_url: str,
    passwords: Mapping[str, str],
    *,
    database: str = DATABASE,
    services: Iterable[str] = SERVICES,
) -> str:
    """Make the database with its roles, schemas and grants, and answer the administrator's DSN of it.

    passwords: by role name, `sharewise_migrate` included. A role that exists gets the password given.
    """
    services = tuple(services)
    connection = await asyncpg.connect(admin_url, timeout=10)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        for role in (MIGRATE_ROLE, *map(role_of, services)):
            await _make_role(connection, role, passwords[role])
        if not await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", database):
            # template0, because template1 may have been given objects or another encoding.
            await connection.execute(f'CREATE DATABASE "{database}" ENCODING UTF8 TEMPLATE template0')
        await connection.execute(f'REVOKE ALL ON DATABASE "{database}" FROM PUBLIC')
        database_url = with_database(admin_url, database)
        inside = await asyncpg.connect(database_url, timeout=10)
        try:
            async with inside.transaction():
                await _prepare_database(inside, database)
                for service in services:
                    await _prepare_schema(inside, database, service)
        finally:
            await inside.close()
    finally:
        await connection.close()
    return database_url


def with_database(url: str, database: str) -> str:
    """Point a DSN at another database of the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


async def _make_role(connection: asyncpg.Connection, role: str, password: str) -> None:
    if not await connection.fetchval("SELECT true FROM pg_roles WHERE rolname = $1", role):
        await connection.execute(f'CREATE ROLE "{role}"')
    quoted = await connection.fetchval("SELECT quote_literal($1::text)", password)
    await connection.execute(
        f'ALTER ROLE "{role}" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD {quoted}'
    )


async def _prepare_database(connection: asyncpg.Connection, database: str) -> None:
    await connection.execute(f'GRANT CONNECT ON DATABASE "{database}" TO "{MIGRATE_ROLE}"')
    # PostgreSQL before 15 lets everybody create in public.
    await connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    for extension in EXTENSIONS:
        await connection.execute(f"CREATE EXTENSION IF NOT EXISTS {extension} SCHEMA public")


async def _prepare_schema(connection: asyncpg.Connection, database: str, service: str) -> None:
    role = role_of(service)
    rows, counters = "SELECT, INSERT, UPDATE, DELETE", "USAGE, SELECT"
    for statement in (
        f'CREATE SCHEMA IF NOT EXISTS "{service}" AUTHORIZATION "{MIGRATE_ROLE}"',
        f'REVOKE ALL ON SCHEMA "{service}" FROM PUBLIC',
        f'GRANT CONNECT ON DATABASE "{database}" TO "{role}"',
        f'GRANT USAGE ON SCHEMA "{service}" TO "{role}"',
        f'ALTER ROLE "{role}" IN DATABASE "{database}" SET search_path = "{service}", public',
        # What exists, then what the migrations will make.
        f'GRANT {rows} ON ALL TABLES IN SCHEMA "{service}" TO "{role}"',
        f'GRANT {counters} ON ALL SEQUENCES IN SCHEMA "{service}" TO "{role}"',
        f'ALTER DEFAULT PRIVILEGES FOR ROLE "{MIGRATE_ROLE}" IN SCHEMA "{service}" GRANT {rows} ON TABLES TO "{role}"',
        f'ALTER DEFAULT PRIVILEGES FOR ROLE "{MIGRATE_ROLE}" IN SCHEMA "{service}" '
        f'GRANT {counters} ON SEQUENCES TO "{role}"',
    ):
        await connection.execute(statement)


def settings_of(service: str) -> ServiceSettings:
    """Read the common settings of a service by its name, for tools that serve all of them."""
    named = type(f"{service.title()}CommonSettings", (ServiceSettings,), {"service": service})
    return cast(ServiceSettings, named())


def _password_of(url: str) -> str:
    return unquote(urlsplit(url).password or "")


def main() -> int:
    admin_url = os.environ.get("SHAREWISE_ADMIN_DATABASE_URL")
    if not admin_url:
        sys.stderr.write("Set SHAREWISE_ADMIN_DATABASE_URL to an administrator's DSN of the server.\n")
        return 2
    settings = {service: settings_of(service) for service in SERVICES}
    passwords = {role_of(service): _password_of(each.database_url) for service, each in settings.items()}
    first = next(iter(settings.values()))
    passwords[MIGRATE_ROLE] = _password_of(first.migrate_database_url)
    database = urlsplit(first.database_url).path.lstrip("/") or DATABASE
    asyncio.run(provision(admin_url, passwords, database=database))
    sys.stdout.write(f"provisioned {database}: {', '.join(SERVICES)}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
