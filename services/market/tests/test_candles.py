"""Candles: made of prices in any order, told once when they close, kept by months."""

import asyncio
import itertools
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, select, text

from libs.common.clock import to_ms
from libs.contracts.alerts import AlertCreated, AlertDeleted, AlertState, AlertStatus, CandleNeed, Condition
from services.market.app import build_app
from services.market.candles import rules, tables
from services.market.candles.tables import CandleRow
from services.market.housekeeping import Housekeeping
from services.market.instruments import tables as instruments
from services.market.instruments.service import Instruments
from services.market.instruments.tables import InstrumentRow
from services.market.providers.port import Quote
from services.market.tests.recorded import AAPL, AAPL_DAYS, IBM, era, recording, replay

STEP = timedelta(milliseconds=500)
MINUTE = timedelta(minutes=1)
USER = UUID("0198c5a4-0000-7000-8000-000000000002")
ALERT = UUID("0198c5a4-0000-7000-8000-000000000001")
OPEN = datetime(2026, 1, 15, 14, 30, tzinfo=UTC)


def quote(seconds, price, *, span_s=0.0, low=None, high=None) -> Quote:
    """A price of AAPL so many seconds after the open."""
    at_ms = to_ms(OPEN) + round(seconds * 1_000)
    return Quote(AAPL, price, at_ms, at_ms, low or price, high or price, at_ms - round(span_s * 1_000))


@pytest.fixture
async def number(db):
    async with db.transaction() as tx:
        row = InstrumentRow(
            instrument=str(AAPL), exchange="NASDAQ", symbol="AAPL", name="Apple", currency="USD", provider="live"
        )
        tx.session.add(row)
        await tx.session.flush()
        return row.id


@pytest.fixture
def add(db, number):
    async def add_quotes(*quotes):
        late = []
        for one in quotes:
            async with db.transaction() as tx:
                parts = [(number, part) for part in rules.parts_of(one)]
                late += await tables.add(await tx.driver(), parts, {number: AAPL}, "live")
        return [stored.bar for stored in late]

    return add_quotes


async def stored(db, interval="1m"):
    async with db.read() as session:
        rows = await session.scalars(select(CandleRow).where(CandleRow.interval == interval).order_by(CandleRow.at))
        return [
            ((row.at - OPEN) // MINUTE, *(int(price * 10_000) for price in (row.open, row.high, row.low, row.close)))
            for row in rows
        ]


def need(db, clock, *needs, version=1, status=AlertStatus.ACTIVE, kind=AlertCreated):
    state = AlertState(
        alert_id=ALERT, number=1, version=version, user_id=USER, instrument=str(AAPL), condition=Condition.ABOVE,
        threshold_price="230", status=status, armed_at=clock.now(),
        candles=tuple(CandleNeed(instrument=name, interval=interval) for name, interval in needs),
    )  # fmt: skip

    async def hear():
        async with db.transaction() as tx:
            await Instruments(db).note_alerts(tx, [kind(alert=state)])

    return hear()


async def closed(db, published):
    return [event.data for event in await published(db) if event.type == "market.candle.closed.v1"]


async def test_prices_in_any_order_and_twice_make_the_same_candles(db, add):
    prices = [quote(1, 100), quote(20, 130), quote(59, 90), quote(61, 95)]
    for order in itertools.islice(itertools.permutations(prices), 0, 24, 7):
        await add(*order, order[0], order[2])
        assert await stored(db) == [(0, 100, 130, 90, 90), (1, 95, 95, 95, 95)]
        assert await stored(db, "1d") == [(0, 100, 130, 90, 95)]
        async with db.transaction() as tx:
            await tx.session.execute(text("DELETE FROM candles"))


async def test_a_late_price_corrects_a_closed_candle_once(db, add, clock):
    await add(quote(1, 100), quote(50, 120))
    async with db.transaction() as tx:
        over = await tables.complete_over(await tx.driver(), "live", OPEN + timedelta(seconds=63), timedelta(seconds=3))
    assert [(one.bar.interval, one.bar.close_e4) for one in over] == [("1m", 120)]
    async with db.transaction() as tx:
        again = await tables.complete_over(await tx.driver(), "live", clock.now(), timedelta(seconds=3))
    assert "1m" not in {one.bar.interval for one in again}, "a candle closes once"
    late = quote(30, 140)
    corrected = await add(late)
    assert ("1m", 100, 140, 100, 120) in [
        (bar.interval, bar.open_e4, bar.high_e4, bar.low_e4, bar.close_e4) for bar in corrected
    ]
    assert await add(late) == [], "told once"
    assert await add(quote(55, 120)) == [], "nothing of it changes"


async def test_a_polled_day_takes_the_providers_open_high_and_low_and_forgets_a_wrong_high(db, add):
    first = replace(quote(60, 100), day_open_e4=90, day_high_e4=500, day_low_e4=80, day_volume=10)
    await add(first, replace(first, at_ms=first.at_ms + 1_000, day_high_e4=110, day_volume=20))
    assert await stored(db, "1d") == [(0, 90, 110, 80, 100)]


@given(seconds=st.floats(0, 23_500), span_s=st.floats(0, 400))
def test_a_span_that_began_before_a_candle_lends_it_no_extremes(seconds, span_s):
    one = quote(seconds, 100, span_s=span_s, low=50, high=150)
    for part in rules.parts_of(one):
        inside = one.span_start_ms >= part.bar.at_ms
        assert (part.bar.low_e4, part.bar.high_e4) == ((50, 150) if inside else (100, 100))


def test_a_price_after_the_close_belongs_to_the_last_candle():
    last = quote(390 * 60 + 4, 100)
    starts = [(part.bar.at_ms - to_ms(OPEN)) // 60_000 for part in rules.parts_of(last)]
    assert starts == [0, 360, 375, 385, 389]


async def test_a_stream_tells_the_closed_candles_that_an_alert_reads_and_no_others(feed_of, db, clock, published):
    feed = feed_of()
    assert await feed.begin()
    await need(db, clock, (str(AAPL), "15m"), (str(IBM), "1d"))
    for _ in range(44):
        clock.move(STEP)
        await feed.step(STEP)
    told = await closed(db, published)
    starts = [(event["instrument"], event["interval"], event["at"]) for event in told]
    assert len(set(starts)) == len(starts), "each once"
    quarters = [start for start in starts if start[:2] == (str(AAPL), "15m")]
    assert len(quarters) >= 26, "of a session all"
    assert sorted(quarters) == quarters
    assert [start[1] for start in starts if start[0] == str(IBM)] == ["1d"], "an instrument that the rule refers to"
    first = told[0]
    async with db.read() as session:
        row = await session.scalar(
            select(CandleRow).where(CandleRow.interval == "15m", CandleRow.complete).order_by(CandleRow.at)
        )
    assert (first["open"], first["late"]) == (f"{row.open:.2f}", False)


async def test_a_step_that_failed_tells_its_candles_once(feed_of, db, clock, published, monkeypatch):
    feed = feed_of()
    await feed.begin()
    await need(db, clock, (str(AAPL), "5m"))

    async def fail(*_):
        raise RuntimeError

    for turn in range(6):
        clock.move(STEP)
        with monkeypatch.context() as patch:
            if turn == 4:
                patch.setattr("services.market.candles.tables.replace", fail)
                with pytest.raises(RuntimeError):
                    await feed.step(STEP)
        await feed.step(STEP)
    starts = [event["at"] for event in await closed(db, published)]
    assert len(starts) > 5
    assert len(set(starts)) == len(starts)


async def test_what_an_alert_reads_ends_with_it_and_older_news_changes_nothing(db, clock, number):
    async def read():
        async with db.read() as session:
            return await instruments.list_read_candles(session)

    await need(db, clock, (str(AAPL), "5m"), ("NSE:UNKNOWN", "1d"), version=2)
    assert await read() == {(number, "5m")}
    await need(db, clock, (str(AAPL), "1h"), version=1)
    assert await read() == {(number, "5m")}
    await need(db, clock, (str(AAPL), "1h"), version=3)
    assert await read() == {(number, "1h")}
    await need(db, clock, (str(AAPL), "1h"), version=3, kind=AlertDeleted)
    assert await read() == frozenset()


async def test_services_read_candles_oldest_first(feed_of, db, clock, client_for, settings, tokens):
    feed = feed_of(replay(era(recording(AAPL, AAPL_DAYS), start=2), clock=clock))
    await feed.begin()
    app = build_app(settings, db=db)
    service = tokens.service("alerts", scope="prices:read", audience="market")
    async with client_for(app, service) as client:
        newest = (await client.get(f"/internal/candles/{AAPL}?interval=1d&limit=1")).json()
        first = (await client.get("/internal/candles/AAPL?interval=1d&limit=1&from=2010-01-01T00:00:00Z")).json()
        both = (await client.get(f"/internal/candles/{AAPL}?interval=1d")).json()
        unknown = await client.get("/internal/candles/NSE:NOPE?interval=1d")
        wrong = await client.get("/internal/candles/AAPL?interval=7m")
    assert (newest["instrument"], newest["items"][0]["at"], newest["more"]) == (str(AAPL), "2010-03-23T13:30:00Z", True)
    assert (first["items"][0]["at"], first["more"]) == ("2010-03-22T13:30:00Z", True)
    assert [item["close"] for item in both["items"]] == ["224.75", "228.36"]
    assert not both["more"]
    assert (unknown.status_code, wrong.status_code) == (404, 422)


async def test_services_read_the_newest_candles_of_many_as_columns(feed_of, db, clock, client_for, settings, tokens):
    feed = feed_of(replay(era(recording(AAPL, AAPL_DAYS), start=2), clock=clock))
    await feed.begin()
    app = build_app(settings, db=db)
    service = tokens.service("signals", scope="prices:read", audience="market")

    async def ask(more: str = "") -> dict[str, Any]:
        answer = await client.get(f"/internal/candle-columns?instruments={AAPL},NSE:NOPE&interval=1d{more}")
        return answer.json()["items"]

    async with client_for(app, service) as client:
        one = (await client.get(f"/internal/candles/{AAPL}?interval=1d&adjusted=true")).json()["items"]
        items = await ask()
        newest = await ask("&limit=1")
        before = await ask("&to=2010-03-23T00:00:00Z")
        closes = (await ask("&columns=close"))[str(AAPL)]
        wrong = await client.get(f"/internal/candle-columns?instruments={AAPL}&interval=1d&columns=close,secrets")
        async with db.transaction() as tx:
            await tx.session.execute(
                text(
                    """INSERT INTO splits
                    (id, instrument_id, ex_date, old_shares, new_shares, reason, confirmed_at, announced_at,
                    confirmed_by)
                    SELECT gen_random_uuid(), id, '2010-03-23', 1, 2, '', now(), now(), gen_random_uuid()
                    FROM instruments WHERE instrument = :name"""
                ),
                {"name": str(AAPL)},
            )
        adjusted = await ask()
        halved_closes = (await ask("&columns=close"))[str(AAPL)]["close_e4"]
        halved = (await client.get(f"/internal/candles/{AAPL}?interval=1d&adjusted=true")).json()["items"]
        many = await client.get(f"/internal/candle-columns?instruments={','.join(map(str, range(51)))}&interval=1d")
        far = await client.get(f"/internal/candle-columns?instruments={AAPL}&interval=1d&limit=5000")
        crowd = ",".join(map(str, range(11)))
        heavy = await client.get(f"/internal/candle-columns?instruments={crowd}&interval=1d&limit=5000")
    assert far.json()["items"] == adjusted
    assert (heavy.status_code, heavy.json()["errors"][0]["field"]) == (422, "/limit")
    assert list(items) == [str(AAPL)]
    for columns, rows in ((items[str(AAPL)], one), (adjusted[str(AAPL)], halved)):
        complete = [row for row in rows if row["complete"]]
        assert [Decimal(row["close"]) * 10_000 for row in complete] == columns["close_e4"]
        assert [row["volume"] for row in complete] == columns["volume"]
        assert [to_ms(datetime.fromisoformat(row["at"])) for row in complete] == columns["at_ms"]
    assert items[str(AAPL)]["close_e4"] != adjusted[str(AAPL)]["close_e4"]
    assert len(newest[str(AAPL)]["at_ms"]) == len(before[str(AAPL)]["at_ms"]) == 1
    whole = items[str(AAPL)]
    assert closes == {**whole, "open_e4": [], "high_e4": [], "low_e4": [], "volume": []}
    assert halved_closes == adjusted[str(AAPL)]["close_e4"]
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "/query/columns")
    assert (many.status_code, many.json()["errors"][0]["field"]) == (422, "/instruments")


async def test_services_learn_who_has_candles(db, add, client_for, settings, tokens):
    await add(quote(1, 1_000_000))
    app = build_app(settings, db=db)
    service = tokens.service("signals", scope="prices:read", audience="market")
    async with client_for(app, service) as client:
        answers = [
            (await client.get(f"/internal/candles?interval=1m{more}")).json()
            for more in ("", "&exchange=NSE", f"&after={AAPL}")
        ]
    assert [answer["instruments"] for answer in answers] == [[str(AAPL)], [], []]
    assert not answers[0]["more"]


async def parts(db):
    async with db.read() as session:
        rows = await session.execute(
            text("SELECT relname FROM pg_class WHERE relname ~ '^candles__[0-9]{4}_[0-9]{2}$' AND relkind = 'r'")
        )
        return {row.relname for row in rows}


async def put(db, number, *times, interval="1m"):
    ohlc = dict.fromkeys(("open", "high", "low", "close"), 1)
    common = {
        "instrument_id": number, "interval": interval, "interpolated": False, "complete": True, "source": "live",
    }  # fmt: skip
    async with db.transaction() as tx:
        await tx.session.execute(insert(CandleRow), [{"at": at, **common, **ohlc} for at in times])


async def test_months_are_made_ahead_and_take_what_waited_for_them(db, settings, number):
    await put(db, number, OPEN, OPEN - timedelta(days=400))
    await Housekeeping(db, settings).make_months_ahead(None)
    assert {"candles__2026_01", "candles__2026_02", "candles__2026_03"} <= await parts(db)
    async with db.read() as session:
        assert await session.scalar(text("SELECT count(*) FROM candles__2026_01")) == 1
        assert await tables.count_astray(session) == 1
        assert len((await session.scalars(select(CandleRow))).all()) == 2
    async with db.transaction() as tx:
        assert await tables.make_months(tx.session, [date(2026, 1, 31)]) == 0


async def test_who_writes_while_a_month_is_made_goes_on(db, number):
    months = [date(2003, month, 1) for month in range(1, 13)]
    making = asyncio.Event()

    async def write(day):
        for turn in itertools.count():
            await put(db, number, *(datetime(2003, month, day, tzinfo=UTC) + turn * MINUTE for month in range(1, 13)))
            if making.is_set():
                return

    writers = [asyncio.create_task(write(day)) for day in range(1, 5)]
    for month in months:
        async with db.transaction() as tx:
            assert await tables.make_months(tx.session, [month]) == 1
    making.set()
    await asyncio.gather(*writers)
    async with db.read() as session:
        assert await tables.count_astray(session) == 0


async def test_only_empty_months_are_dropped(db, number):
    async with db.transaction() as tx:
        await tables.make_months(tx.session, [date(2001, 5, 1), date(2001, 6, 1)])
    await put(db, number, datetime(2001, 6, 2, tzinfo=UTC))
    async with db.transaction() as tx:
        assert await tables.drop_empty_months(tx.session, date(2001, 12, 1)) == 1
    assert "candles__2001_06" in await parts(db)
    assert "candles__2001_05" not in await parts(db)


async def test_the_service_makes_months_and_no_other_table(db):
    async with db.transaction() as tx:
        driver = await tx.driver()
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await driver.execute("CREATE TABLE market.mine (id int)")
    async with db.transaction() as tx:
        driver = await tx.driver()
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await driver.execute("DROP TABLE market.candles__rest")
    async with db.transaction() as tx:
        driver = await tx.driver()
        with pytest.raises(asyncpg.RaiseError, match="No month of candles"):
            await driver.execute("SELECT make_candle_month('2999-01-01')")
