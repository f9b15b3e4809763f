"""The newest own price of each person and instrument."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import asyncpg
from sqlalchemy import BigInteger, ForeignKey, Index, delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from services.market.instruments.tables import InstrumentRow
from services.market.prices.tables import Priced
from services.market.schema import Base


class OwnPriceRow(Base):
    """As NewestPriceRow, for one person. `source` is the vendor of the connection."""

    __tablename__ = "own_prices"
    __table_args__ = (
        Index("ix_own_prices_received_at", "received_at"),
        {"postgresql_with": {"fillfactor": 50}},
    )

    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    instrument_id: Mapped[int] = mapped_column(
        ForeignKey("market.instruments.id", ondelete="CASCADE"), primary_key=True
    )
    price: Mapped[Decimal]
    previous_close: Mapped[Decimal | None]
    day_open: Mapped[Decimal | None]
    day_high: Mapped[Decimal | None]
    day_low: Mapped[Decimal | None]
    day_volume: Mapped[int | None] = mapped_column(BigInteger)
    at: Mapped[datetime]
    received_at: Mapped[datetime]
    source: Mapped[str]
    stale: Mapped[bool]


_WRITE = """
INSERT INTO own_prices AS old (user_id, instrument_id, price, previous_close, day_open, day_high, day_low, day_volume,
                               at, received_at, source, stale)
SELECT user_id, instrument_id, price * 0.0001, previous_close * 0.0001, day_open * 0.0001, day_high * 0.0001,
       day_low * 0.0001, day_volume, 'epoch'::timestamptz + at * interval '1 ms',
       'epoch'::timestamptz + received_at * interval '1 ms', source, stale
FROM unnest($1::uuid[], $2::int[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[],
            $9::bigint[], $10::bigint[], $11::text[], $12::bool[])
AS new (user_id, instrument_id, price, previous_close, day_open, day_high, day_low, day_volume, at, received_at,
        source, stale)
ON CONFLICT (user_id, instrument_id) DO UPDATE SET
    price = excluded.price, previous_close = coalesce(excluded.previous_close, old.previous_close),
    day_open = excluded.day_open, day_high = excluded.day_high, day_low = excluded.day_low,
    day_volume = excluded.day_volume, at = excluded.at, received_at = excluded.received_at, source = excluded.source,
    stale = excluded.stale
WHERE old.at < excluded.at
RETURNING user_id, instrument_id"""


async def write(driver: asyncpg.Connection, prices: Sequence[tuple[UUID, Priced]]) -> frozenset[tuple[UUID, int]]:
    """Store own prices; an older one replaces no newer one. Returns person and number of those that were stored.

    At most one price per person and instrument.
    """
    if not prices:
        return frozenset()
    rows = [
        (
            owner, one.instrument_id, quote.price_e4, quote.previous_close_e4, quote.day_open_e4, quote.day_high_e4,
            quote.day_low_e4, quote.day_volume, quote.at_ms, quote.received_ms, one.source, one.stale,
        )
        for owner, one in sorted(prices, key=lambda price: (price[0], price[1].instrument_id))
        for quote in (one.quote,)
    ]  # fmt: skip
    stored = await driver.fetch(_WRITE, *(list(column) for column in zip(*rows, strict=True)))
    return frozenset((row["user_id"], row["instrument_id"]) for row in stored)


async def list_of(session: AsyncSession, user_id: UUID, instrument_ids: Collection[int]) -> Sequence[OwnPriceRow]:
    """List a person's own prices of instruments."""
    statement = select(OwnPriceRow).where(OwnPriceRow.user_id == user_id, OwnPriceRow.instrument_id.in_(instrument_ids))
    return (await session.scalars(statement)).all()


async def list_all_of(session: AsyncSession, user_id: UUID) -> Sequence[tuple[str, OwnPriceRow]]:
    """List all own prices of a person, with the instruments' names."""
    statement = (
        select(InstrumentRow.instrument, OwnPriceRow)
        .join(InstrumentRow, InstrumentRow.id == OwnPriceRow.instrument_id)
        .where(OwnPriceRow.user_id == user_id)
        .order_by(InstrumentRow.instrument)
    )
    return [(instrument, row) for instrument, row in await session.execute(statement)]


async def forget_of(session: AsyncSession, user_id: UUID) -> None:
    await session.execute(delete(OwnPriceRow).where(OwnPriceRow.user_id == user_id))


async def forget_before(session: AsyncSession, before: datetime) -> None:
    """Delete what was received before an instant: the connection that brought it is long gone."""
    await session.execute(delete(OwnPriceRow).where(OwnPriceRow.received_at < before))
