"""Alembic for every service: own schema, own version table, run as `sharewise_migrate`.

A service's `migrations/env.py` is three lines:

    from libs.common.migrations import run
    from services.alerts.schema import Base
    run(Base.metadata)

and its first migration calls `create_common_tables(op, "alerts")` beside its own tables.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from alembic import command, context
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.ext.asyncio import create_async_engine

from libs.common.provision import role_of
from libs.common.revisions import VERSION_TABLE, migrations_of

T = TypeVar("T")


async def upgrade(url: str, service: str, revision: str = "head") -> None:
    """Bring a service's schema to a revision. `url`: DSN of the migrating role. Safe to run twice, also at once."""
    await _run_command(url, service, lambda config: command.upgrade(config, revision))


async def downgrade(url: str, service: str, revision: str) -> None:
    """Take a service's schema back to a revision; `base` empties it."""
    await _run_command(url, service, lambda config: command.downgrade(config, revision))


async def make_revision(url: str, service: str, message: str) -> None:
    """Write a new migration from what the metadata and the schema differ in. Read what it wrote."""
    await _run_command(url, service, lambda config: command.revision(config, message, autogenerate=True))


async def differences(url: str, service: str, metadata: MetaData) -> list[Any]:
    """List what the migrated schema and the metadata differ in: empty when every change has its migration."""

    def compare(connection: Connection) -> list[Any]:
        options = {"compare_type": True, "include_schemas": True, **_scope(service)}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))

    return await _connected(url, service, compare)


def run(metadata: MetaData) -> None:
    """Run the migrations that Alembic's command asked for. For a service's `env.py`."""
    schema = metadata.schema
    assert schema is not None, "a service's metadata names its schema"
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=metadata,
        compare_type=True,
        include_schemas=True,
        transaction_per_migration=False,
        **_scope(schema),
    )
    with context.begin_transaction():
        context.run_migrations()


def create_common_tables(op: Operations | Any, schema: str) -> None:
    """Create the machinery's tables, as version 1 of them. Frozen: a later change is a function of its own."""
    for statement in _COMMON_TABLES_1.format(schema=schema).split(";"):
        if statement.strip():
            op.execute(statement)


def drop_common_tables(op: Operations | Any, schema: str) -> None:
    """Undo `create_common_tables`."""
    for table in (
        "idempotency_keys",
        "dead_letters",
        "inbox",
        "outbox_groups",
        "outbox_relay",
        "outbox_subjects",
        "outbox",
    ):
        op.execute(f'DROP TABLE "{schema}".{table}')


def _scope(schema: str) -> dict[str, Any]:
    """Keep Alembic inside one schema: it sees no neighbour's tables, and its version table stands there too.

    A partition is named `<table>__<part>`: the metadata knows the table alone.
    """

    def include_name(name: str | None, kind: str, _parents: Any) -> bool:
        if kind == "schema":
            return name == schema
        return kind != "table" or (name != VERSION_TABLE and "__" not in (name or ""))

    return {"version_table": VERSION_TABLE, "version_table_schema": schema, "include_name": include_name}


def _config(service: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(migrations_of(service)).replace("%", "%%"))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.set_main_option("path_separator", "os")
    return config


async def _run_command(url: str, service: str, run_it: Callable[[Config], object]) -> None:
    config = _config(service)

    def work(connection: Connection) -> None:
        # Two migrators at once would both start from the same revision.
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": f"migrate {service}"})
        config.attributes["connection"] = connection
        run_it(config)
        # The service itself must not be able to say that it is at head: its role reads this table only.
        connection.execute(text(_GUARD_VERSION_TABLE.format(schema=service, role=role_of(service))))

    await _connected(url, service, work)


async def _connected(url: str, service: str, work: Callable[[Connection], T]) -> T:
    # Not the service's own: Alembic takes the first schema of the path for a nameless one and finds no table in it.
    settings = {"application_name": f"{service}:migrate", "search_path": "public", "lock_timeout": "10000"}
    engine = create_async_engine(
        url.replace("postgresql://", "postgresql+asyncpg://", 1),
        pool_size=1,
        connect_args={"timeout": 10, "server_settings": settings},
    )
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(work)
    finally:
        await engine.dispose()


_GUARD_VERSION_TABLE = """
DO $$
BEGIN
    IF to_regclass('"{schema}".alembic_version') IS NOT NULL AND to_regrole('{role}') IS NOT NULL THEN
        REVOKE INSERT, UPDATE, DELETE ON "{schema}".alembic_version FROM "{role}";
    END IF;
END $$
"""

_COMMON_TABLES_1 = """
CREATE TABLE "{schema}".outbox (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_outbox PRIMARY KEY,
    event_id uuid NOT NULL,
    type text NOT NULL,
    time timestamptz NOT NULL,
    subject text NOT NULL,
    seq bigint NOT NULL,
    data json NOT NULL,
    traceparent text,
    published_at timestamptz,
    entry_ms bigint,
    entry_no bigint
);
CREATE INDEX ix_outbox_unpublished ON "{schema}".outbox (id) WHERE published_at IS NULL;
CREATE INDEX ix_outbox_entry ON "{schema}".outbox (entry_ms, entry_no) WHERE published_at IS NOT NULL;
CREATE TABLE "{schema}".outbox_subjects (
    subject text CONSTRAINT pk_outbox_subjects PRIMARY KEY,
    seq bigint NOT NULL
);
CREATE TABLE "{schema}".outbox_relay (
    one_row boolean CONSTRAINT pk_outbox_relay PRIMARY KEY CONSTRAINT ck_outbox_relay_one_row CHECK (one_row),
    entry_ms bigint NOT NULL,
    entry_no bigint NOT NULL
);
CREATE TABLE "{schema}".outbox_groups (
    name text CONSTRAINT pk_outbox_groups PRIMARY KEY,
    entry_ms bigint NOT NULL,
    entry_no bigint NOT NULL,
    seen_at timestamptz NOT NULL
);
CREATE TABLE "{schema}".inbox (
    event_id uuid CONSTRAINT pk_inbox PRIMARY KEY,
    handled_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ix_inbox_handled_at ON "{schema}".inbox (handled_at);
CREATE TABLE "{schema}".dead_letters (
    id uuid CONSTRAINT pk_dead_letters PRIMARY KEY,
    stream text NOT NULL,
    entry_id text NOT NULL,
    event_id uuid,
    type text,
    subject text,
    envelope bytea NOT NULL,
    error text NOT NULL,
    deliveries integer NOT NULL,
    died_at timestamptz NOT NULL DEFAULT now(),
    replayed_at timestamptz,
    CONSTRAINT uq_dead_letters_stream_entry_id UNIQUE (stream, entry_id)
);
CREATE TABLE "{schema}".idempotency_keys (
    owner text,
    route text,
    key text,
    body_hash bytea NOT NULL,
    status integer NOT NULL,
    body bytea NOT NULL,
    media_type text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT pk_idempotency_keys PRIMARY KEY (owner, route, key)
);
CREATE INDEX ix_idempotency_keys_expires_at ON "{schema}".idempotency_keys (expires_at)
"""
