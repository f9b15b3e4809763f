"""Engine processes over stores of their own, for yardsticks that want neither mails nor the rest of the platform."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import psutil
from redis.asyncio import Redis

from libs.common import migrations
from libs.common.provision import MIGRATE_ROLE, SERVICES, provision, role_of
from libs.common.stores import EmbeddedPostgres, EmbeddedValkey
from libs.common.testing.folders import open_folder
from libs.contracts.market import TICK_FIELD, TICK_PARTITIONS, Tick, encode_ticks, tick_partition, tick_stream
from services.alerts.engine.leases import CLASS

PASSWORD = "bench"
ROOT = Path(__file__).resolve().parents[1]


class Engines:
    """A PostgreSQL and a Valkey with alerts' schema, and engines on them that are started and killed at will."""

    def __init__(self, postgres: EmbeddedPostgres, valkey: EmbeddedValkey, folder: Path) -> None:
        self._postgres = postgres
        self._log = folder / "engines.log"
        self.redis_url = valkey.url
        self.running: list[subprocess.Popen[bytes]] = []

    def url(self, role: str) -> str:
        return f"postgresql://{role}:{PASSWORD}@{self._postgres.host}:{self._postgres.port}/sharewise"

    @property
    def database_url(self) -> str:
        return self.url(role_of("alerts"))

    async def prepare(self) -> None:
        """Make roles and tables, and have the server keep the time of each commit."""
        admin = await asyncpg.connect(self._postgres.url())
        await admin.execute("ALTER SYSTEM SET track_commit_timestamp = on")
        await admin.close()
        self._postgres.stop()
        self._postgres.start()
        await provision(self._postgres.url(), dict.fromkeys((MIGRATE_ROLE, *map(role_of, SERVICES)), PASSWORD))
        await migrations.upgrade(self.url(MIGRATE_ROLE), "alerts")

    def start(self) -> subprocess.Popen[bytes]:
        """Start one more engine."""
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("SHAREWISE_", "ALERTS_"))},
            "SHAREWISE_ENV": "test",
            "SHAREWISE_REDIS_URL": self.redis_url,
            "ALERTS_DATABASE_URL": self.database_url,
            "ALERTS_ENGINE_PORT": "0",
            "OPENBLAS_NUM_THREADS": "1",
        }
        with self._log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "services.alerts", "engine"],
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.running.append(process)
        return process

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        process.send_signal(signal.SIGKILL)
        process.wait()
        self.running.remove(process)

    def taken(self) -> int:
        """Count how often a partition was taken and read, by all engines so far."""
        return self._log.read_bytes().count(b'"engine_took"') if self._log.exists() else 0

    async def until_taken(self, count: int, *, within: float = 120.0) -> float:
        """Wait until so many partitions have been taken since the beginning. Returns the seconds waited."""
        began = time.perf_counter()
        while self.taken() < count:
            if time.perf_counter() - began > within:
                raise TimeoutError(f"Only {self.taken()} of {count}:\n{self._log.read_text()[-3000:]}")
            await asyncio.sleep(0.02)
        return time.perf_counter() - began

    def memory_mb(self, process: subprocess.Popen[bytes]) -> float:
        return float(psutil.Process(process.pid).memory_info().rss) / 1e6

    async def holders(self, database: asyncpg.Connection) -> int:
        """Count the partitions that are held."""
        return int(
            await database.fetchval(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = $1 AND objid > 0", CLASS
            )
        )


@contextmanager
def engines() -> Iterator[Engines]:
    """Run the stores for the length of a block, and end every engine at its end."""
    with open_folder("bench") as folder:
        postgres = EmbeddedPostgres(folder / "postgres", password=PASSWORD, durable=False)
        valkey = EmbeddedValkey(folder / "valkey", durable=False)
        postgres.start()
        valkey.start()
        made = Engines(postgres, valkey, folder)
        try:
            asyncio.run(made.prepare())
            yield made
        finally:
            for process in list(made.running):
                made.kill(process)
            valkey.stop()
            postgres.stop()


async def write_ticks(redis: Redis, ticks: Sequence[Tick], *, entry_ms: int | None = None) -> None:
    """Put ticks on the streams as the feed does, of now or of another time."""
    batches: dict[int, list[Tick]] = {}
    for tick in ticks:
        batches.setdefault(tick_partition(tick.instrument, TICK_PARTITIONS), []).append(tick)
    async with redis.pipeline(transaction=False) as pipe:
        for partition, batch in batches.items():
            entry_id = "*" if entry_ms is None else f"{entry_ms}-*"
            pipe.xadd(tick_stream(partition), {TICK_FIELD: encode_ticks(batch)}, id=entry_id)
        await pipe.execute()
