"""The search of instruments: what is found, in which order, and by which index."""

import re
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import text

from services.market.app import build_app
from services.market.instruments import tables
from services.market.instruments.tables import InstrumentRow

USER = UUID("0198c5a4-0000-7000-8000-000000000002")
KNOWN = [
    ("NSE:RELIANCE", "Reliance Industries Limited", "INE002A01018"),
    ("BSE:RELIANCE", "Reliance Industries Limited", "INE002A01018"),
    ("NSE:RELINFRA", "Reliance Infrastructure Limited", "INE036A01016"),
    ("NSE:TATASTEEL", "Tata Steel Limited", "INE081A01020"),
    ("NSE:TCS", "Tata Consultancy Services Limited", "INE467B01029"),
    ("NSE:M&M", "Mahindra & Mahindra Limited", "INE101A01026"),
    ("NASDAQ:AAPL", "Apple Inc.", "US0378331005"),
    ("NASDAQ:GOOGL", "Alphabet Inc. Class A", "US02079K3059"),
    ("NYSE:A", "Agilent Technologies, Inc.", "US00846U1016"),
]


@pytest.fixture
async def found(settings, db, client_for):
    async with db.transaction() as tx:
        for name, title, isin in KNOWN:
            exchange, symbol = name.split(":")
            tx.session.add(
                InstrumentRow(
                    instrument=name, exchange=exchange, symbol=symbol, name=title, isin=isin,
                    currency="USD" if isin.startswith("US") else "INR", provider="replay",
                )
            )  # fmt: skip
    async with client_for(build_app(settings, db=db), user=USER) as client:

        async def search(q, **more):
            answer = await client.get("/api/instruments/", params={"q": q, **more})
            assert answer.status_code == 200, answer.text
            return [item["instrument"] for item in answer.json()["items"]]

        search.client = client
        yield search


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("RELIANCE", "BSE:RELIANCE"),
        ("relaince", "BSE:RELIANCE"),
        ("reliace", "BSE:RELIANCE"),
        ("relianc industrys", "BSE:RELIANCE"),
        ("tata stel", "NSE:TATASTEEL"),
        ("TATASTEL", "NSE:TATASTEEL"),
        ("consultansy", "NSE:TCS"),
        ("mahindr", "NSE:M&M"),
        ("m&m", "NSE:M&M"),
        ("aple", "NASDAQ:AAPL"),
        ("alphabt", "NASDAQ:GOOGL"),
        ("US02079K3059", "NASDAQ:GOOGL"),
        ("us02079k", "NASDAQ:GOOGL"),
        ("a", "NYSE:A"),
        ("  infra   ", "NSE:RELINFRA"),
    ],
)
async def test_what_is_meant_comes_first_even_when_mistyped(found, typed, first):
    assert (await found(typed))[0] == first


async def test_the_same_symbol_comes_before_its_beginning_before_the_name_before_what_is_alike(found):
    names = await found("rel")
    assert names[:3] == ["BSE:RELIANCE", "NSE:RELIANCE", "NSE:RELINFRA"]
    assert await found("tata") == ["NSE:TATASTEEL", "NSE:TCS"]
    assert await found("reliance", exchange="NSE") == ["NSE:RELIANCE", "NSE:RELINFRA"]


async def test_what_is_gone_comes_last(found, db):
    async with db.transaction() as tx:
        await tx.session.execute(text("UPDATE instruments SET status = 'delisted' WHERE instrument = 'BSE:RELIANCE'"))
    assert (await found("reliance"))[-1] == "BSE:RELIANCE"


@pytest.mark.parametrize("typed", ["%", "_", "\\", "'", "zzzzzz", "(", "🙂", "%%%%", "q_z\\"])
async def test_nothing_is_found_for_nonsense_and_nothing_breaks(found, typed):
    assert await found(typed) == []


async def test_pages_follow_the_rank(found):
    whole = await found("limited")
    pages, cursor = [], None
    while True:
        params = {"q": "limited", "limit": 2, **({} if cursor is None else {"cursor": cursor})}
        page = (await found.client.get("/api/instruments/", params=params)).json()
        pages += [item["instrument"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert pages == whole
    assert len(whole) == len(set(whole)) >= 5


async def test_each_way_to_find_is_an_index_among_twenty_thousand(db, settings):
    async with db.transaction() as tx:
        await tx.session.execute(
            text(
                """INSERT INTO instruments (instrument, exchange, symbol, name, currency, isin, provider)
                SELECT 'NSE:' || s, 'NSE', s, initcap(n) || ' Limited', 'INR', 'INE' || lpad(i::text, 9, '0'), 'replay'
                FROM (SELECT i, upper(substr(md5(i::text), 1, 7)) || i AS s,
                    translate(md5((i * 7)::text), '0123456789', 'ghijklmnop') AS n
                    FROM generate_series(1, 20000) AS i) AS made"""
            )
        )
    owner = await asyncpg.connect(settings.migrate_database_url)
    await owner.execute("VACUUM ANALYZE market.instruments")  # as autovacuum does
    await owner.close()
    for typed in ("relaince", "TCS", "ab", "INE000012345", "industries limted"):
        async with db.read() as session:
            await tables.allow_typing_mistakes(session)
            statement, _ = tables.matching(typed, None)
            literal = statement.compile(session.bind, compile_kwargs={"literal_binds": True})
            plan = "\n".join(await session.scalars(text(f"EXPLAIN {literal}".replace(":", r"\:"))))
        assert "Seq Scan on instruments" not in plan, plan
        assert re.search(r"Bitmap Index Scan on ix_instruments_(symbol|name)_trigrams", plan), plan
        assert "ix_instruments_isin" in plan, plan
