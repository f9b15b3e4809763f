"""Migrations: every service's stand up, fall down, stand up again, and say the same as its tables."""

from __future__ import annotations

import importlib

import asyncpg
import pytest

from libs.common import migrations, revisions
from libs.common.provision import MIGRATE_ROLE, SERVICES, provision, role_of
from libs.common.testing.plugin import PASSWORD, Stores

DATABASE = "migrations_test"


@pytest.fixture(scope="module")
def url(stores: Stores) -> str:
    return stores.database_url(MIGRATE_ROLE).rsplit("/", 1)[0] + f"/{DATABASE}"


@pytest.fixture(scope="module")
async def provisioned(stores: Stores) -> None:
    passwords = dict.fromkeys((MIGRATE_ROLE, *map(role_of, SERVICES)), PASSWORD)
    await provision(stores.admin_dsn, passwords, database=DATABASE)


async def tables_of(url: str, service: str) -> set[str]:
    connection = await asyncpg.connect(url)
    rows = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = $1", service)
    await connection.close()
    return {row["tablename"] for row in rows} - {revisions.VERSION_TABLE}


async def revision_of(url: str, service: str) -> str | None:
    connection = await asyncpg.connect(url)
    try:
        return await revisions.current_revision(connection, service)
    finally:
        await connection.close()


@pytest.mark.parametrize("service", SERVICES)
async def test_up_down_and_up_again(provisioned: None, url: str, service: str) -> None:
    assert await revision_of(url, service) is None
    await migrations.upgrade(url, service)
    made = await tables_of(url, service)
    assert {"outbox", "inbox", "dead_letters", "idempotency_keys"} <= made
    assert await revision_of(url, service) == revisions.head_revision(service)

    await migrations.downgrade(url, service, "base")
    assert await tables_of(url, service) == set()
    assert await revision_of(url, service) is None

    await migrations.upgrade(url, service)
    await migrations.upgrade(url, service)
    assert await tables_of(url, service) == made


@pytest.mark.parametrize("service", SERVICES)
async def test_the_tables_in_the_code_are_those_of_the_migrations(provisioned: None, url: str, service: str) -> None:
    await migrations.upgrade(url, service)
    metadata = importlib.import_module(f"services.{service}.schema").Base.metadata
    importlib.import_module(f"services.{service}.app")  # imports every room, and with it every table
    assert await migrations.differences(url, service, metadata) == []


async def test_a_role_of_a_service_cannot_migrate(provisioned: None, stores: Stores, url: str) -> None:
    await migrations.upgrade(url, "billing")
    own = stores.database_url(role_of("billing")).rsplit("/", 1)[0] + f"/{DATABASE}"
    with pytest.raises(Exception, match=r"permission denied|must be owner"):
        await migrations.downgrade(own, "billing", "base")
    assert await revision_of(url, "billing") == revisions.head_revision("billing")


def test_an_unknown_service_has_no_migrations() -> None:
    with pytest.raises(LookupError, match="no service named"):
        revisions.head_revision("no_such_service")
