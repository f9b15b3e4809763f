"""A service's background process: outbox relay, consumers, jobs and crons, loops of its own, and a side port.

    def build_worker(settings: AlertsSettings | None = None) -> Worker:
        settings = settings or AlertsSettings()
        db, redis = Database(settings), create_redis(settings)
        engine = Engine(db, redis)
        return Worker(settings, db=db, redis=redis, jobs=[send_mail], background=[engine.run])

Every part goes on through the loss of a store. SIGTERM and SIGINT let running jobs come to an end, then all is closed.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from libs.common.db import Database
from libs.common.errors import StoreUnavailable
from libs.common.events.consumer import Consumer, ConsumerOptions, Subscription
from libs.common.events.dead_letters import count_letters
from libs.common.events.relay import Relay
from libs.common.events.retention import Retention, purge_old_rows
from libs.common.health import Check, Heartbeat, database_checks, redis_checks, run_checks
from libs.common.job_runner import JobRunner
from libs.common.jobs import Cron, Job, JobContext, JobFunction, JobQueue
from libs.common.logging import get_logger
from libs.common.settings import ServiceSettings
from libs.common.side_port import SidePort
from libs.common.tasks import end_tasks
from libs.common.telemetry import counter, gauge

if TYPE_CHECKING:
    from libs.common.http.client import Http

log = get_logger(__name__)

MAX_SILENCE_S = 30.0
FINISH_WITHIN_S = 10.0
HOUSEKEEPING_S = 15.0
MAX_RESTART_PAUSE_S = 10.0

_restarts = counter("sharewise_background_restarts_total", "Background loops restarted after an error.", ["loop"])
_dead = gauge("sharewise_dead_letters", "Dead letters that wait for somebody to look at them.", ["service"])
_queued = gauge("sharewise_jobs_queued", "Jobs that wait, those for later included.", ["service"])

Hook = Callable[[], Awaitable[object]]


class Worker:
    """One worker process. It owns what it is given: `db`, `redis` and `http` are closed at its end."""

    def __init__(
        self,
        settings: ServiceSettings,
        *,
        db: Database,
        redis: Redis,
        http: Http | None = None,
        jobs: Sequence[Job | JobFunction] = (),
        crons: Sequence[Cron] = (),
        subscriptions: Sequence[Subscription] = (),
        background: Sequence[Hook] = (),
        readiness: Sequence[Check] = (),
        on_start: Sequence[Hook] = (),
        on_stop: Sequence[Hook] = (),
        port: int | None = None,
        keeps_house: bool = True,
        max_jobs: int = 20,
        consumer_options: ConsumerOptions | None = None,
    ) -> None:
        """background: loops; one that raises is run again, one that returns is done.

        on_start: run in order once the stores are there and the schema is at head, before anything else; on_stop: run
        in order after everything else. readiness: what `/readyz` looks at besides the stores. port: of `/healthz` and
        `/readyz`, by default the settings' `worker_port`. keeps_house: relays the outbox and runs jobs, crons and the
        purge; False in a service's further processes, which have a loop of their own and leave all that to its worker.
        """
        self.settings = settings
        self.db = db
        self.redis = redis
        self._http = http
        self._queue = JobQueue(redis, settings.service)
        self._retention = Retention.of(settings)
        self._heartbeat = Heartbeat()
        self._on_start, self._on_stop = on_start, on_stop
        self._store_checks = [*database_checks(db), *redis_checks(redis)]
        self._checks = [*self._store_checks, Check("started", self._has_started), *readiness]
        self._stopping = asyncio.Event()
        self._started = False
        self._runner = JobRunner(
            self._queue,
            jobs,
            [*crons, Cron(self.purge, minute=17)],
            self._context,
            heartbeat=self._heartbeat,
            max_jobs=max_jobs,
        )
        self._loops: dict[str, Hook] = {}
        if keeps_house:
            relay = Relay(db, redis, retention=self._retention, heartbeat=self._heartbeat)
            self._loops |= {"jobs": self._runner.async_run, "housekeeping": self._keep_house, "relay": relay.run}
        if subscriptions:
            consumer = Consumer(db, redis, subscriptions, options=consumer_options, heartbeat=self._heartbeat)
            self._loops["consumer"] = consumer.run
        for number, loop in enumerate(background):
            name = f"background:{getattr(loop, '__qualname__', number)}"
            # Two of one class run beside each other.
            self._loops[f"{name}:{number}" if name in self._loops else name] = loop
        port = settings.worker_port if port is None else port
        self.side_port = SidePort(settings.host, port, health=self._health, readiness=self._readiness)

    async def run(self, *, handle_signals: bool = True) -> int:
        """Work until `stop` or a signal. Returns the exit code."""
        if handle_signals:
            for number in (signal.SIGTERM, signal.SIGINT):
                asyncio.get_running_loop().add_signal_handler(number, self.stop)
        await self.side_port.start()
        tasks: list[asyncio.Task[None]] = []
        try:
            if await self._unless_stopped(self._get_ready()):
                tasks = [asyncio.create_task(self._keep_running(name, loop)) for name, loop in self._loops.items()]
                log.info("worker_started", service=self.settings.service, port=self.side_port.port)
                await self._stopping.wait()
        finally:
            await self._finish(tasks)
        return 0

    def stop(self) -> None:
        """Ask the worker to come to an end."""
        self._stopping.set()

    async def purge(self, _ctx: JobContext) -> None:
        """Delete rows of the machinery that are past their time. Runs hourly."""
        log.info("old_rows_purged", rows=await purge_old_rows(self.db, self._retention))

    async def _get_ready(self) -> None:
        await self._wait_for_stores()
        for hook in self._on_start:
            await hook()
        self._started = True

    async def _wait_for_stores(self) -> None:
        """Wait until the stores answer and the schema is at head, so that processes may be started in any order."""
        while True:
            self._heartbeat.beat("start")
            ready, results = await run_checks(self._store_checks)
            if ready:
                self._heartbeat.forget("start")
                return
            log.warning("worker_waits_for_stores", checks=results)
            await asyncio.sleep(0.5)

    async def _unless_stopped(self, work: Coroutine[Any, Any, None]) -> bool:
        """Do the work, or leave it when the worker is stopped meanwhile. Says whether it was done."""
        doing = asyncio.create_task(work)
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait({doing, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if doing.done():
                doing.result()
            return doing.done() and not self._stopping.is_set()
        finally:
            await end_tasks(doing, stopping)

    async def _keep_running(self, name: str, loop: Hook) -> None:
        pause = 0.5
        while True:
            started = asyncio.get_running_loop().time()
            try:
                await loop()
                return
            except Exception:
                # The last edge: a loop that dies would take its part of the service with it, silently.
                _restarts.labels(name).inc()
                log.exception("background_failed", loop=name, restart_in_s=pause)
            await asyncio.sleep(pause)
            ran_long = asyncio.get_running_loop().time() - started > 60
            pause = 0.5 if ran_long else min(pause * 2, MAX_RESTART_PAUSE_S)

    async def _finish(self, tasks: list[asyncio.Task[None]]) -> None:
        log.info("worker_stopping", service=self.settings.service)
        await self._runner.finish(FINISH_WITHIN_S)
        await end_tasks(*tasks)
        for hook in self._on_stop:
            try:
                await hook()
            except Exception:
                log.exception("stop_hook_failed")
        await self.side_port.stop()
        if self._http is not None:
            await self._http.aclose()
        with contextlib.suppress(RedisError, OSError):
            await self.redis.aclose()
        await self.db.close()

    async def _keep_house(self) -> None:
        """Measure what grows when something is wrong."""
        service = self.settings.service
        while True:
            self._heartbeat.beat("housekeeping")
            with contextlib.suppress(StoreUnavailable):
                _dead.labels(service).set(await count_letters(self.db))
            with contextlib.suppress(RedisError, OSError):
                _queued.labels(service).set(await self._queue.depth())
            await asyncio.sleep(HOUSEKEEPING_S)

    async def _has_started(self) -> None:
        if not self._started:
            raise RuntimeError("The worker has not started yet.")

    async def _health(self) -> tuple[bool, dict[str, Any]]:
        silent = self._heartbeat.silent_for()
        well = all(seconds < MAX_SILENCE_S for seconds in silent.values())
        return well, {"status": "ok" if well else "stuck", "silent_for_s": silent}

    async def _readiness(self) -> tuple[bool, dict[str, Any]]:
        ready, results = await run_checks(self._checks)
        return ready, {"status": "ok" if ready else "unavailable", "checks": results}

    def _context(self, job_id: str, attempt: int) -> JobContext:
        return JobContext(self.settings, self.db, self.redis, self._queue, self._http, job_id, attempt)
