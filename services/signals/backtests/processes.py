"""Has backtests computed: one child process each, with limits of memory and time."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.errors import UpstreamUnavailable
from libs.common.logging import get_logger
from libs.quant.bars import Bars
from services.signals.backtests import tables
from services.signals.backtests.bars_file import Key, write_bars
from services.signals.backtests.inputs import UnreadableBars
from services.signals.backtests.rules import PARTS
from services.signals.backtests.tables import BacktestRow
from services.signals.jobs.queue import End, Found
from services.signals.jobs.rules import Again, Failure, Said

log = get_logger(__name__)

ROOT = Path(__file__).resolve().parents[3]
AGAIN = timedelta(seconds=20)
"""After so long prices that could not be read are asked for again."""
READING_PART = 0.05
"""Reading the prices counts as so much of the whole."""
ERRORS_KEPT = 2_000
_KEPT_VARIABLES = ("PATH", "HOME", "LANG", "TMPDIR", "NUMBA_CACHE_DIR", "LD_LIBRARY_PATH", "VIRTUAL_ENV")

ReadBars = Callable[[Mapping[str, Any]], Awaitable[Mapping[Key, Bars]]]
"""Reads the bars that a backtest's parameters name. Raises UpstreamUnavailable and UnreadableBars."""


@dataclass(frozen=True, slots=True)
class Options:
    """What each process may take, and what is started."""

    memory_bytes: int
    seconds: float
    command: Sequence[str] = (sys.executable, "-m", "services.signals.backtests.child")
    """What is started for each backtest, with the folder as its argument."""
    prepare: Sequence[str] = (sys.executable, "-m", "services.signals.backtests.child", "--warm-up")
    """What is run once before the first of them; empty: nothing."""


@dataclass(slots=True)
class _Heard:
    """What a child has said of its end."""

    found: dict[str, Any] | None = None
    refused: Failure | None = None


class Processes:
    """The work that a backtest is. A child never outlives it."""

    def __init__(self, read_bars: ReadBars, options: Options) -> None:
        self._read_bars = read_bars
        self._options = options

    async def prepare(self) -> None:
        """Have the loops compiled to where every child finds them: no backtest's time is spent on that."""
        if not self._options.prepare:
            return
        process = await asyncio.create_subprocess_exec(
            *self._options.prepare,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
            cwd=ROOT, env=_environment(),
        )  # fmt: skip
        try:
            _, errors = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode != 0:  # a child compiles for itself then
            words = errors[-ERRORS_KEPT:].decode(errors="replace")
            log.error("backtest_warm_up_failed", exit_code=process.returncode, words=words)

    async def do(self, job: BacktestRow, said: Said) -> End:
        """Read a backtest's prices and have a child compute it."""
        said.total, said.stage = PARTS, "reading"
        try:
            bars = await self._read_bars(job.parameters)
        except UnreadableBars as missing:
            return missing.failure
        except UpstreamUnavailable:
            return Again(AGAIN)
        said.done = int(READING_PART * PARTS)
        with tempfile.TemporaryDirectory(prefix="sw-backtest-") as name:
            folder = Path(name)
            await asyncio.to_thread(write_bars, folder / "bars.npz", bars)
            return await self._compute(job, folder, said)

    async def _compute(self, job: BacktestRow, folder: Path, said: Said) -> End:
        """Have a child compute. Again, if it ended without a word."""
        task = {
            "parameters": job.parameters,
            "memory_bytes": self._options.memory_bytes,
            "parent": os.getpid(),
        }
        (folder / "job.json").write_bytes(orjson.dumps(task))
        with (folder / "errors").open("wb") as errors:
            process = await asyncio.create_subprocess_exec(
                *self._options.command, str(folder),
                stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=errors,
                cwd=ROOT, env=_environment(),
            )  # fmt: skip
        heard = _Heard()
        try:
            async with asyncio.timeout(self._options.seconds):
                await _listen(process, said, heard)
                await process.wait()
        except TimeoutError:
            minutes = self._options.seconds / 60
            return Failure("time", f"It took longer than a backtest may take ({minutes:g} minutes). Test less at once.")
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if heard.refused is not None:
            return heard.refused
        if heard.found is None:
            words = (folder / "errors").read_bytes()[-ERRORS_KEPT:].decode(errors="replace")
            log.error("backtest_process_ended", backtest_id=job.id, exit_code=process.returncode, words=words)
            return Again()
        return _found(job.id, (folder / "report").read_bytes(), **heard.found)


def _found(backtest_id: UUID, body: bytes, size: int, **values: Any) -> Found:
    """body: the report's JSON, compressed; size: its bytes before. values: of the backtest's row."""

    async def keep(session: AsyncSession) -> None:
        await tables.add_report(session, backtest_id, body, size)

    return Found({"done": PARTS, **values}, keep)


async def _listen(process: asyncio.subprocess.Process, said: Said, heard: _Heard) -> None:
    assert process.stdout is not None
    async for line in process.stdout:
        told = orjson.loads(line)
        if "part" in told:
            said.done = int((READING_PART + (1 - READING_PART) * told["part"]) * PARTS)
            said.stage = told["stage"]
        elif "found" in told:
            heard.found = told["found"]
        else:
            heard.refused = Failure(**told["refused"])


def _environment() -> dict[str, str]:
    """Give a child what it needs: none of our secrets, and one thread, for the pool has the cores."""
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    return kept | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}
