"""From a tick to its committed trigger, and to a browser's socket, while 2,000 ticks a second arrive.

The whole platform runs. Ticks enter the stream as the feed writes them; PostgreSQL's own commit times end the first
measure, the receipt of the frame the second. `python -m bench.tick_to_trigger [--seconds N] [--alerts N]`
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

import asyncpg
import numpy as np
from redis.asyncio import Redis
from websockets.asyncio.client import connect

from bench.report import Report, finish
from libs.common.money import from_e4
from libs.contracts.market import TICK_FIELD, TICK_PARTITIONS, Tick, encode_ticks, tick_partition, tick_stream
from tests.support.person import People, Person
from tests.support.platform import Platform, own_platform
from tests.support.stored_alerts import AboveAlert, store_alerts

SYMBOLS = 500
TICKS_PER_SECOND = 2_000
BATCHES_PER_SECOND = 40
WATCHED = 10
FIRST_E4, STEP_E4 = 1_000_000, 100
WARM_UP_S = 3


def instrument(number: int) -> str:
    return f"NSE:BENCH{number}"


def alerts_to_reach(person: UUID, alerts: int, seconds: int) -> Iterator[AboveAlert]:
    """Make alerts whose thresholds the rising prices reach evenly over the run, and as many that are never reached."""
    rises = seconds * TICKS_PER_SECOND // SYMBOLS
    draw = np.random.default_rng(1)
    reached = FIRST_E4 + draw.integers(1, rises, alerts // 2) * STEP_E4
    never = FIRST_E4 + draw.integers(10 * rises, 20 * rises, alerts - alerts // 2) * STEP_E4
    for number, level_e4 in enumerate([*reached.tolist(), *never.tolist()]):
        yield AboveAlert(person, instrument(number % SYMBOLS), from_e4(level_e4))


async def feed(redis: Redis, seconds: int) -> None:
    """Write ticks at a steady rate; a batch that is due is never skipped, so a stall shows in the figures."""
    per_batch = TICKS_PER_SECOND // BATCHES_PER_SECOND
    began = time.perf_counter()
    sent = 0
    for batch in range(seconds * BATCHES_PER_SECOND):
        await asyncio.sleep(max(0.0, began + batch / BATCHES_PER_SECOND - time.perf_counter()))
        now_ms = time.time_ns() // 1_000_000
        await write_ticks(
            redis,
            [
                tick_of(instrument(at % SYMBOLS), FIRST_E4 + (at // SYMBOLS) * STEP_E4, now_ms)
                for at in range(sent, sent + per_batch)
            ],
        )
        sent += per_batch


def tick_of(name: str, price_e4: int, now_ms: int) -> Tick:
    return Tick(name, price_e4, price_e4, price_e4, now_ms, now_ms, now_ms, False, "bench", None, None)


async def write_ticks(redis: Redis, ticks: Sequence[Tick]) -> None:
    """Put ticks on the streams as the feed does."""
    by_partition = defaultdict(list)
    for tick in ticks:
        by_partition[tick_partition(tick.instrument, TICK_PARTITIONS)].append(tick)
    async with redis.pipeline(transaction=False) as pipe:
        for partition, batch in by_partition.items():
            pipe.xadd(tick_stream(partition), {TICK_FIELD: encode_ticks(batch)}, maxlen=20_000, approximate=True)
        await pipe.execute()


@contextmanager
def platform_with_commit_times() -> Iterator[Platform]:
    """Run the whole platform on a PostgreSQL that keeps the time of each commit."""
    with own_platform(port_offset=23_000) as platform:
        asyncio.run(_keep_commit_times(platform.admin_database_url))
        platform.restart_store("postgres")
        yield platform


async def _keep_commit_times(admin_url: str) -> None:
    admin = await asyncpg.connect(admin_url)
    await admin.execute("ALTER SYSTEM SET track_commit_timestamp = on")
    await admin.close()


async def watch(platform: Platform, person: Person, delays_ms: list[float]) -> None:
    """Receive ticks of a few instruments on a socket, as a browser does, until cancelled."""
    async with connect(platform.socket_url, origin=platform.url) as socket:  # type: ignore[arg-type]
        await socket.send(json.dumps({"op": "auth", "token": person.access_token}))
        channels = [f"ticks:{instrument(number)}" for number in range(WATCHED)]
        await socket.send(json.dumps({"op": "subscribe", "channels": channels}))
        async for message in socket:
            now = time.time()
            decoded = json.loads(message)
            for frame in decoded if isinstance(decoded, list) else [decoded]:
                if str(frame.get("ch", "")).startswith("ticks:"):
                    at = datetime.fromisoformat(frame["data"]["received_at"])
                    delays_ms.append((now - at.timestamp()) * 1e3)


async def run(platform: Platform, report: Report, seconds: int, alerts: int) -> None:
    people = People(platform)
    person = people.ready()
    database = await asyncpg.connect(platform.database_url("alerts"))
    redis = Redis.from_url(platform.redis_url)
    try:
        await store_alerts(database, alerts_to_reach(UUID(person.user_id), alerts, seconds))
        platform.restart("alerts-engine")
        delays_ms: list[float] = []
        watching = asyncio.create_task(watch(platform, person, delays_ms))
        await feed(redis, WARM_UP_S)  # these prices lie below every threshold but the lowest
        delays_ms.clear()
        await feed(redis, seconds)
        await asyncio.sleep(1)
        watching.cancel()
        rows = await database.fetch(
            """SELECT extract(epoch FROM pg_xact_commit_timestamp(xmin) - reached_at) * 1000 AS ms
               FROM triggered_alerts WHERE instrument LIKE 'NSE:BENCH%'"""
        )
    finally:
        people.__exit__()
        await database.close()
        await redis.aclose()
    commits_ms = [float(row["ms"]) for row in rows]
    report.note(f"{len(commits_ms):,} triggers; tick to commit p50 {statistics.median(commits_ms):.1f} ms")
    report.at_most("tick to committed trigger, p99", percentile(commits_ms, 99), 50, "ms")
    report.note(f"{len(delays_ms):,} ticks reached the socket; p50 {statistics.median(delays_ms):.1f} ms")
    report.at_most("tick to browser socket, p99", percentile(delays_ms, 99), 500, "ms")


def percentile(values: Sequence[float], percent: float) -> float:
    return float(np.percentile(values, percent))


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=int, default=20)
    arguments.add_argument("--alerts", type=int, default=2_000, help="half of them fire, evenly over the run")
    options = arguments.parse_args()
    report = Report(f"tick to trigger: {TICKS_PER_SECOND:,} ticks/s of {SYMBOLS} symbols, {options.alerts:,} alerts")
    with platform_with_commit_times() as platform:
        asyncio.run(run(platform, report, options.seconds, options.alerts))
    finish(report)


if __name__ == "__main__":
    main()
