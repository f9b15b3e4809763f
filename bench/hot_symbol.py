"""What 50,000 alerts of one symbol that fire at once cost the alerts of others, mails and all.

The whole platform runs. Ticks of 500 symbols arrive all the time and reach an alert now and then; in the middle one
tick of another symbol reaches 50,000. PostgreSQL's own commit times say how long each trigger took.
`python -m bench.hot_symbol [--alerts N] [--seconds N]`
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import statistics
import time
from collections.abc import Iterator
from uuid import UUID

import asyncpg
import psutil
from redis.asyncio import Redis

from bench.load import cpu_seconds
from bench.report import Report, finish
from bench.tick_to_trigger import (
    FIRST_E4,
    SYMBOLS,
    alerts_to_reach,
    feed,
    percentile,
    platform_with_commit_times,
    tick_of,
    write_ticks,
)
from libs.common.money import from_e4
from tests.support.person import People
from tests.support.platform import Platform
from tests.support.stored_alerts import AboveAlert, store_alerts

HOT = "NSE:HOT"
QUIET_S = 8
"""How long the others are watched before the burst, for comparison."""


def hot_alerts(person: UUID, alerts: int) -> Iterator[AboveAlert]:
    return itertools.repeat(AboveAlert(person, HOT, from_e4(FIRST_E4)), alerts)


async def cpu_by_process(platform: Platform) -> dict[str, float]:
    """Tell what each process has used of the processors, and PostgreSQL on behalf of each. In seconds."""
    own = {name: cpu_seconds(pid) for name, pid in platform.pids().items() if name != "postgres"}
    admin = await asyncpg.connect(platform.admin_database_url)
    try:
        backends = await admin.fetch("SELECT pid, application_name AS name FROM pg_stat_activity")
    finally:
        await admin.close()
    for row in backends:
        with contextlib.suppress(psutil.NoSuchProcess):
            name = f"postgres for {row['name'] or 'itself'}"
            own[name] = own.get(name, 0.0) + cpu_seconds(row["pid"])
    return own


async def run(platform: Platform, report: Report, alerts: int, seconds: int) -> None:
    people = People(platform)
    watchful, crowd = (UUID(people.ready().user_id) for _ in range(2))
    database = await asyncpg.connect(platform.database_url("alerts"))
    redis = Redis.from_url(platform.redis_url)
    try:
        others = 80 * 2 * (QUIET_S + seconds)  # half of them fire: 80 a second
        await store_alerts(database, alerts_to_reach(watchful, others, QUIET_S + seconds))
        await store_alerts(database, hot_alerts(crowd, alerts))
        platform.restart("alerts-engine")
        feeding = asyncio.create_task(feed(redis, QUIET_S + seconds))
        await asyncio.sleep(QUIET_S)
        burst_ms = time.time_ns() // 1_000_000
        before_s = await cpu_by_process(platform)
        await write_ticks(redis, [tick_of(HOT, FIRST_E4, burst_ms)])
        await feeding
        used_s = {name: seconds - before_s.get(name, 0.0) for name, seconds in (await cpu_by_process(platform)).items()}
        await asyncio.sleep(1)
        rows = await database.fetch(
            """SELECT instrument, extract(epoch FROM reached_at) * 1000 AS reached_ms,
                      extract(epoch FROM pg_xact_commit_timestamp(xmin)) * 1000 AS committed_ms
               FROM triggered_alerts WHERE instrument LIKE 'NSE:BENCH%' OR instrument = $1""",
            HOT,
        )
        mails = await database.fetchval("SELECT count(*) FROM deliveries WHERE status = 'sent'")
    finally:
        people.__exit__()
        await database.close()
        await redis.aclose()
    hot = [float(row["committed_ms"]) - burst_ms for row in rows if row["instrument"] == HOT]
    other = [
        (float(row["reached_ms"]), float(row["committed_ms"]) - float(row["reached_ms"]))
        for row in rows
        if row["instrument"] != HOT
    ]
    warm_ms = burst_ms - (QUIET_S - 3) * 1_000
    before = [delay for reached, delay in other if warm_ms <= reached < burst_ms]
    during = [delay for reached, delay in other if burst_ms <= reached <= burst_ms + max(hot)]
    after = [delay for reached, delay in other if reached > burst_ms + max(hot)]
    report.note(f"{len(hot):,} of {alerts:,} fired within {max(hot) / 1e3:.1f} s; {mails:,} mails sent by the end")
    most_used = sorted(used_s.items(), key=lambda item: -item[1])[:14]
    report.note("CPU s since the burst: " + ", ".join(f"{name} {seconds:.1f}" for name, seconds in most_used))
    for name, delays in (("before", before), ("during", during), ("mails going out", after)):
        if delays:
            report.note(
                f"others {name}: {len(delays):,} triggers, p50 {statistics.median(delays):.1f}, "
                f"p99 {percentile(delays, 99):.1f}, most {max(delays):.1f} ms"
            )
    report.at_least("all of them fired", len(hot), alerts, "alerts")
    report.at_most("longest delay of another symbol's alert", max(during + after), 100, "ms")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--alerts", type=int, default=50_000)
    arguments.add_argument("--seconds", type=int, default=30, help="how long ticks go on after the burst")
    options = arguments.parse_args()
    report = Report(f"hot symbol: {options.alerts:,} alerts of one symbol fire at once, {SYMBOLS} symbols beside it")
    with platform_with_commit_times() as platform:
        asyncio.run(run(platform, report, options.alerts, options.seconds))
    finish(report)


if __name__ == "__main__":
    main()
