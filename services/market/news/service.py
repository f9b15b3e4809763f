"""Take headlines in, judge and link them, tell of the fresh ones; give them; forget them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from libs.common.db import Database, Transaction
from libs.common.http import Http, HttpFailure
from libs.common.ids import uuid7
from libs.common.logging import get_logger
from libs.common.pagination import Found, PageRequest, paginate
from libs.contracts.news import NewsPublished
from services.market.instruments import service as instruments
from services.market.instruments.tables import InstrumentRow
from services.market.news import feeds, files, rules, tables
from services.market.news.files import Problem
from services.market.news.rules import Item, Known, Names
from services.market.news.sentiment import MODEL, Judgement, Sentiment, judge
from services.market.news.tables import NewsFeedRow, NewsItemRow

log = get_logger(__name__)

BATCH = 500
_FORGET_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class News:
    """A headline with the instruments that it names."""

    row: NewsItemRow
    instruments: Sequence[str]


@dataclass(slots=True)
class Report:
    """What an import brought. `linked`: new headlines that name an instrument."""

    rows: int = 0
    added: int = 0
    linked: int = 0
    known: int = 0
    problems: list[Problem] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Naming:
    names: Names
    known: dict[int, Known]


class Newsroom:
    """The news room's use cases. fresh: what was published longer ago is stored, but nobody is told of it."""

    def __init__(self, db: Database, *, fresh: timedelta, keep: timedelta) -> None:
        self._db = db
        self._fresh = fresh
        self._keep = keep

    async def list(
        self,
        symbol: str | None,
        page: PageRequest,
        *,
        start: datetime | None,
        end: datetime | None,
        sentiment: Sentiment | None,
    ) -> Found[News]:
        """List headlines, newest first. Raises SymbolNotFound, SymbolAmbiguous, InvalidCursor."""
        async with self._db.read() as session:
            about = None if symbol is None else (await instruments.resolve(session, symbol)).id
            found = await paginate(
                session,
                tables.published(about, start, end, sentiment),
                page,
                key=(NewsItemRow.published_at, NewsItemRow.id),
                scope=f"news {about} {start} {end} {sentiment}",
            )
            named = await tables.instruments_of(session, [row.id for row in found.items])
        return Found([News(row, named.get(row.id, ())) for row in found.items], found.next_cursor)

    async def newest(self, symbol: str, limit: int) -> tuple[str, Sequence[NewsItemRow]]:
        """Give an instrument's name and its newest headlines, in the order in which they came.

        Raises SymbolNotFound, SymbolAmbiguous.
        """
        async with self._db.read() as session:
            row = await instruments.resolve(session, symbol)
            return row.instrument, await tables.newest(session, row.id, limit)

    async def newest_of(
        self, names: Sequence[str], *, before: datetime | None, limit: int
    ) -> Mapping[str, Sequence[Row[Any]]]:
        """Give the newest headlines of several instruments that came before an instant, by the names that were given.

        In the order in which they came. Who is unknown or has none is left out.
        """
        async with self._db.read() as session:
            resolved = zip(names, await instruments.resolve_all(session, names), strict=True)
            known = {name: row.id for name, row in resolved if isinstance(row, InstrumentRow)}
            found = await tables.newest_of(session, frozenset(known.values()), before, limit)
        return {name: found[number] for name, number in known.items() if number in found}

    async def import_file(self, content: bytes, source: str) -> Report:
        """Take a CSV of headlines in. Raises UnreadableFile."""
        read = await asyncio.to_thread(list, files.read_news(content, source, self._db.clock.now()))
        report = Report(rows=len(read), problems=[one for one in read if isinstance(one, Problem)])
        await self._take_in([one for one in read if isinstance(one, Item)], report)
        return report

    async def import_names(self, content: bytes, exchange: str) -> tuple[int, int]:
        """Keep names for instruments of an exchange. Returns how many are new and of how many symbols we know none.

        Raises UnreadableFile.
        """
        read = await asyncio.to_thread(list, files.read_names(content))
        symbols = {symbol for symbol, _ in read}
        added = 0
        async with self._db.transaction() as tx:
            known = await tables.list_instruments(tx.session, exchange, symbols)
            rows = [{"instrument_id": known[symbol], "name": name} for symbol, name in read if symbol in known]
            for first in range(0, len(rows), BATCH):
                added += await tables.add_names(tx.session, rows[first : first + BATCH])
        return added, len(symbols) - len(known)

    async def read_feeds(self, http: Http, urls: Sequence[str], interval: timedelta) -> None:
        """Ask each feed whose time has come. One that fails rests longer each time and stops no other."""
        async with self._db.transaction() as tx:
            due = await tables.list_due_feeds(tx.session, urls, self._db.clock.now())
        for feed in due:
            await self._read_feed(http, feed, interval)

    async def _read_feed(self, http: Http, feed: NewsFeedRow, interval: timedelta) -> None:
        report, now = Report(), self._db.clock.now()
        try:
            fetched = await feeds.fetch(http, feed.url, feed.etag, feed.last_modified)
            items = [] if fetched.body is None else await asyncio.to_thread(feeds.read, fetched.body, feed.url, now)
        except (HttpFailure, feeds.UnreadableFeed) as failure:
            failures = feed.failures + 1
            log.warning("news_feed_failed", feed=feed.url, failures=failures, reason=str(failure))
            await self._note(
                feed, failures=failures, error=str(failure)[:300], next_at=now + rules.wait_after(failures, interval)
            )
            return
        await self._take_in(items, report)
        # After the headlines: what a crash leaves out is asked for again.
        await self._note(
            feed,
            failures=0,
            error=None,
            etag=fetched.etag,
            last_modified=fetched.last_modified,
            read_at=now,
            next_at=now + interval,
        )
        log.info("news_feed_read", feed=feed.url, added=report.added, known=report.known)

    async def _note(self, feed: NewsFeedRow, **values: object) -> None:
        async with self._db.transaction() as tx:
            await tables.note_feed(tx.session, feed.url, values)

    async def _take_in(self, items: Sequence[Item], report: Report) -> None:
        """Judge, link and store headlines, in batches, each with its events in one commit. Safe to repeat."""
        if not items:
            return
        async with self._db.read() as session:
            known = await tables.list_known(session)
        naming = _Naming(await asyncio.to_thread(Names.of, known), {one.id: one for one in known})
        for first in range(0, len(items), BATCH):
            batch = items[first : first + BATCH]
            judged = await asyncio.to_thread(
                lambda part: [(judge(one.headline), naming.names.find(one.headline)) for one in part], batch
            )
            async with self._db.transaction() as tx:
                added, linked = await self._store(tx, batch, judged, naming)
            report.added += added
            report.linked += linked
            report.known += len(batch) - added

    async def _store(
        self,
        tx: Transaction,
        items: Sequence[Item],
        judged: Sequence[tuple[Judgement, tuple[int, ...]]],
        naming: _Naming,
    ) -> tuple[int, int]:
        now = self._db.clock.now()
        ids = [uuid7() for _ in items]
        # One after the other: who follows the news tells which came first.
        arrivals = [now + place * timedelta(milliseconds=1) for place in range(len(items))]
        rows = [
            {
                "id": id_,
                "published_at": item.published_at,
                "received_at": came,
                "source": item.source,
                "guid": item.guid,
                "url": item.url,
                "url_hash": None if item.url is None else rules.digest(item.url),
                "headline": item.headline,
                "summary": item.summary,
                "language": item.language,
                "sentiment": judgement.label.value,
                "score": judgement.score,
                "model": MODEL,
            }
            for id_, item, (judgement, _), came in zip(ids, items, judged, arrivals, strict=True)
        ]
        new = await tables.add(tx.session, rows)
        links = []
        for id_, item, (judgement, named), came in zip(ids, items, judged, arrivals, strict=True):
            if id_ not in new:
                continue
            links += [{"news_id": id_, "instrument_id": one, "place": place} for place, one in enumerate(named)]
            if item.published_at >= now - self._fresh:
                for one in named:
                    tx.announce(_told(id_, item, judgement, naming.known[one].instrument, came))
        await tables.link(tx.session, links)
        return len(new), len({row["news_id"] for row in links})

    async def forget_old(self) -> int:
        """Delete headlines that are past their time, in small transactions. Returns how many."""
        gone, deleted = 0, _FORGET_AT_ONCE
        while deleted == _FORGET_AT_ONCE:
            async with self._db.transaction() as tx:
                deleted = await tables.forget(tx.session, self._db.clock.now() - self._keep, _FORGET_AT_ONCE)
            gone += deleted
        return gone


def _told(news_id: UUID, item: Item, judgement: Judgement, instrument: str, received_at: datetime) -> NewsPublished:
    return NewsPublished(
        news_id=news_id,
        instrument=instrument,
        headline=item.headline,
        source=item.source,
        url=item.url,
        published_at=item.published_at,
        sentiment=judgement.label.value,
        score=judgement.score,
        model=MODEL,
        received_at=received_at,
    )
