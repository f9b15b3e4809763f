"""Dated company events: what files say, what stands after them, who is told, and what dividends do to the history."""

import base64
import gzip
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.security.permissions import Role
from libs.common.testing.statements import statements
from services.market import commands
from services.market.app import build_app
from services.market.candles.adjusting import Adjustment, Paid
from services.market.companies import files, wording
from services.market.companies.files import Dated, Problem, Source, UnreadableFile
from services.market.companies.rules import moved_from
from services.market.companies.service import CompanyEvents
from services.market.companies.wording import EventKind, Said
from services.market.instruments.tables import InstrumentRow
from services.market.splits.rules import Split

USER = UUID("0198c5a4-0000-7000-8000-000000000001")
OTHER = UUID("0198c5a4-0000-7000-8000-000000000002")


@pytest.mark.parametrize(
    ("purpose", "said"),
    [
        ("Interim Dividend - Rs 8 Per Share", [("dividend", "8", None)]),
        ("Interim Dividend - Re 1  Per Share", [("dividend", "1", None)]),
        ("Dividend - Rs 33 Per Sh", [("dividend", "33", None)]),
        (
            "Dividend - Rs 3 Per Share & Special Dividend Re 0.50 Per Share",
            [("dividend", "3", None), ("dividend", "0.5", None)],
        ),
        ("Annual General Meeting/Dividend - Rs 2.50 Per Share", [("meeting", None, None), ("dividend", "2.5", None)]),
        ("Dividend - 50%", [("dividend", "5", None)]),
        ("Bonus 1:1", [("bonus", None, (1, 2))]),
        ("Bonus issue 2:5", [("bonus", None, (5, 7))]),
        ("Scheme Of Arrangement - Bonus Ncrps 1:1", [("other", None, None)]),
        ("Face Value Split (Sub-Division) - From Rs 10/- Per Share To Re 1/- Per Share", [("split", None, (1, 10))]),
        ("Face Value Split (Sub-Division) - From Rs 5/- Per Share To Rs 2/- Per Share", [("split", None, (2, 5))]),
        ("Consolidation Of Shares From Re 1/- To Rs 10/-", [("split", None, (10, 1))]),
        ("Rights 1:5 @ Premium Rs 90/-", [("rights", None, None)]),
        ("Buy Back", [("buyback", None, None)]),
        ("Demerger", [("demerger", None, None)]),
        (
            "Distribution - Rs 3.55 Per Unit Consists Of Interest Rs 2.38 Per Unit & Dividend Rs 1.17 Per Unit",
            [("distribution", "3.55", None)],
        ),
        ("Interest Payment", [("other", None, None)]),
        ("  ", []),
    ],
)  # fmt: skip
def test_the_wording_of_the_exchange_is_read(purpose, said):
    told = wording.read(purpose, face_value=Decimal(10))
    shares = [None if one.old_shares is None else (one.old_shares, one.new_shares) for one in told]
    amounts = [None if one.amount is None else one.amount for one in told]
    wanted = [(kind, None if amount is None else Decimal(amount), ratio) for kind, amount, ratio in said]
    assert list(zip([one.kind for one in told], amounts, shares, strict=True)) == wanted
    assert all(one.words in " ".join(purpose.split()) for one in told)


@given(st.text(max_size=400))
def test_no_wording_is_too_odd(text):
    for one in wording.read(text):
        assert 0 < len(one.words) <= wording.MOST_CHARS
        assert one.amount is None or one.amount > 0
        assert (one.old_shares is None) == (one.new_shares is None)


ACTIONS = (
    "SYMBOL,COMPANY NAME,SERIES,PURPOSE,FACE VALUE,EX-DATE,RECORD DATE\n"
    "TCS,Tata Consultancy Services Limited,EQ,Interim Dividend - Rs 8 Per Share,1,26-Nov-2026,26-Nov-2026\n"
    "TCS,Tata Consultancy Services Limited,EQ,Bonus 1:1,1,04-Dec-2026,04-Dec-2026\n"
    "INFY,Infosys Limited,EQ,Annual General Meeting/Dividend - Rs 20 Per Share,5,27-Nov-2026,-\n"
    "NOSUCH,Nobody,EQ,Buy Back,5,27-Nov-2026,-\n"
    "TCS,Tata,EQ,Dividend - Rs 8,1,31-Feb-2026,-\n"
)
MEETINGS = (
    "SYMBOL,COMPANY,PURPOSE,DETAILS,MEETING DATE\n"
    "TCS,Tata Consultancy Services Limited,Financial Results/Dividend,To consider results,{day}\n"
    "INFY,Infosys Limited,Fund Raising,To consider a loan,25-Nov-2026\n"
)


def test_a_file_tells_by_its_header_what_it_is():
    source, rows = files.read(ACTIONS.encode())
    assert source is Source.NSE_ACTIONS
    assert [(one.symbol, one.said.kind) for one in rows if isinstance(one, Dated)] == [
        ("TCS", "dividend"), ("TCS", "bonus"), ("INFY", "meeting"), ("INFY", "dividend"), ("NOSUCH", "buyback"),
    ]  # fmt: skip
    assert [one for one in rows if isinstance(one, Problem)] == [Problem(6, "'31-Feb-2026' is no date.")]
    source, rows = files.read(gzip.compress(MEETINGS.format(day="2026-11-24").encode()))
    assert (source, rows[0].said.kind, rows[1].said.kind) == (Source.NSE_MEETINGS, "results", "meeting")
    source, rows = files.read(b"symbol,date,dividend,split_ratio\nAAPL,2026-11-24,0.26,4\nAAPL,2026-11-25,x,0\n")
    assert source is Source.TABLE
    assert [one.said for one in rows[:2]] == [
        Said(EventKind.DIVIDEND, "Dividend 0.26", amount=Decimal("0.2600")),
        Said(EventKind.SPLIT, "Split 4:1", old_shares=1, new_shares=4),
    ]
    assert isinstance(rows[2], Problem)


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"\xff\xfe\x00", gzip.compress(b"SYMBOL", mtime=0)[:-4]])
def test_a_file_that_is_none_of_these_is_refused(content):
    with pytest.raises(UnreadableFile):
        files.read(content)


def test_a_file_of_too_many_rows_is_refused(monkeypatch):
    monkeypatch.setattr(files, "MOST_ROWS", 3)
    with pytest.raises(UnreadableFile, match="parts"):
        files.read(ACTIONS.encode())


@given(
    st.dates(date(2026, 1, 1), date(2026, 12, 31)),
    st.dictionaries(st.integers(), st.dates(date(2026, 1, 1), date(2026, 12, 31)), max_size=5),
)
def test_only_a_meeting_ahead_and_near_is_the_one_that_moved(day, others):
    today = date(2026, 6, 15)
    found = moved_from(day, others, {day}, today)
    fit = {key for key, other in others.items() if other >= today and other != day and abs((other - day).days) <= 40}
    assert (found in fit) if day >= today and fit else found is None


@pytest.fixture
async def known(db):
    async with db.transaction() as tx:
        for symbol, name in (("TCS", "Tata Consultancy Services Limited"), ("INFY", "Infosys Limited")):
            tx.session.add(
                InstrumentRow(
                    instrument=f"NSE:{symbol}",
                    exchange="NSE",
                    symbol=symbol,
                    name=name,
                    currency="INR",
                    provider="none",
                )
            )


@pytest.fixture
def room(db, known):
    return CompanyEvents(db)


@pytest.fixture
async def client(client_for, settings, db, known):
    async with client_for(build_app(settings, db=db), user=USER) as opened:
        yield opened


@pytest.fixture
async def manager(client_for, settings, db, known, tokens):
    staff = tokens.user(OTHER, role=Role.SUPER_ADMIN, amr=("pwd", "otp"))
    async with client_for(build_app(settings, db=db), user=staff) as opened:
        yield opened


async def listed(client, **asked):
    answer = await client.get("/api/company-events/", params={"from": "2026-11-20", "to": "2027-03-01", **asked})
    assert answer.status_code == 200, answer.text
    return [(one["symbol"], one["kind"], one["day"]) for one in answer.json()["items"]]


async def test_a_file_is_taken_in_once_and_a_corrected_one_replaces_it(room, client):
    report = await room.import_file(ACTIONS.encode(), "NSE", by=None)
    assert (report.events, report.added, report.unknown, len(report.problems)) == (5, 4, ["NOSUCH"], 1)
    again = await room.import_file(ACTIONS.encode(), "NSE", by=None)
    assert (again.added, again.changed, again.withdrawn) == (0, 0, 0)
    assert await listed(client) == [
        ("TCS", "dividend", "2026-11-26"), ("INFY", "meeting", "2026-11-27"), ("INFY", "dividend", "2026-11-27"),
        ("TCS", "bonus", "2026-12-04"),
    ]  # fmt: skip
    assert await listed(client, kind=["bonus", "split"]) == [("TCS", "bonus", "2026-12-04")]
    assert await listed(client, symbol="INFY", kind="dividend") == [("INFY", "dividend", "2026-11-27")]
    answer = (await client.get("/api/company-events/?from=2026-11-26&to=2026-11-26")).json()["items"][0]
    assert (answer["amount"], answer["currency"], answer["record_day"]) == ("8", "INR", "2026-11-26")
    assert (answer["words"], answer["source"]) == ("Interim Dividend - Rs 8 Per Share", "nse-actions")

    corrected = await room.import_file(ACTIONS.replace("Rs 8 Per", "Rs 9 Per").encode(), "NSE", by=None)
    assert (corrected.added, corrected.withdrawn) == (1, 1)
    assert len(await listed(client)) == 4


async def test_backtests_are_told_what_was_paid(room, manager, settings, db, tokens, client_for):
    rows = "TCS,2026-01-15,2.5,0\nTCS,2025-07-15,0.5,0\nTCS,2026-01-15,1,0\nTCS,2026-02-02,0,2\n"
    await room.import_file(f"symbol,date,dividend,split_ratio\n{rows}".encode(), "NSE", by=None)
    asker = tokens.service("signals", scope="prices:read", audience="market")
    async with client_for(build_app(settings, db=db), asker) as service:
        told = (await service.get("/internal/dividends/TCS")).json()
        assert told == {
            "instrument": "NSE:TCS",
            "items": [
                {"at": "2025-07-15T03:45:00Z", "amount": "0.50"},
                {"at": "2026-01-15T03:45:00Z", "amount": "3.50"},
            ],
        }
        assert (await service.get("/internal/dividends/NOPE")).status_code == 404
    assert (await manager.get("/internal/dividends/TCS")).status_code in (401, 403, 404)


async def test_results_that_are_put_off_leave_their_former_day(room, client):
    await room.import_file(MEETINGS.format(day="26-Nov-2026").encode(), "NSE", by=None)
    await room.import_file(ACTIONS.encode(), "NSE", by=None)
    moved = await room.import_file(MEETINGS.format(day="30-Nov-2026").encode(), "NSE", by=None)
    assert (moved.added, moved.withdrawn) == (1, 1)
    assert await listed(client, kind="results") == [("TCS", "results", "2026-11-30")]
    answer = (await client.get("/api/company-events/?from=2026-11-30&to=2026-11-30")).json()["items"][0]
    assert answer["previous_day"] == "2026-11-26"
    # The next quarter's are others, and the dividend is another source's word.
    await room.import_file(MEETINGS.format(day="20-Feb-2027").encode(), "NSE", by=None)
    assert len(await listed(client, kind="results")) == 2
    assert ("TCS", "dividend", "2026-11-26") in await listed(client)


async def test_ones_own_lists_choose_what_is_shown(room, client, manager):
    await room.import_file(ACTIONS.encode(), "NSE", by=None)
    made = (await client.post("/api/watchlists/", json={"name": "Mine", "instruments": ["NSE:INFY"]})).json()
    await manager.post("/api/watchlists/", json={"name": "Another's", "instruments": ["NSE:TCS"]})
    assert {symbol for symbol, _, _ in await listed(client, mine=True)} == {"INFY"}
    assert {symbol for symbol, _, _ in await listed(client, watchlist=made["id"])} == {"INFY"}
    assert await listed(client, watchlist=made["id"], symbol="NSE:TCS") == []
    answer = await manager.get("/api/company-events/", params={"watchlist": made["id"]})
    assert answer.status_code == 404


@pytest.mark.parametrize(
    "asked",
    [{"to": "2026-11-19"}, {"to": "2029-01-01"}, {"kind": "party"}, {"from": "never"}, {"cursor": "abc"}],
)
async def test_bad_questions_are_refused(client, asked):
    answer = await client.get("/api/company-events/", params={"from": "2026-11-20", **asked})
    assert answer.status_code == 422


async def test_pages_follow_each_other_and_the_list_takes_one_statement(room, client):
    days = [date(2026, 11, 20) + timedelta(days=number) for number in range(30)]
    rows = "".join(f"TCS,Dividend - Rs {number + 1},{day:%d-%b-%Y}\n" for number, day in enumerate(days))
    await room.import_file(f"SYMBOL,PURPOSE,EX-DATE\n{rows}".encode(), "NSE", by=None)
    seen, cursor = [], None
    while True:
        params = {"from": "2026-11-20", "limit": 12, **({"cursor": cursor} if cursor else {})}
        with statements() as counted:
            page = (await client.get("/api/company-events/", params=params)).json()
        assert len(counted) == 1
        seen += [one["day"] for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == [str(day) for day in days]


async def test_staff_hand_a_file_in_confirm_what_is_announced_and_take_back_mistakes(manager, client, clock):
    ex_day = clock.now().date() + timedelta(days=10)
    content = base64.b64encode(ACTIONS.replace("04-Dec-2026", str(ex_day)).encode()).decode()
    assert (await client.post("/api/market/company-events/imports/", json={"content": content})).status_code == 403
    for bad in ({"content": "%%"}, {"content": "AAAA"}, {"content": content, "exchange": "MARS"}, {}):
        assert (await manager.post("/api/market/company-events/imports/", json=bad)).status_code == 422
    report = (await manager.post("/api/market/company-events/imports/", json={"content": content})).json()
    assert (report["added"], report["unknown"], report["problems"][0]["line"]) == (4, ["NOSUCH"], 6)

    (bonus,) = (await manager.get("/api/market/company-events/unconfirmed/")).json()["items"]
    assert (bonus["old_shares"], bonus["new_shares"], bonus["day"]) == (1, 2, str(ex_day))
    split = {"instrument": bonus["instrument"], "ex_date": bonus["day"], "old_shares": 1, "new_shares": 2}
    assert (await manager.post("/api/market/splits/", json={**split, "reason": "As announced."})).status_code == 201
    assert (await manager.get("/api/market/company-events/unconfirmed/")).json()["items"] == []

    url = f"/api/market/company-events/{bonus['id']}/withdraw/"
    assert (await manager.post(url, json={"reason": "Of another company."})).status_code == 200
    assert (await manager.post(url, json={"reason": "Of another company."})).status_code == 409
    assert (await manager.post(url.replace(bonus["id"], str(USER)), json={"reason": "None."})).status_code == 404
    assert await listed(client, **{"from": str(ex_day), "to": str(ex_day)}) == []


async def test_who_follows_a_company_is_told_once_before_its_day(room, client, db, clock, published):
    today = clock.now().date()
    soon, later = today + timedelta(days=2), today + timedelta(days=9)
    rows = f"TCS,Bonus 1:1,{soon}\nINFY,Buy Back,{later}\nTCS,Buy Back,{today - timedelta(days=1)}\n"
    await room.import_file(f"SYMBOL,PURPOSE,EX-DATE\n{rows}".encode(), "NSE", by=None)
    await client.post("/api/watchlists/", json={"name": "Mine", "instruments": ["NSE:TCS"]})
    assert await room.tell_near(timedelta(days=3)) == 1
    assert await room.tell_near(timedelta(days=3)) == 0
    (event,) = [one for one in await published(db) if one.type == "market.company.event_near.v1"]
    told = event.data
    assert (told["instrument"], told["day"], told["user_ids"]) == ("NSE:TCS", str(soon), [str(USER)])


def day(number):
    return datetime(2026, 1, 1, 3, 45, tzinfo=UTC) + timedelta(days=number)


prices = st.decimals("1", "5000", places=2)


@given(st.lists(st.tuples(st.integers(0, 40), prices, prices), max_size=8), st.integers(-5, 45))
def test_an_adjusted_price_earns_what_its_holder_earned(told, at):
    """Whoever held a share from then on has, in shares of today, the product of what each dividend bought."""
    paid = [Paid(day(number), min(amount, close - Decimal("0.01")), close) for number, amount, close in told]
    paid = [one for one in paid if one.amount > 0]
    split = Split(day(20), 2, 5)
    held = Fraction(1)
    for one in sorted(paid, key=lambda one: one.effective_at):
        if one.effective_at > day(at):
            held *= Fraction(one.close) / Fraction(one.close - one.amount)
    if split.effective_at > day(at):
        held *= Fraction(5, 2)
    adjustment = Adjustment([split], paid)
    assert adjustment.of_prices(day(at)) == 1 / held
    assert adjustment.of_volumes(day(at)) == (Fraction(2, 5) if at < 20 else 1)


def test_a_dividend_above_the_price_is_none_of_this_share():
    assert Adjustment((), [Paid(day(3), Decimal(10), Decimal(9))]).of_prices(day(1)) == 1


async def test_the_command_takes_a_file_in(settings, db, known, tmp_path, capsys):
    file = tmp_path / "actions.csv"
    file.write_text(ACTIONS)
    assert await commands.import_company_events(settings, file, "NSE") == 0
    assert "5 events: 4 new, 0 changed, 0 no more, 1 symbols that NSE lacks, 1 rows refused" in capsys.readouterr().out
    file.write_text("nothing\n")
    assert await commands.import_company_events(settings, file, "NSE") == 1
