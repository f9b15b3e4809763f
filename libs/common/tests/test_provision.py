"""Roles: a service reads and writes rows of its own schema, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
import pytest_asyncio

from libs.common.provision import MIGRATE_ROLE, main, provision, role_of
from libs.common.testing.plugin import PASSWORD, Stores

DATABASE = "provision_test"
SERVICES = ("auth", "market")


@pytest.fixture(scope="module")
def passwords() -> dict[str, str]:
    return dict.fromkeys((MIGRATE_ROLE, *map(role_of, SERVICES)), PASSWORD)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def provisioned(stores: Stores, passwords: dict[str, str]) -> None:
    await provision(stores.admin_dsn, passwords, database=DATABASE, services=SERVICES)
    migrator = await _connect(stores, MIGRATE_ROLE)
    for service in SERVICES:
        await migrator.execute(f"CREATE TABLE {service}.things (id bigint GENERATED ALWAYS AS IDENTITY, name citext)")
    await migrator.close()


async def _connect(stores: Stores, role: str) -> asyncpg.Connection:
    url = stores.database_url(role).rsplit("/", 1)[0]
    return await asyncpg.connect(f"{url}/{DATABASE}")


@pytest_asyncio.fixture
async def auth(stores: Stores, provisioned: None) -> AsyncIterator[asyncpg.Connection]:
    """A connection of the role of auth."""
    connection = await _connect(stores, role_of("auth"))
    yield connection
    await connection.close()


async def test_a_service_reads_and_writes_its_own_rows_by_their_plain_names(auth: asyncpg.Connection) -> None:
    await auth.execute("INSERT INTO things (name) VALUES ('Apple')")
    await auth.execute("UPDATE things SET name = upper(name)")
    assert await auth.fetchval("SELECT name FROM things WHERE name = 'aPPle'") == "APPLE"
    await auth.execute("DELETE FROM things")


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM market.things",
        "INSERT INTO market.things (name) VALUES ('x')",
        "CREATE TABLE more (id int)",
        "CREATE TABLE public.more (id int)",
        "CREATE TABLE market.more (id int)",
        "CREATE TEMPORARY TABLE more (id int)",
        "CREATE SCHEMA more",
        "ALTER TABLE things ADD COLUMN more int",
        "DROP TABLE things",
        "TRUNCATE things",
        "CREATE INDEX ON things (name)",
        "CREATE EXTENSION hstore",
        "CREATE ROLE more",
        f"SET ROLE {MIGRATE_ROLE}",
        "SET ROLE sharewise_market",
    ],
)
async def test_everything_else_is_refused(auth: asyncpg.Connection, statement: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await auth.execute(statement)


async def test_provisioning_again_changes_nothing_and_takes_a_new_password(
    stores: Stores, passwords: dict[str, str], provisioned: None, auth: asyncpg.Connection
) -> None:
    await auth.execute("INSERT INTO things (name) VALUES ('kept')")
    changed = {**passwords, role_of("market"): "it's; new"}
    await provision(stores.admin_dsn, changed, database=DATABASE, services=SERVICES)
    assert await auth.fetchval("SELECT count(*) FROM things") == 1
    with pytest.raises(asyncpg.InvalidPasswordError):
        await _connect(stores, role_of("market"))
    await provision(stores.admin_dsn, passwords, database=DATABASE, services=SERVICES)
    await (await _connect(stores, role_of("market"))).close()


async def test_a_role_that_was_given_nothing_cannot_connect(stores: Stores, provisioned: None) -> None:
    admin = await asyncpg.connect(stores.admin_dsn)
    assert await admin.fetchval("SELECT has_database_privilege('public', $1, 'CONNECT')", DATABASE) is False
    await admin.close()


async def test_the_command_provisions_what_the_settings_name(
    stores: Stores, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("SHAREWISE_ADMIN_DATABASE_URL", raising=False)
    assert await asyncio.to_thread(main) == 2
    assert "SHAREWISE_ADMIN_DATABASE_URL" in capsys.readouterr().err

    monkeypatch.setenv("SHAREWISE_ADMIN_DATABASE_URL", stores.admin_dsn)
    where = stores.admin_dsn.partition("@")[2].rpartition("/")[0]
    monkeypatch.setenv("SHAREWISE_DATABASE_URL", f"postgresql://ignored:{PASSWORD}@{where}/provision_command")
    monkeypatch.setenv("SHAREWISE_MIGRATE_DATABASE_URL", f"postgresql://ignored:{PASSWORD}@{where}/provision_command")
    assert await asyncio.to_thread(main) == 0
    assert "provisioned provision_command: auth, market" in capsys.readouterr().out
    connection = await asyncpg.connect(f"postgresql://sharewise_billing:{PASSWORD}@{where}/provision_command")
    assert await connection.fetchval("SELECT current_schema()") == "billing"
    await connection.close()
