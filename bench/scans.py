"""A screen of 3,000 instruments through the gateway: from the request to the page's result, now and on a past day.

`python -m bench.scans [--instruments N] [--years N]`: a whole platform of its own, with daily bars that wander. What
each process used of the processor is told beside the wall time. That the right ones are found is
checked by TA-Lib, one instrument after another.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import asyncpg
import numpy as np
import numpy.typing as npt
import psutil
import talib

from bench.report import Report, finish
from libs.common.testing.folders import open_folder
from tests.support.person import Person
from tests.support.platform import DEMO_EMAIL, DEMO_PASSWORD, Platform, wait_until

LONG = "ema(close, 50) > ema(close, 200)"
"""Averages that never forget: of each instrument 2,213 bars are read, as far as there are so many."""
THREE = "close > sma(close, 50) and rsi(close, 14) < 60 and close > ema(close, 20)"
WEEKDAYS = 261
TIMES = 3
PAST = 400
"""How many days back the past day lies."""


def walks(instruments: int, days: int) -> npt.NDArray[np.int64]:
    """Make the closes of each instrument, in ten-thousandths."""
    steps = np.random.default_rng(5).normal(0.0003, 0.015, (instruments, days)).cumsum(axis=1)
    return np.asarray((np.exp(steps) * 500).round(2) * 10_000, np.float64).round().astype(np.int64)


def weekdays(count: int, last: date) -> list[datetime]:
    """List the opens of NSE's sessions up to a day, holidays among them."""
    found: list[datetime] = []
    day = last
    while len(found) < count:
        if day.weekday() < 5:
            found.append(datetime(day.year, day.month, day.day, 3, 45, tzinfo=UTC))
        day -= timedelta(days=1)
    return found[::-1]


async def store(url: str, closes: npt.NDArray[np.int64], days: list[datetime]) -> None:
    """Put the bars where an import of history puts them."""
    connection = await asyncpg.connect(url)
    names = [name_of(number) for number in range(len(closes))]
    await connection.execute(
        """INSERT INTO market.instruments (instrument, exchange, symbol, name, currency, provider)
        SELECT name, 'NSE', split_part(name, ':', 2), name, 'INR', 'bench' FROM unnest($1::text[]) AS name""",
        names,
    )
    rows = await connection.fetch("SELECT id, instrument FROM market.instruments WHERE provider = 'bench'")
    numbers = {row["instrument"]: row["id"] for row in rows}
    for place in range(0, len(names), 50):
        part = names[place : place + 50]
        await connection.execute(
            """INSERT INTO market.candles
                (instrument_id, interval, at, open, high, low, close, volume, interpolated, complete, source)
            SELECT id, '1d', at, e4 * 0.0001, e4 * 0.0001 + 1, e4 * 0.0001 - 1, e4 * 0.0001, 1000, false, true, 'import'
            FROM unnest($1::int[], $2::timestamptz[], $3::bigint[]) AS made (id, at, e4)""",
            [numbers[name] for name in part for _ in days],
            days * len(part),
            closes[place : place + len(part)].ravel().tolist(),
        )
    await connection.execute("ANALYZE market.candles; ANALYZE market.instruments")
    await connection.close()


def name_of(number: int) -> str:
    return f"NSE:BENCH{number:05d}"


def three(row: npt.NDArray[np.float64]) -> bool:
    """Say by TA-Lib whether `THREE` holds at the last bar."""
    newest = row[-1]
    return bool(newest > talib.SMA(row, 50)[-1] and talib.RSI(row, 14)[-1] < 60 and newest > talib.EMA(row, 20)[-1])


def long(row: npt.NDArray[np.float64]) -> bool:
    """The same of `LONG`."""
    return bool(talib.EMA(row, 50)[-1] > talib.EMA(row, 200)[-1])


def used(platform: Platform) -> Mapping[str, tuple[float, float]]:
    """Tell of each process the seconds of the processor, and the resident megabytes, its children among them."""
    found = {}
    for name, pid in platform.pids().items():
        every = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
        times = [one.cpu_times() for one in every]
        found[name] = (
            sum(one.user + one.system + one.children_user + one.children_system for one in times),
            sum(one.memory_info().rss for one in every) / 1e6,
        )
    return found


def scan(person: Person, expression: str, day: date | None) -> tuple[float, dict[str, Any]]:
    """Ask for a screen as the page does, and wait for its result. Returns the seconds, and the result."""
    began = time.perf_counter()
    body = {"expression": expression, "exchange": "NSE", "day": None if day is None else day.isoformat()}
    answer = person.http.post("/api/screener/", json=body)
    assert answer.status_code == 202, answer.text
    screen_id = answer.json()["id"]

    def ended() -> dict[str, Any] | None:
        found: dict[str, Any] = person.http.get(f"/api/screener/{screen_id}/").json()
        return found if found["status"] not in ("queued", "running") else None

    found = wait_until(ended, within=240, what="the result")
    return time.perf_counter() - began, found


def measure(platform: Platform, arguments: argparse.Namespace, report: Report) -> None:
    count = arguments.years * WEEKDAYS
    days = weekdays(count, datetime.now(UTC).date() - timedelta(days=1))
    closes = walks(arguments.instruments, count)
    began = time.perf_counter()
    asyncio.run(store(platform.admin_database_url, closes, days))
    report.note(
        f"{closes.size:,} daily bars of {len(closes):,} instruments stored in {time.perf_counter() - began:.0f} s"
    )
    person = Person(platform, DEMO_EMAIL, DEMO_PASSWORD)
    person.log_in()
    past = days[-1 - PAST]
    for title, expression, holds, day, known in (
        ("the newest bar", THREE, three, None, closes),
        ("a past day", THREE, three, past.date(), closes[:, : count - PAST]),
        ("long averages", LONG, long, None, closes),
    ):
        walls, spent = [], dict[str, float]()
        for _ in range(TIMES):
            before = used(platform)
            wall, found = scan(person, expression, day)
            after = used(platform)
            if not walls or wall < min(walls):
                spent = {name: after[name][0] - before[name][0] for name in after if name in before}
            walls.append(wall)
        assert (found["status"], found["total"]) == ("done", found["done"]), found["reason"]
        matched = found["matched"]
        right = sum(holds(row) for row in known / 10_000)
        assert matched == right, f"{matched} found, and not {right}"
        busy = ", ".join(f"{name} {cpu:.2f} s" for name, cpu in sorted(spent.items(), key=lambda one: -one[1])[:5])
        report.note(f"{title}: {matched} of {found['total']:,} found; {', '.join(f'{wall:.2f} s' for wall in walls)}")
        report.note(f"{title}: of the processor {sum(spent.values()):.2f} s: {busy}")
        if expression == THREE:
            report.at_most(f"{title}: from the request to the result", min(walls), 5, "s")
    resident = sorted(used(platform).items(), key=lambda one: -one[1][1])[:5]
    report.note("resident: " + ", ".join(f"{name} {megabytes:,.0f} MB" for name, (_, megabytes) in resident))
    person.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--instruments", type=int, default=3_000)
    parser.add_argument("--years", type=int, default=5)
    arguments = parser.parse_args()
    report = Report(f"screens of {arguments.instruments:,} instruments by three indicators")
    with open_folder("bench") as folder:
        platform = Platform(folder, port_offset=13_000)
        platform.start()
        try:
            measure(platform, arguments, report)
        finally:
            platform.stop()
    finish(report)


if __name__ == "__main__":
    main()
