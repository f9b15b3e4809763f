"""Lists of instruments: each format, what is new, changed, renamed and refused, and the job with its progress."""

import base64
import gzip
import json
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from libs.common.security.permissions import Role
from libs.common.testing.statements import statements
from libs.contracts.ingest import FeedVendor
from libs.contracts.market import InstrumentChanged
from services.market import commands
from services.market.app import build_app
from services.market.feed_keys import service as feed_keys
from services.market.imports import formats
from services.market.imports.formats import Entry, Format, Refused, Skipped, Underlying, UnreadableFile
from services.market.imports.service import BATCH, Imports
from services.market.imports.tasks import ImportTasks
from services.market.instruments.tables import InstrumentRow

STAFF = UUID("0198c5a4-0000-7000-8000-000000000009")
KITE = (
    "instrument_token,exchange_token,tradingsymbol,name,last_price,expiry,strike,tick_size,lot_size,instrument_type,"
    "segment,exchange\n"
)
NSE = "SYMBOL,NAME OF COMPANY, SERIES, DATE OF LISTING, PAID UP VALUE, MARKET LOT, ISIN NUMBER, FACE VALUE\n"
TCS, INFY, RELIANCE = "INE467B01029", "INE009A01021", "INE002A01018"


@pytest.fixture
def imports(db):
    return Imports(db, "replay")


@pytest.fixture
def take_in(imports):
    async def run(text, format_=Format.NSE_EQUITY, valid_from=None):
        content = text if isinstance(text, bytes) else text.encode()
        row = await imports.hand_in(None, format_, "list.csv", content, valid_from)
        await imports.run(row.id)
        return await imports.get(row.id)

    return run


@pytest.fixture
def stored(db):
    async def read(name):
        async with db.read() as session:
            return await session.scalar(select(InstrumentRow).where(InstrumentRow.instrument == name))

    return read


def nse(*rows):
    return NSE + "".join(f"{symbol},{name},EQ,06-OCT-2008,10,1,{isin},1\n" for symbol, name, isin in rows)


def kinds(content, format_):
    return [type(row) for row in formats.read(content.encode(), format_)]


def test_a_kite_list_is_read_without_what_we_do_not_hold():
    text = KITE + (
        "1,1,CENTRALBK-BE,CENTRAL BANK OF INDIA,0.0,,0.0,0.05,1,EQ,NSE,NSE\n"
        "2,2,BAJAJ-AUTO,BAJAJ AUTO,0.0,,0.0,0.5,1,EQ,NSE,NSE\n"
        "3,3,EMMBI-BL,EMMBI INDUSTRIES,0.0,,0.0,0.05,1,EQ,NSE,NSE\n"
        "4,4,NIFTY 50,NIFTY 50,0.0,,0.0,0,0,EQ,INDICES,NSE\n"
        "5,5,TCS26NOVFUT,TCS,0.0,2026-11-26,0.0,0.1,175,FUT,NFO-FUT,NFO\n"
        "6,6,TCS26NOV3000CE,TCS,0.0,2026-11-26,3000.0,0.05,175,CE,NFO-OPT,NFO\n"
        "7,7,BAD SYMBOL,NAME,0.0,,0.0,0.05,1,EQ,BSE,BSE\n"
    )
    bank, bajaj, block, index, future, option, bad = formats.read(text.encode(), Format.KITE)
    assert (bank.instrument, bank.series, bank.tick_size) == ("NSE:CENTRALBK", "BE", Decimal("0.05"))
    assert (bajaj.instrument, bajaj.series) == ("NSE:BAJAJ-AUTO", None)
    assert (index.instrument, index.kind) == ("NSE:NIFTY50", "index")
    assert (future.exchange, future.symbol) == ("NSE", "TCS")
    assert [type(one) for one in (block, option)] == [Skipped, Skipped]
    assert (bad.line, bad.code) == (8, "bad_symbol")


def test_upstox_lists_are_read_in_both_forms_with_ticks_in_rupees():
    row = {"segment": "NSE_EQ", "name": "TCS LTD", "instrument_type": "EQ", "instrument_key": f"NSE_EQ|{TCS}",
           "lot_size": 1, "tick_size": 10.0, "trading_symbol": "TCS", "exchange": "NSE"}  # fmt: skip
    future = {"segment": "NSE_FO", "instrument_type": "FUT", "underlying_symbol": "TCS"}
    text = json.dumps([row, future, {"segment": "MCX_FO"}, {**row, "instrument_key": "NSE_EQ|INE467B01020"}])
    tcs, underlying, skipped, refused = formats.read(gzip.compress(text.encode()), Format.UPSTOX)
    assert (tcs.instrument, tcs.isin, tcs.tick_size) == ("NSE:TCS", TCS, Decimal("0.1"))
    assert isinstance(underlying, Underlying)
    assert isinstance(skipped, Skipped)
    assert (refused.code, refused.line) == ("bad_isin", 4)
    old = (
        "instrument_key,exchange_token,tradingsymbol,name,last_price,expiry,strike,tick_size,lot_size,instrument_type,"
        f"option_type,exchange\nBSE_EQ|{TCS},532540,TCS,TCS LTD,,,,0.05,1,EQUITY,,BSE_EQ\n"
    )
    (tcs,) = formats.read(old.encode(), Format.UPSTOX)
    assert (tcs.instrument, tcs.tick_size, tcs.series) == ("BSE:TCS", Decimal("0.05"), None)


def test_twelvedata_names_exchanges_by_their_mic():
    text = json.dumps(
        {"data": [
            {"symbol": "AAPL", "name": "Apple Inc", "currency": "USD", "exchange": "NASDAQ", "mic_code": "XNGS",
             "type": "Common Stock"},
            {"symbol": "TCS", "name": "TCS", "exchange": "BSE", "mic_code": "XBOM", "type": "Common Stock"},
            {"symbol": "VOD", "name": "Vodafone", "exchange": "LSE", "mic_code": "XLON", "type": "Common Stock"},
            {"symbol": "AAPLW", "name": "W", "exchange": "NASDAQ", "mic_code": "XNGS", "type": "Warrant"},
        ]}
    )  # fmt: skip
    apple, tcs, *others = formats.read(text.encode(), Format.TWELVEDATA)
    assert (apple.instrument, apple.currency, tcs.instrument, tcs.currency) == (
        "NASDAQ:AAPL", "USD", "BSE:TCS", "INR",
    )  # fmt: skip
    assert [type(one) for one in others] == [Skipped, Skipped]


def test_members_of_an_index_bring_their_industry():
    text = f"Company Name,Industry,Symbol,Series,ISIN Code\nTCS Ltd.,Information Technology,TCS,EQ,{TCS}\n"
    (tcs,) = formats.read(text.encode(), Format.NSE_INDEX)
    assert (tcs.sector, tcs.isin) == ("Information Technology", TCS)


@pytest.mark.parametrize(
    ("content", "format_"),
    [
        (b"", Format.KITE),
        (b"a,b,c\n1,2,3\n", Format.KITE),
        (NSE.encode(), Format.NSE_EQUITY),
        (b"\x1f\x8bnonsense", Format.UPSTOX),
        (b"\xff\xfe\x00", Format.NSE_EQUITY),
        (b"{", Format.TWELVEDATA),
        (b'{"data": 3}', Format.TWELVEDATA),
        (b"[]", Format.UPSTOX),
    ],
)
def test_a_file_that_is_no_such_list_is_refused_as_a_whole(content, format_):
    with pytest.raises(UnreadableFile):
        list(formats.read(content, format_))


def test_a_file_that_unpacks_to_too_much_is_refused(monkeypatch):
    monkeypatch.setattr(formats, "MAX_PLAIN_BYTES", 1_000)
    with pytest.raises(UnreadableFile):
        list(formats.read(gzip.compress(b"x" * 2_000), Format.KITE))


@given(st.binary(max_size=300), st.sampled_from(Format))
def test_no_file_breaks_the_reader(content, format_):
    for body in (content, b"[" + content, NSE.encode() + content):
        try:
            rows = list(formats.read(body, format_))
        except UnreadableFile:
            continue
        assert all(isinstance(row, Entry | Underlying | Refused | Skipped) for row in rows)


@pytest.mark.parametrize("isin", ["US0378331005", TCS, INFY, RELIANCE, "INF204KB14I2", "US5949181045"])
def test_an_isin_is_good_and_no_other_digit_in_its_place(isin):
    assert formats.is_isin(isin)
    for digit in "0123456789":
        for place in (11, 9):
            other = isin[:place] + digit + isin[place + 1 :]
            assert formats.is_isin(other) is (other == isin)


async def test_a_list_twice_changes_nothing_the_second_time(take_in, stored):
    text = nse(("TCS", "Tata Consultancy Services Limited", TCS), ("INFY", "Infosys Limited", INFY))
    first, second = await take_in(text), await take_in(text)
    assert (first.state, first.rows, first.done, first.added, first.refused) == ("done", 2, 2, 2, 0)
    assert (second.added, second.changed, second.unchanged) == (0, 0, 2)
    tcs = await stored("NSE:TCS")
    assert (tcs.isin, tcs.series, tcs.lot_size, tcs.listed_on) == (TCS, "EQ", 1, date(2008, 10, 6))


async def test_lists_complete_each_other(take_in, stored):
    await take_in(nse(("TCS", "Tata Consultancy Services Limited", TCS)))
    kite = KITE + (
        "1,1,TCS,TATA CONSULTANCY SERVICES LIMITED,0.0,,0.0,0.1,1,EQ,NSE,NSE\n"
        "2,2,TCS26NOVFUT,TCS,0.0,2026-11-26,0.0,0.1,175,FUT,NFO-FUT,NFO\n"
    )
    done = await take_in(kite, Format.KITE, date(2026, 8, 3))
    assert (done.added, done.changed, done.rows, done.done) == (0, 2, 2, 2)
    tcs = await stored("NSE:TCS")
    assert (tcs.name, tcs.tick_size, tcs.isin) == ("Tata Consultancy Services Limited", Decimal("0.1"), TCS)
    assert tcs.has_derivatives_from == date(2026, 8, 3)


async def test_another_symbol_of_the_same_isin_is_a_rename_and_the_old_symbol_leads_to_it(
    take_in, stored, db, published, app_client
):
    await take_in(nse(("OLDTCS", "Old Name", TCS)))
    number = (await stored("NSE:OLDTCS")).id
    done = await take_in(nse(("TCS", "New Name", TCS)), valid_from=date(2026, 9, 1))
    assert (done.added, done.changed) == (0, 1)
    assert (await stored("NSE:TCS")).id == number
    for asked in ("NSE:OLDTCS", "oldtcs", "TCS"):
        assert (await app_client.get(f"/api/stocks/{asked}/")).json()["instrument"] == "NSE:TCS"
    (item,) = (await app_client.get("/api/instruments/?q=oldtcs")).json()["items"]
    assert item["instrument"] == "NSE:TCS"
    (event,) = [one for one in await published(db) if one.type == InstrumentChanged.type]
    assert (event.data["previous"], event.data["instrument"], event.data["valid_from"]) == (
        "NSE:OLDTCS", "NSE:TCS", "2026-09-01",
    )  # fmt: skip


async def test_a_new_symbol_that_stood_beside_the_old_one_takes_its_isin(take_in, stored, app_client):
    await take_in(nse(("OLDTCS", "Old Name", TCS)))
    await take_in(KITE + "1,1,TCS,TCS,0.0,,0.0,0.1,1,EQ,NSE,NSE\n", Format.KITE)
    done = await take_in(nse(("TCS", "New Name", TCS)))
    assert (done.added, done.changed, done.refused) == (0, 1, 0)
    assert ((await stored("NSE:OLDTCS")).status, (await stored("NSE:TCS")).isin) == ("renamed", TCS)
    assert (await app_client.get("/api/stocks/OLDTCS/")).json()["instrument"] == "NSE:TCS"


async def test_what_contradicts_is_refused_with_its_line(take_in):
    await take_in(nse(("TCS", "TCS", TCS), ("INFY", "Infosys", INFY)))
    done = await take_in(nse(("TCS", "TCS", INFY), ("RELIANCE", "Reliance", RELIANCE), ("RELIANCE", "Again", RELIANCE)))
    assert [(one["line"], one["code"]) for one in done.problems] == [(2, "symbol_taken"), (4, "twice")]
    assert (done.added, done.refused, done.done) == (1, 2, 3)


async def test_an_unreadable_file_fails_and_says_why(take_in):
    done = await take_in("nonsense")
    assert (done.state, done.error, done.added) == ("failed", "The first line lacks SYMBOL, NAME OF COMPANY, SERIES, "
                                                    "ISIN NUMBER.", 0)  # fmt: skip


async def test_a_long_list_takes_few_statements_a_batch_and_can_be_taken_up_again(imports, db):
    rows = "".join(f"{n},{n},S{n},SHARE {n},0.0,,0.0,0.05,1,EQ,BSE,BSE\n" for n in range(2 * BATCH + 1))
    row = await imports.hand_in(None, Format.KITE, "k.csv", (KITE + rows).encode(), None)
    with statements() as seen:
        await imports.run(row.id)
    assert len(seen) <= 3 * 5 + 5
    done = await imports.get(row.id)
    assert (done.rows, done.done, done.added) == (2 * BATCH + 1, 2 * BATCH + 1, 2 * BATCH + 1)
    await imports.run(row.id)
    assert (await imports.get(row.id)).added == done.added, "it is done: its file is gone"


@pytest.fixture
def app(settings, db):
    return build_app(settings, db=db)


@pytest.fixture
async def app_client(app, client_for):
    async with client_for(app, user=STAFF) as opened:
        yield opened


@pytest.fixture
async def staff(app, client_for, tokens):
    async with client_for(app, user=tokens.user(STAFF, role=Role.SUPER_ADMIN, amr=("pwd", "otp"))) as opened:
        yield opened


async def test_staff_hand_a_file_in_and_see_how_far_it_is(staff, app, imports, db, published):
    body = {"format": "nse-equity", "file_name": "EQUITY_L.csv",
            "content": base64.b64encode(gzip.compress(nse(("TCS", "TCS", TCS)).encode())).decode()}  # fmt: skip
    answer = await staff.post("/api/market/imports/", json=body)
    assert (answer.status_code, answer.json()["state"]) == (202, "waiting")
    assert await app.state.queue.depth() == 1
    path = f"/api/market/imports/{answer.json()['id']}/"
    assert await imports.list_unfinished() == [UUID(answer.json()["id"])]
    await ImportTasks(imports).import_instruments(None, answer.json()["id"])
    shown = (await staff.get(path)).json()
    assert (shown["state"], shown["added"], shown["done"], shown["rows"]) == ("done", 1, 1, 1)
    assert (await staff.get("/api/market/imports/")).json()["items"] == [shown]
    assert await imports.list_unfinished() == []
    (audited,) = [one.data["record"] for one in await published(db) if one.type == "auth.action.recorded.v1"]
    assert (audited["action"], audited["actor_id"]) == ("instruments.import_started", str(STAFF))
    assert (await staff.get("/api/market/imports/0198c5a4-0000-7000-8000-000000000001/")).status_code == 404


@pytest.mark.parametrize(
    "change", [{"format": "excel"}, {"content": "???"}, {"content": ""}, {"file_name": "a\nb"}, {"more": 1}]
)
async def test_a_bad_request_for_an_import_is_refused(staff, change):
    body = {"format": "kite", "file_name": "k.csv", "content": "YQ==", **change}
    assert (await staff.post("/api/market/imports/", json=body)).status_code == 422


async def test_only_staff_import(app_client):
    assert (await app_client.get("/api/market/imports/")).status_code == 403


async def test_the_command_says_what_a_file_brought(settings, db, tmp_path, monkeypatch, capsys):
    file = tmp_path / "EQUITY_L.csv"
    file.write_text(nse(("TCS", "TCS", TCS), ("TCS", "TCS", TCS)))
    assert await commands.import_file(settings, file, Format.NSE_EQUITY, None) == 0
    assert capsys.readouterr().out.splitlines() == [
        "2 rows: 1 new, 0 changed, 0 as they were, 0 not for us, 1 refused",
        "  line 3: NSE:TCS stood in line 2 already.",
    ]
    file.write_text("nonsense")
    assert await commands.import_file(settings, file, Format.NSE_EQUITY, None) == 1


async def test_lists_of_brokers_tell_the_keys_of_their_feeds(take_in, db):
    await take_in(KITE + "408065,1594,INFY,INFOSYS,0,,0,0.05,1,EQ,NSE,NSE\n", Format.KITE)
    share = {"segment": "NSE_EQ", "instrument_type": "EQ", "instrument_key": f"NSE_EQ|{INFY}", "trading_symbol": "INFY"}
    await take_in(json.dumps([{**share, "name": "INFOSYS", "tick_size": 5.0, "lot_size": 1}]), Format.UPSTOX)
    async with db.read() as session:
        for vendor, key in ((FeedVendor.KITE, "408065"), (FeedVendor.UPSTOX, f"NSE_EQ|{INFY}")):
            assert str((await feed_keys.meanings(session, vendor, [key]))[key].instrument) == "NSE:INFY"
