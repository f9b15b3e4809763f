"""Jobs: work that is done later, at least once, by the service's worker. arq underneath, with JSON instead of pickle.

A job's arguments are ids; it loads what is true now. It may run twice, so its effect is keyed by what it does. Its own
key, `queue.put("send_mail", id, job_id=f"send-mail:{id}")`, makes it one job for as long as the first waits or runs.

Jobs live in Redis, so a flush loses those that wait: whoever puts one keeps a row that says what is to be done, and a
cron that puts again what was left lying.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Set
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import orjson
from arq.connections import ArqRedis
from arq.cron import CronJob
from arq.cron import cron as arq_cron
from arq.worker import Function, Retry, func
from redis.asyncio import Redis

from libs.common.db import Database
from libs.common.logging import bind_request, clear_request, get_logger
from libs.common.settings import ServiceSettings
from libs.common.telemetry import counter, enter_trace, histogram

if TYPE_CHECKING:
    from libs.common.http.client import Http

log = get_logger(__name__)

MAX_TRIES = 5
TIMEOUT_S = 60.0
MAX_RETRY_DELAY_S = 300.0
EXTRA_STARTS = 20
"""A job whose worker was killed has been started, not tried; arq gives it up only after so many more starts."""

_ran = counter("sharewise_jobs_total", "Jobs run, by how they ended.", ["job", "outcome"])
_took = histogram("sharewise_job_seconds", "Time of one run of a job.", ["job"])

JobFunction = Callable[..., Awaitable[object]]
"""`async def send_mail(ctx: JobContext, delivery_id: str) -> None`. Its name is the job's name."""


@dataclass(frozen=True, slots=True)
class JobContext:
    """What a job is given first. `attempt` counts its starts from 1."""

    settings: ServiceSettings
    db: Database
    redis: Redis
    queue: JobQueue
    http: Http | None
    job_id: str
    attempt: int


@dataclass(frozen=True, slots=True)
class Job:
    """A job with limits of its own. A function given bare has the defaults."""

    function: JobFunction
    timeout_s: float = TIMEOUT_S
    max_tries: int = MAX_TRIES


@dataclass(frozen=True, slots=True)
class Cron:
    """A job by the clock, once over all workers. The fields are those of a crontab, in UTC; None means every.

    `Cron(sweep, minute=set(range(0, 60, 5)))` runs every five minutes.
    """

    function: JobFunction
    minute: int | Set[int] | None = None
    hour: int | Set[int] | None = None
    second: int | Set[int] | None = 0
    weekday: int | Set[int] | None = None
    at_start: bool = False
    timeout_s: float = TIMEOUT_S


class RetryLater(Exception):
    """Raised by a job that wants to be run again after a while. Counts as one of its tries."""

    def __init__(self, after: timedelta) -> None:
        super().__init__(f"again in {after}")
        self.after = after


class JobQueue:
    """The queue of one service's jobs."""

    def __init__(self, redis: Redis, service: str) -> None:
        self.service = service
        self.name = f"arq:{service}"
        self.arq = ArqRedis(
            redis.connection_pool,
            job_serializer=to_json,
            job_deserializer=orjson.loads,
            default_queue_name=self.name,
        )

    async def put(self, job: str, *arguments: Any, job_id: str | None = None, delay: timedelta | None = None) -> bool:
        """Put a job into the queue. Says whether it was put: not while one with the same id waits or runs.

        Raises Redis' errors when Redis is away: the row that says what is to be done is what counts.
        """
        # arq's keys are shared by all queues, so the id carries the service.
        key = None if job_id is None else f"{self.service}:{job_id}"
        return await self.arq.enqueue_job(job, *arguments, _job_id=key, _defer_by=delay) is not None

    async def depth(self) -> int:
        """Count the jobs that wait, those for later included."""
        return int(await self.arq.zcard(self.name))


def to_json(value: object) -> bytes:
    """Write a job or its result. What JSON does not know (a result that is an error) goes in as its words."""
    return orjson.dumps(value, default=repr)


def as_arq_function(job: Job | JobFunction) -> Function:
    """Make arq's form of a job."""
    job = job if isinstance(job, Job) else Job(job)
    name = job.function.__name__
    return func(
        _with_context(job, name),
        name=name,
        timeout=job.timeout_s,
        max_tries=job.max_tries + EXTRA_STARTS,
        keep_result=0,
    )


def as_arq_cron(cron: Cron, service: str) -> CronJob:
    """Make arq's form of a cron. Its name carries the service, because arq's keys are shared by all queues."""
    name = f"{service}:cron:{cron.function.__name__}"
    return arq_cron(
        # The clock calls again anyway, so a failed run is not repeated.
        _with_context(Job(cron.function, max_tries=1), name),
        name=name,
        minute=_option(cron.minute),
        hour=_option(cron.hour),
        second=_option(cron.second),
        weekday=_option(cron.weekday),
        run_at_startup=cron.at_start,
        timeout=cron.timeout_s,
        keep_result=0,
        max_tries=1 + EXTRA_STARTS,
    )


def _option(value: int | Set[int] | None) -> Any:
    return set(value) if isinstance(value, Set) else value


def _with_context(job: Job, name: str) -> Callable[..., Any]:
    async def run(ctx: dict[str, Any], *arguments: Any) -> None:
        make_context: Callable[[str, int], JobContext] = ctx["make_context"]
        context = make_context(ctx["job_id"], ctx["job_try"])
        clear_request()
        enter_trace(None)
        bind_request(job=name, job_id=context.job_id)
        try:
            with _took.labels(name).time():
                await job.function(context, *arguments)
            _ran.labels(name, "done").inc()
        except Exception as error:
            if context.attempt >= job.max_tries:
                _ran.labels(name, "failed").inc()
                log.exception("job_failed", attempts=context.attempt)
                raise
            delay_s = _delay_s(error, context.attempt)
            _ran.labels(name, "retried").inc()
            log.warning("job_will_be_retried", error=repr(error), attempt=context.attempt, retry_in_s=round(delay_s, 1))
            raise Retry(defer=delay_s) from error
        finally:
            clear_request()

    return run


def _delay_s(error: Exception, attempt: int) -> float:
    if isinstance(error, RetryLater):
        return error.after.total_seconds()
    return min(MAX_RETRY_DELAY_S, 2.0 ** (attempt - 1)) * random.uniform(0.5, 1.0)
