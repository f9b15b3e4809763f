"""Computes backtests: one child process each, as many at once as there are cores less one."""

from __future__ import annotations

import asyncio
import contextlib
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

from libs.common.errors import StoreUnavailable, UpstreamUnavailable
from libs.common.logging import get_logger
from libs.common.tasks import end_tasks
from libs.quant.bars import Bars
from services.signals.backtests.bars_file import Key, write_bars
from services.signals.backtests.inputs import UnreadableBars
from services.signals.backtests.queue import PARTS, Claimed, Failure, Outcome, Queue

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
    """How many processes compute at once, what each may take, and how often the queue is looked at."""

    processes: int
    memory_bytes: int
    seconds: float
    poll_s: float = 0.5
    command: Sequence[str] = (sys.executable, "-m", "services.signals.backtests.child")
    """What is started for each backtest, with the folder as its argument."""
    prepare: Sequence[str] = (sys.executable, "-m", "services.signals.backtests.child", "--warm-up")
    """What is run once before the first of them; empty: nothing."""


@dataclass(slots=True)
class _Work:
    claimed: Claimed
    task: asyncio.Task[None]
    told: tuple[int, str] = (0, "")


@dataclass(slots=True)
class _Said:
    """What a child has said so far."""

    part: int = 0
    stage: str = ""
    found: Mapping[str, Any] | None = None
    refused: Failure | None = None


class Runner:
    """The loop that the worker runs. Whatever it stops at, a child never outlives it."""

    def __init__(self, queue: Queue, read_bars: ReadBars, options: Options) -> None:
        self._queue = queue
        self._read_bars = read_bars
        self._options = options
        self._works: dict[UUID, _Work] = {}
        self._said: dict[UUID, _Said] = {}

    async def run(self) -> None:
        """Compute what waits, until cancelled: then what runs is stopped and put back."""
        await self._prepare()
        try:
            while True:
                # While the database is away, what runs goes on.
                with contextlib.suppress(StoreUnavailable):
                    await self._look_after()
                    await self._take_up()
                tasks = [work.task for work in self._works.values()]
                if tasks:
                    await asyncio.wait(tasks, timeout=self._options.poll_s, return_when=asyncio.FIRST_COMPLETED)
                else:
                    await asyncio.sleep(self._options.poll_s)
        finally:
            await end_tasks(*(work.task for work in self._works.values()))
            for work in self._works.values():
                with contextlib.suppress(StoreUnavailable):
                    await self._queue.put_back(work.claimed, counts=False)

    async def _prepare(self) -> None:
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

    async def _take_up(self) -> None:
        while len(self._works) < self._options.processes:
            claimed = await self._queue.take()
            if claimed is None:
                return
            self._said[claimed.id] = _Said()
            self._works[claimed.id] = _Work(claimed, asyncio.create_task(self._work(claimed)))

    async def _look_after(self) -> None:
        """Give signs of life, stop what was cancelled, tell how far the rest is, forget what has ended."""
        for backtest_id, work in list(self._works.items()):
            if work.task.done():
                del self._works[backtest_id], self._said[backtest_id]
                work.task.result()
        ours = await self._queue.keep(self._works)
        for backtest_id, work in list(self._works.items()):
            if backtest_id not in ours and not work.task.done():
                await end_tasks(work.task)
                del self._works[backtest_id], self._said[backtest_id]
                continue
            said = self._said[backtest_id]
            if (said.part, said.stage) != work.told and not work.task.done():
                work.told = (said.part, said.stage)
                await self._queue.tell(work.claimed, said.part, said.stage)

    async def _work(self, claimed: Claimed) -> None:
        said = self._said[claimed.id]
        said.stage = "reading"
        try:
            bars = await self._read_bars(claimed.parameters)
        except UnreadableBars as missing:
            await self._queue.fail(claimed, missing.failure)
            return
        except UpstreamUnavailable:
            await self._queue.put_back(claimed, after=AGAIN)
            return
        said.part = int(READING_PART * PARTS)
        with tempfile.TemporaryDirectory(prefix="sw-backtest-") as name:
            folder = Path(name)
            await asyncio.to_thread(write_bars, folder / "bars.npz", bars)
            result = await self._compute(claimed, folder, said)
        if isinstance(result, Outcome):
            await self._queue.finish(claimed, result)
        elif isinstance(result, Failure):
            await self._queue.fail(claimed, result)
        else:
            await self._queue.put_back(claimed)

    async def _compute(self, claimed: Claimed, folder: Path, said: _Said) -> Outcome | Failure | None:
        """Have a child compute. None: it ended without a word, so another try is due."""
        job = {
            "parameters": claimed.parameters,
            "memory_bytes": self._options.memory_bytes,
            "parent": os.getpid(),
        }
        (folder / "job.json").write_bytes(orjson.dumps(job))
        with (folder / "errors").open("wb") as errors:
            process = await asyncio.create_subprocess_exec(
                *self._options.command, str(folder),
                stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=errors,
                cwd=ROOT, env=_environment(),
            )  # fmt: skip
        try:
            async with asyncio.timeout(self._options.seconds):
                await _listen(process, said)
                await process.wait()
        except TimeoutError:
            minutes = self._options.seconds / 60
            return Failure("time", f"It took longer than a backtest may take ({minutes:g} minutes). Test less at once.")
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if said.refused is not None:
            return said.refused
        if said.found is None:
            words = (folder / "errors").read_bytes()[-ERRORS_KEPT:].decode(errors="replace")
            log.error("backtest_process_ended", backtest_id=claimed.id, exit_code=process.returncode, words=words)
            return None
        return Outcome(body=(folder / "report").read_bytes(), **said.found)


async def _listen(process: asyncio.subprocess.Process, said: _Said) -> None:
    assert process.stdout is not None
    async for line in process.stdout:
        told = orjson.loads(line)
        if "part" in told:
            said.part = int((READING_PART + (1 - READING_PART) * told["part"]) * PARTS)
            said.stage = told["stage"]
        elif "found" in told:
            said.found = told["found"]
        else:
            said.refused = Failure(**told["refused"])


def _environment() -> dict[str, str]:
    """Give a child what it needs: none of our secrets, and one thread, for the pool has the cores."""
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    return kept | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}
