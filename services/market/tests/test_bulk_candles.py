"""Many candles at once: what COPY stores is what the upsert stores, whatever was there before."""

import asyncio
from dataclasses import replace

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from libs.common.instruments import Instrument
from services.market.candles import bulk, tables
from services.market.candles.tables import CandleRow
from services.market.instruments.tables import InstrumentRow
from services.market.providers.port import Bar, Interval

START_MS = 1_768_362_300_000  # 14 January 2026, 03:45 UTC
MOST_E4 = 10**18 - 1
PRICE = st.one_of(st.integers(1, 10**6), st.sampled_from([9_999, 10_000, 10_001, 10**8, 10**8 - 1, MOST_E4]))


@pytest.fixture
async def numbers(db):
    async with db.transaction() as tx:
        rows = [
            InstrumentRow(
                instrument=f"NSE:B{n}", exchange="NSE", symbol=f"B{n}", name="B", currency="INR", provider="bench"
            )
            for n in range(3)
        ]
        tx.session.add_all(rows)
        await tx.session.flush()
        return [row.id for row in rows]


@st.composite
def bars(draw):
    """Bars of three instruments by place, some of them twice."""
    made = []
    for _ in range(draw(st.integers(0, 12))):
        prices = [draw(PRICE) for _ in range(4)]
        bar = Bar(
            Instrument("NSE", "X"), draw(st.sampled_from([Interval.M1, Interval.M5, Interval.D1])),
            START_MS + draw(st.integers(0, 5)) * 60_000, *prices, draw(st.none() | st.integers(0, 2**62)),
            interpolated=draw(st.booleans()), complete=draw(st.booleans()),
        )  # fmt: skip
        made.append((draw(st.integers(0, 2)), bar))
    return made


async def stored(db):
    async with db.read() as session:
        order = (CandleRow.instrument_id, CandleRow.interval, CandleRow.at)
        rows = await session.scalars(select(CandleRow).order_by(*order))
        names = [column.name for column in CandleRow.__table__.columns]
        return [tuple(getattr(row, name) for name in names) for row in rows]


async def emptied(db):
    async with db.transaction() as tx:
        await tx.session.execute(delete(CandleRow))


async def store(db, way, listed):
    async with db.transaction() as tx:
        await way(await tx.driver(), listed, "import")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=bars(), after=bars())
async def test_it_stores_what_the_upsert_stores(db, numbers, before, after):
    before, after = ([(numbers[place], bar) for place, bar in listed] for listed in (before, after))
    outcomes = []
    for way in (tables.replace, bulk.bring_in):
        await emptied(db)
        for listed in (before, after, after):
            await store(db, way, listed)
        outcomes.append(await stored(db))
    assert outcomes[0] == outcomes[1]


def minute(place):
    return Bar(Instrument("NSE", "X"), Interval.M1, START_MS + place * 60_000, 10, 20, 5, 15, 100)


async def test_only_what_is_new_is_copied(db, numbers):
    async with db.transaction() as tx:
        driver = await tx.driver()
        assert (
            await bulk.bring_in(driver, [(number, minute(place)) for number in numbers for place in (0, 2)], "a") == 6
        )
        more = [(numbers[0], minute(1)), (numbers[1], minute(3)), (numbers[2], replace(minute(2), close_e4=6))]
        assert await bulk.bring_in(driver, more, "b") == 2, "the third one has that bar"
    rows = await stored(db)
    assert len(rows) == 8
    assert [row for row in rows if row[0] == numbers[2]][1][6] * 10_000 == 6


async def test_somebody_may_write_the_same_candle_meanwhile(db, numbers, monkeypatch):
    """Between our look and the copy: the whole batch then goes by the upsert, and nothing is lost."""
    look = bulk._held

    async def look_and_be_overtaken(driver, listed):
        held = await look(driver, listed)
        await store(db, tables.replace, [(numbers[0], replace(minute(0), close_e4=7))])
        return held

    monkeypatch.setattr(bulk, "_held", look_and_be_overtaken)
    async with asyncio.timeout(10), db.transaction() as tx:
        assert await bulk.bring_in(await tx.driver(), [(numbers[0], minute(place)) for place in (0, 1)], "mine") == 0
    assert [(int(row[6] * 10_000), row[10]) for row in await stored(db)] == [(15, "mine")] * 2


async def test_a_price_that_cannot_be_held_is_refused_and_stores_nothing(db, numbers):
    listed = [(numbers[0], minute(0)), (numbers[0], replace(minute(1), high_e4=10**18))]
    with pytest.raises(asyncpg.NumericValueOutOfRangeError):
        await store(db, bulk.bring_in, listed)
    assert await stored(db) == []
