"""Imports of recorded prices: each kind of file, what the report says, and what a second import changes."""

import asyncio
import base64
import gzip
from datetime import timedelta
from uuid import UUID

import pandas as pd
import pytest
from sqlalchemy import func, select

from services.market.app import build_app
from services.market.candles.tables import CandleRow
from services.market.history import command
from services.market.history.rules import find_steps
from services.market.history.service import History
from services.market.history.tables import PriceImportRow
from services.market.history.tasks import HistoryTasks
from services.market.housekeeping import Housekeeping
from services.market.instruments.tables import InstrumentRow
from services.market.prices.tables import NewestPriceRow
from services.market.providers.port import Bar, Interval
from services.market.tests.recorded import AAPL, IBM

STAFF = UUID("0198c5a4-0000-7000-8000-000000000009")
UDIFF = """TradDt,Sgmt,Src,FinInstrmTp,ISIN,TckrSymb,SctySrs,FinInstrmNm,OpnPric,HghPric,LwPric,ClsPric,TtlTradgVol
2025-12-31,CM,NSE,STK,INE002A01018,RELIANCE,EQ,RELIANCE INDUSTRIES,1540.00,1571.90,1538.10,1570.40,9988
2025-12-31,CM,NSE,STK,INE009A01021,INFY,EQ,INFOSYS,1600.00,1599.00,1580.10,1590.40,777
2025-12-31,CM,NSE,STK,INE999A01011,NOBODY,EQ,NOBODY LTD,10.00,11.00,9.10,10.40,5
"""
OLD = """SYMBOL,SERIES,OPEN,HIGH,LOW,CLOSE,LAST,PREVCLOSE,TOTTRDQTY,TOTTRDVAL,TIMESTAMP,TOTALTRADES,ISIN
RELIANCE,EQ,2000.50,2011.00,1990.00,2005.10,2004,1999,1234,1,03-JAN-2022,9,INE002A01018
RELIANCE,N1,1,1,1,1,1,1,1,1,03-JAN-2022,9,INE002A08018
"""
FULL = """SYMBOL, SERIES, DATE1, PREV_CLOSE, OPEN_PRICE, HIGH_PRICE, LOW_PRICE, LAST_PRICE, CLOSE_PRICE, AVG_PRICE, \
TTL_TRD_QNTY, TURNOVER_LACS, NO_OF_TRADES, DELIV_QTY, DELIV_PER
RELIANCE, EQ, 30-Dec-2025, 1530.00, 1531.00, 1545.00, 1529.00, 1540.00, 1539.50, 1537, 5000, 1, 2, 3, 4
"""
BSE = UDIFF.replace(",NSE,", ",BSE,").replace(",EQ,", ",A,")


@pytest.fixture
def history(db):
    return History(db, gap_fraction=0.25)


@pytest.fixture
def bring(history, tmp_path):
    async def import_text(name, text, *, add_unknown=True, exchange="NSE"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        told = []
        row = await history.import_file(
            path, exchange, add_unknown=add_unknown, progress=lambda done, of: told.append((done, of))
        )
        return row, told

    return import_text


async def days(db, instrument):
    async with db.read() as session:
        rows = await session.scalars(
            select(CandleRow).join(InstrumentRow, InstrumentRow.id == CandleRow.instrument_id)
            .where(InstrumentRow.instrument == instrument).order_by(CandleRow.at)
        )  # fmt: skip
        return [
            (row.interval, row.at.strftime("%Y-%m-%d %H:%M"), str(row.close), row.volume, row.source) for row in rows
        ]


async def test_bhavcopies_old_and_new_are_told_apart_by_their_header(bring, db):
    new, told = await bring("BhavCopy_NSE_CM.csv", UDIFF)
    assert (new.state, new.bars, new.done, new.refused, new.instruments, new.added) == ("done", 2, 2, 1, 2, 2)
    assert told[-1] == (2, 2)
    old, _ = await bring("cm03JAN2022bhav.csv.gz", gzip.compress(OLD.encode()))
    full, _ = await bring("sec_bhavdata_full.csv", FULL)
    bse, _ = await bring("BhavCopy_BSE_CM.csv", BSE)
    assert [row.added for row in (old, full, bse)] == [0, 0, 2]
    assert await days(db, "NSE:RELIANCE") == [
        ("1d", "2022-01-03 03:45", "2005.1000", 1_234, "import"),
        ("1d", "2025-12-30 03:45", "1539.5000", 5_000, "import"),
        ("1d", "2025-12-31 03:45", "1570.4000", 9_988, "import"),
    ]
    assert len(await days(db, "BSE:RELIANCE")) == 1


async def test_what_we_do_not_know_is_left_out_and_named(bring, db):
    await bring("one.csv", OLD)
    row, _ = await bring("two.csv", UDIFF, add_unknown=False)
    assert (row.instruments, row.added, row.unknown) == (1, 0, ["NSE:NOBODY"])
    assert (str(row.first_day), str(row.last_day), row.interval) == ("2025-12-31", "2025-12-31", "1d")


async def test_the_same_file_twice_changes_nothing(bring, db):
    await bring("one.csv", UDIFF)
    before = await days(db, "NSE:RELIANCE")
    await bring("one.csv", UDIFF)
    assert await days(db, "NSE:RELIANCE") == before


async def test_minutes_of_a_parquet_file_go_into_their_month_and_stay(bring, db, settings, clock):
    times = pd.date_range("2021-05-28 09:15", periods=3, freq="min")
    frame = pd.DataFrame(
        {"symbol": "INFY", "timestamp": times, "open": 100.0, "high": 101.0, "low": 99.0, "close": 100.5}
    )
    frame["volume"] = 10
    buffer = frame.to_parquet()
    row, _ = await bring("nse_minutes.parquet", buffer)
    assert (row.state, row.interval, row.bars) == ("done", "1m", 3)
    assert [day[1] for day in await days(db, "NSE:INFY")] == [
        "2021-05-28 03:45", "2021-05-28 03:46", "2021-05-28 03:47",
    ]  # fmt: skip
    async with db.transaction() as tx:
        number = await tx.session.scalar(select(InstrumentRow.id))
        now = clock.now()
        tx.session.add(
            NewestPriceRow(
                instrument_id=number, price=100, span_low=100, span_high=100, span_start=now, at=now, received_at=now,
                source="live", stale=False,
            )
        )  # fmt: skip
    await Housekeeping(db, settings).forget_old_candles(None)
    assert len(await days(db, "NSE:INFY")) == 3, "what was imported is kept for good"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("names.csv", "SYMBOL,NAME OF COMPANY\nA,B\n"),
        ("broken.csv.gz", b"\x1f\x8bnot gzip"),
        ("broken.zip", b"PK nothing"),
        ("broken.parquet", b"PAR1 nothing"),
        ("empty.csv", ""),
        ("text.csv", "hello\nworld\n"),
        ("dates.csv", OLD.replace("03-JAN-2022", "some day")),
    ],
)
async def test_a_file_that_holds_no_prices_is_refused_with_the_reason(bring, db, name, content):
    row, _ = await bring(name, content)
    assert row.state == "failed"
    assert row.error.startswith("The file cannot be imported:")


def test_a_step_that_no_market_makes_is_listed():
    def bar(instrument, day, opened, close):
        return Bar(instrument, Interval.D1, day, opened, close, opened, close, None)

    bars = [bar(AAPL, 1, 100, 100), bar(AAPL, 2, 126, 126), bar(AAPL, 3, 100, 99), bar(IBM, 1, 999, 999)]
    assert [(step.at_ms, step.before_e4, step.price_e4) for step in find_steps(bars, 0.25, 9)] == [(2, 100, 126)]
    assert len(find_steps(bars * 3, 0.25, 2)) == 2


@pytest.fixture
async def staff(client_for, settings, db, tokens):
    token = tokens.user(STAFF, role="SUPER_ADMIN", amr=["pwd", "otp"])
    async with client_for(build_app(settings, db=db), token) as client:
        yield client


async def test_staff_hand_a_file_in_and_see_what_became_of_it(staff, history, db):
    content = base64.b64encode(gzip.compress(UDIFF.encode())).decode()
    body = {"file_name": "udiff.csv.gz", "content": content, "add_unknown": True}
    made = await staff.post("/api/market/price-imports/", json=body)
    assert (made.status_code, made.json()["state"]) == (202, "waiting")
    await HistoryTasks(history).import_waiting_files(None)
    shown = (await staff.get(f"/api/market/price-imports/{made.json()['id']}/")).json()
    assert (shown["state"], shown["done"], shown["added"], shown["error"]) == ("done", 2, 2, None)
    (listed,) = (await staff.get("/api/market/price-imports/")).json()["items"]
    assert listed == shown
    async with db.read() as session:
        assert await session.scalar(select(func.count()).where(PriceImportRow.content.is_not(None))) == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"content": "no base64!"},
        {"file_name": "../../etc/passwd.csv"},
        {"file_name": "prices.exe"},
        {"exchange": "MOON"},
        {"more": 1},
        {"content": ""},
    ],
)
async def test_bad_input_is_refused(staff, wrong):
    body = {"file_name": "udiff.csv", "content": "YQ==", **wrong}
    assert (await staff.post("/api/market/price-imports/", json=body)).status_code == 422


async def test_a_file_that_unpacks_to_too_much_is_refused(staff, history, monkeypatch):
    monkeypatch.setattr("services.market.history.service._MAX_UNPACKED_BYTES", 1_000)
    content = base64.b64encode(gzip.compress(b"a" * 100_000)).decode()
    made = await staff.post("/api/market/price-imports/", json={"file_name": "bomb.csv.gz", "content": content})
    await history.work_one()
    shown = (await staff.get(f"/api/market/price-imports/{made.json()['id']}/")).json()
    assert "unpacks to more than" in shown["error"]


async def test_an_import_whose_worker_died_is_taken_up_again(staff, history, db, clock):
    content = base64.b64encode(UDIFF.encode()).decode()
    body = {"file_name": "udiff.csv", "content": content, "add_unknown": True}
    made = (await staff.post("/api/market/price-imports/", json=body)).json()
    async with db.transaction() as tx:
        row = await tx.session.get_one(PriceImportRow, UUID(made["id"]))
        row.state = "running"
    assert not await history.work_one(), "another worker is at it"
    clock.move(timedelta(minutes=3))
    assert await history.work_one()
    assert (await history.get(UUID(made["id"]))).state == "done"


async def test_the_command_imports_and_reports(settings, db, tmp_path, capsys):
    good, bad = tmp_path / "udiff.csv", tmp_path / "names.csv"
    good.write_text(UDIFF)
    bad.write_text("SYMBOL,NAME OF COMPANY\nA,B\n")

    async def run(*arguments):  # in a thread: the command has a loop of its own
        return await asyncio.to_thread(command.run, [str(one) for one in arguments], settings)

    assert await run("--add-unknown", good) == 0
    assert "2 bars of 2 instruments, 1d, 2025-12-31 to 2025-12-31; 2 instruments added; 1 rows refused" in (
        capsys.readouterr().out
    )
    assert await run(good, bad) == 1
    assert "it lists names and holds no prices" in capsys.readouterr().out
    assert await run("--exchange", "MOON", good) == 2
    assert await run() == 2
