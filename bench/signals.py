"""2,000 followed strategies over 500 instruments at one close: how long from the last candle to the last signal.

`python -m bench.signals [--follows N] [--instruments N]`: the signals worker is a process of its own, market is served
by this one. Prices wander; each follow is of one of four strategies.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import psutil
from redis.asyncio import Redis

from bench.report import Report, finish
from libs.common import migrations
from libs.common.clock import SystemClock, from_ms
from libs.common.db import Database
from libs.common.hours import Hours
from libs.common.ids import uuid7
from libs.common.provision import MIGRATE_ROLE, SERVICES, provision, role_of
from libs.common.stores import EmbeddedPostgres, EmbeddedValkey
from libs.common.testing import eventually
from libs.common.testing.folders import open_folder
from libs.contracts.market import Candle
from libs.quant.strategy import Rules
from services.signals.generation.tables import FollowedRow, FollowRow
from services.signals.settings import SignalsSettings
from services.signals.tests.following import walk
from services.signals.tests.support import entitlements
from tests.support.replayed_market import Recording, ReplayedMarket

PASSWORD = "bench"
DAY_MS = 86_400_000
PAST, CLOSES = 120, 3
"""Bars that were there before, and closes: what the first ones find in no memory yet is not what a close costs."""
A_PERSON_FOLLOWS = 50
STRATEGIES: Sequence[dict[str, Any]] = (
    {"entry": "crossover(ema(close, 20), ema(close, 50))", "exit": "crossunder(ema(close, 20), ema(close, 50))"},
    {"entry": "rsi(14) < 35", "stop": {"percent": "3"}, "target": {"percent": "5"}, "max_bars": 10},
    {"entry": "close > highest(prev(high, 1), 20)", "trailing": {"atr": "3", "period": 14}},
    {"entry": "close > prev(close, 1) and rsi(14) < 60", "stop": {"percent": "2"}, "max_bars": 3},
)


def recording(instruments: int) -> Recording:
    """Make days whose last one is the newest that is over by the calendar, as at a true close."""
    newest = Hours("NSE").newest_end(SystemClock().now_ms(), DAY_MS)
    assert newest is not None
    first, back = from_ms(newest) - timedelta(hours=6, minutes=15), PAST + CLOSES - 1
    while back:
        first -= timedelta(days=1)
        back -= first.weekday() < 5
    past: dict[str, list[Candle]] = {}
    live: dict[str, list[Candle]] = {}
    for number in range(instruments):
        days = walk(number, PAST + CLOSES, first=first)
        past[f"NSE:BENCH{number}"], live[f"NSE:BENCH{number}"] = days[:PAST], days[PAST:]
    return Recording("1d", past, live)


async def follow(database: Database, market: ReplayedMarket, follows: int) -> None:
    """Store follows of one instrument each, as many of each instrument."""
    now, names = database.clock.now(), market.recording.names
    documents = [
        dict(Rules.read({"interval": "1d", "side": "long", "size": {"percent": "5"}, **one}).document())
        for one in STRATEGIES
    ]
    rows: list[FollowRow | FollowedRow] = []
    for number in range(follows):
        if number % A_PERSON_FOLLOWS == 0:
            user_id = uuid7()
            market.peers.entitlements[user_id] = entitlements(user_id, signals_per_day=None)
        name = names[number % len(names)]
        row = FollowRow(
            id=uuid7(), user_id=user_id, strategy_id=uuid7(), version_id=uuid7(), version_number=1, strategy="Bench",
            document=documents[number // len(names) % len(documents)], interval="1d", capital=Decimal(1_000_000),
            status="active", ended_reason=None, revision=1, created_at=now, ended_at=None,
        )  # fmt: skip
        followed = FollowedRow(
            follow_id=row.id, instrument=name, symbol=name, name=name, currency="INR", state=None, warm_ms=None,
            begun_ms=None, seen_ms=None, due=True, turn=1, held_until=now, looked_at=None, trouble=None,
        )  # fmt: skip
        rows += [row, followed]
    async with database.transaction() as tx:
        tx.session.add_all(row for row in rows if isinstance(row, FollowRow))
        await tx.session.flush()
        tx.session.add_all(row for row in rows if isinstance(row, FollowedRow))


async def measure(postgres: EmbeddedPostgres, valkey: EmbeddedValkey, arguments: argparse.Namespace) -> Report:
    await provision(postgres.url(), dict.fromkeys((MIGRATE_ROLE, *map(role_of, SERVICES)), PASSWORD))

    def url(role: str) -> str:
        return f"postgresql://{role}:{PASSWORD}@{postgres.host}:{postgres.port}/sharewise"

    await migrations.upgrade(url(MIGRATE_ROLE), "signals")
    database = Database(SignalsSettings(database_url=url(role_of("signals"))))
    redis: Redis = Redis.from_url(valkey.url)
    market = ReplayedMarket(recording(arguments.instruments), redis)
    await follow(database, market, arguments.follows)
    report = Report(f"signals: {arguments.follows:,} follows of {arguments.instruments:,} instruments at one close")
    async with market.serving() as urls:
        environment = {
            **os.environ,
            "SHAREWISE_ENV": "test",
            "SHAREWISE_REDIS_URL": valkey.url,
            "SIGNALS_DATABASE_URL": url(role_of("signals")),
            "SIGNALS_WORKER_PORT": "0",
            **urls,
        }
        worker = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "services.signals", "worker", env=environment, stderr=asyncio.subprocess.DEVNULL
        )
        try:
            process = psutil.Process(worker.pid)
            await eventually(lambda: read(database, None), within=300, every=0.2)
            for closes_ms, candles in market.recording.steps():
                made = await count(database)
                cpu, began = process.cpu_times(), time.perf_counter()
                await market.close(candles)
                await eventually(lambda until=closes_ms: read(database, until), within=300, every=0.05)  # type: ignore[misc]
                wall, after = time.perf_counter() - began, process.cpu_times()
                spent = after.user + after.system - cpu.user - cpu.system
                report.note(
                    f"{await count(database) - made} signals in {wall:.1f} s, {spent:.1f} s of the worker's CPU, "
                    f"market asked {market.asked} times"
                )
                market.asked = 0
        finally:
            worker.kill()
            await worker.wait()
    await redis.aclose()
    await database.close()
    report.at_most("the worker's CPU for one follow at a close", spent / arguments.follows * 1e3, 5, "ms")
    report.at_most("from the last candle to the last signal", wall, 15, "s")
    return report


async def read(database: Database, until_ms: int | None) -> bool:
    """Say whether all follows have read so far, or at all."""
    async with database.transaction() as tx:
        driver = await tx.driver()
        if until_ms is None:
            return not await driver.fetchval("SELECT count(*) FROM followed_instruments WHERE seen_ms IS NULL")
        return not await driver.fetchval("SELECT count(*) FROM followed_instruments WHERE seen_ms < $1", until_ms)


async def count(database: Database) -> int:
    async with database.transaction() as tx:
        return int(await (await tx.driver()).fetchval("SELECT count(*) FROM signals"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--follows", type=int, default=2_000)
    parser.add_argument("--instruments", type=int, default=500)
    arguments = parser.parse_args()
    with open_folder("bench") as folder:
        postgres = EmbeddedPostgres(folder / "postgres", password=PASSWORD, durable=False)
        valkey = EmbeddedValkey(folder / "valkey", durable=False)
        try:
            postgres.start()
            valkey.start()
            report = asyncio.run(measure(postgres, valkey, arguments))
        finally:
            postgres.stop()
            valkey.stop()
    finish(report)


if __name__ == "__main__":
    main()
