"""Service schemas for tests: migrated once per run, emptied between tests, what migrations seeded put back."""

from __future__ import annotations

import asyncpg
from sqlalchemy import MetaData
from sqlalchemy.ext.asyncio import create_async_engine

from libs.common import migrations
from libs.common.settings import ServiceSettings


class Schemas:
    """The schemas of one test run, in one database."""

    def __init__(self, migrate_url: str) -> None:
        self._url = migrate_url
        self._made: set[str] = set()
        self._connection: asyncpg.Connection | None = None

    async def make_clean(self, settings: ServiceSettings, metadata: MetaData | None) -> None:
        """Bring a service's schema to head, with no rows but those that its migrations put there.

        metadata: makes the tables from it, for machinery that belongs to no service.
        """
        connection = await self._connected()
        if settings.service in self._made:
            await connection.execute(_EMPTY.replace("{schema}", settings.service))
            return
        if metadata is None:
            await migrations.upgrade(self._url, settings.service)
        else:
            await _create_tables(self._url, metadata)
        await connection.execute(_REMEMBER.replace("{schema}", settings.service))
        self._made.add(settings.service)

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.close()

    async def _connected(self) -> asyncpg.Connection:
        if self._connection is None:
            self._connection = await asyncpg.connect(self._url, server_settings={"lock_timeout": "5000"})
        return self._connection


async def _create_tables(url: str, metadata: MetaData) -> None:
    engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://", 1))
    try:
        async with engine.begin() as connection:
            await connection.run_sync(metadata.create_all)
    finally:
        await engine.dispose()


# Copies every table that is not empty after the migrations aside.
_REMEMBER = """
DO $$
DECLARE tab text; filled boolean;
BEGIN
    FOR tab IN SELECT tablename FROM pg_tables WHERE schemaname = '{schema}' AND tablename <> 'alembic_version'
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT 1 FROM %I.%I)', '{schema}', tab) INTO filled;
        IF filled THEN
            EXECUTE format('CREATE TABLE %I.%I AS TABLE %I.%I', '{schema}', 'seeded_' || tab, '{schema}', tab);
        END IF;
    END LOOP;
END $$
"""

# Truncates what a test has filled (a TRUNCATE of an empty table costs as much as of a full one), all at once because of
# foreign keys, then puts the seeds back.
_EMPTY = """
DO $$
DECLARE tab text; filled boolean; names text[] := '{}';
BEGIN
    FOR tab IN SELECT tablename FROM pg_tables
        WHERE schemaname = '{schema}' AND tablename <> 'alembic_version' AND tablename NOT LIKE 'seeded\\_%'
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT 1 FROM %I.%I)', '{schema}', tab) INTO filled;
        IF filled THEN names := names || format('%I.%I', '{schema}', tab); END IF;
    END LOOP;
    IF cardinality(names) > 0 THEN
        EXECUTE 'TRUNCATE ' || array_to_string(names, ', ') || ' RESTART IDENTITY CASCADE';
    END IF;
    FOR tab IN SELECT substr(tablename, 8) FROM pg_tables
        WHERE schemaname = '{schema}' AND tablename LIKE 'seeded\\_%'
    LOOP
        EXECUTE format('INSERT INTO %I.%I OVERRIDING SYSTEM VALUE SELECT * FROM %I.%I',
            '{schema}', tab, '{schema}', 'seeded_' || tab);
    END LOOP;
END $$
"""
