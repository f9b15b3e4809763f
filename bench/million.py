"""A million alerts of which 20 % are no plain thresholds: rate, memory, rebuild, a killed engine, ten minutes missed.

The conditions are of every kind that prices decide. What a price makes of them is measured against a loop over the
alerts of its instrument, which takes the same step for each; both must tell the same. The rest runs real engines.
`python -m bench.million [--alerts N]`
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import asyncpg
import numpy as np
from redis.asyncio import Redis

from bench.engines import Engines, engines, write_ticks
from bench.report import Report, finish
from libs.common.ids import uuid7
from libs.contracts.market import TICK_PARTITIONS, Tick, tick_stream
from services.alerts.conditions.codec import condition_of
from services.alerts.conditions.room import Change, Room
from services.alerts.conditions.rules import State
from services.alerts.conditions.track import Watched
from tests.support.stored_alerts import AboveAlert, RuleAlert, store_alerts

SYMBOLS = 2_000
CONDITIONS_OF_ALL = 0.2
MISSED_S = 600
ROUNDS, LOOP_ROUNDS = 40, 6
SETTLED_FROM = 20
"""From this round on the rate is taken: the first prices are the first look at every alert."""

OPERATORS = (
    "crossing", "crossing_up", "crossing_down", "greater", "less", "entering_channel", "exiting_channel",
    "inside_channel", "outside_channel", "moving_up", "moving_down", "moving_up_percent", "moving_down_percent",
    "change_up_percent", "change_down_percent",
)  # fmt: skip
FREQUENCIES = ("once", "once_per_bar", "once_per_bar_close", "once_per_minute", "once_per_day", "every_time")


def name(symbol: int) -> str:
    return f"NSE:BENCH{symbol}"


def first_price(symbol: int) -> float:
    return 500.0 + symbol


def thresholds(alerts: int) -> Iterator[AboveAlert]:
    """Make plain alerts above the first prices, 6 % away by standard deviation."""
    person, draw = uuid7(), np.random.default_rng(1)
    for number, distance in enumerate((np.abs(draw.normal(0, 0.06, alerts)) + 0.001).tolist()):
        symbol = number % SYMBOLS
        yield AboveAlert(person, name(symbol), Decimal(f"{first_price(symbol) * (1 + distance):.2f}"))


def conditions(alerts: int) -> Iterator[RuleAlert]:
    """Make alerts of every operator and frequency, around the first prices."""
    person, draw = uuid7(), np.random.default_rng(3)
    for number in range(alerts):
        symbol, operator = number % SYMBOLS, OPERATORS[draw.integers(len(OPERATORS))]
        first = first_price(symbol)
        level = first * (1 + draw.normal(0, 0.06))
        rule: dict[str, Any] = {"operator": operator}
        if "channel" in operator:
            rule |= {"low": f"{level * 0.99:.2f}", "high": f"{level * 1.01:.2f}"}
        elif operator.startswith("change"):
            rule |= {"percent": f"{draw.uniform(2, 8):.2f}", "base": "open"}
        elif operator.startswith("moving"):
            how = "percent" if operator.endswith("percent") else "amount"
            of = draw.uniform(2, 8) * (1 if how == "percent" else first / 100)
            rule |= {how: f"{of:.2f}", "window_s": (300, 900, 3_600)[draw.integers(3)]}
        else:
            rule["value"] = f"{level:.2f}"
        stored = {
            "rule": rule,
            "frequency": FREQUENCIES[draw.integers(len(FREQUENCIES))],
            "interval": ("1m", "5m", "15m")[draw.integers(3)],
        }
        yield RuleAlert(person, name(symbol), stored, Decimal(f"{first:.2f}"))


def market(rounds: int, from_ms: int, every_ms: int) -> Iterator[list[Tick]]:
    """Give one tick of each symbol a round: a random walk, sigma 0.05 %. Seeded, so repeatable."""
    draw = np.random.default_rng(5)
    now = np.array([first_price(symbol) for symbol in range(SYMBOLS)])
    for at in range(rounds):
        now = now * (1 + draw.normal(0, 0.0005, SYMBOLS))
        at_ms = from_ms + at * every_ms
        yield [
            Tick(name(symbol), price, price, price, at_ms, at_ms, at_ms, False, "bench", None, None)
            for symbol, price in enumerate((np.round(now * 100).astype(np.int64) * 100).tolist())
        ]


def evaluate(alerts: int, rounds: int, *, each_price: bool) -> tuple[float, list[tuple[int, str, int, int]]]:
    """Have a room see the market. Returns µs a tick once every alert has been looked at, and what was told."""
    told: list[Change] = []
    room = Room(told.append)
    from_ms = 1_767_600_000_000
    watched = []
    for number, alert in enumerate(conditions(alerts)):
        condition = condition_of(alert.condition, None, None)
        state = State(from_ms - 1, from_ms - 1, int(alert.price * 10_000))
        one = Watched(number, 1, condition.rule, condition.terms, state, always=each_price)
        watched.append((alert.instrument, one))
    room.load(watched, {})
    gc.collect()
    gc.disable()
    took, counted = 0.0, 0
    settled = SETTLED_FROM if rounds > SETTLED_FROM else 1
    for at, ticks in enumerate(market(rounds, from_ms, 1_000)):
        began = time.perf_counter()
        room.see(ticks)
        if at >= settled:
            took += time.perf_counter() - began
            counted += len(ticks)
    gc.enable()
    return took / counted * 1e6, [(one.number, one.edge.value, one.at_ms, one.price_e4) for one in told]


def rate(report: Report, alerts: int) -> None:
    """Compare with looking at every alert of the instrument at every price."""
    number = int(alerts * CONDITIONS_OF_ALL)
    loop_us, loop_told = evaluate(number, LOOP_ROUNDS, each_price=True)
    _, same = evaluate(number, LOOP_ROUNDS, each_price=False)
    if sorted(same) != sorted(loop_told):
        raise SystemExit("The engine and the loop told different things.")
    our_us, told = evaluate(number, ROUNDS, each_price=False)
    report.note(f"{number:,} conditions: loop {loop_us:,.0f} µs a tick, ours {our_us:,.1f} ({len(told):,} told)")
    report.at_least("conditions, against a loop over the instrument's alerts", loop_us / our_us, 5)
    report.at_least("conditions, ticks a second on one core", 1e6 / our_us, 10_000, "ticks/s")


async def rebuild_and_replace(running: Engines, report: Report) -> None:
    """Time a lone engine's start to where it follows everything, and what its death means to a second one."""
    database = await asyncpg.connect(running.database_url)
    began = time.perf_counter()
    first = running.start()
    await running.until_taken(TICK_PARTITIONS)
    report.at_most("start of an engine to the last of its partitions", time.perf_counter() - began, 20, "s")
    report.at_most("memory of one engine with all of them", running.memory_mb(first), 600, "MB")
    taken = running.taken()
    second = running.start()
    await running.until_taken(taken + TICK_PARTITIONS // 2)
    report.note(f"two engines: {running.memory_mb(first):,.0f} and {running.memory_mb(second):,.0f} MB")
    taken = running.taken()
    began = time.perf_counter()
    running.kill(second)
    await running.until_taken(taken + TICK_PARTITIONS // 2)
    report.at_most("half of them taken over from a killed engine, and read", time.perf_counter() - began, 5, "s")
    running.kill(first)
    await database.close()


async def catch_up(running: Engines, report: Report) -> None:
    """Time reading what ten minutes without an engine have left: a tick of each symbol a second."""
    database = await asyncpg.connect(running.database_url)
    redis = Redis.from_url(running.redis_url)
    from_ms = time.time_ns() // 1_000_000 - MISSED_S * 1_000
    await redis.flushall()
    last = ""
    for at, ticks in enumerate(market(MISSED_S, from_ms, 1_000)):
        await write_ticks(redis, ticks, entry_ms=from_ms + at * 1_000)
    last = (await redis.xrevrange(tick_stream(0), count=1))[0][0].decode()
    await database.execute("DELETE FROM tick_positions")
    await database.execute("DELETE FROM condition_marks")
    await database.executemany(
        "INSERT INTO tick_positions (stream, entry_id, saved_at) VALUES ($1, $2, now())",
        [(tick_stream(partition), f"{from_ms - 1}-0") for partition in range(TICK_PARTITIONS)],
    )
    taken = running.taken()
    engine = running.start()
    await running.until_taken(taken + TICK_PARTITIONS)
    began = time.perf_counter()
    while True:
        places = await database.fetch("SELECT stream, entry_id FROM tick_positions WHERE stream LIKE 'market.%'")
        if all(row["entry_id"] >= last for row in places):
            break
        await asyncio.sleep(0.2)
    seconds = time.perf_counter() - began
    fired = await database.fetchval("SELECT count(*) FROM triggered_alerts")
    plain = await database.fetchval("SELECT count(*) FROM triggered_alerts WHERE words IS NULL")
    report.note(f"{SYMBOLS * MISSED_S:,} ticks read, {fired:,} told of which {plain:,} plain, stored meanwhile")
    report.note(f"{fired / seconds:,.0f} told and stored a second, {SYMBOLS * MISSED_S / seconds:,.0f} ticks a second")
    report.at_most("caught up with ten minutes", seconds, MISSED_S / 5, "s")
    again = await database.fetchval(
        "SELECT count(*) - count(DISTINCT (alert_id, alert_version, firing)) FROM triggered_alerts"
    )
    report.at_most("told twice", again, 0, "times")
    running.kill(engine)
    await redis.aclose()
    await database.close()


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--alerts", type=int, default=1_000_000)
    alerts: int = arguments.parse_args().alerts
    report = Report(f"million: {alerts:,} alerts, {CONDITIONS_OF_ALL:.0%} of them conditions, {SYMBOLS:,} symbols")
    rate(report, alerts)

    async def fill(running: Engines) -> None:
        database = await asyncpg.connect(running.database_url)
        await store_alerts(
            database,
            thresholds(int(alerts * (1 - CONDITIONS_OF_ALL))),
            conditions=conditions(int(alerts * CONDITIONS_OF_ALL)),
            armed_at=datetime.now(UTC) - timedelta(seconds=2 * MISSED_S),
        )
        await database.execute("ANALYZE alerts")
        await database.close()

    with engines() as running:
        asyncio.run(fill(running))
        asyncio.run(rebuild_and_replace(running, report))
        asyncio.run(catch_up(running, report))
    finish(report)


if __name__ == "__main__":
    main()
