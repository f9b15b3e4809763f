"""Candles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

import asyncpg
from sqlalchemy import BigInteger, ForeignKey, Select, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from services.market.providers.port import Bar, Interval
from services.market.schema import Base


class CandleRow(Base):
    """A candle. `at` is its start in market time: of a replay, the recorded time.

    `interpolated`: its path was made from a longer recorded bar. `complete`: it will not change.
    """

    __tablename__ = "candles"
    __table_args__ = ({"postgresql_with": {"fillfactor": 80}},)

    instrument_id: Mapped[int] = mapped_column(
        ForeignKey("market.instruments.id", ondelete="CASCADE"), primary_key=True
    )
    interval: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    open: Mapped[Decimal]
    high: Mapped[Decimal]
    low: Mapped[Decimal]
    close: Mapped[Decimal]
    volume: Mapped[int | None] = mapped_column(BigInteger)
    interpolated: Mapped[bool]
    complete: Mapped[bool]
    source: Mapped[str]


_INTO = """
INSERT INTO candles AS old (instrument_id, interval, at, open, high, low, close, volume, interpolated, complete, source)
SELECT instrument_id, interval, 'epoch'::timestamptz + at * interval '1 ms',
       open * 0.0001, high * 0.0001, low * 0.0001, close * 0.0001, volume, interpolated, complete, $11
FROM unnest($1::int[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[],
            $9::bool[], $10::bool[])
AS new (instrument_id, interval, at, open, high, low, close, volume, interpolated, complete)
ON CONFLICT (instrument_id, interval, at) DO UPDATE SET """

_REPLACE = (
    _INTO
    + """
    open = excluded.open, high = excluded.high, low = excluded.low, close = excluded.close, volume = excluded.volume,
    interpolated = excluded.interpolated, complete = excluded.complete, source = excluded.source"""
)

_MERGE = (
    _INTO
    + """
    high = greatest(old.high, excluded.high), low = least(old.low, excluded.low), close = excluded.close,
    volume = coalesce(excluded.volume, old.volume), complete = excluded.complete, source = excluded.source"""
)


async def replace(driver: asyncpg.Connection, bars: Sequence[tuple[int, Bar]], source: str) -> None:
    """Store candles as they now stand, by instrument number. Of a candle given twice, the last word counts."""
    last = {(number, bar.interval, bar.at_ms): (number, bar) for number, bar in bars}
    await driver.execute(_REPLACE, *_arrays(list(last.values())), source)


async def merge(driver: asyncpg.Connection, bars: Sequence[tuple[int, Bar]], source: str) -> None:
    """Add to candles what came later: a new high or low, and the newest close. One bar per candle."""
    await driver.execute(_MERGE, *_arrays(bars), source)


def _arrays(bars: Sequence[tuple[int, Bar]]) -> tuple[list[object], ...]:
    rows = [
        (
            number, bar.interval.value, bar.at_ms, bar.open_e4, bar.high_e4, bar.low_e4, bar.close_e4, bar.volume,
            bar.interpolated, bar.complete,
        )
        for number, bar in bars
    ]  # fmt: skip
    return tuple(list(column) for column in zip(*rows, strict=True)) or tuple([] for _ in range(10))


def of(instrument_id: int, interval: Interval) -> Select[CandleRow]:
    """Select an instrument's candles of one length."""
    return select(CandleRow).where(CandleRow.instrument_id == instrument_id, CandleRow.interval == interval)


async def list_without(session: AsyncSession, interval: Interval, instrument_ids: Sequence[int]) -> frozenset[int]:
    """Tell which of the instruments have no candle of that length."""
    having = select(CandleRow.instrument_id).where(
        CandleRow.interval == interval, CandleRow.instrument_id.in_(instrument_ids)
    )
    return frozenset(instrument_ids) - frozenset(await session.scalars(having.distinct()))


async def forget_from(driver: asyncpg.Connection, starts_ms: Mapping[int, int]) -> None:
    """Delete the candles of instruments from an instant on (Unix ms, market time): the replay went back before them."""
    await driver.execute(
        """DELETE FROM candles USING unnest($1::int[], $2::bigint[]) AS gone (instrument_id, at)
        WHERE candles.instrument_id = gone.instrument_id
        AND candles.at >= 'epoch'::timestamptz + gone.at * interval '1 ms'""",
        list(starts_ms.keys()),
        list(starts_ms.values()),
    )


async def forget_older(session: AsyncSession, interval: Interval, keep: timedelta) -> None:
    """Delete candles that lie further back than `keep` from the newest of their instrument.

    Reckoned from the newest candle and not from now: a replay's candles are of another year.
    """
    newest = (
        select(CandleRow.instrument_id, func.max(CandleRow.at).label("at"))
        .where(CandleRow.interval == interval)
        .group_by(CandleRow.instrument_id)
        .subquery()
    )
    await session.execute(
        delete(CandleRow).where(
            CandleRow.interval == interval,
            CandleRow.instrument_id == newest.c.instrument_id,
            CandleRow.at < newest.c.at - keep,
        )
    )


async def forget_source(session: AsyncSession, source: str) -> None:
    """Delete all candles of a source."""
    await session.execute(delete(CandleRow).where(CandleRow.source == source))
