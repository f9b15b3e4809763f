"""arq's worker, made to outlive Redis and to notice dead neighbours within seconds."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from arq.constants import in_progress_key_prefix
from arq.worker import Worker as ArqWorker
from redis.exceptions import RedisError

from libs.common.health import Heartbeat
from libs.common.jobs import Cron, Job, JobContext, JobFunction, JobQueue, as_arq_cron, as_arq_function
from libs.common.logging import get_logger

log = get_logger(__name__)

POLL_S = 0.1
# A job counts as running for so long after its worker's last sign of life; then another worker takes it.
IN_PROGRESS_S = 15.0
SIGN_OF_LIFE_S = 5.0
AWAY_PAUSE_S = 0.5


class JobRunner(ArqWorker):
    """Runs the jobs and crons of one service."""

    def __init__(
        self,
        queue: JobQueue,
        jobs: Sequence[Job | JobFunction],
        crons: Sequence[Cron],
        make_context: Callable[[str, int], JobContext],
        *,
        heartbeat: Heartbeat,
        max_jobs: int,
    ) -> None:
        super().__init__(
            [as_arq_function(job) for job in jobs],
            cron_jobs=[as_arq_cron(cron, queue.service) for cron in crons],
            redis_pool=queue.arq,
            queue_name=queue.name,
            ctx={"make_context": make_context},
            handle_signals=False,
            poll_delay=POLL_S,
            max_jobs=max_jobs,
            keep_result=0,
            job_serializer=queue.arq.job_serializer,
            job_deserializer=queue.arq.job_deserializer,
            timezone=UTC,
            log_results=False,
        )
        self.in_progress_timeout_s = IN_PROGRESS_S
        self._heartbeat = heartbeat
        self._next_sign_of_life = 0.0

    async def finish(self, within_s: float) -> None:
        """Take no more jobs and let those that run come to an end; what does not is cut and run again elsewhere."""
        self.allow_pick_jobs = False
        running = [task for task in self.tasks.values() if not task.done()]
        if not running:
            return
        _, late = await asyncio.wait(running, timeout=within_s)
        for task in late:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _poll_iteration(self) -> None:
        self._heartbeat.beat("jobs")
        try:
            await super()._poll_iteration()
            await self._give_sign_of_life()
        except (RedisError, OSError) as error:
            log.warning("jobs_interrupted", error=repr(error))
            await self._mend_counters()
            await asyncio.sleep(AWAY_PAUSE_S)

    async def run_cron(self, n: datetime, delay: float, num_windows: int = 2) -> None:
        planned = [cron.next_run for cron in self.cron_jobs]
        try:
            await super().run_cron(n, delay, num_windows)
        except (RedisError, OSError):
            # arq has moved on to the next time already; the one that could not be put is still due.
            for cron, next_run in zip(self.cron_jobs, planned, strict=True):
                cron.next_run = next_run
            raise

    async def _give_sign_of_life(self) -> None:
        """Keep the marks of the jobs that run here from expiring."""
        now = time.monotonic()
        if now < self._next_sign_of_life:
            return
        self._next_sign_of_life = now + SIGN_OF_LIFE_S
        if self.job_tasks:
            async with self.pool.pipeline(transaction=False) as pipe:
                for job_id in self.job_tasks:
                    pipe.pexpire(in_progress_key_prefix + job_id, int(IN_PROGRESS_S * 1000))
                await pipe.execute()

    async def _mend_counters(self) -> None:
        """Give back the places of jobs that arq counted and could not start: it does so on no error but its own."""
        await asyncio.sleep(0)  # lets the callbacks of ended tasks run
        running = sum(not task.done() for task in self.tasks.values())
        for _ in range(self.job_counter - running):
            self._release_sem_dec_counter_on_complete()
