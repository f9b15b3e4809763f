"""Headlines, what they are about, the feeds that bring them, and the names by which headlines call instruments."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Row, Select, UniqueConstraint, delete, exists, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from libs.common.ids import uuid7
from services.market.instruments.tables import InstrumentRow
from services.market.news.rules import Known
from services.market.schema import Base


class NewsItemRow(Base):
    """A headline. `score` from -1 to 1, `model`: who judged it. `url_hash`: one address is one headline."""

    __tablename__ = "news_items"
    __table_args__ = (
        UniqueConstraint("source", "guid"),
        Index("ix_news_items_published_at_id", "published_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    published_at: Mapped[datetime]
    received_at: Mapped[datetime]
    source: Mapped[str]
    guid: Mapped[str]
    url: Mapped[str | None]
    url_hash: Mapped[str | None] = mapped_column(unique=True)
    headline: Mapped[str]
    summary: Mapped[str | None]
    language: Mapped[str]
    sentiment: Mapped[str]
    score: Mapped[float]
    model: Mapped[str]


class NewsLinkRow(Base):
    """That a headline names an instrument. `place`: its order in the headline."""

    __tablename__ = "news_links"
    __table_args__ = (Index("ix_news_links_instrument_id_news_id", "instrument_id", "news_id"),)

    news_id: Mapped[UUID] = mapped_column(ForeignKey("market.news_items.id", ondelete="CASCADE"), primary_key=True)
    instrument_id: Mapped[int] = mapped_column(
        ForeignKey("market.instruments.id", ondelete="CASCADE"), primary_key=True
    )
    place: Mapped[int]


class NewsFeedRow(Base):
    """How far a feed of the settings is. `failures` in a row; `next_at`: when it is asked again."""

    __tablename__ = "news_feeds"

    url: Mapped[str] = mapped_column(primary_key=True)
    etag: Mapped[str | None]
    last_modified: Mapped[str | None]
    next_at: Mapped[datetime]
    failures: Mapped[int]
    error: Mapped[str | None]
    read_at: Mapped[datetime | None]


class NewsNameRow(Base):
    """Another name by which headlines call an instrument, from an imported list."""

    __tablename__ = "news_names"

    instrument_id: Mapped[int] = mapped_column(
        ForeignKey("market.instruments.id", ondelete="CASCADE"), primary_key=True
    )
    name: Mapped[str] = mapped_column(primary_key=True)


async def list_known(session: AsyncSession) -> Sequence[Known]:
    """List every instrument with all that it goes by."""
    more: dict[int, list[str]] = {}
    for number, name in await session.execute(select(NewsNameRow.instrument_id, NewsNameRow.name)):
        more.setdefault(number, []).append(name)
    rows = await session.execute(
        select(InstrumentRow.id, InstrumentRow.instrument, InstrumentRow.symbol, InstrumentRow.name)
        .where(InstrumentRow.successor_id.is_(None))
        .order_by(InstrumentRow.id)
    )
    return [Known(row.id, row.instrument, row.symbol, [row.name, *more.get(row.id, ())]) for row in rows]


async def add(session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> set[UUID]:
    """Store headlines; one that is known by its source's id or its address stays as it is. Gives the new ids."""
    if not rows:
        return set()
    stored = await session.scalars(insert(NewsItemRow).values(rows).on_conflict_do_nothing().returning(NewsItemRow.id))
    return set(stored.all())


async def link(session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        await session.execute(insert(NewsLinkRow).values(rows).on_conflict_do_nothing())


def published(
    instrument_id: int | None, start: datetime | None, end: datetime | None, sentiment: str | None
) -> Select[NewsItemRow]:
    """Select headlines: about an instrument, from an instant on, before another, of a sentiment."""
    query = select(NewsItemRow)
    if instrument_id is not None:
        about = exists().where(NewsLinkRow.news_id == NewsItemRow.id, NewsLinkRow.instrument_id == instrument_id)
        query = query.where(about)
    if start is not None:
        query = query.where(NewsItemRow.published_at >= start)
    if end is not None:
        query = query.where(NewsItemRow.published_at < end)
    return query if sentiment is None else query.where(NewsItemRow.sentiment == sentiment)


async def newest(session: AsyncSession, instrument_id: int, limit: int) -> Sequence[NewsItemRow]:
    """Give the newest headlines about an instrument, in the order in which they came."""
    arrived = (NewsItemRow.received_at.desc(), NewsItemRow.id.desc())
    rows = await session.scalars(published(instrument_id, None, None, None).order_by(*arrived).limit(limit))
    return list(rows)[::-1]


async def newest_of(
    session: AsyncSession, instrument_ids: Collection[int], before: datetime | None, limit: int
) -> Mapping[int, Sequence[Row[Any]]]:
    """Give the newest headlines of each instrument that came before an instant, in that order, in one statement.

    Rows of `published_at`, `received_at` and `score`.
    """
    place = func.row_number().over(
        partition_by=NewsLinkRow.instrument_id, order_by=(NewsItemRow.received_at.desc(), NewsItemRow.id.desc())
    )
    ranked = (
        select(
            NewsLinkRow.instrument_id,
            NewsItemRow.published_at,
            NewsItemRow.received_at,
            NewsItemRow.score,
            place.label("place"),
        )
        .join(NewsItemRow, NewsItemRow.id == NewsLinkRow.news_id)
        .where(NewsLinkRow.instrument_id.in_(instrument_ids))
    )
    if before is not None:
        ranked = ranked.where(NewsItemRow.received_at < before)
    each = ranked.subquery()
    newest_first = select(each).where(each.c.place <= limit).order_by(each.c.place.desc())
    found: dict[int, list[Row[Any]]] = {}
    for row in await session.execute(newest_first):
        found.setdefault(row.instrument_id, []).append(row)
    return found


async def instruments_of(session: AsyncSession, news: Collection[UUID]) -> Mapping[UUID, Sequence[str]]:
    """Give the names of the instruments of headlines, in their order."""
    found: dict[UUID, list[str]] = {}
    rows = await session.execute(
        select(NewsLinkRow.news_id, InstrumentRow.instrument)
        .join(InstrumentRow, InstrumentRow.id == NewsLinkRow.instrument_id)
        .where(NewsLinkRow.news_id.in_(news))
        .order_by(NewsLinkRow.place, InstrumentRow.id)
    )
    for news_id, instrument in rows:
        found.setdefault(news_id, []).append(instrument)
    return found


async def forget(session: AsyncSession, before: datetime, most: int) -> int:
    """Delete headlines that were published before an instant, at most so many. Returns how many."""
    old = select(NewsItemRow.id).where(NewsItemRow.published_at < before).limit(most)
    gone = await session.scalars(delete(NewsItemRow).where(NewsItemRow.id.in_(old)).returning(NewsItemRow.id))
    return len(gone.all())


async def list_due_feeds(session: AsyncSession, urls: Sequence[str], now: datetime) -> Sequence[NewsFeedRow]:
    """List those of these feeds whose time has come; new ones begin now."""
    if not urls:
        return []
    await session.execute(
        insert(NewsFeedRow)
        .values([{"url": url, "next_at": now, "failures": 0} for url in urls])
        .on_conflict_do_nothing()
    )
    query = select(NewsFeedRow).where(NewsFeedRow.url.in_(urls), NewsFeedRow.next_at <= now).order_by(NewsFeedRow.url)
    return (await session.scalars(query)).all()


async def note_feed(session: AsyncSession, url: str, values: Mapping[str, Any]) -> None:
    await session.execute(update(NewsFeedRow).where(NewsFeedRow.url == url).values(**values))


async def list_instruments(session: AsyncSession, exchange: str, symbols: Collection[str]) -> Mapping[str, int]:
    """Give the numbers of instruments of an exchange, by symbol."""
    query = select(InstrumentRow.symbol, InstrumentRow.id).where(
        tuple_(InstrumentRow.exchange, InstrumentRow.symbol).in_([(exchange, symbol) for symbol in symbols])
    )
    return {row.symbol: row.id for row in await session.execute(query)}


async def add_names(session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> int:
    """Keep names of instruments. Returns how many are new."""
    if not rows:
        return 0
    stored = await session.scalars(
        insert(NewsNameRow).values(rows).on_conflict_do_nothing().returning(NewsNameRow.instrument_id)
    )
    return len(stored.all())
