"""What the tests of backtests share: a version to test, a request, and children that are told what to do."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from libs.common.db import Database
from libs.common.ids import uuid7
from libs.contracts.signals import JobKind
from libs.quant.strategy import Rules
from services.signals.backtests.processes import Options, Processes
from services.signals.backtests.tables import BacktestRow
from services.signals.jobs.queue import Queue
from services.signals.jobs.runner import Runner
from services.signals.strategies.tables import StrategyRow, StrategyVersionRow

DOCUMENT = Rules.read(
    {
        "interval": "1d",
        "side": "long",
        "entry": "crossover(sma(close, 3), sma(close, 8))",
        "exit": "crossunder(sma(close, 3), sma(close, 8))",
        "stop": {"percent": "8"},
        "size": {"percent": "50"},
    }
).document()

AAPL = "NASDAQ:AAPL"


async def add_version(db: Database, user_id: UUID, document: Mapping[str, Any] = DOCUMENT) -> UUID:
    """Store a strategy with one version. Returns the version's id."""
    now = db.clock.now()
    strategy = StrategyRow(
        id=uuid7(), user_id=user_id, name="Averages", about="", status="active", number=1, template=None,
        copied_from=None, created_at=now, updated_at=now,
    )  # fmt: skip
    version = StrategyVersionRow(
        id=uuid7(), strategy_id=strategy.id, number=1, document=dict(document), written=dict(document),
        instruments=[AAPL], words=Rules.read(document).words(), note="", created_at=now,
    )  # fmt: skip
    async with db.transaction() as tx:
        tx.session.add(strategy)
        await tx.session.flush()
        tx.session.add(version)
    return version.id


def wish(version_id: UUID, **members: Any) -> dict[str, Any]:
    return {"version_id": str(version_id), "from": "2025-01-06", "to": "2026-01-09", "broker": None, **members}


async def start(client: httpx.AsyncClient, version_id: UUID, **members: Any) -> dict[str, Any]:
    answer = await client.post("/api/backtests/", json=wish(version_id, **members))
    assert answer.status_code == 202, answer.text
    return answer.json()


def told_to(code: str) -> tuple[str, ...]:
    """Make the command of a child that runs these lines; `folder` is its folder, `say` tells its parent."""
    lines = f"""
import json, os, sys, time
from pathlib import Path
folder = Path(sys.argv[1])
def say(**line):
    print(json.dumps(line), flush=True)
{code}
"""
    return sys.executable, "-c", lines


FINDS = """
(folder / "report").write_bytes(b"x")
say(found={"size": 1, "report_hash": "r", "data_hash": "d", "code_version": "c", "headline": {"sharpe": 1.5}})
"""


@contextlib.asynccontextmanager
async def runner_of(
    db: Database, read_bars: Any, command: tuple[str, ...] | None = None, **options: Any
) -> AsyncIterator[Runner[BacktestRow]]:
    """Run a runner for the length of a block."""
    queue = queue_of(db, attempts=options.pop("attempts", 3))
    given = {"memory_bytes": 4 << 30, "seconds": 300.0, "prepare": (), **options}
    if command is not None:
        given["command"] = command
    runner = Runner(queue, Processes(read_bars, Options(**given)), at_once=2, poll_s=0.02)
    async with running(runner):
        yield runner


@contextlib.asynccontextmanager
async def running(runner: Runner[Any]) -> AsyncIterator[None]:
    """Have a runner work for the length of a block."""
    task = asyncio.create_task(runner.run())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def queue_of(db: Database, *, attempts: int = 3) -> Queue[BacktestRow]:
    """Make a runner's hold on the backtests."""
    return Queue(db, BacktestRow, JobKind.BACKTEST, lease=timedelta(seconds=30), attempts=attempts)


async def no_bars(_parameters: Mapping[str, Any]) -> dict[Any, Any]:
    """For children that read none."""
    return {}


def is_alive(pid_file: Path) -> bool:
    """Say whether the process still runs that wrote its number into a file."""
    state = Path(f"/proc/{pid_file.read_text()}/stat")
    return state.exists() and state.read_text().rsplit(")", 1)[1].split()[0] != "Z"
