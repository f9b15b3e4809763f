"""Whether a process lives and whether it can serve: the checks behind `/readyz`, of apps and workers alike."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypedDict

from redis.asyncio import Redis

from libs.common import revisions
from libs.common.db import Database
from libs.common.logging import get_logger

log = get_logger(__name__)

PROBE_TIMEOUT_S = 3.0
STORE_TIMEOUT_S = 1.0


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that a process needs. `probe` raises when it is not there.

    A check that is not `required` shows in the answer and fails nothing (Redis after the start, decisions 23).
    """

    name: str
    probe: Callable[[], Awaitable[object]]
    required: bool = True


class CheckResult(TypedDict):
    """`status` is ok, slow (no answer in time) or failed; `ms` how long the answer took."""

    status: str
    ms: float


class Heartbeat:
    """When each loop of a process last went round. A loop that hangs is seen by its silence."""

    def __init__(self) -> None:
        self._beats: dict[str, float] = {}

    def beat(self, name: str) -> None:
        self._beats[name] = time.monotonic()

    def forget(self, name: str) -> None:
        """Stop watching a loop that has ended as it should."""
        self._beats.pop(name, None)

    def silent_for(self) -> dict[str, float]:
        """Tell the seconds since each loop's last beat."""
        now = time.monotonic()
        return {name: round(now - beat, 1) for name, beat in self._beats.items()}


async def run_checks(checks: Sequence[Check]) -> tuple[bool, dict[str, CheckResult]]:
    """Run all checks at once. Returns whether every required one passed, and how each went."""
    answers = await asyncio.gather(*(_run(check) for check in checks))
    results = {check.name: answer for check, answer in zip(checks, answers, strict=True)}
    return all(results[check.name]["status"] == "ok" for check in checks if check.required), results


def database_checks(db: Database) -> list[Check]:
    """Check that the database answers within a second, on a connection of its own, and that its schema is at head.

    Its own, because a pool whose connections all hang would say nothing for as long as they do.
    """
    head: str | None = None

    async def schema_at_head() -> None:
        nonlocal head
        head = head or revisions.head_revision(db.schema)
        connection = await db.connect(timeout=STORE_TIMEOUT_S, name="ready")
        try:
            revision = await revisions.current_revision(connection, db.schema)
        finally:
            connection.terminate()
        if revision != head:
            raise LookupError(f"The schema is at {revision}, the code at {head}.")

    return [Check("database", db.probe), Check("schema", schema_at_head)]


def redis_checks(redis: Redis) -> list[Check]:
    """Check that Redis was there once, which is required, and that it is there now, which only shows."""
    seen = False

    async def answers() -> None:
        nonlocal seen
        async with asyncio.timeout(STORE_TIMEOUT_S):
            await redis.ping()
        seen = True

    async def answered_once() -> None:
        if not seen:
            await answers()

    return [Check("redis", answers, required=False), Check("redis_at_start", answered_once)]


async def _run(check: Check) -> CheckResult:
    started = time.perf_counter()
    status = await _status(check)
    return {"status": status, "ms": round((time.perf_counter() - started) * 1000, 1)}


async def _status(check: Check) -> str:
    try:
        async with asyncio.timeout(PROBE_TIMEOUT_S):
            await check.probe()
    except TimeoutError:
        return "slow"
    except Exception as error:  # a probe may fail in any way; its words may hold addresses, so they go to the log only
        log.warning("readiness_check_failed", check=check.name, error=repr(error))
        return "failed"
    return "ok"
