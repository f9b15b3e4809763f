"""From a restarted alerts engine's first question to an index that matches: a million active alerts in PostgreSQL.

`python -m bench.engine_restart [--alerts N]`
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import numpy as np

from bench.report import Report, finish
from libs.common import migrations
from libs.common.db import Database
from libs.common.ids import uuid7
from libs.common.money import from_e4
from libs.common.provision import MIGRATE_ROLE, SERVICES, provision, role_of
from libs.common.stores import EmbeddedPostgres
from services.alerts.engine.matcher import Matcher
from services.alerts.engine.owners import Owners
from services.alerts.engine.progress import Laps
from services.alerts.engine.queue import Lanes
from services.alerts.engine.tables import read_instruments, read_snapshot
from services.alerts.settings import AlertsSettings
from tests.support.stored_alerts import AboveAlert, store_alerts

SYMBOLS = 2_000
PASSWORD = "bench"
ROUNDS = 3


def many(alerts: int) -> Iterator[AboveAlert]:
    person = uuid7()
    levels = np.random.default_rng(1).integers(1_000_000, 30_000_000, alerts).tolist()
    for number, level_e4 in enumerate(levels):
        yield AboveAlert(person, f"NSE:BENCH{number % SYMBOLS}", from_e4(level_e4 // 500 * 500))


async def measure(server: EmbeddedPostgres, alerts: int) -> float:
    """Return the seconds of the quickest of a few restarts: a busy machine only ever adds to them."""
    await provision(server.url(), dict.fromkeys((MIGRATE_ROLE, *map(role_of, SERVICES)), PASSWORD))

    def url(role: str) -> str:
        return f"postgresql://{role}:{PASSWORD}@{server.host}:{server.port}/sharewise"

    await migrations.upgrade(url(MIGRATE_ROLE), "alerts")
    connection = await asyncpg.connect(url(role_of("alerts")))
    await store_alerts(connection, many(alerts))
    await connection.execute("ANALYZE alerts.alerts")
    await connection.close()
    quickest = float("inf")
    for _ in range(ROUNDS):
        began = time.perf_counter()
        database = Database(AlertsSettings(database_url=url(role_of("alerts"))))
        matcher = Matcher(Lanes(), Laps(), Owners())
        async with database.transaction() as tx:
            driver = await tx.driver()
            matcher.load(await read_snapshot(driver, await read_instruments(driver)))
        quickest = min(quickest, time.perf_counter() - began)
        assert len(matcher) == alerts
        await database.close()
    return quickest


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--alerts", type=int, default=1_000_000)
    alerts: int = arguments.parse_args().alerts
    report = Report(f"engine restart: {alerts:,} active alerts")
    with tempfile.TemporaryDirectory(prefix="bench", ignore_cleanup_errors=True) as folder:
        server = EmbeddedPostgres(Path(folder), password=PASSWORD, durable=False)
        server.start()
        try:
            seconds = asyncio.run(measure(server, alerts))
        finally:
            server.stop()
    report.at_most("restart to ready", seconds, 2, "s")
    finish(report)


if __name__ == "__main__":
    main()
