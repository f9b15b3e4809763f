"""A queue as its runners see it: take, give signs of life, tell how far it is, and end each job once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Generic
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.db import Database, Transaction
from libs.common.errors import Conflict
from libs.common.logging import get_logger
from libs.contracts.signals import JobFinished, JobKind, JobProgressed
from services.signals.jobs import tables
from services.signals.jobs.rules import MOVES, Again, Failure, Said, Status
from services.signals.jobs.tables import J, JobRow

log = get_logger(__name__)


async def _keep_nothing(_session: AsyncSession) -> None:
    """Of a job that has found all in its row."""


@dataclass(frozen=True, slots=True)
class Found:
    """What was found: values of the job's row, and what `keep` stores beside it in the same commit."""

    values: Mapping[str, Any] = field(default_factory=dict)
    keep: Callable[[AsyncSession], Awaitable[None]] = _keep_nothing


End = Found | Failure | Again


class Queue(Generic[J]):
    """One runner's hold on a table of jobs. What it holds no longer (cancelled, deleted, taken) it cannot change."""

    def __init__(self, db: Database, table: type[J], kind: JobKind, *, lease: timedelta, attempts: int) -> None:
        """lease: how long a job is ours after a sign of life. attempts: how often one is begun before it fails."""
        self._db = db
        self._table = table
        self.kind = kind
        self._lease = lease
        self._attempts = attempts
        self.runner = uuid4()

    async def take(self) -> J | None:
        """Take the next job, if any may run now. One that was begun too often fails instead."""
        while True:
            async with self._db.transaction() as tx:
                job = await tables.claim(tx.session, self._table, self.runner, self._db.clock.now(), self._lease)
                if job is None or job.attempts <= self._attempts:
                    return job
            await self.end(job, Failure("interrupted", f"It was interrupted {self._attempts} times. Try it again."))

    async def keep(self, job_ids: Collection[UUID]) -> set[UUID]:
        """Give a sign of life. Returns what is still ours; the rest is to be stopped."""
        if not job_ids:
            return set()
        async with self._db.transaction() as tx:
            lease_until = self._db.clock.now() + self._lease
            return await tables.renew(tx.session, self._table, self.runner, job_ids, lease_until)

    async def tell(self, job: J, said: Said) -> None:
        """Tell how far it is."""
        values = {"done": said.done, "total": said.total, "stage": said.stage}
        async with self._db.transaction() as tx:
            if await self._change(tx, job, values):
                tx.announce(
                    JobProgressed(job_id=job.id, user_id=job.user_id, kind=self.kind, done=said.done, total=said.total)
                )

    async def end(self, job: J, end: End) -> None:
        """Keep what was found or why nothing was, and tell, in one commit; or have it begun anew."""
        match end:
            case Found(values, keep):
                async with self._db.transaction() as tx:
                    if await self._end(tx, job, Status.DONE, values):
                        await keep(tx.session)
                log.info("job_done", job_id=job.id, kind=self.kind)
            case Failure(code, words):
                async with self._db.transaction() as tx:
                    await self._end(tx, job, Status.FAILED, {"error_code": code, "error": words}, words)
                log.info("job_failed", job_id=job.id, kind=self.kind, code=code)
            case Again(after):
                waits = None if after is None else self._db.clock.now() + after
                async with self._db.transaction() as tx:
                    await self._change(tx, job, {**tables.PUT_BACK, "lease_until": waits})

    async def let_go(self) -> None:
        """Put back all that is ours, as if it had not been begun: we stop."""
        async with self._db.transaction() as tx:
            await tables.let_go(tx.session, self._table, self.runner)

    async def _change(self, tx: Transaction, job: J, values: dict[str, Any]) -> bool:
        return await tables.change_own(tx.session, self._table, self.runner, job.id, values)

    async def _end(
        self, tx: Transaction, job: J, status: Status, values: Mapping[str, Any], reason: str | None = None
    ) -> bool:
        now = self._db.clock.now()
        ended = {"status": status, "runner": None, "lease_until": None, "finished_at": now, "stage": ""}
        if not await self._change(tx, job, {**ended, **values}):
            return False
        tx.announce(finished(job, self.kind, status, now, reason))
        return True


def cancel(tx: Transaction, job: JobRow, kind: JobKind) -> None:
    """Stop a job that waits or runs, and tell; whoever runs it learns at its next sign of life. Again changes nothing.

    job: loaded for update by this transaction. Raises Conflict when it has ended otherwise.
    """
    status, now = Status(job.status), tx.clock.now()
    if status is Status.CANCELLED:
        return
    if Status.CANCELLED not in MOVES[status]:
        raise Conflict(f"This {kind} has ended already.")
    job.status, job.finished_at, job.stage = Status.CANCELLED, now, ""
    job.runner = job.lease_until = None
    tx.announce(finished(job, kind, Status.CANCELLED, now))
    log.info("job_cancelled", job_id=job.id, kind=kind)


def finished(job: JobRow, kind: JobKind, status: Status, at: datetime, reason: str | None = None) -> JobFinished:
    """Make the event of a job's end."""
    return JobFinished(
        job_id=job.id, user_id=job.user_id, kind=kind, status=status.value, reason=reason, finished_at=at
    )
