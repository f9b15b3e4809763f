"""Candles. The table is partitioned: days in one part, which is kept, the shorter ones by the month of their start."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import asyncpg
from sqlalchemy import (
    ARRAY,
    TIMESTAMP,
    BigInteger,
    ForeignKey,
    Index,
    Integer,
    Select,
    bindparam,
    column,
    func,
    select,
    text,
    true,
    values,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from libs.common.clock import to_ms
from libs.common.instruments import Instrument
from libs.common.money import to_e4
from services.market.candles.rules import Part
from services.market.instruments.tables import InstrumentRow
from services.market.prices.tables import NewestPriceRow
from services.market.providers.port import Bar, Interval
from services.market.schema import Base


class CandleRow(Base):
    """A candle. `at` is its start in market time: of a replay, the recorded time.

    `interpolated`: its path was made from a longer recorded bar. `complete`: it will not change by itself. `first_at`
    and `last_at` are the instants of its first and last price, of candles that we make of prices ourselves.
    """

    __tablename__ = "candles"
    __table_args__ = (
        Index("ix_candles_running", "source", "interval", "at", postgresql_where=text("NOT complete")),
        {"postgresql_partition_by": "LIST (interval)"},
    )

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
    first_at: Mapped[datetime | None]
    last_at: Mapped[datetime | None]


@dataclass(frozen=True, slots=True)
class StoredBar:
    """A candle as it stands in the table, with its instrument's number."""

    instrument_id: int
    bar: Bar


_REPLACE = """
INSERT INTO candles AS old (instrument_id, interval, at, open, high, low, close, volume, interpolated, complete, source)
SELECT instrument_id, interval, 'epoch'::timestamptz + at * interval '1 ms',
       open * 0.0001, high * 0.0001, low * 0.0001, close * 0.0001, volume, interpolated, complete, $11
FROM unnest($1::int[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[],
            $9::bool[], $10::bool[])
AS new (instrument_id, interval, at, open, high, low, close, volume, interpolated, complete)
ON CONFLICT (instrument_id, interval, at) DO UPDATE SET
    open = excluded.open, high = excluded.high, low = excluded.low, close = excluded.close, volume = excluded.volume,
    interpolated = excluded.interpolated, complete = excluded.complete, source = excluded.source,
    first_at = NULL, last_at = NULL"""

# The same price twice changes nothing, and prices may come in any order: the open is that of the earliest instant, the
# close that of the latest. Rows come back only where something changed.
_ADD = """
INSERT INTO candles AS old (instrument_id, interval, at, open, high, low, close, volume, interpolated, complete, source,
                            first_at, last_at)
SELECT instrument_id, interval, 'epoch'::timestamptz + at * interval '1 ms',
       open * 0.0001, high * 0.0001, low * 0.0001, close * 0.0001, volume, false, false, $12,
       'epoch'::timestamptz + first_at * interval '1 ms', 'epoch'::timestamptz + last_at * interval '1 ms'
FROM unnest($1::int[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[],
            $9::bigint[], $10::bigint[], $11::bool[])
AS new (instrument_id, interval, at, open, high, low, close, volume, first_at, last_at, whole)
WHERE whole = $13
ON CONFLICT (instrument_id, interval, at) DO UPDATE SET
    close = CASE WHEN excluded.last_at >= coalesce(old.last_at, '-infinity') THEN excluded.close ELSE old.close END,
    volume = CASE WHEN excluded.last_at >= coalesce(old.last_at, '-infinity')
             THEN coalesce(excluded.volume, old.volume) ELSE old.volume END,
    source = excluded.source, last_at = greatest(old.last_at, excluded.last_at),
    first_at = least(old.first_at, excluded.first_at), """
_ADD_PART = (
    _ADD
    + """
    open = CASE WHEN excluded.first_at < old.first_at THEN excluded.open ELSE old.open END,
    high = greatest(old.high, excluded.high), low = least(old.low, excluded.low)
WHERE excluded.high > old.high OR excluded.low < old.low OR excluded.first_at < old.first_at
      OR (excluded.last_at > old.last_at
          AND (NOT old.complete OR (excluded.close, excluded.volume) IS DISTINCT FROM (old.close, old.volume)))
RETURNING old.*"""
)
_ADD_WHOLE = (
    _ADD
    + """
    open = excluded.open, high = excluded.high, low = excluded.low
WHERE excluded.last_at > coalesce(old.last_at, '-infinity')
      AND (NOT old.complete OR (excluded.open, excluded.high, excluded.low, excluded.close)
           IS DISTINCT FROM (old.open, old.high, old.low, old.close))
RETURNING old.*"""
)


async def replace(driver: asyncpg.Connection, bars: Sequence[tuple[int, Bar]], source: str) -> None:
    """Store candles as they now stand, by instrument number. Of a candle given twice, the last word counts."""
    last = {(number, bar.interval, bar.at_ms): (number, bar) for number, bar in bars}
    rows = [
        (
            number, bar.interval.value, bar.at_ms, bar.open_e4, bar.high_e4, bar.low_e4, bar.close_e4, bar.volume,
            bar.interpolated, bar.complete,
        )
        for number, bar in last.values()
    ]  # fmt: skip
    await driver.execute(_REPLACE, *_columns(rows, 10), source)


async def add(
    driver: asyncpg.Connection, parts: Sequence[tuple[int, Part]], names: Mapping[int, Instrument], source: str
) -> list[StoredBar]:
    """Add to candles what prices said about them. Returns those that were complete before and changed: corrections.

    At most one part per candle. names: the instruments of the numbers.
    """
    rows = [
        (
            number, bar.interval.value, bar.at_ms, bar.open_e4, bar.high_e4, bar.low_e4, bar.close_e4, bar.volume,
            part.first_ms, part.last_ms, part.whole,
        )
        for number, part in parts
        for bar in (part.bar,)
    ]  # fmt: skip
    columns = _columns(rows, 11)
    changed: list[asyncpg.Record] = []
    for statement, whole in ((_ADD_PART, False), (_ADD_WHOLE, True)):
        if any(part.whole is whole for _, part in parts):
            changed += await driver.fetch(statement, *columns, source, whole)
    return [_stored(row, names[row["instrument_id"]]) for row in changed if row["complete"]]


async def complete_earlier(driver: asyncpg.Connection, number: int, running: Sequence[Bar]) -> list[StoredBar]:
    """Complete an instrument's candles that came before the running ones. Returns those that closed now."""
    rows = await driver.fetch(
        """UPDATE candles SET complete = true FROM unnest($2::text[], $3::bigint[]) AS running (interval, at)
        WHERE candles.instrument_id = $1 AND candles.interval = running.interval AND NOT candles.complete
        AND candles.at < 'epoch'::timestamptz + running.at * interval '1 ms' RETURNING candles.*""",
        number,
        [bar.interval.value for bar in running],
        [bar.at_ms for bar in running],
    )
    return [_stored(row, running[0].instrument) for row in rows]


async def complete_over(driver: asyncpg.Connection, source: str, now: datetime, grace: timedelta) -> list[StoredBar]:
    """Complete a source's candles that ended longer than `grace` ago. Returns those that closed now.

    A day ends when the longest regular session that there is would have ended.
    """
    rows = await driver.fetch(
        """UPDATE candles SET complete = true
        FROM instruments, unnest($3::text[], $4::int[]) AS lengths (interval, minutes)
        WHERE candles.source = $1 AND NOT candles.complete AND instruments.id = candles.instrument_id
        AND candles.interval = lengths.interval AND candles.at <= $2::timestamptz - lengths.minutes * interval '1 min'
        RETURNING candles.*, instruments.instrument""",
        source,
        now - grace,
        [interval.value for interval in Interval],
        [interval.minutes or _DAY_MINUTES for interval in Interval],
    )
    return [_stored(row, Instrument.parse(row["instrument"])) for row in rows]


def _columns(rows: Sequence[tuple[object, ...]], width: int) -> tuple[list[object], ...]:
    return tuple(list(column) for column in zip(*rows, strict=True)) or tuple([] for _ in range(width))


def _stored(row: asyncpg.Record, instrument: Instrument) -> StoredBar:
    bar = Bar(
        instrument,
        Interval(row["interval"]),
        to_ms(row["at"]),
        to_e4(row["open"]),
        to_e4(row["high"]),
        to_e4(row["low"]),
        to_e4(row["close"]),
        row["volume"],
        interpolated=row["interpolated"],
        complete=row["complete"],
    )
    return StoredBar(row["instrument_id"], bar)


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


async def closes_before(
    session: AsyncSession, instrument_id: int, instants: Collection[datetime]
) -> Mapping[datetime, Decimal]:
    """Give the close of the last day before each of these instants, where one is known."""
    if not instants:
        return {}
    asked = values(column("at", TIMESTAMP(timezone=True)), name="asked").data([(at,) for at in instants])
    last = (
        select(CandleRow.close)
        .where(
            CandleRow.instrument_id == instrument_id, CandleRow.interval == Interval.D1.value, CandleRow.at < asked.c.at
        )
        .order_by(CandleRow.at.desc())
        .limit(1)
        .lateral("last")
    )
    rows = await session.execute(select(asked.c.at, last.c.close).join(last, true()))
    return {row.at: row.close for row in rows}


async def list_span(
    session: AsyncSession,
    instrument_id: int,
    interval: Interval,
    start: datetime | None,
    end: datetime | None,
    limit: int,
) -> Sequence[CandleRow]:
    """List at most `limit` candles, oldest first: the first ones from `start` on, without a start the newest."""
    order = CandleRow.at.asc() if start is not None else CandleRow.at.desc()
    statement = between(instrument_id, interval, start, end).order_by(order).limit(limit)
    rows = list(await session.scalars(statement))
    return rows if start is not None else rows[::-1]


COLUMNS = ("open", "high", "low", "close", "volume")
_AS_COLUMN = {
    "volume": "array_agg(volume ORDER BY at) AS volume",
    **{name: f"array_agg(({name} * 10000)::bigint ORDER BY at) AS {name}_e4" for name in COLUMNS[:4]},
}


async def newest_columns(
    session: AsyncSession,
    instrument_ids: Sequence[int],
    interval: Interval,
    end: datetime,
    limit: int,
    columns: frozenset[str],
) -> Sequence[Any]:
    """Give the newest complete candles before an instant, as columns by instrument, in one statement.

    columns: which of `COLUMNS`. Of a replay that started over, as `between`.
    """
    kept = [name for name in COLUMNS if name in columns]
    statement = text(
        f"""SELECT wanted.id, newest.* FROM unnest(:ids) AS wanted (id) CROSS JOIN LATERAL (
            SELECT {
            ", ".join(
                [
                    "array_agg((extract(epoch FROM at) * 1000)::bigint ORDER BY at) AS at_ms",
                    *(_AS_COLUMN[name] for name in kept),
                ]
            )
        }
            FROM (
                SELECT {", ".join(["at", *kept])} FROM candles
                WHERE instrument_id = wanted.id AND interval = :interval AND complete AND at < :end AND at <= coalesce(
                    (SELECT recorded_at FROM newest_prices WHERE instrument_id = wanted.id), 'infinity')
                ORDER BY at DESC LIMIT :limit
            ) AS kept
        ) AS newest WHERE newest.at_ms IS NOT NULL"""  # noqa: S608 (constants only)
    ).bindparams(bindparam("ids", type_=ARRAY(Integer)), bindparam("end", type_=TIMESTAMP(timezone=True)))
    asked = {"ids": list(instrument_ids), "interval": interval.value, "end": end, "limit": limit}
    return (await session.execute(statement, asked)).all()


async def list_recorded(
    session: AsyncSession, interval: Interval, exchange: str | None, after: str, limit: int
) -> Sequence[str]:
    """Name instruments that have candles of an interval, by name, from behind `after` on."""
    held = select(CandleRow.at).where(CandleRow.instrument_id == InstrumentRow.id, CandleRow.interval == interval)
    query = select(InstrumentRow.instrument).where(InstrumentRow.instrument > after, held.exists())
    if exchange is not None:
        query = query.where(InstrumentRow.exchange == exchange)
    return list(await session.scalars(query.order_by(InstrumentRow.instrument).limit(limit)))


async def list_without_past(session: AsyncSession, instrument_ids: Sequence[int], before: datetime) -> frozenset[int]:
    """Tell which of the instruments have no daily candle from before an instant."""
    having = select(CandleRow.instrument_id).where(
        CandleRow.interval == Interval.D1, CandleRow.instrument_id.in_(instrument_ids), CandleRow.at < before
    )
    return frozenset(instrument_ids) - frozenset(await session.scalars(having.distinct()))


async def newest_market_time(session: AsyncSession) -> datetime | None:
    """Tell how far market time has come: the newest price's own time, of a replay the recorded one."""
    times = select(func.max(func.coalesce(NewestPriceRow.recorded_at, NewestPriceRow.at)))
    newest: datetime | None = await session.scalar(times)
    return newest


async def make_months(session: AsyncSession, months: Collection[date]) -> int:
    """Make the partitions of months that have none yet. Returns how many were made."""
    made = 0
    for month in months:
        made += bool(await session.scalar(text("SELECT make_candle_month(:month)"), {"month": month}))
    return made


async def drop_empty_months(session: AsyncSession, before: date) -> int:
    """Drop partitions of months before that of `before` in which nothing is left. Returns how many."""
    dropped: int = await session.scalar(text("SELECT drop_empty_candle_months(:before)"), {"before": before}) or 0
    return dropped


async def count_astray(session: AsyncSession) -> int:
    """Count the candles whose month had no partition when they came, up to a thousand."""
    counted = text("SELECT count(*) FROM (SELECT 1 FROM candles__rest LIMIT 1000) AS counted")
    astray: int = await session.scalar(counted) or 0
    return astray


async def forget_some_out_of_window(driver: asyncpg.Connection, interval: Interval, keep: timedelta) -> int:
    """Delete some candles that lie further back than `keep` from their instrument's newest price, or after it.

    Reckoned in market time: a replay's candles are of another year, and those after it were left by its last turn.
    What was imported stays. Returns how many; call again until none is left, since one statement for all would run too
    long.
    """
    return await _delete_some(
        driver,
        """SELECT instrument_id, interval, candles.at FROM candles JOIN newest_prices USING (instrument_id)
        WHERE candles.interval = $2 AND candles.source <> $4
        AND (candles.at < coalesce(newest_prices.recorded_at, newest_prices.at) - $3::interval
             OR candles.at > coalesce(newest_prices.recorded_at, newest_prices.at))""",
        interval.value,
        keep,
        IMPORTED,
    )


async def forget_some_of(driver: asyncpg.Connection, source: str) -> int:
    """Delete some candles of a source. Returns how many; call again until none is left."""
    return await _delete_some(driver, "SELECT instrument_id, interval, at FROM candles WHERE source = $2", source)


async def _delete_some(driver: asyncpg.Connection, selection: str, *arguments: object) -> int:
    # By key: a row's place (ctid) is its place in one partition only.
    statement = f"""DELETE FROM candles USING ({selection} LIMIT $1) AS gone
        WHERE candles.instrument_id = gone.instrument_id AND candles.interval = gone.interval
        AND candles.at = gone.at"""  # noqa: S608 (constants only)
    done = await driver.execute(statement, _ROWS_PER_DELETE, *arguments)
    return int(done.removeprefix("DELETE "))


IMPORTED = "import"
"""The source of candles that came from files."""

_ROWS_PER_DELETE = 20_000
_DAY_MINUTES = 390  # of the United States; India's session is shorter
