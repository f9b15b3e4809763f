"""Idempotency keys: a call that a client repeats has its effect once and gets the first answer again (decisions 12).

The answer is kept in the transaction of the effect, so that there is never one without the other. A use case says
where:

    async def create(self, user: Principal, draft: Draft, once: Once[Alert] = UNKEYED) -> Alert:
        async with self._db.transaction() as tx, once.held(tx) as answer:
            alert = ...
            answer(alert)
        return alert

and its route hands the key over (`libs.common.web.idempotency`):

    async def create_alert(body: AlertCreate, user: CurrentUser, alerts: Alerts, key: IdempotencyKey) -> AlertOut:
        return AlertOut.of(await alerts.create(user, body.to_draft(), key.answering(AlertOut.of)))

While the first call runs, a second one with its key is told so at once (RequestInProgress). A refusal or a failure
rolls the transaction back and is not kept. Answers that hold a secret are not for keeping: such routes take no key.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from libs.common.db import Database, Transaction
from libs.common.errors import IdempotencyKeyReused, RequestInProgress

KEPT = timedelta(hours=24)
KEPT_FOR_MONEY = timedelta(days=7)
"""Of orders and payments."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """The answer to the first call, as it was sent."""

    status: int
    body: bytes
    media_type: str = "application/json"


class Replay(Exception):
    """This call was answered before; the web layer sends the kept answer. Not an error: never catch it elsewhere."""

    def __init__(self, answer: KeptAnswer) -> None:
        super().__init__("answered before")
        self.answer = answer


@dataclass(frozen=True, slots=True)
class RequestKey:
    """Which call this is: whose, to which route, with which key, and a digest of its body."""

    owner: str
    route: str
    key: str
    body_hash: bytes
    status: int
    kept: timedelta = KEPT

    async def replay_if_answered(self, db: Database) -> None:
        """Raise Replay when this call was answered before, IdempotencyKeyReused when another body came with its key."""
        async with db.transaction() as tx:
            await self._replay_if_answered(tx, db.clock.now())

    async def _replay_if_answered(self, tx: Transaction, now: datetime) -> None:
        driver = await tx.driver()
        row = await driver.fetchrow(_FIND, self.owner, self.route, self.key, now)
        if row is None:
            return
        if row["body_hash"] != self.body_hash:
            raise IdempotencyKeyReused("This Idempotency-Key came with another body before. Take a new key.")
        raise Replay(KeptAnswer(row["status"], row["body"], row["media_type"]))


class Once(Generic[T]):
    """What a use case holds while it works on a call that may be repeated."""

    def __init__(self, key: RequestKey | None, render: Callable[[T], BaseModel]) -> None:
        """key: None for a call that came without one, or from a job; then nothing is kept."""
        self._key = key
        self._render = render

    @asynccontextmanager
    async def held(self, tx: Transaction) -> AsyncIterator[Callable[[T], None]]:
        """Hold the key for the rest of the transaction; what is given to the yielded function becomes the answer.

        Raises RequestInProgress while another call holds it, and Replay when one was faster.
        """
        given: list[T] = []
        if self._key is None:
            yield given.append
            return
        driver = await tx.driver()
        # The lock ends with the transaction, however it ends, so no crash can leave a key held.
        if not await driver.fetchval(_HOLD, f"{self._key.owner} {self._key.route} {self._key.key}"):
            raise RequestInProgress()
        await self._key._replay_if_answered(tx, tx.clock.now())
        yield given.append
        if len(given) != 1:
            raise RuntimeError(f"{self._key.route} must give its answer once, gave {len(given)}.")
        body = self._render(given[0]).model_dump_json(by_alias=True).encode()
        await self._keep(tx, self._key, body)

    async def _keep(self, tx: Transaction, key: RequestKey, body: bytes) -> None:
        driver = await tx.driver()
        now = tx.clock.now()
        which = (key.owner, key.route, key.key, key.body_hash)
        await driver.execute(_KEEP, *which, key.status, body, "application/json", now, now + key.kept)


def _nothing_to_render(_value: Any) -> BaseModel:
    raise AssertionError("nothing is kept without a key")


UNKEYED: Once[Any] = Once(None, _nothing_to_render)
"""For callers that repeat by other means: jobs, handlers, tests."""

_HOLD = "SELECT pg_try_advisory_xact_lock(hashtextextended($1, 1))"
_FIND = """
SELECT body_hash, status, body, media_type FROM idempotency_keys
WHERE owner = $1 AND route = $2 AND key = $3 AND expires_at > $4
"""
# A row that is past its time and not purged yet is overwritten.
_KEEP = """
INSERT INTO idempotency_keys (owner, route, key, body_hash, status, body, media_type, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (owner, route, key) DO UPDATE SET
    body_hash = excluded.body_hash, status = excluded.status, body = excluded.body,
    media_type = excluded.media_type, created_at = excluded.created_at, expires_at = excluded.expires_at
"""
