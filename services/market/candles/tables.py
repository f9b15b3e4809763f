"""Candles."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

import asyncpg
from sqlalchemy import BigInteger, ForeignKey, Select, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from services.market.prices.tables import NewestPriceRow
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


async def complete_earlier(driver: asyncpg.Connection, number: int, running: Sequence[Bar]) -> None:
    """Mark an instrument's candles that came before the running ones as complete."""
    await driver.execute(
        """UPDATE candles SET complete = true FROM unnest($2::text[], $3::bigint[]) AS running (interval, at)
        WHERE candles.instrument_id = $1 AND candles.interval = running.interval AND NOT candles.complete
        AND candles.at < 'epoch'::timestamptz + running.at * interval '1 ms'""",
        number,
        [bar.interval.value for bar in running],
        [bar.at_ms for bar in running],
    )


def _arrays(bars: Sequence[tuple[int, Bar]]) -> tuple[list[object], ...]:
    rows = [
        (
            number, bar.interval.value, bar.at_ms, bar.open_e4, bar.high_e4, bar.low_e4, bar.close_e4, bar.volume,
            bar.interpolated, bar.complete,
        )
        for number, bar in bars
    ]  # fmt: skip
    return tuple(list(column) for column in zip(*rows, strict=True)) or tuple([] for _ in range(10))


def between(instrument_id: int, interval: Interval, start: datetime | None, end: datetime | None) -> Select[CandleRow]:
    """Select an instrument's candles of one length that begin in [start, end).

    A replay that started over has candles of days to which it has not come again yet: those are left out.
    """
    replayed_to = (
        select(NewestPriceRow.recorded_at).where(NewestPriceRow.instrument_id == instrument_id).scalar_subquery()
    )
    statement = select(CandleRow).where(
        CandleRow.instrument_id == instrument_id,
        CandleRow.interval == interval,
        CandleRow.at <= func.coalesce(replayed_to, text("'infinity'::timestamptz")),
    )
    if start is not None:
        statement = statement.where(CandleRow.at >= start)
    if end is not None:
        statement = statement.where(CandleRow.at < end)
    return statement


async def list_without_past(session: AsyncSession, instrument_ids: Sequence[int], before: datetime) -> frozenset[int]:
    """Tell which of the instruments have no daily candle from before an instant."""
    having = select(CandleRow.instrument_id).where(
        CandleRow.interval == Interval.D1, CandleRow.instrument_id.in_(instrument_ids), CandleRow.at < before
    )
    return frozenset(instrument_ids) - frozenset(await session.scalars(having.distinct()))


async def forget_some_out_of_window(driver: asyncpg.Connection, interval: Interval, keep: timedelta) -> int:
    """Delete some candles that lie further back than `keep` from their instrument's newest price, or after it.

    Reckoned in market time: a replay's candles are of another year, and those after it were left by its last turn.
    Returns how many; call again until none is left, since one statement for all would run too long.
    """
    return await _delete_some(
        driver,
        """SELECT candles.ctid FROM candles JOIN newest_prices USING (instrument_id) WHERE candles.interval = $2
        AND (candles.at < coalesce(newest_prices.recorded_at, newest_prices.at) - $3::interval
             OR candles.at > coalesce(newest_prices.recorded_at, newest_prices.at))""",
        interval.value,
        keep,
    )


async def forget_some_of(driver: asyncpg.Connection, source: str) -> int:
    """Delete some candles of a source. Returns how many; call again until none is left."""
    return await _delete_some(driver, "SELECT ctid FROM candles WHERE source = $2", source)


async def _delete_some(driver: asyncpg.Connection, selection: str, *arguments: object) -> int:
    statement = f"DELETE FROM candles WHERE ctid = ANY(ARRAY({selection} LIMIT $1))"  # noqa: S608 (constants only)
    done = await driver.execute(statement, _ROWS_PER_DELETE, *arguments)
    return int(done.removeprefix("DELETE "))


_ROWS_PER_DELETE = 20_000
