"""How long events are kept: in the stream until every group has them, in the outbox for days.

The stream is trimmed by position and never by length: a trim by length silently deletes what was never delivered. A
group that falls behind further than the outbox reaches, or that makes the stream outgrow its cap, is dropped; when it
comes back it is new, and what was trimmed before a new group came is published again from the outbox.
"""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import cast

import asyncpg
from redis.asyncio import Redis

from libs.common.db import Database
from libs.common.events.envelope import stream_of
from libs.common.events.streams import NOWHERE, EntryId, GroupPosition, RefillRequest, group_positions, refill_requests
from libs.common.logging import get_logger
from libs.common.settings import ServiceSettings
from libs.common.telemetry import gauge

log = get_logger(__name__)

TIMEOUT_S = 30.0
REQUESTS_AT_ONCE = 100
PURGE_BATCH = 2_000

_DAY_MS = 86_400_000

_stream_bytes = gauge("sharewise_stream_bytes", "Memory of a stream.", ["stream"])
_stream_entries = gauge("sharewise_stream_entries", "Entries in a stream.", ["stream"])
_over_cap = gauge("sharewise_stream_over_cap", "1 while a stream is larger than its cap: look who lags.", ["stream"])
_behind = gauge("sharewise_stream_group_behind_seconds", "Age of the oldest entry a group lacks.", ["stream", "group"])


@dataclass(frozen=True, slots=True)
class Retention:
    """`replay_window_ms` is never trimmed, so that a socket that comes back can be told what it missed."""

    outbox_days: int = 7
    replay_window_ms: int = 900_000
    stream_max_bytes: int = 256 * 1024 * 1024

    @classmethod
    def of(cls, settings: ServiceSettings) -> Retention:
        return cls(settings.outbox_retention_days, settings.stream_replay_window_s * 1000, settings.stream_max_bytes)

    @property
    def outbox_ms(self) -> int:
        return self.outbox_days * _DAY_MS


class StreamKeeper:
    """Trims a service's stream, remembers where its groups stand, answers requests for a refill.

    Works on the relay's own connection, so that only the active relay does it.
    """

    def __init__(self, db: Database, redis: Redis, retention: Retention) -> None:
        self._schema = db.schema
        self._stream = stream_of(db.schema)
        self._redis = redis
        self._retention = retention

    async def keep(self, connection: asyncpg.Connection) -> None:
        """Look after the stream once."""
        now_ms = await self._now_ms()
        groups = await group_positions(self._redis, self._stream)
        size = int(await self._redis.memory_usage(self._stream) or 0)
        too_large = size > self._retention.stream_max_bytes
        dropped = await self._drop_hopeless(connection, groups, now_ms, too_large=too_large)
        known = await self._remember(connection, [group for group in groups if group.name not in dropped])
        await self._trim(known, now_ms)
        _stream_bytes.labels(self._stream).set(size)
        _stream_entries.labels(self._stream).set(await self._redis.xlen(self._stream))
        _over_cap.labels(self._stream).set(too_large)

    async def unpublish_lost(self, connection: asyncpg.Connection, *, survived: EntryId) -> int:
        """Take the marks off what the stream has lost and somebody may still need. Returns how many events.

        survived: the newest entry that the stream still has. What every group has acknowledged stays marked, save the
        replay window.
        """
        window = EntryId(await self._now_ms() - self._retention.replay_window_ms, 0)
        row = await connection.fetchrow(_SLOWEST.format(schema=self._schema), timeout=TIMEOUT_S)
        acked_by_all = NOWHERE if row is None else EntryId(row["entry_ms"], row["entry_no"])
        line = max(survived, min(acked_by_all, window))
        return await self._unpublish(connection, _UNPUBLISH_AFTER, *line)

    async def serve_requests(self, connection: asyncpg.Connection) -> int:
        """Take the marks off what hearers ask for again. Returns how many events."""
        name = refill_requests(self._stream)
        requests = await cast("Awaitable[list[bytes]]", self._redis.lrange(name, 0, REQUESTS_AT_ONCE - 1))
        if not requests:
            return 0
        count = 0
        for raw in requests:
            request = RefillRequest.from_json(raw)
            if request.since_ms is not None:
                line = EntryId(request.since_ms, 0).before()
                count += await self._unpublish(connection, _UNPUBLISH_AFTER, *line)
            if request.ids:
                columns = [entry.ms for entry in request.ids], [entry.no for entry in request.ids]
                count += await self._unpublish(connection, _UNPUBLISH_THESE, *columns)
        # Only now: a request that we die over is served again, and the inboxes know what comes twice.
        await cast("Awaitable[str]", self._redis.ltrim(name, len(requests), -1))
        log.info("refill_served", stream=self._stream, requests=len(requests), events=count)
        return count

    async def _unpublish(self, connection: asyncpg.Connection, statement: str, *arguments: object) -> int:
        return _count(await connection.execute(statement.format(schema=self._schema), *arguments, timeout=TIMEOUT_S))

    async def _now_ms(self) -> int:
        """The time of the server that numbers the entries."""
        seconds, micros = await self._redis.time()
        return int(seconds) * 1000 + int(micros) // 1000

    async def _drop_hopeless(
        self, connection: asyncpg.Connection, groups: list[GroupPosition], now_ms: int, *, too_large: bool
    ) -> set[str]:
        """Drop groups that lack what the outbox no longer keeps, and the slowest one when the stream is too large."""
        dropped: set[str] = set()
        lacking: list[tuple[int, str]] = []
        for group in groups:
            missing = await self._redis.xrange(self._stream, min=str(group.acked.after()), count=1)
            age_ms = now_ms - EntryId.parse(missing[0][0]).ms if missing else 0
            _behind.labels(self._stream, group.name).set(age_ms / 1000)
            lacking.append((age_ms, group.name))
        limit_ms = self._retention.outbox_ms
        if too_large and lacking:
            # Inside the replay window nothing can be trimmed anyway.
            limit_ms = max(self._retention.replay_window_ms, max(lacking)[0] - 1)
            log.error("stream_over_cap", stream=self._stream, cap_bytes=self._retention.stream_max_bytes)
        for age_ms, name in lacking:
            if age_ms > limit_ms:
                await self._redis.xgroup_destroy(self._stream, name)
                await connection.execute(_FORGET_GROUP.format(schema=self._schema), name, timeout=TIMEOUT_S)
                log.error("stream_group_dropped", stream=self._stream, group=name, behind_s=age_ms // 1000)
                dropped.add(name)
        return dropped

    async def _remember(self, connection: asyncpg.Connection, groups: list[GroupPosition]) -> list[EntryId]:
        """Write down where the groups stand and give all positions that hold the stream, of absent groups too.

        After a flush the groups are gone from Redis until their services notice; what they lack must not be trimmed.
        """
        known = {row["name"] for row in await connection.fetch(_NAMES.format(schema=self._schema), timeout=TIMEOUT_S)}
        new = [group.name for group in groups if group.name not in known]
        async with connection.transaction():
            if new:
                await self._unpublish_for(connection, new)
            await connection.execute(
                _REMEMBER_GROUPS.format(schema=self._schema),
                [group.name for group in groups],
                [group.acked.ms for group in groups],
                [group.acked.no for group in groups],
                timeout=TIMEOUT_S,
            )
        await connection.execute(
            _FORGET_GONE.format(schema=self._schema), self._retention.outbox_days, timeout=TIMEOUT_S
        )
        rows = await connection.fetch(_POSITIONS.format(schema=self._schema), timeout=TIMEOUT_S)
        return [EntryId(row["entry_ms"], row["entry_no"]) for row in rows]

    async def _unpublish_for(self, connection: asyncpg.Connection, new: list[str]) -> None:
        """Take the marks off what the stream held before these groups came, if it was trimmed meanwhile.

        In the transaction that remembers them: whatever dies, the next relay finds them new or served. A trim that ran
        while a group came is seen too, since only we trim.
        """
        about = await self._redis.xinfo_stream(self._stream)
        oldest = about["first-entry"]
        line = EntryId.parse(oldest[0]) if oldest else EntryId.parse(about["last-generated-id"]).after()
        count = await self._unpublish(connection, _UNPUBLISH_BEFORE, *line)
        log.info("stream_groups_came", stream=self._stream, groups=new, events=count)

    async def _trim(self, positions: list[EntryId], now_ms: int) -> None:
        oldest_kept = EntryId(now_ms - self._retention.replay_window_ms, 0)
        if positions:
            line = min(oldest_kept, min(positions).after())
        else:
            # Nobody has come to hear yet: keep what the outbox keeps.
            line = EntryId(max(0, now_ms - self._retention.outbox_ms), 0)
        await self._redis.xtrim(self._stream, minid=str(line), approximate=False)


async def purge_old_rows(db: Database, retention: Retention) -> int:
    """Delete published events, inbox marks and idempotency keys that are past their time. Returns how many rows.

    The inbox keeps a day longer than the outbox, so that whatever is refilled is still known.
    """
    total = 0
    for statement in _PURGES:
        deleted = PURGE_BATCH
        while deleted == PURGE_BATCH:
            async with db.transaction() as tx:
                driver = await tx.driver()
                query = statement.format(schema=db.schema)
                deleted = _count(await driver.execute(query, retention.outbox_days, PURGE_BATCH))
            total += deleted
    return total


def _count(command_tag: str) -> int:
    return int(command_tag.rsplit(" ", 1)[-1])


_SLOWEST = "SELECT entry_ms, entry_no FROM {schema}.outbox_groups ORDER BY entry_ms, entry_no LIMIT 1"
_POSITIONS = "SELECT entry_ms, entry_no FROM {schema}.outbox_groups"
_NAMES = "SELECT name FROM {schema}.outbox_groups"
_FORGET_GROUP = "DELETE FROM {schema}.outbox_groups WHERE name = $1"
_FORGET_GONE = "DELETE FROM {schema}.outbox_groups WHERE seen_at < now() - make_interval(days => $1)"
_REMEMBER_GROUPS = """
INSERT INTO {schema}.outbox_groups (name, entry_ms, entry_no, seen_at)
SELECT *, now() FROM unnest($1::text[], $2::bigint[], $3::bigint[])
ON CONFLICT (name) DO UPDATE
SET entry_ms = excluded.entry_ms, entry_no = excluded.entry_no, seen_at = excluded.seen_at
"""
_UNPUBLISH_AFTER = """
UPDATE {schema}.outbox SET published_at = NULL, entry_ms = NULL, entry_no = NULL
WHERE published_at IS NOT NULL AND (entry_ms, entry_no) > ($1, $2)
"""
_UNPUBLISH_BEFORE = """
UPDATE {schema}.outbox SET published_at = NULL, entry_ms = NULL, entry_no = NULL
WHERE published_at IS NOT NULL AND (entry_ms, entry_no) < ($1, $2)
"""
_UNPUBLISH_THESE = """
UPDATE {schema}.outbox SET published_at = NULL, entry_ms = NULL, entry_no = NULL
WHERE published_at IS NOT NULL AND (entry_ms, entry_no) IN (SELECT * FROM unnest($1::bigint[], $2::bigint[]))
"""
_PURGES = (
    """DELETE FROM {schema}.outbox WHERE id IN (
        SELECT id FROM {schema}.outbox WHERE published_at < now() - make_interval(days => $1) LIMIT $2)""",
    """DELETE FROM {schema}.inbox WHERE event_id IN (
        SELECT event_id FROM {schema}.inbox WHERE handled_at < now() - make_interval(days => $1 + 1) LIMIT $2)""",
    """DELETE FROM {schema}.idempotency_keys WHERE (owner, route, key) IN (
        SELECT owner, route, key FROM {schema}.idempotency_keys
        WHERE expires_at < now() AND $1 > 0 LIMIT $2)""",
)
