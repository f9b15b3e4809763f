"""The loop of a worker that works at a queue's jobs, several at once."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Generic, Protocol, TypeVar
from uuid import UUID

from libs.common.errors import StoreUnavailable
from libs.common.logging import get_logger
from libs.common.tasks import end_tasks
from services.signals.jobs.queue import End, Queue
from services.signals.jobs.rules import Again, Said
from services.signals.jobs.tables import J, JobRow

log = get_logger(__name__)

POLL_S = 0.5
AGAIN = timedelta(seconds=20)
"""After so long a job whose work raised is begun once more."""

J_in = TypeVar("J_in", bound=JobRow, contravariant=True)


class Work(Protocol[J_in]):
    """What is done for each job of a queue. It is cancelled when nobody wants the job any more."""

    async def prepare(self) -> None:
        """Get ready, before the first job is taken."""

    async def do(self, job: J_in, said: Said) -> End:
        """Do a job, and say on the way how far it is."""


@dataclass(slots=True)
class _Doing(Generic[J]):
    job: J
    task: asyncio.Task[None]
    said: Said
    told: Said = field(default_factory=Said)


class Runner(Generic[J]):
    """Works at `at_once` jobs together. Whatever it stops at, no work outlives it."""

    def __init__(self, queue: Queue[J], work: Work[J], *, at_once: int, poll_s: float = POLL_S) -> None:
        self._queue = queue
        self._work = work
        self._at_once = at_once
        self._poll_s = poll_s
        self._doing: dict[UUID, _Doing[J]] = {}

    async def run(self) -> None:
        """Work at what waits, until cancelled: then what runs is stopped and put back."""
        await self._work.prepare()
        try:
            while True:
                # While the database is away, what runs goes on.
                with contextlib.suppress(StoreUnavailable):
                    await self._look_after()
                    await self._take_up()
                tasks = [doing.task for doing in self._doing.values()]
                if tasks:
                    await asyncio.wait(tasks, timeout=self._poll_s, return_when=asyncio.FIRST_COMPLETED)
                else:
                    await asyncio.sleep(self._poll_s)
        finally:
            await end_tasks(*(doing.task for doing in self._doing.values()))
            self._doing.clear()
            with contextlib.suppress(StoreUnavailable):
                await self._queue.let_go()

    async def _take_up(self) -> None:
        while len(self._doing) < self._at_once:
            job = await self._queue.take()
            if job is None:
                return
            said = Said()
            self._doing[job.id] = _Doing(job, asyncio.create_task(self._do(job, said)), said)

    async def _do(self, job: J, said: Said) -> None:
        await self._queue.end(job, await self._work.do(job, said))

    async def _look_after(self) -> None:
        """Give signs of life, stop what was cancelled, tell how far the rest is, forget what has ended."""
        for job_id, doing in list(self._doing.items()):
            if doing.task.done():
                del self._doing[job_id]
                await self._see_off(doing)
        ours = await self._queue.keep(self._doing)
        for job_id, doing in list(self._doing.items()):
            if doing.task.done():
                continue
            if job_id not in ours:
                await end_tasks(doing.task)
                del self._doing[job_id]
            elif doing.said != doing.told:
                doing.told = replace(doing.said)
                await self._queue.tell(doing.job, doing.told)

    async def _see_off(self, doing: _Doing[J]) -> None:
        """Have one whose work raised begun anew; too often, and the queue fails it."""
        error = doing.task.exception()
        if error is not None:
            log.error("job_raised", job_id=doing.job.id, kind=self._queue.kind, exc_info=error)
            await self._queue.end(doing.job, Again(AGAIN))
