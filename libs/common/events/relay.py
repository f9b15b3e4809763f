"""The relay: publishes the outbox to the service's stream. One is active per service, the others stand by.

    unpublished rows, oldest first --one script--> stream --> rows marked with the entry they became

- Active is who holds a session lock of the database; the lock goes with the connection.
- A commit wakes it by NOTIFY; a poll each second finds what a lost notification left behind. It looks for rows without
  a mark and never for "ids above the last one": a transaction that commits late has a low id.
- Between the append and the mark it may die: then the event is appended again, with the same event id, and every
  consumer's inbox knows it.
- Only the relay appends to the stream. The script that appends first compares the stream's newest id with the one that
  the database remembers: when the stream has lost entries (a flush, a crash before fsync), nothing is appended; the
  rows that somebody may still need lose their marks and are published again (architecture, "losing Redis").
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import asyncpg
import orjson
from redis.asyncio import Redis
from redis.exceptions import RedisError

from libs.common.db import DRIVER_ERRORS, Database
from libs.common.errors import StoreUnavailable
from libs.common.events.envelope import ENTRY_FIELD, encode_envelope, stream_of
from libs.common.events.outbox import wake_channel
from libs.common.events.retention import Retention, StreamKeeper
from libs.common.events.streams import NOWHERE, EntryId
from libs.common.health import Heartbeat
from libs.common.logging import get_logger
from libs.common.telemetry import counter, gauge

log = get_logger(__name__)

BATCH = 500
POLL_S = 1.0
STANDBY_S = 0.5
KEEP_S = 10.0
STORE_TIMEOUT_S = 5.0
MIN_PAUSE_S, MAX_PAUSE_S = 0.1, 2.0

_INTERRUPTIONS = (StoreUnavailable, *DRIVER_ERRORS, RedisError, OSError)

_published = counter("sharewise_events_published_total", "Events appended to the stream.", ["service"])
_refilled = counter("sharewise_events_refilled_total", "Events to be published again after a loss.", ["service"])
_active = gauge("sharewise_relay_active", "1 in the process whose relay publishes.", ["service"])
_waiting = gauge("sharewise_outbox_oldest_seconds", "Age of the oldest event that is not published.", ["service"])


class Relay:
    """Publishes one service's outbox. `run()` goes on through the loss of either store, until it is cancelled."""

    def __init__(
        self, db: Database, redis: Redis, *, retention: Retention | None = None, heartbeat: Heartbeat | None = None
    ) -> None:
        self._db = db
        self._redis = redis
        self._service = db.schema
        self._stream = stream_of(db.schema)
        self._append = redis.register_script(_APPEND)
        self._keeper = StreamKeeper(db, redis, retention or Retention())
        self._heartbeat = heartbeat or Heartbeat()
        self._wake = asyncio.Event()
        self._newest = NOWHERE
        self._pause_s = MIN_PAUSE_S

    async def run(self) -> None:
        """Publish whenever there is something to publish and nobody else does."""
        while True:
            self._heartbeat.beat("relay")
            try:
                await self._stand_by_then_lead()
            except _INTERRUPTIONS as error:
                log.warning("relay_interrupted", service=self._service, error=repr(error), retry_in_s=self._pause_s)
            finally:
                _active.labels(self._service).set(0)
            await asyncio.sleep(self._pause_s)
            self._pause_s = min(self._pause_s * 2, MAX_PAUSE_S)

    async def _stand_by_then_lead(self) -> None:
        connection = await self._db.connect(name="relay")
        try:
            while not await connection.fetchval(_TRY_LOCK, f"relay {self._service}", timeout=STORE_TIMEOUT_S):
                self._heartbeat.beat("relay")
                await asyncio.sleep(STANDBY_S)
            await self._lead(connection)
        finally:
            # Cut, not closed: a server that hangs would keep us, and the lock goes with the connection either way.
            connection.terminate()

    async def _lead(self, connection: asyncpg.Connection) -> None:
        log.info("relay_leads", service=self._service)
        _active.labels(self._service).set(1)
        await connection.add_listener(wake_channel(self._service), self._on_notify)
        connection.add_termination_listener(self._on_notify)
        self._newest = await self._remembered(connection)
        next_keep = 0.0
        loop = asyncio.get_running_loop()
        while True:
            self._heartbeat.beat("relay")
            self._wake.clear()
            more = await self._publish_batch(connection)
            self._pause_s = MIN_PAUSE_S
            if more or await self._keeper.serve_requests(connection):
                continue
            if loop.time() >= next_keep:
                await self._keeper.keep(connection)
                next_keep = loop.time() + KEEP_S
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL_S):
                    await self._wake.wait()

    def _on_notify(self, *_: Any) -> None:
        self._wake.set()

    async def _remembered(self, connection: asyncpg.Connection) -> EntryId:
        row = await connection.fetchrow(_REMEMBERED.format(schema=self._service), timeout=STORE_TIMEOUT_S)
        return NOWHERE if row is None else EntryId(row["entry_ms"], row["entry_no"])

    async def _publish_batch(self, connection: asyncpg.Connection) -> bool:
        """Publish up to a batch. Says whether there may be more."""
        rows = await connection.fetch(_UNPUBLISHED.format(schema=self._service), BATCH, timeout=STORE_TIMEOUT_S)
        _waiting.labels(self._service).set((self._db.clock.now() - rows[0]["time"]).total_seconds() if rows else 0)
        payloads = [self._encode(row) for row in rows]
        answer = await self._append(keys=[self._stream], args=[str(self._newest), ENTRY_FIELD, *payloads])
        newest, ids = EntryId.parse(answer[0]), [EntryId.parse(entry_id) for entry_id in answer[1:]]
        if newest != self._newest:
            await self._reconcile(connection, newest)
            return True
        if not rows:
            return False
        self._newest = ids[-1]
        await connection.execute(
            _MARK.format(schema=self._service),
            [row["id"] for row in rows],
            [entry.ms for entry in ids],
            [entry.no for entry in ids],
            *self._newest,
            timeout=STORE_TIMEOUT_S,
        )
        _published.labels(self._service).inc(len(rows))
        return len(rows) == BATCH

    def _encode(self, row: asyncpg.Record) -> bytes:
        return encode_envelope(
            id=row["event_id"],
            type=row["type"],
            source=self._service,
            time=row["time"],
            subject=row["subject"],
            seq=row["seq"],
            data=orjson.Fragment(row["data"]),
            traceparent=row["traceparent"],
        )

    async def _reconcile(self, connection: asyncpg.Connection, newest: EntryId) -> None:
        """Agree with a stream whose newest entry is another than we remember."""
        if newest > self._newest:
            # We, or a relay before us, appended and died before the mark: those events go out a second time.
            log.info("relay_adopted_stream", service=self._service, remembered=str(self._newest), found=str(newest))
        else:
            count = await self._keeper.unpublish_lost(connection, survived=newest)
            _refilled.labels(self._service).inc(count)
            log.warning(
                "stream_refilled", service=self._service, events=count, remembered=str(self._newest), found=str(newest)
            )
        await connection.execute(_REMEMBER.format(schema=self._service), *newest, timeout=STORE_TIMEOUT_S)
        self._newest = newest


# KEYS[1]: the stream. ARGV: the newest id we remember, the field, then one envelope per entry.
# Answers the newest id found before, then the id of each entry appended; nothing is appended when they differ.
_APPEND = """
local newest = '0-0'
if redis.call('EXISTS', KEYS[1]) == 1 then
    local info = redis.call('XINFO', 'STREAM', KEYS[1])
    for i = 1, #info, 2 do
        if info[i] == 'last-generated-id' then newest = info[i + 1] end
    end
end
local answer = {newest}
if newest == ARGV[1] then
    for i = 3, #ARGV do
        answer[#answer + 1] = redis.call('XADD', KEYS[1], '*', ARGV[2], ARGV[i])
    end
end
return answer
"""

_TRY_LOCK = "SELECT pg_try_advisory_lock(hashtextextended($1, 0))"
_REMEMBERED = "SELECT entry_ms, entry_no FROM {schema}.outbox_relay"
_REMEMBER = """
INSERT INTO {schema}.outbox_relay (one_row, entry_ms, entry_no) VALUES (true, $1, $2)
ON CONFLICT (one_row) DO UPDATE SET entry_ms = excluded.entry_ms, entry_no = excluded.entry_no
"""
_UNPUBLISHED = """
SELECT id, event_id, type, time, subject, seq, data, traceparent
FROM {schema}.outbox WHERE published_at IS NULL ORDER BY id LIMIT $1
"""
_MARK = """
WITH marked AS (
    UPDATE {schema}.outbox AS event
    SET published_at = now(), entry_ms = entry.ms, entry_no = entry.no
    FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS entry(id, ms, no)
    WHERE event.id = entry.id
)
INSERT INTO {schema}.outbox_relay (one_row, entry_ms, entry_no) VALUES (true, $4, $5)
ON CONFLICT (one_row) DO UPDATE SET entry_ms = excluded.entry_ms, entry_no = excluded.entry_no
"""
