"""News: feeds and files taken in, made plain, linked, told once, listed and forgotten."""

import contextlib
import gzip
from collections import Counter
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from uuid import UUID

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from sqlalchemy import select

from libs.common.http import Http
from libs.common.testing.statements import statements
from libs.contracts.news import Headlines, NewsPublished
from services.market import commands
from services.market.app import build_app
from services.market.instruments.tables import InstrumentRow
from services.market.news import feeds, files
from services.market.news.service import Newsroom
from services.market.news.tables import NewsFeedRow, NewsItemRow
from services.market.news.tasks import NewsTasks
from services.market.settings import MarketSettings

URL = "https://news.example/feed.xml"
QUARTER = timedelta(minutes=15)
USER = UUID("0198c5a4-0000-7000-8000-000000000001")


def entry(title, *, guid="", link="", when="", summary=""):
    return (
        f"<item><title>{title}</title><link>{link}</link><guid>{guid}</guid>"
        f"<description>{summary}</description><pubDate>{when}</pubDate></item>"
    )


def rss(*entries):
    return (
        '<?xml version="1.0"?><rss version="2.0"><channel><title>Plain &amp; Co</title><language>en-GB</language>'
        + "".join(entries)
        + "</channel></rss>"
    ).encode()


ATOM = b"""<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>Atomic</title>
<entry><id>tag:a,1</id><title type="html">&lt;b&gt;Infosys&lt;/b&gt; opens an office</title>
<link href="javascript:alert(1)"/><updated>2026-01-14T10:00:00Z</updated></entry></feed>"""


class FeedServer:
    """Answers as it is told; keeps what it was asked."""

    def __init__(self):
        self.asked, self.answers = [], {}

    def __call__(self, request):
        self.asked.append(request)
        answer = self.answers.get(str(request.url), httpx.Response(404))
        if isinstance(answer, Exception):
            raise answer
        return answer(request) if callable(answer) else answer


@pytest.fixture
def server():
    return FeedServer()


@pytest.fixture
async def http(server):
    async with Http("news", retries=0, max_reply_bytes=20_000, transport=httpx.MockTransport(server)) as opened:
        yield opened


@pytest.fixture
def newsroom(db):
    return Newsroom(db, fresh=timedelta(hours=24), keep=timedelta(days=365))


@pytest.fixture
async def stocks(db):
    async with db.transaction() as tx:
        for exchange, symbol, name in (
            ("NASDAQ", "AAPL", "Apple Inc."),
            ("NSE", "TATAMOTORS", "Tata Motors Limited"),
            ("NSE", "INFY", "Infosys Limited"),
            ("BSE", "INFY", "Infosys Ltd"),
        ):
            tx.session.add(
                InstrumentRow(
                    instrument=f"{exchange}:{symbol}", exchange=exchange, symbol=symbol, name=name, currency="INR",
                    provider="replay",
                )
            )  # fmt: skip


@pytest.fixture
async def client(client_for, settings, db, stocks):
    async with client_for(build_app(settings, db=db), user=USER) as opened:
        yield opened


async def stored(db, table=NewsItemRow):
    async with db.read() as session:
        return (await session.scalars(select(table))).all()


async def news(client, query=""):
    answer = await client.get(f"/api/news/{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def test_a_feed_is_read_made_plain_linked_and_told(client, server, http, newsroom, db, clock, published):
    now = format_datetime(clock.now())
    server.answers[URL] = httpx.Response(
        200,
        content=rss(
            entry(
                "&lt;b&gt;Apple&lt;/b&gt; and Tata Motors rise&lt;script&gt;alert(1)&lt;/script&gt;",
                guid="one",
                link="https://news.example/1",
                when=now,
                summary="&lt;p&gt;More &amp;amp; more&lt;/p&gt;",
            ),
            entry("Infosys falls sharply", guid="two", link="javascript:alert(1)", when=now),
            entry("", guid="three"),
        ),
    )
    await newsroom.read_feeds(http, [URL], QUARTER)
    second, first = sorted(await news(client), key=lambda one: one["headline"], reverse=True)
    assert (first["headline"], first["summary"]) == ("Apple and Tata Motors rise", "More & more")
    assert (first["source"], first["language"], first["url"]) == ("Plain & Co", "en-gb", "https://news.example/1")
    assert first["instruments"] == ["NASDAQ:AAPL", "NSE:TATAMOTORS"]
    assert (first["sentiment"], first["model"]) == ("positive", "headlines-1")
    assert (second["url"], second["sentiment"]) == (None, "negative")
    told = [NewsPublished.model_validate(one.data) for one in await published(db)]
    assert sorted(one.instrument for one in told) == ["BSE:INFY", "NASDAQ:AAPL", "NSE:INFY", "NSE:TATAMOTORS"]
    assert {str(one.news_id) for one in told} == {first["id"], second["id"]}
    assert all(one.subject() == one.instrument and -1 <= one.score <= 1 for one in told)


async def test_a_feed_is_asked_by_its_interval_and_only_for_what_is_new(
    stocks, server, http, newsroom, db, clock, published
):
    def answer(request):
        if request.headers.get("if-none-match") == '"v1"':
            return httpx.Response(304)
        headers = {"etag": '"v1"', "last-modified": "Wed, 14 Jan 2026 10:00:00 GMT"}
        return httpx.Response(200, content=rss(entry("Apple opens a shop", guid="one")), headers=headers)

    server.answers[URL] = answer
    tasks = NewsTasks(newsroom, http, [URL], QUARTER)
    await tasks.read_news_feeds(None)
    await tasks.read_news_feeds(None)
    assert len(server.asked) == 1
    clock.move(QUARTER)
    await tasks.read_news_feeds(None)
    assert len(server.asked) == 2
    assert server.asked[1].headers["if-modified-since"] == "Wed, 14 Jan 2026 10:00:00 GMT"
    assert (len(await stored(db)), len(await published(db))) == (1, 1)
    (feed,) = await stored(db, NewsFeedRow)
    assert (feed.etag, feed.failures, feed.next_at) == ('"v1"', 0, clock.now() + QUARTER)


async def test_a_headline_that_comes_again_is_neither_stored_nor_told_twice(
    stocks, server, http, newsroom, db, clock, published
):
    for number, entries in enumerate(
        (
            [entry("Apple opens a shop", guid="one", link="https://news.example/1")],
            [entry("Apple opens a shop!", guid="one", link="https://news.example/changed")],
            [entry("Apple opens a shop", guid="other", link="https://news.example/1")] * 2,
        )
    ):
        server.answers[URL] = httpx.Response(200, content=rss(*entries))
        clock.move(QUARTER * number)
        await newsroom.read_feeds(http, [URL], QUARTER)
    assert len(server.asked) == 3
    assert [row.headline for row in await stored(db)] == ["Apple opens a shop"]
    assert len(await published(db)) == 1


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(302, headers={"location": "http://127.0.0.1/"}),
        httpx.Response(500),
        httpx.Response(200, content=b"<html><body>Not a feed</body></html>"),
        httpx.Response(200, content=b"x" * 30_000),
        httpx.ConnectError("away"),
    ],
    ids=["redirect", "error", "page", "too large", "away"],
)
async def test_a_feed_that_fails_rests_longer_each_time_and_stops_no_other(server, http, newsroom, db, clock, answer):
    other = "https://other.example/atom"
    server.answers = {URL: answer, other: httpx.Response(200, content=ATOM)}
    began = clock.now()
    for failures in (1, 2):
        await newsroom.read_feeds(http, [URL, other], QUARTER)
        (feed,) = [row for row in await stored(db, NewsFeedRow) if row.url == URL]
        assert (feed.failures, feed.next_at - clock.now()) == (failures, QUARTER * 2**failures)
        assert feed.error
        clock.move(QUARTER * 2**failures)
    assert clock.now() > began
    assert all(str(request.url) in (URL, other) for request in server.asked), "a redirect is not followed"
    (row,) = await stored(db)
    assert (row.headline, row.url, row.source) == ("Infosys opens an office", None, "Atomic")


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(body):
    now = datetime(2026, 1, 15, tzinfo=UTC)
    for content in (body, rss(entry("x")).replace(b"x", body), ATOM.replace(b"Atomic", body)):
        with contextlib.suppress(feeds.UnreadableFeed):
            assert all(item.headline for item in feeds.read(content, URL, now))


def test_a_feed_that_names_a_file_reads_no_file(tmp_path):
    secret = tmp_path / "secret.xml"
    secret.write_bytes(rss(entry("A secret")))
    with pytest.raises(feeds.UnreadableFeed):
        feeds.read(str(secret).encode(), URL, datetime.now(UTC))
    inside = f'<!DOCTYPE rss [<!ENTITY s SYSTEM "file://{secret}">]>'.encode()
    body = inside + rss(entry("Told: &s;")).removeprefix(b'<?xml version="1.0"?>')
    assert "secret" not in str(feeds.read(body, URL, datetime.now(UTC)))


CSV = (
    "date,headline,source,url,guid\n"
    "2026-01-14,Apple gains on strong sales,Wire,https://news.example/1,\n"
    "2025-12-01T10:00:00+05:30,Tata Motors posts a loss,,,\n"
    "yesterday,Bad date,,,\n"
    "2026-01-14,,,,\n"
    "2026-01-14,Bad link,,ftp://x,\n"
    "2099-01-01,From the future,,,\n"
)


async def test_a_file_is_taken_in_with_a_report_and_again_changes_nothing(client, newsroom, db, published, clock):
    report = await newsroom.import_file(gzip.compress(CSV.encode()), "file.csv")
    assert (report.rows, report.added, report.linked, report.known) == (6, 2, 2, 0)
    assert [problem.line for problem in report.problems] == [4, 5, 6, 7]
    again = await newsroom.import_file(CSV.encode(), "file.csv")
    assert (again.added, again.known) == (0, 2)
    assert len({row.id for row in await stored(db)}) == 2
    assert {one["source"] for one in await news(client)} == {"Wire", "file.csv"}
    fresh = {one.subject for one in await published(db)}
    expected = {"NASDAQ:AAPL"} if clock.now() - datetime(2026, 1, 14, tzinfo=UTC) <= timedelta(hours=24) else set()
    assert fresh == expected, "old news is told to nobody"


@pytest.mark.parametrize(
    "content", [b"", b"a,b\n1,2\n", b"headline\nx\n", b"\xff\xfe\x00", gzip.compress(b"x", mtime=0)[:-4]]
)
async def test_a_file_without_the_columns_is_refused(newsroom, content):
    with pytest.raises(files.UnreadableFile):
        await newsroom.import_file(content, "file.csv")


async def test_the_list_is_filtered_and_paged(client, newsroom, clock):
    day = datetime(2026, 1, 1, tzinfo=UTC)
    texts = ["Apple shares surge on profit", "Infosys shares plunge on losses", "Apple shares plunge on losses"] * 3
    lines = [f"{(day + timedelta(hours=n)).isoformat()},{text} number {n}" for n, text in enumerate(texts)]
    await newsroom.import_file(("date,headline\n" + "\n".join(lines)).encode(), "f")
    assert len(await news(client, "?symbol=AAPL")) == 6
    assert len(await news(client, "?symbol=nse:infy&sentiment=negative")) == 3
    assert {one["sentiment"] for one in await news(client, "?symbol=AAPL&sentiment=positive")} == {"positive"}
    span = await news(client, "?from=2026-01-01T02:00:00Z&to=2026-01-01T04:00:00Z")
    assert [one["published_at"][11:13] for one in span] == ["03", "02"]
    seen, cursor = [], ""
    while cursor is not None:
        page = (await client.get(f"/api/news/?limit=4{cursor and '&cursor=' + cursor}")).json()
        seen += [one["id"] for one in page["items"]]
        cursor = page["next_cursor"]
    assert len(seen) == len(set(seen)) == 9


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("symbol=NOSUCH", 404, "symbol_not_found"),
        ("symbol=INFY", 409, "symbol_ambiguous"),
        ("sentiment=glad", 422, "validation_failed"),
        ("from=today", 422, "validation_failed"),
        ("from=2026-01-01T00:00:00", 422, "validation_failed"),
        ("cursor=abc", 422, "invalid_cursor"),
    ],
)
async def test_a_bad_question_is_refused(client, query, status, code):
    answer = await client.get(f"/api/news/?{query}")
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_only_a_signed_in_person_reads_news(client_for, settings, db):
    async with client_for(build_app(settings, db=db), user=None) as nobody:
        assert (await nobody.get("/api/news/")).status_code == 401


async def test_the_list_takes_the_same_statements_for_one_row_and_for_a_hundred(client, newsroom, db):
    async def count(rows):
        with statements() as seen:
            assert len(await news(client, "?symbol=AAPL&limit=100")) == rows
        return len(seen)

    await newsroom.import_file(b"date,headline\n2026-01-01,Apple opens shop 0\n", "f")
    one = await count(1)
    lines = "\n".join(f"2026-01-01,Apple and Tata Motors open shop {n}" for n in range(1, 100))
    await newsroom.import_file(f"date,headline\n{lines}\n".encode(), "f")
    assert await count(100) == one <= 3


async def test_old_news_is_forgotten(client, newsroom, db, clock):
    old, young = clock.now() - timedelta(days=364), clock.now() - timedelta(days=10)
    text = f"date,headline\n{old.isoformat()},Apple was old\n{young.isoformat()},Apple is young\n"
    await newsroom.import_file(text.encode(), "f")
    assert await newsroom.forget_old() == 0
    clock.move(timedelta(days=2))
    assert await newsroom.forget_old() == 1
    assert [one["headline"] for one in await news(client)] == ["Apple is young"]


async def test_imported_names_are_found_in_headlines(client, newsroom):
    names = b',Symbol,Entity\n0,INFY,"Infosys Ltd., Infy, INFY"\n1,NOSUCH,Nobody\n'
    assert await newsroom.import_names(names, "NSE") == (2, 1)
    assert await newsroom.import_names(names, "NSE") == (0, 1)
    await newsroom.import_file(b"date,headline\n2026-01-01,Infy wins a contract\n", "f")
    assert [one["instruments"] for one in await news(client)] == [["NSE:INFY"]]


async def test_the_commands_say_what_a_file_brought(settings, db, stocks, tmp_path, capsys):
    file = tmp_path / "headlines.csv"
    file.write_text(CSV)
    assert await commands.import_news(settings, file, None) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "6 rows: 2 new, of which 2 name an instrument, 0 known, 4 refused"
    assert said[1] == "  line 4: 'yesterday' is no date."
    assert await commands.import_names(settings, file, "NSE") == 1
    assert "must name the columns" in capsys.readouterr().err
    assert Counter(row.source for row in await stored(db)) == {"Wire": 1, "headlines.csv": 1}


def test_feeds_are_web_addresses(monkeypatch):
    monkeypatch.setenv("MARKET_NEWS_FEEDS", "https://a.example/rss, http://b.example/atom")
    assert MarketSettings().news_feeds == ("https://a.example/rss", "http://b.example/atom")
    monkeypatch.setenv("MARKET_NEWS_FEEDS", "file:///etc/passwd")
    with pytest.raises(ValidationError, match="http or https"):
        MarketSettings()


def test_without_feeds_nothing_is_asked(newsroom):
    assert [cron.function.__name__ for cron in NewsTasks(newsroom, None, (), QUARTER).crons()] == ["forget_old_news"]


async def test_services_ask_how_the_newest_headlines_sound_in_the_order_in_which_they_came(
    db, settings, client_for, tokens, newsroom, published, clock, stocks
):
    lines = "".join(f"{clock.now().date()},Infosys wins order {number}\n" for number in range(3))
    await newsroom.import_file(f"date,headline\n{lines}".encode(), "f")
    alerts = tokens.service("alerts", audience="market", scope="prices:read")
    async with client_for(build_app(settings, db=db), user=alerts) as asker:
        answer = await asker.get("/internal/news/NSE:INFY?limit=2")
        assert answer.status_code == 200, answer.text
        told = Headlines.model_validate(answer.json())
        many = (await asker.get("/internal/news?instruments=NSE:INFY,NSE:NOBODY&limit=2")).json()["items"]
        later = {"instruments": "NSE:INFY", "to": told.items[-1].received_at.isoformat()}
        before = (await asker.get("/internal/news", params=later)).json()["items"]["NSE:INFY"]
        crowd = await asker.get(f"/internal/news?instruments={','.join(map(str, range(51)))}")
        assert (await asker.get("/internal/news/NSE:NOBODY")).status_code == 404
        assert (await asker.get("/internal/news/NSE:INFY?limit=1001")).status_code == 422
    assert [one.received_at - clock.now() for one in told.items] == [timedelta(milliseconds=n) for n in (1, 2)]
    assert many == {"NSE:INFY": answer.json()["items"]}
    assert before[-1] == answer.json()["items"][0]
    assert (crowd.status_code, crowd.json()["errors"][0]["code"]) == (422, "too_many")
    events = [event.data for event in await published(db) if event.type == NewsPublished.type]
    mine = [event for event in events if event["instrument"] == "NSE:INFY"][-2:]
    assert [datetime.fromisoformat(event["received_at"]) for event in mine] == [one.received_at for one in told.items]
    assert [event["score"] for event in mine] == [one.score for one in told.items]
    stranger = tokens.service("billing", audience="market", scope="prices:read")
    async with client_for(build_app(settings, db=db), user=stranger) as asker:
        assert (await asker.get("/internal/news/NSE:INFY")).status_code == 403
