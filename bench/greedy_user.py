"""What one person's 100,000 alerts that fire at once cost the alerts of others on the same symbols.

A real engine over stores of its own. Others' alerts are reached all the time; in the middle one tick of each symbol
reaches all that the greedy person has. `python -m bench.greedy_user [--alerts N] [--seconds N]`
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Iterator
from uuid import UUID

import asyncpg
import numpy as np
from redis.asyncio import Redis

from bench.engines import Engines, engines, write_ticks
from bench.report import Report, finish
from libs.common.ids import uuid7
from libs.common.money import from_e4
from libs.common.testing import eventually
from libs.contracts.market import TICK_PARTITIONS, Tick
from tests.support.stored_alerts import AboveAlert, store_alerts

SYMBOLS = 500
EVERY_S = 0.05
FIRST_E4, STEP_E4 = 1_000_000, 100
QUIET_S = 5
"""How long the others are watched before the burst, for comparison."""


def name(symbol: int) -> str:
    return f"NSE:BENCH{symbol}"


def others(seconds: int) -> Iterator[AboveAlert]:
    """Make alerts of people who have one each, two of which each step of the prices reaches."""
    draw = np.random.default_rng(1)
    steps = int((QUIET_S + seconds) / EVERY_S)
    for step in range(1, steps + 1):
        for symbol in draw.integers(0, SYMBOLS, 2).tolist():
            yield AboveAlert(uuid7(), name(symbol), from_e4(FIRST_E4 + step * STEP_E4))


def greedy(person: UUID, alerts: int, at_step: int) -> Iterator[AboveAlert]:
    """Make one person's alerts: each symbol has its part of them, and one step of the prices reaches them all."""
    for number in range(alerts):
        yield AboveAlert(person, name(number % SYMBOLS), from_e4(FIRST_E4 + at_step * STEP_E4))


async def run(running: Engines, report: Report, alerts: int, seconds: int) -> None:
    person, burst = uuid7(), int(QUIET_S / EVERY_S)
    database = await asyncpg.connect(running.database_url)
    redis = Redis.from_url(running.redis_url)
    await store_alerts(database, [*others(seconds), *greedy(person, alerts, burst)])
    await database.execute("ANALYZE alerts")
    running.start()
    await running.until_taken(TICK_PARTITIONS)
    burst_ms = 0
    began = time.perf_counter()
    for step in range(1, int((QUIET_S + seconds) / EVERY_S) + 1):
        await asyncio.sleep(max(0.0, began + step * EVERY_S - time.perf_counter()))
        now_ms = time.time_ns() // 1_000_000
        burst_ms = now_ms if step == burst else burst_ms
        price = FIRST_E4 + step * STEP_E4
        await write_ticks(
            redis,
            [
                Tick(name(symbol), price, price, price, now_ms, now_ms, now_ms, False, "bench", None, None)
                for symbol in range(SYMBOLS)
            ],
        )
    wanted = alerts + 2 * int((QUIET_S + seconds) / EVERY_S)

    async def all_fired() -> bool:
        return int(await database.fetchval("SELECT count(*) FROM triggered_alerts")) >= wanted

    await eventually(all_fired, within=300, every=0.5)
    rows = await database.fetch(
        """SELECT user_id = $1 AS is_greedy, extract(epoch FROM reached_at) * 1000 AS reached_ms,
                  extract(epoch FROM pg_xact_commit_timestamp(xmin)) * 1000 AS committed_ms FROM triggered_alerts""",
        person,
    )
    await redis.aclose()
    await database.close()
    end_ms = max(float(row["committed_ms"]) for row in rows if row["is_greedy"])
    delays = [
        (float(row["reached_ms"]), float(row["committed_ms"]) - float(row["reached_ms"]))
        for row in rows
        if not row["is_greedy"]
    ]
    report.note(f"{alerts:,} of one person fired within {(end_ms - burst_ms) / 1e3:.1f} s")
    during = [delay for reached, delay in delays if burst_ms <= reached <= end_ms]
    for what, found in (("before", [delay for reached, delay in delays if reached < burst_ms]), ("during", during)):
        report.note(
            f"others {what}: {len(found):,} fired, p50 {np.percentile(found, 50):.1f}, "
            f"p99 {np.percentile(found, 99):.1f}, most {max(found):.1f} ms"
        )
    report.at_most("others on the same symbols during it, p99", float(np.percentile(during, 99)), 250, "ms")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--alerts", type=int, default=100_000)
    arguments.add_argument("--seconds", type=int, default=30, help="how long prices go on after the burst")
    options = arguments.parse_args()
    report = Report(f"greedy user: {options.alerts:,} alerts of one person on {SYMBOLS} symbols fire at once")
    with engines() as running:
        asyncio.run(run(running, report, options.alerts, options.seconds))
    finish(report)


if __name__ == "__main__":
    main()
