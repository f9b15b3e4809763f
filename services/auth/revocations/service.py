"""Taking tokens back: a row with the effect, then word to every verifier at once, and again until it has arrived."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from redis.asyncio import Redis
from redis.exceptions import RedisError

from libs.common.clock import Clock
from libs.common.db import Database, Transaction
from libs.common.errors import StoreUnavailable
from libs.common.logging import get_logger
from libs.common.security.revocation import Revocation, RevocationKind, forget_ended, publish
from libs.common.security.tokens import LEEWAY_S, MAX_TTL, Purpose
from services.auth.revocations import tables

log = get_logger(__name__)

COMPLETE_KEY = "auth.revoked.complete"
"""There while the snapshot is whole: whoever empties Redis takes it along."""

LOOP_S = 0.5
REFILL_EVERY_S = 10.0
BATCH = 500

_LONGEST_TOKEN = MAX_TTL[Purpose.ACCESS] + timedelta(seconds=LEEWAY_S)


class Revocations:
    """Records what is taken back, and tells."""

    def __init__(self, db: Database, redis: Redis, clock: Clock) -> None:
        self._db = db
        self._redis = redis
        self._clock = clock

    def record(self, tx: Transaction, kind: RevocationKind, subject: str, *, version: int | None = None) -> Revocation:
        """Take back with this transaction. After its commit, give what this returns to `tell`."""
        now = self._clock.now()
        until = now + _LONGEST_TOKEN
        tx.session.add(tables.RevocationRow(kind=kind, subject=subject, version=version, until=until, created_at=now))
        return Revocation(kind, subject, int(until.timestamp()), version)

    async def tell(self, *revocations: Revocation) -> None:
        """Tell every verifier now. When Redis is away, the worker tells as soon as it is back."""
        if not revocations:
            return
        try:
            await publish(self._redis, *revocations)
        except (RedisError, OSError) as error:
            log.warning("revocations_not_told", count=len(revocations), error=type(error).__name__)


class RevocationPublisher:
    """The worker's part: tells again what may not have arrived, and fills a snapshot that was lost.

    Telling twice does no harm, so the web process marks nothing as told.
    """

    def __init__(self, db: Database, redis: Redis, clock: Clock) -> None:
        self._db = db
        self._redis = redis
        self._clock = clock

    async def run(self) -> None:
        """Publish for ever."""
        since_refill = REFILL_EVERY_S
        while True:
            try:
                await self.publish_new()
                if since_refill >= REFILL_EVERY_S:
                    await self.refill_if_lost()
                    since_refill = 0.0
            except (RedisError, OSError, StoreUnavailable) as error:
                log.warning("revocations_not_published", error=type(error).__name__)
                since_refill = REFILL_EVERY_S
            await asyncio.sleep(LOOP_S)
            since_refill += LOOP_S

    async def publish_new(self) -> int:
        """Tell what was recorded since the last time. Returns how many."""
        async with self._db.read() as session:
            rows = await tables.list_unpublished(session, BATCH)
        if not rows:
            return 0
        await publish(self._redis, *map(_revocation, rows))
        async with self._db.transaction() as tx:
            await tables.mark_published(tx.session, [row.id for row in rows], self._clock.now())
        return len(rows)

    async def refill_if_lost(self) -> bool:
        """Write the whole snapshot when Redis came back without it. Says whether it did."""
        if await self._redis.exists(COMPLETE_KEY):
            return False
        async with self._db.read() as session:
            rows = await tables.list_in_force(session, self._clock.now())
        if rows:
            await publish(self._redis, *map(_revocation, rows))
        await self._redis.set(COMPLETE_KEY, b"1")
        log.info("revocations_refilled", count=len(rows))
        return True

    async def forget_ended(self) -> None:
        """Drop what concerns no living token, from the table and from the snapshot."""
        now = self._clock.now()
        async with self._db.transaction() as tx:
            await tables.drop_ended(tx.session, now)
        await forget_ended(self._redis, int(now.timestamp()))


def _revocation(row: tables.RevocationRow) -> Revocation:
    return Revocation(RevocationKind(row.kind), row.subject, int(row.until.timestamp()), row.version)
