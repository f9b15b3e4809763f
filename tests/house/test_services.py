"""What every service must be: alive, at head, alone in its schema, able to hand over and to forget."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass

import asyncpg
import pytest
from fastapi import FastAPI
from sqlalchemy import MetaData

from libs.common import revisions
from libs.common.db import Database
from libs.common.entry import settings_class
from libs.common.events.tables import add_common_tables
from libs.common.ids import uuid7
from libs.common.provision import MIGRATE_ROLE, SERVICES
from libs.common.settings import ServiceSettings
from libs.common.testing.client import ClientFor
from libs.common.testing.plugin import DatabaseFactory, SettingsFactory
from libs.common.testing.tokens import Tokens
from libs.common.worker import Worker

BuildApp = Callable[..., FastAPI]
BuildWorker = Callable[..., Worker]


@dataclass(frozen=True, slots=True)
class House:
    """One service with a migrated, empty schema."""

    name: str
    settings: ServiceSettings
    db: Database

    def app(self) -> FastAPI:
        build: BuildApp = importlib.import_module(f"services.{self.name}.app").build_app
        return build(self.settings)


@pytest.fixture(params=SERVICES)
async def house(
    request: pytest.FixtureRequest, service_settings: SettingsFactory, database_for: DatabaseFactory
) -> House:
    settings = service_settings(settings_class(request.param), port=0, worker_port=0)
    return House(request.param, settings, await database_for(settings))


async def test_it_lives_can_serve_and_counts(house: House, client_for: ClientFor) -> None:
    async with client_for(house.app()) as client:
        assert (await client.get("/healthz")).status_code == 200
        ready = await client.get("/readyz")
        assert ready.status_code == 200, ready.text
        metrics = await client.get("/metrics")
        assert metrics.status_code == 200
        assert "# TYPE" in metrics.text


async def test_it_is_not_ready_when_its_schema_is_not_at_head(house: House, client_for: ClientFor) -> None:
    migrate = await asyncpg.connect(house.settings.migrate_database_url)
    head = revisions.head_revision(house.name)
    try:
        async with client_for(house.app()) as client:
            await migrate.execute(f'UPDATE "{house.name}".alembic_version SET version_num = $1', "0000")
            ready = await client.get("/readyz")
            assert ready.status_code == 503
            assert ready.json()["checks"]["schema"]["status"] == "failed"
    finally:
        await migrate.execute(f'UPDATE "{house.name}".alembic_version SET version_num = $1', head)
        await migrate.close()


async def test_it_hands_over_and_forgets_at_auths_word_only(
    house: House, client_for: ClientFor, tokens: Tokens
) -> None:
    app, user_id = house.app(), uuid7()
    token = tokens.service("auth", audience=house.name, scope="personal-data")
    async with client_for(app, user=token) as auth:
        exported = await auth.get(f"/internal/users/{user_id}/export")
        assert (exported.status_code, exported.json()) == (200, {})
        assert (await auth.post(f"/internal/users/{user_id}/erase")).status_code == 204
    other = "market" if house.name != "market" else "alerts"
    for stranger in (None, tokens.user(user_id), tokens.service(other, audience=house.name)):
        async with client_for(app, user=stranger) as client:
            assert (await client.get(f"/internal/users/{user_id}/export")).status_code in {401, 403}
            assert (await client.post(f"/internal/users/{user_id}/erase")).status_code in {401, 403}


async def test_an_address_that_is_not_there_is_a_problem(house: House, client_for: ClientFor) -> None:
    async with client_for(house.app()) as client:
        answer = await client.get("/api/nowhere/")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "not_found"


async def test_its_role_sees_no_other_schema(house: House) -> None:
    connection = await asyncpg.connect(house.settings.database_url)
    try:
        assert await connection.fetchval("SELECT count(*) FROM outbox") == 0
        for other in set(SERVICES) - {house.name}:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.fetchval(f'SELECT count(*) FROM "{other}".outbox')
    finally:
        await connection.close()


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (id int)",
        "CREATE TABLE public.mine (id int)",
        "CREATE TEMPORARY TABLE mine (id int)",
        "CREATE SCHEMA mine",
        "DROP TABLE outbox",
        "ALTER TABLE outbox ADD COLUMN mine int",
        "TRUNCATE outbox",
        "UPDATE alembic_version SET version_num = version_num",
        f"SET ROLE {MIGRATE_ROLE}",
    ],
)
async def test_its_role_changes_rows_only(house: House, statement: str) -> None:
    connection = await asyncpg.connect(house.settings.database_url)
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    finally:
        await connection.close()


async def test_it_has_the_tables_of_the_machinery(house: House) -> None:
    expected = MetaData(schema=house.name)
    add_common_tables(expected)
    base = importlib.import_module(f"services.{house.name}.schema").Base
    assert set(expected.tables) <= set(base.metadata.tables)


@pytest.mark.parametrize("service", SERVICES)
async def test_its_worker_starts_and_ends(
    service: str, service_settings: SettingsFactory, database_for: DatabaseFactory
) -> None:
    settings = service_settings(settings_class(service), port=0, worker_port=0)
    await database_for(settings)
    build: BuildWorker = importlib.import_module(f"services.{service}.worker").build_worker
    worker = build(settings)
    worker.stop()
    assert await worker.run(handle_signals=False) == 0
