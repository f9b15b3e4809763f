"""A day of one-minute bars of 2,000 symbols into PostgreSQL, as an import of history stores them.

`python -m bench.bar_ingest [--symbols N] [--file FILE.parquet]`: the file's recorded days are tiled over the symbols;
without one, prices that wander stand in for them.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import numpy as np
import numpy.typing as npt
import pandas as pd

from bench.report import Report, finish
from libs.common import migrations
from libs.common.clock import to_ms
from libs.common.db import Database
from libs.common.instruments import Instrument
from libs.common.money import from_e4
from libs.common.provision import MIGRATE_ROLE, SERVICES, provision, role_of
from libs.common.stores import EmbeddedPostgres
from services.market.candles import bulk, tables
from services.market.history.service import BARS_PER_STEP
from services.market.providers.port import Bar, Interval
from services.market.settings import MarketSettings

MINUTES = 375
PASSWORD = "bench"
OPEN = datetime(2026, 1, 14, 3, 45, tzinfo=UTC)
PARTS = 4
"""Each way gets its own quarter of the symbols, so that all of them write where nothing was."""

Bars = Sequence[tuple[int, Bar]]
Day = npt.NDArray[np.int64]
"""Open, high, low, close in 1/10,000 and volume of each minute."""


def recorded(file: Path) -> list[Day]:
    """Read the whole days of a file, one array per symbol and day."""
    frame = pd.read_parquet(file, columns=["symbol", "ts", "open", "high", "low", "close", "volume"])
    days = []
    for _, day in frame.groupby(["symbol", frame["ts"].dt.date]):
        if len(day) >= MINUTES:
            prices = day[["open", "high", "low", "close"]].to_numpy()[:MINUTES] * 10_000
            volume = day["volume"].fillna(0).to_numpy()[:MINUTES]
            days.append(np.column_stack([prices.round(), volume]).astype(np.int64))
    return days


def wandering(days: int = 50) -> list[Day]:
    """Make days of prices that wander."""
    draw = np.random.default_rng(1)
    made = []
    for _ in range(days):
        close = 1_000_000 + draw.normal(0, 500, MINUTES).cumsum().astype(np.int64)
        spread = draw.integers(0, 800, (2, MINUTES))
        opened = np.roll(close, 1)
        high, low = np.maximum(opened, close) + spread[0], np.minimum(opened, close) - spread[1]
        made.append(np.column_stack([opened, high, low, close, draw.integers(0, 10_000, MINUTES)]))
    return made


def bars_of(numbers: Sequence[int], days: Sequence[Day]) -> Iterator[tuple[int, Bar]]:
    """Tile the days over symbols."""
    starts = [to_ms(OPEN + timedelta(minutes=minute)) for minute in range(MINUTES)]
    for place, number in enumerate(numbers):
        instrument = Instrument("NSE", f"BENCH{number}")
        for at_ms, row in zip(starts, days[place % len(days)].tolist(), strict=True):
            yield number, Bar(instrument, Interval.M1, at_ms, *row)


async def upsert(driver: asyncpg.Connection, bars: Bars) -> None:
    await tables.replace(driver, bars, "bench")


async def copied(driver: asyncpg.Connection, bars: Bars) -> None:
    await bulk.bring_in(driver, bars, "bench")


async def one_by_one(driver: asyncpg.Connection, bars: Bars) -> None:
    """The peer that most programs are: executemany of an upsert."""
    await driver.executemany(
        """INSERT INTO candles (instrument_id, interval, at, open, high, low, close, volume, interpolated, complete,
                                source)
        VALUES ($1, '1m', $2, $3, $4, $5, $6, $7, false, true, 'bench')
        ON CONFLICT (instrument_id, interval, at) DO UPDATE SET close = excluded.close""",
        [
            (
                number, datetime.fromtimestamp(bar.at_ms / 1_000, UTC), from_e4(bar.open_e4), from_e4(bar.high_e4),
                from_e4(bar.low_e4), from_e4(bar.close_e4), bar.volume,
            )
            for number, bar in bars
        ],
    )  # fmt: skip


Way = Callable[[asyncpg.Connection, Bars], Awaitable[None]]


async def rate(database: Database, bars: Bars, way: Way) -> float:
    """Store bars step by step as an import does, each step a transaction. Returns bars a second."""
    began = time.perf_counter()
    for start in range(0, len(bars), BARS_PER_STEP):
        async with database.transaction() as tx:
            await way(await tx.driver(), bars[start : start + BARS_PER_STEP])
    return len(bars) / (time.perf_counter() - began)


async def measure(server: EmbeddedPostgres, symbols: int, days: Sequence[Day], report: Report) -> None:
    await provision(server.url(), dict.fromkeys((MIGRATE_ROLE, *map(role_of, SERVICES)), PASSWORD))

    def url(role: str) -> str:
        return f"postgresql://{role}:{PASSWORD}@{server.host}:{server.port}/sharewise"

    await migrations.upgrade(url(MIGRATE_ROLE), "market")
    database = Database(MarketSettings(database_url=url(role_of("market"))))
    async with database.transaction() as tx:
        await tables.make_months(tx.session, [OPEN.date().replace(day=1)])
        rows = await (await tx.driver()).fetch(
            """INSERT INTO instruments (instrument, exchange, symbol, name, currency, provider)
            SELECT 'NSE:BENCH' || n, 'NSE', 'BENCH' || n, 'Bench', 'INR', 'bench' FROM generate_series(1, $1) AS n
            RETURNING id""",
            symbols,
        )
    numbers = [row["id"] for row in rows]
    quarters = [list(bars_of(numbers[part::PARTS], days)) for part in range(PARTS)]
    report.note(f"{symbols:,} symbols, {symbols * MINUTES:,} bars, {len(days)} days tiled")
    # In turn on a database that grows, the fastest way last but one: none gains by coming early.
    peer = await rate(database, quarters[0][: len(quarters[0]) // 4], one_by_one)
    rows_at_once = await rate(database, quarters[1], upsert)
    copy = await rate(database, quarters[2] + quarters[3], copied)
    again = await rate(database, quarters[2], copied)
    async with database.read() as session:
        stored = len(await tables.list_span(session, numbers[2], Interval.M1, OPEN, None, 1_000))
    assert stored == MINUTES, "what was measured was stored"
    await database.close()
    report.note(f"executemany {peer:,.0f}, upsert of arrays {rows_at_once:,.0f}, COPY {copy:,.0f} bars/s")
    report.at_least("COPY against executemany", copy / peer, 2.5)
    report.at_least("COPY against an upsert of arrays", copy / rows_at_once, 1.2)
    report.at_least("the same file again, against the upsert alone", again / rows_at_once, 0.7)
    report.at_most("a day of minute bars of all symbols", symbols * MINUTES / copy, 30, "s")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--symbols", type=int, default=2_000)
    arguments.add_argument("--file", type=Path)
    wanted = arguments.parse_args()
    report = Report(f"bar ingest: a day of minute bars of {wanted.symbols:,} symbols")
    days = wandering() if wanted.file is None else recorded(wanted.file)
    with tempfile.TemporaryDirectory(prefix="bench", ignore_cleanup_errors=True) as folder:
        server = EmbeddedPostgres(Path(folder), password=PASSWORD, durable=False)
        server.start()
        try:
            asyncio.run(measure(server, wanted.symbols, days, report))
        finally:
            server.stop()
    finish(report)


if __name__ == "__main__":
    main()
