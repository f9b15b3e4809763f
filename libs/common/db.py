"""The database: transactions that announce, read-only sessions, column types, and one way to say that it is away.

    async with db.transaction() as tx:
        tx.session.add(row)
        tx.announce(AlertCreated(...))

commits at the end of the block, rolls back on any exception, and writes what was announced in the same commit. Every
wait is bounded (connect, pool, statement): a database that hangs is an error within seconds, and the pool heals itself.

A service's `schema.py` holds its declarative base:

    class Base(DeclarativeBase):
        metadata = service_metadata("alerts")
        type_annotation_map = COLUMN_TYPES
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal, cast
from weakref import WeakSet

import asyncpg
from sqlalchemy import MetaData, Numeric, Text, event, text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.engine import Dialect, ExceptionContext
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.types import TypeDecorator

from libs.common.clock import Clock, SystemClock
from libs.common.errors import StoreUnavailable
from libs.common.events.outbox import Announcement, write_announcements
from libs.common.events.tables import add_common_tables
from libs.common.settings import ServiceSettings
from libs.contracts.base import Event

Isolation = Literal["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"]

PriceType = Numeric(18, 4, asdecimal=True)
"""Prices and money (decisions 22)."""

RateType = Numeric(24, 10, asdecimal=True)
"""Rates and charge components (decisions 22)."""

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

PROBE_TIMEOUT_S = 1.0

DRIVER_ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""All that the driver raises on a connection of one's own (`Database.connect`). The last of them comes from a
connection that was cut in the middle of an answer and is used once more."""

# Errors that say that the database is away or hangs, not that the statement was wrong. An InterfaceError may also be a
# mistake of ours (two statements at once), so it is looked at more closely.
_AWAY = (
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.QueryCanceledError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InternalClientError,  # a connection that was cut in the middle of an answer, used once more
    OSError,  # TimeoutError included: asyncpg's bound on an answer
)


class CommitUnknown(StoreUnavailable):
    """The connection was lost during COMMIT: it may have happened. Look it up by its key, never redo it blindly."""


class UtcDateTime(TypeDecorator[datetime]):
    """timestamptz that refuses naive datetimes and answers in UTC."""

    impl = TIMESTAMP(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("A datetime without a zone cannot be stored.")
        return value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    @property
    def python_type(self) -> type[datetime]:
        return datetime


COLUMN_TYPES: dict[Any, Any] = {datetime: UtcDateTime, Decimal: PriceType, str: Text}
"""The `type_annotation_map` of every declarative base. A rate names `RateType` itself."""


def service_metadata(schema: str) -> MetaData:
    """Make a service's metadata: its schema, the naming convention, the machinery's own tables."""
    metadata = MetaData(schema=schema, naming_convention=NAMING)
    add_common_tables(metadata)
    return metadata


class Transaction:
    """One transaction of the database. Made by `Database.transaction()` only."""

    def __init__(self, session: AsyncSession, driver: asyncpg.Connection, clock: Clock) -> None:
        self.session = session
        self.clock = clock
        self._driver = driver
        self._announced: list[Announcement] = []
        self._after_commit: list[Callable[[], None]] = []

    async def driver(self) -> asyncpg.Connection:
        """Give the asyncpg connection inside this transaction, for COPY, unnest and other hot paths.

        What the session holds is flushed first, so that both see the same.
        """
        await self.session.flush()
        if not self._driver.is_in_transaction():
            # SQLAlchemy sends BEGIN with its first statement; without one the driver would commit by itself.
            await self.session.execute(_BEGIN)
        return self._driver

    def announce(self, event: Event) -> None:
        """Announce an event: it is published once this transaction has committed, and only then."""
        self._announced.append(Announcement.of(event, self.clock.now()))

    def on_commit(self, callback: Callable[[], None]) -> None:
        """Call back after the commit, in the order of registration. A callback must not raise."""
        self._after_commit.append(callback)

    async def _write_announcements(self, schema: str) -> None:
        await self.session.flush()
        if self._announced:
            await write_announcements(await self.driver(), schema, self._announced)


class Database:
    """A service's schema in the database. Make one per process, close it at the end."""

    def __init__(self, settings: ServiceSettings, *, clock: Clock | None = None) -> None:
        self.schema = settings.service
        self.url = settings.database_url
        self.clock = clock or SystemClock()
        self._engine = _create_engine(settings)
        self._readonly = self._engine.execution_options(postgresql_readonly=True)
        self._isolated = {
            level: self._engine.execution_options(isolation_level=level)
            for level in ("REPEATABLE READ", "SERIALIZABLE")
        }
        self._connect_timeout_s = settings.db_connect_timeout_s
        self._drivers: WeakSet[asyncpg.Connection] = WeakSet()
        event.listen(self._engine.sync_engine, "connect", self._note_driver)

    @asynccontextmanager
    async def transaction(self, *, isolation: Isolation = "READ COMMITTED") -> AsyncIterator[Transaction]:
        """Open a transaction: commit at the end of the block, roll back on any exception.

        Raises StoreUnavailable when the database is away or does not answer in time, CommitUnknown when it went away
        during the COMMIT.
        """
        engine = self._isolated.get(isolation, self._engine)
        async with self._session(engine) as (session, driver):
            tx = Transaction(session, driver, self.clock)
            yield tx
            await tx._write_announcements(self.schema)
            try:
                await session.commit()
            except BaseException as error:
                if is_away(error) or isinstance(error, OSError | asyncio.CancelledError):
                    driver.terminate()
                    if isinstance(error, Exception):
                        raise CommitUnknown("The database went away during the commit.") from error
                raise
        for callback in tx._after_commit:
            callback()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """Open a read-only session. Raises StoreUnavailable as `transaction` does."""
        async with self._session(self._readonly) as (session, _):
            yield session

    async def connect(
        self, *, timeout: float | None = None, name: str = "own", options: Mapping[str, str] | None = None
    ) -> asyncpg.Connection:
        """Open a connection beside the pool, for LISTEN, session locks and health checks. The caller closes it.

        timeout: seconds for connecting. options: settings of the session. Raises StoreUnavailable.
        """
        try:
            return await asyncpg.connect(
                self.url,
                timeout=timeout or self._connect_timeout_s,
                server_settings={
                    "application_name": f"{self.schema}:{name}",
                    "search_path": search_path(self.schema),
                    **(options or {}),
                },
            )
        except Exception as error:
            if _is_away(error):
                raise StoreUnavailable() from error
            raise

    async def probe(self) -> None:
        """Ask the server for a sign of life, on a connection of its own, within a second. Raises StoreUnavailable."""
        try:
            async with asyncio.timeout(PROBE_TIMEOUT_S):
                connection = await self.connect(timeout=PROBE_TIMEOUT_S, name="probe")
                try:
                    await connection.fetchval("SELECT 1")
                finally:
                    connection.terminate()
        except TimeoutError as error:
            raise StoreUnavailable() from error

    async def close(self) -> None:
        """Close all connections, without waiting for a server that does not answer."""
        for driver in self._drivers:
            driver.terminate()
        await self._engine.dispose()

    def _note_driver(self, dbapi_connection: Any, _record: Any) -> None:
        self._drivers.add(dbapi_connection.driver_connection)

    @asynccontextmanager
    async def _session(self, engine: AsyncEngine) -> AsyncIterator[tuple[AsyncSession, asyncpg.Connection]]:
        session = AsyncSession(engine, expire_on_commit=False)
        driver: asyncpg.Connection | None = None
        try:
            connection = await session.connection()
            driver = cast("asyncpg.Connection", (await connection.get_raw_connection()).driver_connection)
            yield session, driver
        except CommitUnknown:
            raise
        except Exception as error:
            if is_away(error) or (isinstance(error, OSError) and (driver is None or not await _answers(driver))):
                if driver is not None:
                    # Cut at once: a polite ROLLBACK would wait for a server that does not answer.
                    driver.terminate()
                if not isinstance(error, StoreUnavailable):
                    raise StoreUnavailable() from error
            raise
        finally:
            await asyncio.shield(asyncio.ensure_future(_close(session, driver)))


def is_away(error: BaseException) -> bool:
    """Say whether this error means that the database is away or hangs.

    An OSError that reached us through no database error is not counted: it may come from a call to something else.
    """
    if isinstance(error, StoreUnavailable | PoolTimeout):
        return True
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or (error.orig is not None and _is_away(error.orig.__cause__))
    return not isinstance(error, OSError) and _is_away(error)


def _is_away(error: BaseException | None) -> bool:
    if isinstance(error, asyncpg.InterfaceError):
        return "closed" in str(error)
    return isinstance(error, _AWAY)


def search_path(schema: str) -> str:
    """The schemas that a service's unqualified names are looked up in; extensions live in public."""
    return f"{schema}, public"


_BEGIN = text("SELECT 1")


async def _answers(driver: asyncpg.Connection) -> bool:
    """Find out whose timeout it was that a block raised: the database's, or that of a call to something else."""
    try:
        await driver.fetchval("SELECT 1", timeout=PROBE_TIMEOUT_S)
    except asyncpg.InFailedSQLTransactionError:
        return True
    except (*DRIVER_ERRORS, OSError):
        return False
    return True


async def _close(session: AsyncSession, driver: asyncpg.Connection | None) -> None:
    if driver is not None and driver.is_closed():
        await session.invalidate()
    else:
        await session.close()


def _create_engine(settings: ServiceSettings) -> AsyncEngine:
    statement_timeout_s = settings.db_statement_timeout_s
    engine = create_async_engine(
        settings.database_url.replace("postgresql://", "postgresql+asyncpg://", 1),
        pool_size=settings.db_pool_size,
        max_overflow=0,
        pool_timeout=settings.db_pool_timeout_s,
        pool_use_lifo=True,
        connect_args={
            "timeout": settings.db_connect_timeout_s,
            # The server's own limit comes first; ours is for a server that hangs.
            "command_timeout": statement_timeout_s + 0.5,
            "server_settings": {
                "application_name": settings.service,
                "search_path": search_path(settings.service),
                "statement_timeout": str(int(statement_timeout_s * 1000)),
                "idle_in_transaction_session_timeout": "15000",
                "timezone": "UTC",
                "jit": "off",
            },
        },
    )
    event.listen(engine.sync_engine, "checkout", _refuse_dead_connections)
    event.listen(engine.sync_engine, "handle_error", _tell_away)
    return engine


def _refuse_dead_connections(dbapi_connection: Any, _record: Any, _proxy: Any) -> None:
    """Make the pool replace a connection that the loop has seen closing: costs nothing, unlike a ping."""
    if dbapi_connection.driver_connection.is_closed():
        raise DisconnectionError("The server closed this connection.")


def _tell_away(context: ExceptionContext) -> None:
    error = context.original_exception
    origin = error.__cause__ if isinstance(error.__cause__, asyncpg.PostgresError | asyncpg.InterfaceError) else error
    if not _is_away(origin):
        return
    if isinstance(origin, asyncpg.ReadOnlySQLTransactionError) and _is_meant_to_read(context):
        return
    if not isinstance(origin, asyncpg.QueryCanceledError):
        # A connection on which an answer is missing can serve nobody any more; the others are checked when taken.
        context.is_disconnect = True
        context.invalidate_pool_on_disconnect = False
        connection = context.connection
        if connection is not None and not connection.invalidated:
            cast("asyncpg.Connection", connection.connection.driver_connection).terminate()
    raise StoreUnavailable() from error


def _is_meant_to_read(context: ExceptionContext) -> bool:
    """Tell a write in a `read()` block, which is a mistake, from a server that has become a replica."""
    return context.engine is not None and bool(context.engine.get_execution_options().get("postgresql_readonly"))
