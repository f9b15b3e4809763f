"""The queue as its runners see it: take, give signs of life, tell how far it is, and end each backtest once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from libs.common.db import Database, Transaction
from libs.common.logging import get_logger
from libs.contracts.signals import BacktestFinished, JobProgressed
from services.signals.backtests import tables
from services.signals.backtests.rules import Kind, Status

log = get_logger(__name__)

PARTS = 1_000
"""Progress is told in so many parts."""

JOB = "backtest"


@dataclass(frozen=True, slots=True)
class Claimed:
    """A backtest that is ours to compute."""

    id: UUID
    user_id: UUID
    kind: Kind
    attempts: int
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was found. `body` is the report's JSON, compressed; `size` its bytes before, the hashes are SHA-256."""

    body: bytes
    size: int
    report_hash: str
    data_hash: str
    code_version: str
    headline: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Failure:
    """Why nothing was found, in words for the person who asked."""

    code: str
    words: str


class Queue:
    """One runner's hold on the queue. What it holds no longer (cancelled, deleted, taken) it cannot change."""

    def __init__(self, db: Database, *, lease: timedelta, attempts: int) -> None:
        """lease: how long a backtest is ours after a sign of life. attempts: how often one is begun before it fails."""
        self._db = db
        self._lease = lease
        self._attempts = attempts
        self.runner = uuid4()

    async def take(self) -> Claimed | None:
        """Take the next backtest, if any may run now. One that was begun too often fails instead."""
        while True:
            async with self._db.transaction() as tx:
                row = await tables.claim(tx.session, self.runner, self._db.clock.now(), self._lease)
                if row is None:
                    return None
                claimed = Claimed(row.id, row.user_id, Kind(row.kind), row.attempts, row.parameters)
                if row.attempts <= self._attempts:
                    return claimed
            await self.fail(
                claimed, Failure("interrupted", f"It was interrupted {self._attempts} times. Try it again.")
            )

    async def keep(self, backtest_ids: Collection[UUID]) -> set[UUID]:
        """Give a sign of life. Returns what is still ours; the rest is to be stopped."""
        if not backtest_ids:
            return set()
        async with self._db.transaction() as tx:
            return await tables.renew(tx.session, self.runner, backtest_ids, self._db.clock.now() + self._lease)

    async def tell(self, claimed: Claimed, part: int, stage: str) -> None:
        """Tell how far it is, in parts of `PARTS`."""
        async with self._db.transaction() as tx:
            if await self._change(tx, claimed, {"progress": part, "stage": stage}):
                tx.announce(JobProgressed(job_id=claimed.id, user_id=claimed.user_id, kind=JOB, done=part, total=PARTS))

    async def finish(self, claimed: Claimed, outcome: Outcome) -> None:
        """Keep what was found, and tell, in one commit."""
        values = {
            "progress": PARTS,
            "report_hash": outcome.report_hash,
            "data_hash": outcome.data_hash,
            "code_version": outcome.code_version,
            "headline": dict(outcome.headline),
        }
        async with self._db.transaction() as tx:
            if await self._end(tx, claimed, Status.DONE, values):
                await tables.add_report(tx.session, claimed.id, outcome.body, outcome.size)
        log.info("backtest_done", backtest_id=claimed.id, kind=claimed.kind, bytes=outcome.size)

    async def fail(self, claimed: Claimed, failure: Failure) -> None:
        """Say why there is no result, and tell."""
        async with self._db.transaction() as tx:
            values = {"error_code": failure.code, "error": failure.words}
            await self._end(tx, claimed, Status.FAILED, values, failure.words)
        log.info("backtest_failed", backtest_id=claimed.id, kind=claimed.kind, code=failure.code)

    async def put_back(self, claimed: Claimed, *, after: timedelta | None = None, counts: bool = True) -> None:
        """Let it be begun anew, at once or after a while. counts: as one of its tries."""
        values = {
            "status": Status.QUEUED,
            "runner": None,
            "lease_until": None if after is None else self._db.clock.now() + after,
            "attempts": claimed.attempts - (not counts),
            "progress": 0,
            "stage": "",
        }
        async with self._db.transaction() as tx:
            await self._change(tx, claimed, values)

    async def _change(self, tx: Transaction, claimed: Claimed, values: dict[str, Any]) -> bool:
        return await tables.change_own(tx.session, self.runner, claimed.id, values)

    async def _end(
        self, tx: Transaction, claimed: Claimed, status: Status, values: dict[str, Any], reason: str | None = None
    ) -> bool:
        now = self._db.clock.now()
        ended = {"status": status, "runner": None, "lease_until": None, "finished_at": now, "stage": ""}
        if not await self._change(tx, claimed, ended | values):
            return False
        tx.announce(finished(claimed.id, claimed.user_id, status, now, reason))
        return True


def finished(backtest_id: UUID, user_id: UUID, status: Status, at: Any, reason: str | None = None) -> BacktestFinished:
    """Make the event of an end."""
    return BacktestFinished(job_id=backtest_id, user_id=user_id, status=status.value, reason=reason, finished_at=at)
