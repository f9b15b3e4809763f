"""The pytest plugin: real PostgreSQL and Valkey per test process, a migrated schema per service, a fixed clock.

Loaded for the whole repository (`addopts` in pyproject.toml). Tests reach loopback and unix sockets only.
`SHAREWISE_TEST_DATABASE_URL` (an administrator's DSN) and `SHAREWISE_TEST_REDIS_URL` name stores to use instead of the
embedded ones; both are emptied.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from pytest_socket import socket_allow_hosts
from redis.asyncio import Redis
from sqlalchemy import MetaData

from libs.common.clock import Clock, FixedClock
from libs.common.db import Database
from libs.common.events.envelope import Envelope
from libs.common.events.outbox import list_announced
from libs.common.provision import MIGRATE_ROLE, SERVICES, provision, role_of
from libs.common.settings import CommonSettings, ServiceSettings
from libs.common.stores import EmbeddedPostgres, EmbeddedValkey
from libs.common.testing.databases import Databases, KeptDatabase
from libs.common.testing.folders import open_folder
from libs.common.testing.schemas import Schemas

pytest_plugins = ("libs.common.testing.tokens", "libs.common.testing.client")

PASSWORD = "test-only"  # noqa: S105 (of servers that live as long as the test run)
TEST_SERVICE = "sample"
"""A schema for tests of the machinery itself, which belongs to no service."""

S = TypeVar("S", bound=CommonSettings)


@dataclass(frozen=True, slots=True)
class Stores:
    """The servers of this test process. `admin_dsn` names the test database."""

    admin_dsn: str
    redis_url: str
    postgres: EmbeddedPostgres | None
    valkey: EmbeddedValkey | None

    def database_url(self, role: str) -> str:
        where = urlsplit(self.admin_dsn)
        return f"postgresql://{role}:{PASSWORD}@{where.hostname}:{where.port}{where.path}"


class SettingsFactory(Protocol):
    def __call__(self, cls: type[S], **overrides: Any) -> S: ...


class DatabaseFactory(Protocol):
    def __call__(
        self, settings: ServiceSettings, *, metadata: MetaData | None = None, clock: Clock | None = None
    ) -> Awaitable[Database]: ...


def pytest_configure() -> None:
    """Trust no authority: tests speak to loopback only, and to read the usual list takes longer than a call does."""
    os.environ.pop("SSL_CERT_FILE", None)
    os.environ["SSL_CERT_DIR"] = os.devnull


def pytest_runtest_setup(item: pytest.Item) -> None:
    socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True)


@pytest.fixture(scope="session")
def stores() -> Iterator[Stores]:
    """PostgreSQL with every role and schema, and Valkey."""
    with ExitStack() as stack:
        folder = stack.enter_context(open_folder("sw-test-"))
        postgres = valkey = None
        admin_dsn = os.environ.get("SHAREWISE_TEST_DATABASE_URL")
        if admin_dsn is None:
            postgres = EmbeddedPostgres(folder / "postgres", password=PASSWORD, durable=False)
            stack.callback(postgres.stop)
            postgres.start()
            admin_dsn = postgres.url()
        redis_url = os.environ.get("SHAREWISE_TEST_REDIS_URL")
        if redis_url is None:
            valkey = EmbeddedValkey(folder / "valkey", durable=False)
            stack.callback(valkey.stop)
            valkey.start()
            redis_url = valkey.url
        services = (*SERVICES, TEST_SERVICE)
        passwords = dict.fromkeys((MIGRATE_ROLE, *map(role_of, services)), PASSWORD)
        database = "sharewise_test_" + os.environ.get("PYTEST_XDIST_WORKER", "main")
        url = asyncio.run(provision(admin_dsn, passwords, database=database, services=services))
        yield Stores(url, redis_url, postgres, valkey)


@pytest.fixture
def clock() -> FixedClock:
    """A Thursday in winter, 15:00 in New York: its market is open."""
    return FixedClock(datetime(2026, 1, 15, 20, 0, tzinfo=UTC))


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def _redis_client(stores: Stores) -> AsyncIterator[Redis]:
    client: Redis = Redis.from_url(stores.redis_url)
    yield client
    await client.aclose()


@pytest_asyncio.fixture
async def redis(_redis_client: Redis) -> Redis:
    """A client of an empty Valkey."""
    await _redis_client.flushall()
    return _redis_client


@pytest.fixture
def service_settings(stores: Stores, redis: Redis) -> SettingsFactory:
    """Make settings of any class that point at this run's stores: `service_settings(AlertsSettings, port=0)`."""

    def make(cls: type[S], **overrides: Any) -> S:
        values: dict[str, Any] = {"environment": "test", "redis_url": stores.redis_url, "host": "127.0.0.1"}
        if issubclass(cls, ServiceSettings):
            values["database_url"] = stores.database_url(role_of(cls.service))
            values["migrate_database_url"] = stores.database_url(MIGRATE_ROLE)
        return cls(**{**values, **overrides})

    return make


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def _schemas(stores: Stores) -> AsyncIterator[Schemas]:
    schemas = Schemas(stores.database_url(MIGRATE_ROLE))
    yield schemas
    await schemas.close()


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def _databases(stores: Stores) -> AsyncIterator[Databases]:
    databases = Databases()
    yield databases
    await databases.close()


@pytest_asyncio.fixture
async def database_for(_schemas: Schemas, _databases: Databases, clock: FixedClock) -> AsyncIterator[DatabaseFactory]:
    """Make the database of a service, migrated and empty: `db = await database_for(settings)`.

    A second call for the same service in one test gives a second pool on the same rows.
    """
    made: list[KeptDatabase] = []
    cleaned: set[str] = set()

    async def make(
        settings: ServiceSettings, *, metadata: MetaData | None = None, clock: Clock | None = clock
    ) -> Database:
        if settings.service not in cleaned:
            await _schemas.make_clean(settings, metadata)
            cleaned.add(settings.service)
        made.append(_databases.take(settings, clock))
        return made[-1]

    yield make
    for database in made:
        await _databases.give_back(database)


@pytest.fixture
def published() -> Callable[[Database], Awaitable[list[Envelope]]]:
    """List what a service has announced, oldest first: `[event.type for event in await published(db)]`."""
    return list_announced
