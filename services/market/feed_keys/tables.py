"""The keys of feeds. A key belongs to one instrument, and an instrument has one key in a feed: the newest list's."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import asyncpg
from sqlalchemy import ForeignKey, UniqueConstraint, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from services.market.instruments.tables import InstrumentRow, is_monitored
from services.market.schema import Base


class FeedKeyRow(Base):
    __tablename__ = "feed_keys"
    __table_args__ = (UniqueConstraint("vendor", "key"),)

    vendor: Mapped[str] = mapped_column(primary_key=True)
    instrument_id: Mapped[int] = mapped_column(
        ForeignKey("market.instruments.id", ondelete="CASCADE"), primary_key=True
    )
    key: Mapped[str]


async def note(driver: asyncpg.Connection, vendor: str, keys: Mapping[str, str]) -> None:
    """Store keys by instrument. One that was another instrument's is that one's no more."""
    by_key = dict(sorted((key, instrument) for instrument, key in keys.items()))
    names = list(by_key.values())
    await driver.execute(
        """DELETE FROM feed_keys USING unnest($2::text[], $3::text[]) AS new (instrument, key), instruments
        WHERE feed_keys.vendor = $1 AND feed_keys.key = new.key AND instruments.id = feed_keys.instrument_id
        AND instruments.instrument <> new.instrument""",
        vendor,
        names,
        list(by_key),
    )
    await driver.execute(
        """INSERT INTO feed_keys AS old (vendor, instrument_id, key)
        SELECT $1, instruments.id, new.key
        FROM unnest($2::text[], $3::text[]) AS new (instrument, key) JOIN instruments USING (instrument)
        ORDER BY instruments.id
        ON CONFLICT (vendor, instrument_id) DO UPDATE SET key = excluded.key WHERE old.key <> excluded.key""",
        vendor,
        names,
        list(by_key),
    )


async def list_keys(
    session: AsyncSession, vendor: str, instruments: Collection[str] | None, limit: int
) -> Sequence[tuple[str, str]]:
    """List the keys of instruments, of all that is monitored where none are named: instrument and key."""
    wanted = is_monitored() if instruments is None else InstrumentRow.instrument.in_(instruments)
    statement = (
        select(InstrumentRow.instrument, FeedKeyRow.key)
        .join(FeedKeyRow, FeedKeyRow.instrument_id == InstrumentRow.id)
        .where(FeedKeyRow.vendor == vendor, wanted)
        .order_by(InstrumentRow.instrument)
        .limit(limit)
    )
    return [(row.instrument, row.key) for row in await session.execute(statement)]


async def list_by_key(session: AsyncSession, vendor: str, keys: Collection[str]) -> Sequence[tuple[str, int, str]]:
    """List what a feed's keys mean: key, the instrument's number and its name."""
    statement = (
        select(FeedKeyRow.key, InstrumentRow.id, InstrumentRow.instrument)
        .join(InstrumentRow, InstrumentRow.id == FeedKeyRow.instrument_id)
        .where(FeedKeyRow.vendor == vendor, FeedKeyRow.key.in_(keys))
    )
    return [(row.key, row.id, row.instrument) for row in await session.execute(statement)]
