"""The newest price of each instrument, and the rows that were kept (StockPrice of the mission)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import Any

import asyncpg
from sqlalchemy import BigInteger, ForeignKey, Identity, Index, Select, UniqueConstraint, delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from libs.common.instruments import Instrument
from services.market.instruments.tables import InstrumentRow, is_monitored
from services.market.providers.port import Quote
from services.market.schema import Base


class NewestPriceRow(Base):
    """The newest price. Written many times a second: free room in its pages keeps updates out of the index."""

    __tablename__ = "newest_prices"
    __table_args__ = ({"postgresql_with": {"fillfactor": 50}},)

    instrument_id: Mapped[int] = mapped_column(
        ForeignKey("market.instruments.id", ondelete="CASCADE"), primary_key=True
    )
    price: Mapped[Decimal]
    previous_close: Mapped[Decimal | None]
    day_open: Mapped[Decimal | None]
    day_high: Mapped[Decimal | None]
    day_low: Mapped[Decimal | None]
    day_volume: Mapped[int | None] = mapped_column(BigInteger)
    span_low: Mapped[Decimal]
    span_high: Mapped[Decimal]
    span_start: Mapped[datetime]
    at: Mapped[datetime]
    received_at: Mapped[datetime]
    recorded_at: Mapped[datetime | None]
    source: Mapped[str]
    stale: Mapped[bool]


class StockPriceRow(Base):
    """A price that was kept: each one of a polled source, of a stream one now and then."""

    __tablename__ = "stock_prices"
    __table_args__ = (
        UniqueConstraint("instrument_id", "source", "at"),
        Index("ix_stock_prices_instrument_id_at_id", "instrument_id", "at", "id"),
        Index("ix_stock_prices_received_at", "received_at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    instrument_id: Mapped[int] = mapped_column(ForeignKey("market.instruments.id", ondelete="CASCADE"))
    price: Mapped[Decimal]
    previous_close: Mapped[Decimal | None]
    day_open: Mapped[Decimal | None]
    day_high: Mapped[Decimal | None]
    day_low: Mapped[Decimal | None]
    day_volume: Mapped[int | None] = mapped_column(BigInteger)
    at: Mapped[datetime]
    received_at: Mapped[datetime]
    recorded_at: Mapped[datetime | None]
    source: Mapped[str]
    stale: Mapped[bool]


@dataclass(frozen=True, slots=True)
class Priced:
    """A quote that passed the feed's checks, on its way into the tables."""

    instrument_id: int
    quote: Quote
    source: str
    stale: bool


_COLUMNS = (
    "instrument_id, price, previous_close, day_open, day_high, day_low, day_volume, at, received_at, recorded_at, "
    "source, stale"
)
# Prices come as integers of 1/10,000 and instants as Unix milliseconds: half the bytes and none of the objects.
_SELECTED = """
    instrument_id, price * 0.0001, previous_close * 0.0001, day_open * 0.0001, day_high * 0.0001, day_low * 0.0001,
    day_volume, 'epoch'::timestamptz + at * interval '1 ms', 'epoch'::timestamptz + received_at * interval '1 ms',
    'epoch'::timestamptz + recorded_at * interval '1 ms', source, stale"""
_FROM = """
    FROM unnest($1::int[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],
                $8::bigint[], $9::bigint[], $10::bigint[], $11::text[], $12::bool[], $13::bigint[], $14::bigint[],
                $15::bigint[])
    AS new (instrument_id, price, previous_close, day_open, day_high, day_low, day_volume, at, received_at,
            recorded_at, source, stale, span_low, span_high, span_start)"""

# A recorded price carries our own clock, a live one the exchange's: between the two, age says nothing, so a change of
# the source always goes through.
_WRITE_NEWEST = f"""
INSERT INTO newest_prices AS old ({_COLUMNS}, span_low, span_high, span_start)
SELECT {_SELECTED}, span_low * 0.0001, span_high * 0.0001, 'epoch'::timestamptz + span_start * interval '1 ms'
{_FROM}
ON CONFLICT (instrument_id) DO UPDATE SET
    price = excluded.price, previous_close = coalesce(excluded.previous_close, old.previous_close),
    day_open = excluded.day_open, day_high = excluded.day_high, day_low = excluded.day_low,
    day_volume = excluded.day_volume, span_low = excluded.span_low, span_high = excluded.span_high,
    span_start = excluded.span_start, at = excluded.at, received_at = excluded.received_at,
    recorded_at = excluded.recorded_at, source = excluded.source, stale = excluded.stale
WHERE old.at < excluded.at OR (old.recorded_at IS NULL) <> (excluded.recorded_at IS NULL)
RETURNING instrument_id"""

_KEEP = f"INSERT INTO stock_prices ({_COLUMNS}) SELECT {_SELECTED} {_FROM} ON CONFLICT DO NOTHING"


async def write_newest(driver: asyncpg.Connection, prices: Sequence[Priced]) -> frozenset[int]:
    """Store newest prices; an older price never replaces a newer one. Returns the instruments whose price was replaced.

    At most one price per instrument.
    """
    rows = await driver.fetch(_WRITE_NEWEST, *_arrays(prices))
    return frozenset(row["instrument_id"] for row in rows)


async def keep(driver: asyncpg.Connection, prices: Sequence[Priced]) -> None:
    """Store prices as rows. A price that is already kept (same instrument, source and instant) stays as it is."""
    await driver.execute(_KEEP, *_arrays(prices))


def _arrays(prices: Sequence[Priced]) -> tuple[list[object], ...]:
    # In one order everywhere, so that two writers never wait for each other.
    ordered = sorted(prices, key=lambda price: price.instrument_id)
    rows = [
        (
            price.instrument_id, quote.price_e4, quote.previous_close_e4, quote.day_open_e4, quote.day_high_e4,
            quote.day_low_e4, quote.day_volume, quote.at_ms, quote.received_ms, quote.recorded_ms, price.source,
            price.stale, quote.low_e4, quote.high_e4, quote.span_start_ms,
        )
        for price in ordered
        for quote in (price.quote,)
    ]  # fmt: skip
    return tuple(list(column) for column in zip(*rows, strict=True)) or tuple([] for _ in range(15))


@dataclass(frozen=True, slots=True)
class Quoted:
    """An instrument with its newest price. The members from `price` on are None before the first."""

    id: int
    instrument: str
    exchange: str
    symbol: str
    name: str
    currency: str
    price: Decimal | None
    previous_close: Decimal | None
    day_open: Decimal | None
    day_high: Decimal | None
    day_low: Decimal | None
    span_low: Decimal | None
    span_high: Decimal | None
    span_start: datetime | None
    at: datetime | None
    received_at: datetime | None
    recorded_at: datetime | None
    source: str | None
    stale: bool | None


_QUOTED = [
    getattr(NewestPriceRow if hasattr(NewestPriceRow, field.name) else InstrumentRow, field.name)
    for field in fields(Quoted)
]


def _with_price() -> Select[Any]:
    return select(*_QUOTED).join_from(
        InstrumentRow, NewestPriceRow, NewestPriceRow.instrument_id == InstrumentRow.id, isouter=True
    )


async def _list(session: AsyncSession, statement: Select[Any]) -> Sequence[Quoted]:
    return [Quoted(*row) for row in await session.execute(statement)]


async def get_quoted(session: AsyncSession, instrument_id: int) -> Quoted:
    (found,) = await _list(session, _with_price().where(InstrumentRow.id == instrument_id))
    return found


async def list_newest(session: AsyncSession, instrument_ids: Collection[int]) -> Mapping[int, Decimal]:
    """Give the newest price of each instrument that has one, by its number."""
    statement = select(NewestPriceRow.instrument_id, NewestPriceRow.price).where(
        NewestPriceRow.instrument_id.in_(instrument_ids)
    )
    return {row.instrument_id: row.price for row in await session.execute(statement)}


async def list_quoted(session: AsyncSession, instruments: Collection[Instrument]) -> Sequence[Quoted]:
    """List those of the instruments that are known."""
    statement = _with_price().where(InstrumentRow.instrument.in_([str(instrument) for instrument in instruments]))
    return await _list(session, statement)


def monitored_quoted() -> Select[Any]:
    """Select what is monitored, with the columns of Quoted."""
    return _with_price().where(is_monitored())


async def list_monitored(session: AsyncSession) -> Sequence[Quoted]:
    """List what is monitored, by name."""
    return await _list(session, monitored_quoted().order_by(InstrumentRow.instrument))


async def list_to_fetch(session: AsyncSession, provider: str, *, unpriced_only: bool = False) -> Sequence[Quoted]:
    """List what a provider has to price: what is monitored, those that wait longest for a price first."""
    statement = _with_price().where(InstrumentRow.provider == provider, is_monitored())
    if unpriced_only:
        statement = statement.where(NewestPriceRow.instrument_id.is_(None))
    statement = statement.order_by(NewestPriceRow.received_at.asc().nulls_first(), InstrumentRow.symbol)
    return await _list(session, statement)


def kept_of(instrument_id: int) -> Select[StockPriceRow]:
    """Select the kept prices of an instrument."""
    return select(StockPriceRow).where(StockPriceRow.instrument_id == instrument_id)


async def forget_kept(session: AsyncSession, before: datetime) -> None:
    """Delete rows that were received before an instant."""
    await session.execute(delete(StockPriceRow).where(StockPriceRow.received_at < before))


async def forget_recorded(session: AsyncSession) -> None:
    """Delete what a replay left: its prices are of a stream that plays no more."""
    await session.execute(delete(NewestPriceRow).where(NewestPriceRow.recorded_at.is_not(None)))
    await session.execute(delete(StockPriceRow).where(StockPriceRow.recorded_at.is_not(None)))
