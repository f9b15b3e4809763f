"""Matching a million alerts: our index against a row-by-row loop and the best indexed SQL, on the same ticks.

All three must fire the same set of alerts; the run stops if they do not. `python -m bench.alert_match [--alerts N]`
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import tempfile
import time
from pathlib import Path

import asyncpg
import numpy as np
import numpy.typing as npt

from bench.report import Report, finish
from libs.common.stores import EmbeddedPostgres
from services.alerts.engine.index import ThresholdIndex

SYMBOLS = 2_000
BATCHES = 200
LOOP_BATCHES = 2
SQL_BATCHES = 20
TIMES = 3

Ints = npt.NDArray[np.int64]


class Market:
    """A million alerts around the prices of 2,000 symbols, and a random walk of those prices. Seeded, so repeatable."""

    def __init__(self, alerts: int) -> None:
        draw = np.random.default_rng(1)
        self.slots = draw.integers(0, SYMBOLS, alerts).astype(np.int64)
        self.start = np.round(draw.uniform(50, 3_000, SYMBOLS), 2)
        self.above = draw.random(alerts) < 0.5
        distance = np.abs(draw.normal(0, 0.06, alerts)) + 0.001
        price = self.start[self.slots] * np.where(self.above, 1 + distance, 1 - distance)
        self.thresholds = np.round(price * 100).astype(np.int64) * 100
        self.refs = np.arange(alerts, dtype=np.int64)
        walk = np.random.default_rng(2)
        now, self.ticks = self.start.copy(), []
        for _ in range(BATCHES):  # one price per symbol and batch, sigma 0.05 %
            now = np.round(now * (1 + walk.normal(0, 0.0005, SYMBOLS)), 2)
            self.ticks.append(np.round(now * 100).astype(np.int64) * 100)


def row_loop(market: Market) -> tuple[float, list[int]]:
    """Walk every alert for every batch: what a service does that keeps rows in memory. Returns µs a tick, fired."""
    rows = [
        {"id": ref, "slot": slot, "above": above, "threshold": threshold, "active": True}
        for ref, slot, above, threshold in zip(
            market.refs.tolist(), market.slots.tolist(), market.above.tolist(), market.thresholds.tolist(), strict=True
        )
    ]
    fired: list[int] = []
    began = time.perf_counter()
    for batch in market.ticks[:LOOP_BATCHES]:
        prices = batch.tolist()
        for row in rows:
            if row["active"]:
                price = prices[row["slot"]]
                if (price >= row["threshold"]) if row["above"] else (price <= row["threshold"]):
                    row["active"] = False
                    fired.append(row["id"])
    return (time.perf_counter() - began) / LOOP_BATCHES / SYMBOLS * 1e6, fired


def our_index(market: Market, batches: int) -> tuple[float, list[int], ThresholdIndex]:
    """Match the same ticks with the index. Returns µs a tick, fired, the index as it is left."""
    index = ThresholdIndex(SYMBOLS)
    index.load(market.slots, market.above, market.thresholds, market.refs)
    everyone = np.arange(SYMBOLS, dtype=np.int64)
    fired: list[int] = []
    began = time.perf_counter()
    for batch in market.ticks[:batches]:
        for _, _, refs in index.batch(everyone, batch, batch):
            fired.extend(refs)
    return (time.perf_counter() - began) / batches / SYMBOLS * 1e6, fired, index


async def best_sql(market: Market, server: EmbeddedPostgres) -> tuple[float, list[int]]:
    """Match with one UPDATE … RETURNING a batch over two partial index ranges: the best SQL that we found."""
    connection = await asyncpg.connect(server.url())
    try:
        await connection.execute(
            "CREATE TABLE alert (id int8 PRIMARY KEY, slot int4, above bool, threshold int8, active bool DEFAULT true)"
        )
        await connection.copy_records_to_table(
            "alert",
            columns=["id", "slot", "above", "threshold"],
            records=zip(
                market.refs.tolist(),
                market.slots.tolist(),
                market.above.tolist(),
                market.thresholds.tolist(),
                strict=True,
            ),
        )
        await connection.execute("CREATE INDEX edge ON alert (slot, above, threshold) WHERE active")
        await connection.execute("VACUUM ANALYZE alert")
        await connection.execute("SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_seqscan = off")
        statement = await connection.prepare(
            """
            WITH tick AS (SELECT * FROM unnest($1::int4[], $2::int8[]) AS t(slot, price)),
                 hit AS (SELECT a.id FROM tick t JOIN alert a
                           ON a.active AND a.slot = t.slot AND a.above AND a.threshold <= t.price
                         UNION ALL
                         SELECT a.id FROM tick t JOIN alert a
                           ON a.active AND a.slot = t.slot AND NOT a.above AND a.threshold >= t.price)
            UPDATE alert a SET active = false FROM hit WHERE a.id = hit.id RETURNING a.id
            """
        )
        slots = list(range(SYMBOLS))
        fired: list[int] = []
        began = time.perf_counter()
        for batch in market.ticks[:SQL_BATCHES]:
            fired.extend(row["id"] for row in await statement.fetch(slots, batch.tolist()))
        return (time.perf_counter() - began) / SQL_BATCHES / SYMBOLS * 1e6, fired
    finally:
        await connection.close()


def add_and_remove(index: ThresholdIndex, slot: int, around: int, first_ref: int) -> tuple[float, float]:
    """Time adding and removing alerts at random thresholds of one slot, in µs each."""
    draw = np.random.default_rng(3)
    thresholds = (around + draw.integers(1, 2_000, 20_000) * 1_000).tolist()
    began = time.perf_counter()
    for at, threshold in enumerate(thresholds):
        index.add(slot, True, threshold, first_ref + at)
    added = time.perf_counter()
    for at, threshold in enumerate(thresholds):
        index.remove(slot, True, threshold, first_ref + at)
    return (added - began) / 20_000 * 1e6, (time.perf_counter() - added) / 20_000 * 1e6


def hot_index(alerts: int = 200_000) -> ThresholdIndex:
    """Build an index whose alerts all stand on one symbol."""
    draw = np.random.default_rng(4)
    index = ThresholdIndex(1)
    index.load(
        np.zeros(alerts, np.int64),
        np.ones(alerts, np.bool_),
        1_000_000 + draw.integers(1, 20_000, alerts) * 100,
        np.arange(alerts, dtype=np.int64),
    )
    return index


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--alerts", type=int, default=1_000_000)
    alerts: int = arguments.parse_args().alerts
    report = Report(f"alert match: {alerts:,} alerts, {SYMBOLS:,} symbols, one tick each a batch")
    market = Market(alerts)

    # Each is measured three times and its best counts: a neighbour on the machine doubles what a single run says.
    loop_us, loop_fired = min(row_loop(market) for _ in range(TIMES))
    _, same, _ = our_index(market, LOOP_BATCHES)
    if sorted(same) != sorted(loop_fired):
        raise SystemExit("The index and the row loop fired different alerts.")
    with tempfile.TemporaryDirectory(prefix="bench", ignore_cleanup_errors=True) as folder:
        server = EmbeddedPostgres(Path(folder), password="bench", durable=False)
        server.start()
        try:
            sql_us, sql_fired = asyncio.run(best_sql(market, server))
        finally:
            server.stop()
    _, same, _ = our_index(market, SQL_BATCHES)
    if sorted(same) != sorted(sql_fired):
        raise SystemExit("The index and SQL fired different alerts.")
    our_us, fired = min(our_index(market, BATCHES)[:2] for _ in range(TIMES))

    report.note(f"row loop {loop_us:,.1f} µs a tick; SQL {sql_us:,.2f}; ours {our_us:.4f} ({len(fired):,} fired)")
    report.at_least("against the row loop", loop_us / our_us, 500)
    report.at_least("against the best indexed SQL", sql_us / our_us, 100)
    fresh = ThresholdIndex(SYMBOLS)
    fresh.load(market.slots, market.above, market.thresholds, market.refs)
    report.at_most("index memory a million", fresh.nbytes() / 1e6 * 1_000_000 / alerts, 25, "MB")
    add_us, remove_us = add_and_remove(fresh, 7, int(market.start[7] * 10_000), alerts)
    report.at_most("add", add_us, 5, "µs")
    report.at_most("remove", remove_us, 5, "µs")
    add_us, remove_us = add_and_remove(hot_index(), 0, 1_000_000, 200_000)
    report.at_most("add, 200,000 alerts on the symbol", add_us, 5, "µs")
    report.at_most("remove, 200,000 alerts on the symbol", remove_us, 5, "µs")
    report.note(f"peak memory of this process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")
    finish(report)


if __name__ == "__main__":
    main()
