"""Transactions: what they write, what they announce, what they refuse."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from libs.common.db import Database, PriceType, UtcDateTime
from libs.common.errors import StoreUnavailable
from libs.common.tests.sample import SampleSettings, Thing, ThingMade
from libs.common.tests.streams import count


async def test_rows_and_events_are_committed_together(db: Database, published) -> None:
    async with db.transaction() as tx:
        tx.session.add(Thing(id=uuid4(), name="a"))
        tx.announce(ThingMade(thing="a", number=7))
    (event,) = await published(db)
    assert (event.type, event.source, event.subject, event.seq) == ("sample.thing.made.v1", "sample", "a", 1)
    assert event.data == {"thing": "a", "number": 7}
    assert event.time == db.clock.now()
    assert await count(db, "things") == 1


async def test_an_exception_rolls_both_back(db: Database, published) -> None:
    called: list[str] = []
    with pytest.raises(ZeroDivisionError):
        async with db.transaction() as tx:
            tx.session.add(Thing(id=uuid4(), name="a"))
            tx.announce(ThingMade(thing="a"))
            tx.on_commit(lambda: called.append("committed"))
            raise ZeroDivisionError
    assert await published(db) == []
    assert await count(db, "things") == 0
    assert called == []


async def test_callbacks_run_after_the_commit_in_order(db: Database) -> None:
    called: list[str] = []
    async with db.transaction() as tx:
        tx.on_commit(lambda: called.append("first"))
        tx.on_commit(lambda: called.append("second"))
        assert called == []
    assert called == ["first", "second"]


async def test_seq_counts_each_subject_from_one_across_transactions(db: Database, published) -> None:
    async with db.transaction() as tx:
        for subject in ("a", "b", "a"):
            tx.announce(ThingMade(thing=subject))
    async with db.transaction() as tx:
        tx.announce(ThingMade(thing="a"))
    assert [(e.subject, e.seq) for e in await published(db)] == [("a", 1), ("b", 1), ("a", 2), ("a", 3)]


async def test_seq_has_no_gap_after_a_rollback_and_none_under_contention(db: Database, published) -> None:
    async def announce(fail: bool) -> None:
        async with db.transaction() as tx:
            # In opposite orders, so that only the sorted locking keeps these from waiting for each other.
            for subject in ("a", "b") if fail else ("b", "a"):
                tx.announce(ThingMade(thing=subject))
            await tx.driver()
            if fail:
                raise ZeroDivisionError

    await asyncio.gather(*(announce(number % 3 == 0) for number in range(30)), return_exceptions=True)
    events = await published(db)
    for subject in ("a", "b"):
        assert [e.seq for e in events if e.subject == subject] == list(range(1, 21))


async def test_ten_thousand_events_are_announced_in_one_go(db: Database, published) -> None:
    async with db.transaction() as tx:
        for number in range(10_000):
            tx.announce(ThingMade(thing=f"thing {number % 500}", number=number))
    assert await count(db, "outbox") == 10_000
    assert await count(db, "outbox_subjects WHERE seq = 20") == 500


async def test_the_driver_works_inside_the_transaction_and_sees_the_session(db: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        async with db.transaction() as tx:
            tx.session.add(Thing(id=uuid4(), name="by the session"))
            driver = await tx.driver()
            await driver.copy_records_to_table("things", records=[(uuid4(), "by copy")], columns=["id", "name"])
            assert await driver.fetchval("SELECT count(*) FROM things") == 2
            raise ZeroDivisionError
    assert await count(db, "things") == 0


async def test_a_reader_cannot_write(db: Database) -> None:
    async with db.read() as session:
        with pytest.raises(DBAPIError, match="read-only"):
            await session.execute(text("DELETE FROM things"))


async def test_a_broken_constraint_is_the_callers_error_and_not_an_outage(db: Database) -> None:
    same = uuid4()
    with pytest.raises(IntegrityError):
        async with db.transaction() as tx:
            tx.session.add_all([Thing(id=same, name="a"), Thing(id=same, name="b")])
    with pytest.raises(asyncpg.UniqueViolationError):
        async with db.transaction() as tx:
            driver = await tx.driver()
            await driver.executemany("INSERT INTO things VALUES ($1, 'x')", [(same,), (same,)])
    assert await count(db, "things") == 0


async def test_an_error_of_something_else_inside_the_block_is_left_alone(db: Database) -> None:
    for error in (TimeoutError("of a call"), ConnectionRefusedError("of a call")):
        with pytest.raises(type(error), match="of a call"):
            async with db.transaction() as tx:
                await tx.driver()
                raise error
    assert await count(db, "things") == 0


async def test_serializable_transactions_do_not_both_win(db: Database) -> None:
    async def add_unless_there() -> None:
        async with db.transaction(isolation="SERIALIZABLE") as tx:
            if not (await tx.session.execute(select(Thing))).all():
                await asyncio.sleep(0.05)
                tx.session.add(Thing(id=uuid4(), name="only"))

    results = await asyncio.gather(add_unless_there(), add_unless_there(), return_exceptions=True)
    assert sum(result is None for result in results) == 1
    assert await count(db, "things") == 1


async def test_a_statement_that_takes_too_long_is_an_outage_and_the_pool_goes_on(
    database_for, service_settings
) -> None:
    settings = service_settings(SampleSettings, db_statement_timeout_s=0.1, db_pool_size=1)
    db = await database_for(settings)
    with pytest.raises(StoreUnavailable):
        async with db.transaction() as tx:
            await tx.session.execute(text("SELECT pg_sleep(5)"))
    with pytest.raises(StoreUnavailable):
        async with db.transaction() as tx:
            driver = await tx.driver()
            await driver.execute("SELECT pg_sleep(5)")
    async with db.read() as session:
        assert (await session.execute(text("SELECT 1"))).scalar_one() == 1


async def test_waiting_for_a_connection_is_bounded(database_for, service_settings) -> None:
    db = await database_for(service_settings(SampleSettings, db_pool_size=1, db_pool_timeout_s=0.1))
    async with db.transaction():
        with pytest.raises(StoreUnavailable):
            async with db.read():
                pass


async def test_a_cancelled_transaction_gives_its_connection_back(database_for, service_settings) -> None:
    db = await database_for(service_settings(SampleSettings, db_pool_size=1))

    async def sleep() -> None:
        async with db.transaction() as tx:
            await tx.session.execute(text("SELECT pg_sleep(2)"))

    task = asyncio.create_task(sleep())
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(1.5):
        assert await count(db, "things") == 0


def test_an_instant_without_a_zone_is_refused_and_answers_are_utc() -> None:
    kind = UtcDateTime()
    with pytest.raises(ValueError, match="zone"):
        kind.process_bind_param(datetime(2026, 1, 1), None)  # noqa: DTZ001
    india = timezone(timedelta(hours=5, minutes=30))
    assert kind.process_result_value(datetime(2026, 1, 1, 5, 30, tzinfo=india), None) == datetime(
        2026, 1, 1, tzinfo=UTC
    )


def test_prices_hold_four_decimals() -> None:
    assert (PriceType.precision, PriceType.scale) == (18, 4)
    assert PriceType.python_type is Decimal
